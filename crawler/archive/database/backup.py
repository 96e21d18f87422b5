"""A copy of a SQLite archive while it is in use, read once to see that it is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from crawler.errors import ArchiveError
from crawler.files import complete_file

PAGES_A_STEP = 2_000
"""Of the copy, between two looks at what others write: 8 MB."""


def back_up(engine: Engine, file: Path, show: Callable[[int, int], None]) -> int:
    """Copy an archive, what is in its WAL included; returns the bytes. show: takes pages done and all.

    The file is there when it is complete and sound, or not at all. Raises ArchiveError.
    """
    if engine.dialect.name != "sqlite":
        raise ArchiveError(
            "a PostgreSQL archive is copied by its own tool: pg_dump --format=custom --file=FILE DATABASE"
        )
    if not file.parent.is_dir():
        # A disk that is not mounted must not become a folder on the archive's own.
        raise ArchiveError(f"{file.parent} is not there: mount it, or make it with mkdir")
    try:
        with complete_file(file) as beside:
            _copy(engine, beside, show)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"{file}: {error}") from None
    return file.stat().st_size


def _copy(engine: Engine, beside: Path, show: Callable[[int, int], None]) -> None:
    with engine.connect() as connection, closing(sqlite3.connect(beside)) as copy:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.backup(copy, pages=PAGES_A_STEP, progress=lambda _, left, total: show(total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"the copy is not sound: {said}")
