"""`./run upgrade`: the archive's migrations."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from pathlib import Path

from crawler.archive.database.engine import (
    archive_file,
    create,
    prepare,
    reading,
    revision_of,
    revisions,
    upgrade_archive,
)
from crawler.errors import ArchiveError
from crawler.places import command
from crawler.words import counted

GROUP_AND_OTHERS, OTHERS = 0o077, 0o007


WORKERS = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'pixiv-archive ') AND pid <> pg_backend_pid()
ORDER BY 1
"""


def workers_of(url: str) -> list[str]:
    """The workers, on any machine, that are connected to an archive on PostgreSQL. Raises ArchiveError."""
    engine = create(url)
    try:
        if engine.dialect.name != "postgresql":
            return []
        with reading(engine) as connection:
            names = connection.exec_driver_sql(WORKERS).scalars()
            return list(dict.fromkeys(f"worker {name.split(maxsplit=2)[2]}" for name in names if name.count(" ") > 1))
    finally:
        engine.dispose()


def wait_for_end(find: Callable[[], list[str]], *, is_patient: bool) -> None:
    """Wait until nothing uses the archive. Raises ArchiveError, naming what does, unless is_patient."""
    said: list[str] = []
    while found := find():
        names = ", ".join(found)
        if not is_patient:
            raise ArchiveError(
                f"{names} {'is' if len(found) == 1 else 'are'} under way, with this archive as it is. Stop workers; for the"
                f" end of jobs and crawls wait with {command('upgrade --wait')}"
            )
        if found != said:
            stop = " (a worker does not end by itself: stop it)" if "worker" in names else ""
            print(f"waiting for {names} to end{stop} …", flush=True)
        said = found
        time.sleep(1)


def is_behind(url: str) -> bool:
    """Return True if an archive is there, and not at the newest revision. Raises ArchiveError."""
    try:
        engine = create(url, is_new=False)
    except ArchiveError:  # `upgrade` says it, or begins one
        return False
    try:
        return revision_of(engine) not in (None, revisions()[-1])
    finally:
        engine.dispose()


def make_private(url: str, captures: Path) -> None:
    """Take away what every user of the machine may do with archive and captures: before 0.1 they were made so."""
    file = archive_file(url)
    paths = [Path(file + end) for end in ("", "-wal", "-shm")] if file else []
    paths += [captures, *captures.rglob("*")]
    mended = 0
    for path in paths:
        # chmod follows links, and what they lead to is not ours to change.
        if path.exists() and not path.is_symlink() and (mode := stat.S_IMODE(path.stat().st_mode)) & OTHERS:
            path.chmod(mode & ~GROUP_AND_OTHERS)
            mended += 1
    if mended:
        print(
            f"{counted(mended, 'file or folder', 'files and folders')} could be read by every user: only you can by now"
        )


def upgrade(url: str, *, is_new: bool = False) -> int:
    """Bring an archive to the newest revision. is_new: begin it if it is not there. Raises ArchiveError."""
    engine = create(url, is_new=is_new)
    try:
        before, head = revision_of(engine), revisions()[-1]
        if before is None and is_new:
            prepare(engine)
            print(f"OK: begun at {head}")
            return 0
        if before is None:
            raise ArchiveError(f"it is empty: begin it with {command('upgrade --init')}, or with a crawl")
        if before == head:
            print(f"OK: at {head}, the newest")
            return 0
        if before not in revisions():
            raise ArchiveError(f"at {before}, which this version does not know")
        print(f"from {before} to {head} …", flush=True)
        upgrade_archive(engine)
    finally:
        engine.dispose()
    print(f"OK: at {head}, the newest. After a change of how responses are read: {command('replay --rebuild')}")
    return 0
