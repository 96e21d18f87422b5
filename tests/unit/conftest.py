"""What the pure tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.archive.archive import Archive


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    """An empty archive on SQLite, in this process."""
    opened = Archive(url)
    opened.prepare()
    yield opened
    opened.close()
