"""Scrapy commands, each in a process of its own, forked from one that has imported everything.

A start from nothing takes a second and a half, nearly all of it imports, and the tests start some
seven hundred. What is forked is a real process, with its own exit status, output and environment.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 120
SHIFT = "CLOCK_SHIFT"
"""In the environment: by how many days the process's clock is ahead."""

_context = multiprocessing.get_context("forkserver")
# crawler.settings reads the environment when it is imported: that is for the command's process.
_context.set_forkserver_preload(
    [
        "scrapy.cmdline", "scrapy.crawler", "scrapy.core.downloader.handlers.http11",
        "scrapy.pipelines", "scrapy.extensions.corestats", "alembic.command", "psycopg",
        *(
            f"crawler.commands.{name}"
            for name in ("act", "crawl", "forget", "job", "replay", "sql", "status")
        ),
        "crawler.spiders.family", "crawler.pipelines.store", "crawler.extensions.progress",
    ]
)  # fmt: skip


def run_scrapy(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    before: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `scrapy ARGUMENTS` to its end, after `before` was done in its process."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _context.Process(
            target=_command, args=(arguments, dict(environment), str(out), str(err), before)
        )
        process.start()
        process.join(TIMEOUT)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, TIMEOUT, None, err.read_text())
        status = process.exitcode
        process.close()
        told = (file.read_text(errors="replace") if file.exists() else "" for file in (out, err))
        return subprocess.CompletedProcess(arguments, status, *told)


def _command(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    out: str,
    err: str,
    before: Callable[[], object] | None,
) -> None:
    for place, name in ((1, out), (2, err)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    shift = environment.get(SHIFT)
    if shift:
        import time_machine  # noqa: PLC0415  # for those whose clock is another

        then = datetime.now(UTC) + timedelta(days=float(shift))
        time_machine.travel(then, tick=True).start()
    if before is not None:
        before()
    sys.argv = ["scrapy", *arguments]
    from scrapy.cmdline import execute  # noqa: PLC0415  # imported already, by the parent

    execute()
