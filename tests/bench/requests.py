"""Requests of a night, by the stand-in's count: a first run needs its pages, a second one nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standin import rankings
from standin.server import Standin, running
from tests.bench.commands import environment_of, processor_time
from tests.bench.figures import Figure
from tests.bench.pages import PAGES_A_DAY
from tests.conftest import ROOT

ROBOTS = 1
"""A run that asks for anything asks for robots.txt first."""


def measure(folder: Path, days: int) -> list[Figure]:
    """What the nights of so many days cost beyond what they must."""
    standin = Standin(generate=True)
    standin.render_ahead(days + 1, ("daily",))
    with running(standin):
        last = rankings.newest(datetime.now(UTC))
        crawl = ["crawl", "rankings", "-aendpoints=ranking"]
        crawl.append(f"-adate={last - timedelta(days=days - 1)}..{last}")
        environment = os.environ | environment_of(standin.url, folder, "requests")
        taken = []
        for _ in range(2):
            standin.hits.clear()
            processor_time(crawl, environment, ROOT)
            taken.append(len(standin.hits))
    first = taken[0] - ROBOTS - days * PAGES_A_DAY
    note = f"{days} days of {PAGES_A_DAY} pages and robots.txt"
    return [
        Figure("requests of a first run above the least", first, (first, first), 0, 0, False, note),
        Figure("requests of a second run", taken[1], (taken[1], taken[1]), ROBOTS, 0, False),
    ]
