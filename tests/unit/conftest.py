"""What the pure tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.archive.archive import Archive


@pytest.fixture
def archive(url: str, migrated: Path, tmp_path: Path) -> Iterator[Archive]:
    """An empty archive on SQLite, in this process."""
    shutil.copy(migrated, tmp_path / "archive.db")
    opened = Archive(url)
    opened.prepare()
    yield opened
    opened.close()
