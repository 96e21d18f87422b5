"""`./run backup`: a copy of the archive, and how it is restored."""

from __future__ import annotations

import sys
from pathlib import Path

from crawler.archive.database.backup import back_up
from crawler.archive.database.engine import archive_file, opened
from crawler.files import check_target
from crawler.places import ROOT


def make_backup(url: str, captures: str, file: Path) -> int:
    """Copy the archive and say how to restore it. Raises ArchiveError, BadArgument."""
    check_target(file, "", archive_file(url), Path(ROOT, captures))
    with opened(url, is_reader=True) as engine:
        size = back_up(engine, file, _show if sys.stderr.isatty() else _show_nothing)
        place = engine.url.database
    print(f"OK: {file} ({size:,} bytes, checked)")
    print(f"Captures are files: copy {captures} as well")
    print(f"To restore, with nothing running: cp {file} {place}; rm -f {place}-wal {place}-shm")
    return 0


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done / max(total, 1):.0%}" + ("\n" if done == total else ""))


def _show_nothing(done: int, total: int) -> None:
    pass
