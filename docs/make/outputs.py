"""Show in pages what their commands print: run against the fake server, with a clock that stands still.

A page marks a block by `<!-- prints: sql top-artists --param most=3 -->`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

from standin.server import Standin, running

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 10, 8, 5, tzinfo=UTC)
"""The clock of the commands and of the fake server: two in the afternoon in Japan."""
MARK = re.compile(r"<!-- prints: (.+?) -->\n\n```\n(.*?)```\n", re.DOTALL)
FILES = ("README.md", "docs/tutorial/first-archive.md", "docs/tutorial/first-analysis.md")
BEFORE = ("crawl rankings -a mode=daily -a date=2026-10-04..2026-10-07", "export FOLDER")
"""Commands that make the archive and the release which the pages' commands are about."""
START = (
    "import sys, time_machine; time_machine.travel(float(sys.argv.pop(1))).start();"
    " from crawler.__main__ import main; main()"
)
"""By another clock, but for a crawl: it would find that its clock is wrong."""


def render(file: Path) -> str:
    """Return a page with the present output of its commands."""
    return MARK.sub(
        lambda found: f"<!-- prints: {found[1]} -->\n\n```\n{outputs()[found[1]]}```\n", file.read_text("utf-8")
    )


@cache
def outputs() -> dict[str, str]:
    """Return what the commands of all pages print, by command."""
    commands = [found[1] for name in FILES for found in MARK.finditer((ROOT / name).read_text(encoding="utf-8"))]
    with tempfile.TemporaryDirectory() as folder, running(Standin(generate=True, now=NOW)) as site:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PIXIV_BASE_URL": site.url,
            "ARCHIVE_URL": f"sqlite:///{folder}/archive.db",
            "CAPTURE_DIR": f"{folder}/captures",
            "STATE_DIR": f"{folder}/state",
            "DOWNLOAD_DELAY": "0",
        }

        def printed(command: str) -> str:
            words = shlex.split(command.replace("FOLDER", f"{folder}/release"))
            start = ("-m", "crawler") if command in BEFORE else ("-c", START, f"{NOW.timestamp()}")
            done = subprocess.run(  # noqa: S603  # our own interpreter, and commands of our pages
                [sys.executable, *start, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"./run {command}: {done.stderr}")
            return done.stdout

        for command in BEFORE:
            printed(command)
        return {command: printed(command) for command in commands}


PAGES = [SimpleNamespace(FILE=ROOT / name, render=partial(render, ROOT / name)) for name in FILES]
