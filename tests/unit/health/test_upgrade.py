"""An archive of an earlier version is brought to this one by one command."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command

from crawler.archive.database.engine import alembic_config, create, revision_of, revisions
from crawler.errors import ArchiveError
from crawler.health.upgrade import upgrade


def test_an_archive_that_is_behind_is_brought_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    engine = create(url)
    command.upgrade(alembic_config(engine), "0007")
    assert upgrade(url) == 0
    assert f"from 0007 to {revisions()[-1]}" in capsys.readouterr().out
    assert revision_of(engine) == revisions()[-1]
    assert upgrade(url) == 0
    assert "the newest" in capsys.readouterr().out
    engine.dispose()


def test_an_archive_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        upgrade(f"sqlite:///{tmp_path}/none.db")
    assert not list(tmp_path.iterdir())
