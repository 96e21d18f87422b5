"""Measure what a small machine needs: memory and written bytes of a night and of the commands that read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standin import rankings
from standin.server import Standin, running
from tests.bench.commands import environment_of
from tests.bench.figures import Figure
from tests.conftest import ROOT

MODES = ("daily", "weekly", "monthly", "rookie")
MB = 1024 * 1024
LOOK = 0.02
"""Seconds between two looks at the processes of a command."""


def measure(folder: Path, days: int) -> list[Figure]:
    """A night of four rankings on an archive of so many days, and what people do with it on such a machine."""
    standin = Standin(generate=True)
    last = rankings.newest(datetime.now(UTC))
    first = last - timedelta(days=days)
    standin.render_ahead(days + 2, MODES)
    figures = []
    with running(standin):
        environment = os.environ | environment_of(standin.url, folder, "small") | {"LOG_LEVEL": "WARNING"}
        past = [f"-adate={first}..{last - timedelta(days=1)}", f"-amode={','.join(MODES)}"]
        subprocess.run(
            [sys.executable, "-m", "crawler", "crawl", "rankings", *past], env=environment, cwd=ROOT, check=True
        )
        for name, words in {
            "a nightly of four rankings": ("job", "run", "nightly", "--quiet"),
            "status": ("status",),
            "a query over all days": ("sql", "top-artists"),
            "a report": ("report", str(folder / "report.html")),
            "a release": ("export", str(folder / "release")),
            "a backup": ("backup", str(folder / "copy.db")),
            "a replay of all captures, one process": ("replay", "-s", "REPLAY_PROCESSES=0"),
        }.items():
            seconds, memory, written = _taken([sys.executable, "-m", "crawler", *words], environment)
            note = f"{seconds:.1f} s, {written / MB:,.1f} MB written"
            figures.append(Figure(f"MB of memory of {name}", memory / MB, (memory / MB, memory / MB), note=note))
    return figures


def _taken(command: list[str], environment: dict[str, str]) -> tuple[float, int, int]:
    """Run a command; return its seconds, the most memory of all its processes at a time, and the bytes it wrote."""
    begun, most, written = time.monotonic(), 0, dict[int, int]()
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as running_command:
        while running_command.poll() is None:
            now = 0
            for number in _family(running_command.pid):
                with suppress(OSError, IndexError):  # it has ended meanwhile
                    # Pss: what processes share counts once.
                    share = Path(f"/proc/{number}/smaps_rollup").read_text().partition("\nPss:")[2]
                    now += int(share.split()[0]) * 1024
                    io = Path(f"/proc/{number}/io").read_text()
                    written[number] = int(io.partition("\nwrite_bytes: ")[2].split()[0])
            most = max(most, now)
            time.sleep(LOOK)
    assert running_command.returncode in (0, 1), command
    return time.monotonic() - begun, most, sum(written.values())


def _family(number: int) -> list[int]:
    """A process and all that it has started."""
    found = [number]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found
