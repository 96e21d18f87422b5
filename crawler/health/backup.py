"""`./run backup`: a copy of the archive, and how it is restored."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from crawler.archive.database.engine import archive_file, create
from crawler.errors import ArchiveError
from crawler.files import check_target, complete_file
from crawler.places import ROOT

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
        raise ArchiveError(f"{file.parent} does not exist: mount it, or make it with mkdir")
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


def make_backup(url: str, captures: str, file: Path) -> int:
    """Copy the archive and say how to restore it. Raises ArchiveError, BadArgument."""
    check_target(file, "", archive_file(url), Path(ROOT, captures))
    # Of any version: who has updated the project first wants the copy before `upgrade`.
    engine = create(url, is_new=False, is_reader=True)
    try:
        size = back_up(engine, file, _show if sys.stderr.isatty() else _show_nothing)
        place = engine.url.database
    finally:
        engine.dispose()
    print(f"OK: {file} ({size:,} bytes, checked)")
    print(f"Captures are files: copy {captures} as well")
    print(f"To restore, with nothing running: cp {file} {place}; rm -f {place}-wal {place}-shm")
    return 0


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done / max(total, 1):.0%}" + ("\n" if done == total else ""))


def _show_nothing(done: int, total: int) -> None:
    pass
