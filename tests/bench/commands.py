"""Whole commands: a crawl beside bare Scrapy, replay beside the crawl, and starts, in processes of their own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standin import rankings
from standin.server import Standin, running
from tests.bench.figures import Figure, in_turns, ratio
from tests.bench.pages import PAGES_A_DAY
from tests.conftest import ROOT

BARE = Path(__file__).with_name("bare_spider.py")


def environment_of(url: str, folder: Path, name: str) -> dict[str, str]:
    """What a command of its own archive below a folder is given, besides the machine's environment."""
    return {
        "PIXIV_BASE_URL": url,
        "DOWNLOAD_DELAY": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
        "ARCHIVE_URL": f"sqlite:///{folder}/{name}.db",
        "STATE_DIR": f"{folder}/{name}.state",
        "CAPTURE_DIR": f"{folder}/{name}",
    }


def processor_time(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """Seconds of processor time that a command takes, with all that it starts."""
    return taken_by(command, environment, folder)[0]


def scrapy_time(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """The same of a command of Scrapy's own, beside which ours are measured."""
    return taken_by(command, environment, folder, program="scrapy")[0]


def taken_by(
    command: list[str],
    environment: dict[str, str],
    folder: Path,
    statuses: Sequence[int] = (0,),
    program: str = "crawler",
) -> tuple[float, float]:
    """Seconds of processor time that a command takes with all that it starts, and those that pass.

    statuses: those with which it may end.
    """
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", program, *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in statuses, done.stderr
    passed = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, passed


def crawl_and_replay(folder: Path, days: int, rounds: int) -> list[Figure]:
    """A page of a crawl, of bare Scrapy, and of a replay; the starts are taken off."""
    standin = Standin(generate=True)
    standin.render_ahead(days + 1, ("daily",))
    with running(standin):
        last = rankings.newest(datetime.now(UTC))
        spans = {count: f"{last - timedelta(days=count - 1)}..{last}" for count in (1, days)}
        names = iter(range(10**6))

        def own(name: str) -> dict[str, str]:
            return os.environ | environment_of(standin.url, folder, name)

        def a_page(run: Callable[[int], float]) -> float:
            return (run(days) - run(1)) / ((days - 1) * PAGES_A_DAY)

        kept: dict[int, str] = {}

        def crawl(count: int) -> float:
            kept[count] = f"crawl{next(names)}"
            arguments = ["crawl", "rankings", "-aendpoints=ranking", f"-adate={spans[count]}"]
            return processor_time(arguments, own(kept[count]), ROOT)

        def bare(count: int) -> float:
            arguments = ["runspider", str(BARE), f"-adays={count}", f"-alast={last}"]
            arguments += [f"-abase={standin.url}"]
            return scrapy_time(arguments, os.environ | {"SCRAPY_SETTINGS_MODULE": ""}, folder)

        def replay(count: int) -> float:
            captures = f"{folder}/{kept[count]}"
            # As a large one does, which it is not: a process a core. What counts is the time that passes.
            several = own(f"replay{next(names)}") | {"REPLAY_PROCESSES": str(os.cpu_count())}
            return taken_by(["replay", captures], several, ROOT)[1]

        crawls, bares, replays = in_turns((lambda: a_page(crawl), lambda: a_page(bare), lambda: a_page(replay)), rounds)
    return [
        ratio(
            "crawl: bare Scrapy with response.json() / ours",
            bares,
            crawls,
            bar=0.2,
            aim=0.35,
            note=f"{min(crawls) * 1000:.2f} ms a page, bare {min(bares) * 1000:.2f}",
        ),
        ratio(
            "replay: pages a second / the crawl's",
            crawls,
            replays,
            bar=3,
            aim=4,
            note=f"{min(replays) * 1000:.2f} ms a page on {os.cpu_count()} cores",
        ),
    ]


def starts(url: str, empty: Path, rounds: int) -> list[Figure]:
    """Starts of commands on an archive beside that of `scrapy version` in a folder that is no project."""
    own = os.environ | {"ARCHIVE_URL": url, "PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
    bare = {name: value for name, value in os.environ.items() if name != "SCRAPY_SETTINGS_MODULE"}
    commands = {
        "sql": ["sql", "missing-days"],
        "status": ["status"],
        "track list": ["track", "list"],
        "job list": ["job", "list"],
    }
    sides = [lambda: scrapy_time(["version"], bare, empty)]
    sides += [
        lambda command=command: processor_time(command, own, ROOT)  # type: ignore[misc]
        for command in commands.values()
    ]
    version, *taken = in_turns(sides, rounds)
    return [
        ratio(f"start of {name} / scrapy version", of, version, bar=0.9, aim=0.7, is_least=False)
        for name, of in zip(commands, taken, strict=True)
    ]
