"""`./run backup`: a copy of the archive, and how it is restored."""

from __future__ import annotations

import getpass
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from shlex import quote

from sqlalchemy import URL, Engine

from crawler.archive.database.engine import archive_file, create
from crawler.errors import ArchiveError
from crawler.files import check_target, complete_file
from crawler.places import ROOT, command
from crawler.words import counted

PREFIX = "archive-"
"""Beginning of the names of copies in a folder: only such files are ever removed."""

PAGES_A_STEP = 2_000
"""Of the copy, between two looks at what others write: 8 MB."""


def back_up(engine: Engine, file: Path, show: Callable[[int, int], None]) -> int:
    """Copy an archive, what is in its WAL included; returns the bytes. show: takes pages done and all.

    The file is there when it is complete and sound, or not at all. Raises ArchiveError.
    """
    if not file.parent.is_dir():
        # A disk that is not mounted must not become a folder on the archive's own.
        raise ArchiveError(f"{file.parent} does not exist: mount it, or make it with mkdir")
    try:
        with complete_file(file) as beside:
            if engine.dialect.name == "sqlite":
                _copy(engine, beside, show)
            else:
                _dump(engine.url, beside)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"{file}: {error}") from None
    return file.stat().st_size


def _dump(url: URL, beside: Path) -> None:
    """Copy an archive on PostgreSQL by its own tool, and have it read its copy. Raises ArchiveError."""
    if shutil.which("pg_dump") is None:
        raise ArchiveError(
            "pg_dump is not there: install PostgreSQL's client, as new as the server (postgresql-client)"
        )
    address = without_password(url).render_as_string()
    # Arguments can be read by others on the machine; the environment cannot.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    for words in (
        ("pg_dump", "--format=custom", "--no-password", f"--file={beside}", f"--dbname={address}"),
        ("pg_restore", "--list", str(beside)),
    ):
        done = subprocess.run(  # noqa: S603  # words of ours, and the user's own address
            words, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ArchiveError(done.stderr.strip())


def without_password(url: URL) -> URL:
    """The address for programs of PostgreSQL. `URL.set` takes a None for a value that stays."""
    return url.set(drivername="postgresql")._replace(password=None)


def _copy(engine: Engine, beside: Path, show: Callable[[int, int], None]) -> None:
    with engine.connect() as connection, closing(sqlite3.connect(beside)) as copy:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.backup(copy, pages=PAGES_A_STEP, progress=lambda _, left, total: show(total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"the copy is not sound: {said}")


def make_backup(url: str, captures: str, target: Path, keep: int = 0) -> Path:
    """Copy the archive and say how to restore it; returns the copy. Raises ArchiveError, BadArgument.

    target: the file of the copy; with `keep` its folder, in which the newest so many copies stay.
    """
    # Of any version: who has updated the project first wants the copy before `upgrade`.
    engine = create(url, is_new=False, is_reader=True)
    end = "db" if engine.dialect.name == "sqlite" else "dump"
    file = target / f"{PREFIX}{datetime.now().astimezone():%Y-%m-%dT%H%M%S}.{end}" if keep else target
    check_target(file, "", archive_file(url), Path(ROOT, captures))
    try:
        size = back_up(engine, file, _show if sys.stderr.isatty() else lambda *_: None)
    finally:
        engine.dispose()
    print(f"OK: {file} ({size:,} bytes, checked)")
    if keep:
        # Names hold the time of the copy, so their order is that of age.
        older = sorted(target.glob(f"{PREFIX}*.{end}"), reverse=True)[keep:]
        for one in older:
            one.unlink()
        print(f"{counted(len(older), 'older copy', 'older copies')} removed, the newest {keep} kept")
    print(f"Captures are files: copy {captures} as well")
    if end == "db":
        place = engine.url.database
        print(
            # The rm is needed: SQLite would apply an old WAL to the restored file.
            f"To restore, with nothing running: cp {file} {place} && rm -f {place}-wal {place}-shm && {command('replay')}"
        )
    else:
        into = quote(without_password(engine.url).set(database="restored").render_as_string())
        port = engine.url.port or engine.url.query.get("port") or os.environ.get("PGPORT", "")
        user = engine.url.username or os.environ.get("PGUSER") or getpass.getuser()
        print(
            f"To restore: sudo -u postgres createdb{f' --port={port}' if port else ''} --owner={user} restored"
            f" && pg_restore --no-owner --dbname={into} {file}"
            f"; then set ARCHIVE_URL to that database, and {command('replay')}"
        )
    return file


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done / max(total, 1):.0%}" + ("\n" if done == total else ""))
