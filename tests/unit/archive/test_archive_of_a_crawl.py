"""One archive a crawl: what is due of a target, before and after its pages are stored. In process, SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.archive import rebuild
from crawler.archive.archive import Archive
from crawler.errors import ArchiveError


def test_an_archive_is_built_beside_the_one_in_use_once_at_a_time(archive: Archive, url: str, tmp_path: Path) -> None:
    with rebuild.beside(url) as new:
        assert new != url
        with pytest.raises(ArchiveError), rebuild.beside(url):
            pass
    assert [file.name for file in tmp_path.glob("archive.db.rebuild*") if file.suffix != ".lock"] == []
