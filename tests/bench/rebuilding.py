"""What a new version costs: the upgrade of a large archive, and one that is built anew from its captures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from alembic import command
from sqlalchemy import Engine

from crawler.archive.database.engine import alembic_config, create, upgrade_archive
from crawler.capture.writer import CaptureWriter
from tests.bench.commands import environment_of
from tests.bench.figures import Figure
from tests.bench.pages import FIRST, replies_of
from tests.conftest import ROOT
from tests.replies import BASE

BEFORE = "0008"
"""The upgrade from here writes every ranking entry anew (SQLite): the largest that there is."""
FEW_PAGES = 500
ENTRIES_A_PAGE = 50


def upgrade(url: str, entries: float) -> Figure:
    """Seconds that the largest upgrade takes."""
    engine = create(url)
    command.downgrade(alembic_config(engine), BEFORE)
    taken = _upgraded(engine)
    engine.dispose()
    return Figure(f"upgrade from {BEFORE}: {entries:.1f} M entries, s", taken, (taken, taken))


def _upgraded(engine: Engine) -> float:
    begun = time.monotonic()
    upgrade_archive(engine)
    return time.monotonic() - begun


class Taken(NamedTuple):
    """What a command took: seconds that passed, and the memory of its largest process in MB."""

    seconds: float
    memory: float


IN_A_SMALL_PROCESS = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
"""What a process was before it became another counts as its memory: the bench itself is large."""


def replayed(folder: Path, name: str, captures: Path, *options: str) -> Taken:
    """A replay of captures into an archive of its own, in a process of its own."""
    more = {"CAPTURE_DIR": f"{captures}", "REPLAY_PROCESSES": f"{os.cpu_count()}"}
    replay = [sys.executable, "-m", "crawler", "replay", *options]
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", IN_A_SMALL_PROCESS, *replay],
        env=os.environ | environment_of(BASE, folder, name) | more,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Taken(time.monotonic() - begun, int(done.stdout) / 1024)


def rebuild(folder: Path, pages: int) -> list[Figure]:
    """An archive built anew from so many pages: time a million entries, and memory beside that of few."""
    few, many = folder / "few", folder / "many"
    capture(few, min(FEW_PAGES, pages))
    capture(many, pages)
    small = replayed(folder, "small", few)
    replayed(folder, "large", many)
    rebuilt = replayed(folder, "large", many, "--rebuild")
    a_million = rebuilt.seconds / (pages * ENTRIES_A_PAGE / 1e6)
    growth = rebuilt.memory / small.memory
    return [
        Figure(
            "replay --rebuild: a million entries, s",
            a_million,
            (a_million, a_million),
            note=f"{pages:,} pages in {rebuilt.seconds:.0f} s on {os.cpu_count()} cores",
        ),
        Figure(
            f"memory of a replay, {pages:,} pages / {FEW_PAGES}",
            growth,
            (growth, growth),
            bar=1.05,
            is_least=False,
            note=f"{rebuilt.memory:.0f} MB, of few {small.memory:.0f}",
        ),
    ]


def capture(folder: Path, pages: int) -> None:
    """The replies of a ranking's days, newest first, as a crawl keeps them."""
    run = "20241001T000000-abcdef"
    writer = CaptureWriter(folder, run, {"crawl_id": run, "night": "2024-10-01", "spider": "rankings"})
    for _, (target, reply) in zip(range(pages), replies_of(FIRST), strict=False):
        address = f"{BASE}/ranking.php?format=json&mode={target.params['mode']}&content=all"
        url = f"{address}&date={target.params['date']}&p={target.page}"
        writer.keep(url, 200, [("Content-Type", "application/json")], reply.body)
    writer.close()
