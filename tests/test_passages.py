"""What a crawl does once, it does once: a datum walks no passage twice."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database import engine
from crawler.archive.due import coverage
from crawler.console import preflight
from crawler.fetch import session
from crawler.planning import plan
from standin.server import Standin
from tests.conftest import rows
from tests.processes import run_scrapy

COUNTED = (
    (engine, "create_engine"),
    (preflight, "load_session"),
    (session, "load_session"),
    (plan, "plan"),
    (plan, "plan_crawl"),
    (coverage, "next_page"),
    (coverage, "covered_pages"),
)
COUNTS = "COUNTS_FILE"


def count_calls() -> None:
    """In the crawl's process: write down how often each of these is called."""
    calls: Counter[str] = Counter()

    def counting(called: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            Path(os.environ[COUNTS]).write_text(json.dumps(calls))
            return called(*arguments, **named)

        return call

    for module, name in COUNTED:
        setattr(module, name, counting(getattr(module, name), name))


@pytest.mark.parametrize("session_given", ["", "5001_abcdefABCDEF0123456789abcdefAB"])
def test_a_crawl_of_four_pages_opens_loads_and_plans_once_and_walks_once_a_page(
    standin: Standin, tmp_path: Path, url: str, session_given: str
) -> None:
    counts = tmp_path / "counts.json"
    given = {"PIXIV_BASE_URL": standin.url, COUNTS: str(counts), "PIXIV_PHPSESSID": session_given}
    asked = ("crawl", "rankings", "-adate=2024-02-07", "-apages=4")
    done = run_scrapy(asked, os.environ | given, count_calls)
    assert done.returncode == 0, done.stderr
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(200,)]
    calls = json.loads(counts.read_text())
    once = {"create_engine": 1, "load_session": 1, "plan": 1, "plan_crawl": 1}
    assert {name: calls[name] for name in once} == once
    assert calls["next_page"] <= 4
    assert calls["covered_pages"] <= 6, "before the first page, after each, and for the forecast"
