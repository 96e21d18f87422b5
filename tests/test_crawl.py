"""Whole crawls: real processes, the real download handler, real HTTP on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import create
from crawler.clock import today
from standin import rankings
from standin.server import Fault, Standin
from tests.conftest import ROOT, Crawl, rows
from tests.test_archive import dump

DAYS = "2024-02-06..2024-02-08"


def test_a_crawl_archives_what_it_was_asked_for_and_says_so(crawl: Any, url: str) -> None:
    done = crawl("rankings", mode="daily", date=DAYS, pages="2")
    assert done.returncode == 0, done.stderr
    assert "rankings: 3 complete" in done.stderr
    assert done.stderr.rstrip().endswith("OK")
    assert rows(url, "SELECT count(DISTINCT ranking_id), max(rank) FROM ranking_entries") == [(3, 100)]
    assert rows(url, "SELECT outcome, session FROM crawls") == [("complete", "anonymous")]


FROM_PYTHON = """
import sys
from scrapy.crawler import {process}
from scrapy.utils.project import get_project_settings

process = {process}(get_project_settings())
crawler = process.create_crawler("rankings")
crawl = process.crawl(crawler, mode=sys.argv[1], date="2024-02-06", pages="1")
process.start()
{end}
"""
READ = (
    'crawl.result()\nprint(crawler.stats.get_value("archive/exit_status"), crawler.stats.get_value("archive/summary"))'
)


def from_python(process: str, end: str, mode: str, base: str) -> subprocess.CompletedProcess[str]:
    program = FROM_PYTHON.format(process=process, end=end)
    environment = os.environ | {
        "PIXIV_BASE_URL": base,
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
    }
    command = [sys.executable, "-c", program, mode]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_from_python_the_outcome_of_a_crawl_is_read_in_three_lines(standin: Standin) -> None:
    done = from_python("AsyncCrawlerProcess", READ, "daily", standin.url)
    assert done.stdout.startswith("0 rankings: 1 complete"), done.stderr
    assert READ.splitlines()[0] in (ROOT / "docs/howto/extend-scrapy.md").read_text(encoding="utf-8")


def test_from_python_an_incomplete_crawl_says_so(standin: Standin) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=500))
    done = from_python("AsyncCrawlerProcess", READ, "daily", standin.url)
    assert done.stdout.startswith("1 rankings: 1 failed"), done.stderr


@pytest.mark.parametrize(("process", "end"), [("AsyncCrawlerProcess", READ), ("CrawlerProcess", "crawl.result")])
def test_from_python_a_bad_argument_is_an_exception_that_names_the_valid_ones(
    process: str, end: str, standin: Standin
) -> None:
    done = from_python(process, end, "dayly", standin.url)
    assert "crawler.errors.BadArgument: mode=dayly: no such value. Did you mean daily? Valid: daily" in done.stderr
    assert standin.hits == []


def test_what_is_archived_is_not_asked_for_again(crawl: Any, standin: Standin) -> None:
    crawl("rankings", date=DAYS, pages="2")
    standin.hits.clear()
    again = crawl("rankings", date=DAYS, pages="2")
    assert again.returncode == 0
    assert "3 already complete" in again.stderr
    assert standin.targets == []


def test_more_pages_go_on_where_fewer_ended(crawl: Any, standin: Standin, url: str) -> None:
    crawl("rankings", date="2024-02-06", pages="2")
    standin.hits.clear()
    crawl("rankings", date="2024-02-06")
    assert [target.rpartition("p=")[2] for target in standin.targets] == [str(n) for n in range(3, 11)]
    assert rows(url, "SELECT is_complete, rank_total FROM rankings") == [(1, 500)]


def test_refetch_asks_for_what_is_archived_too(crawl: Any, standin: Standin) -> None:
    crawl("rankings", date="2024-02-06", pages="2")
    standin.hits.clear()
    assert crawl("rankings", date="2024-02-06", pages="2", refetch="1").returncode == 0
    assert len(standin.targets) == 2


def test_latest_is_the_day_that_the_site_states(crawl: Any, standin: Standin, url: str) -> None:
    standin.now = datetime(2024, 2, 8, 4, tzinfo=UTC)
    assert crawl("rankings", pages="2").returncode == 0
    assert rows(url, "SELECT ranking_on FROM rankings") == [("2024-02-07",)]
    assert "date=20240207" in standin.targets[1]


def test_a_past_day_without_a_ranking_is_asked_for_on_two_nights_and_then_absent(
    crawl: Any, standin: Standin, url: str
) -> None:
    standin.faults.append(Fault("date=20240207", times=None, status=404, body=b'{"error":"x"}'))
    first = crawl("rankings", date=DAYS, pages="1")
    assert first.returncode == 0
    assert "1 not published yet" in first.stderr
    again = crawl("rankings", date=DAYS, pages="1")
    assert "1 not published yet" in again.stderr, "two misses of one night are one"
    standin.hits.clear()
    standin.days_ahead = 1
    second = crawl("rankings", date=DAYS, pages="1", CLOCK_SHIFT="1")
    assert "1 absent" in second.stderr
    assert len(standin.targets) == 1
    standin.hits.clear()
    third = crawl("rankings", date=DAYS, pages="1", CLOCK_SHIFT="1")
    assert "1 absent" in third.stderr
    assert standin.targets == []
    assert rows(url, "SELECT outcome FROM coverage WHERE params LIKE '%20240207%'") == [("absent",)]


def test_replaying_captures_into_an_empty_archive_gives_the_same_facts(
    crawl: Any, scrapy: Crawl, url: str, tmp_path: Path, standin: Standin
) -> None:
    standin.faults += [
        Fault("date=20240207", times=None, status=404, body=b'{"error":"x"}'),
        Fault("date=20240206&p=2", times=2, status=500),
        Fault("date=20240208&p=1", times=1, status=429, headers={"Retry-After": "1"}),
    ]
    crawl("rankings", date=f"{DAYS},latest", pages="2")
    other = f"sqlite:///{tmp_path}/other.db"
    standin.hits.clear()
    done = scrapy("replay", ARCHIVE_URL=other)
    assert done.returncode == 0, done.stderr
    assert standin.hits == []
    engines: list[Engine] = [create(url), create(other)]
    live, replayed = (dump(engine) for engine in engines)
    for engine in engines:
        engine.dispose()
    assert replayed == live
    assert rows(other, "SELECT count(*) FROM captures c JOIN crawls USING (crawl_id)")[0][0] > 0


def test_pages_can_be_written_as_json_lines(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    scrapy("crawl", "rankings", "-adate=2024-02-06", "-apages=1", "-O", str(out), PIXIV_BASE_URL=standin.url)
    (page,) = map(json.loads, out.read_text().splitlines())
    assert page["outcome"] == "complete"
    assert page["rows"]["ranking_entries"][0]["rank"] == 1


def test_an_open_range_asks_for_nothing_newer_than_the_newest(crawl: Any, standin: Standin) -> None:
    standin.now = datetime.now(UTC) - timedelta(days=2)
    done = crawl("rankings", date=f"{today() - timedelta(days=4)}..", pages="1")
    assert done.returncode == 0, done.stderr
    newest = rankings.newest(standin.now)
    asked = {target.partition("date=")[2][:8] for target in standin.targets}
    assert max(asked) <= f"{newest:%Y%m%d}"


@pytest.mark.promise("Crawl and replay agree")
def test_half_live_and_half_replayed_is_the_same_archive(crawl: Any, scrapy: Crawl, tmp_path: Path) -> None:
    halves = ("2024-02-06", "2024-02-07")
    for day in halves:
        place = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/{day}.db", "CAPTURE_DIR": f"{tmp_path}/{day}"}
        assert crawl("rankings", date=day, pages="2", **place).returncode == 0
    folders = [f"{tmp_path}/{day}" for day in halves]
    for archive, kept in ((halves[0], folders[1:]), (halves[1], folders[:1]), ("both", folders)):
        url = f"sqlite:///{tmp_path}/{archive}.db"
        assert scrapy("replay", *kept, ARCHIVE_URL=url).returncode == 0
    engines = [create(f"sqlite:///{tmp_path}/{name}.db") for name in (*halves, "both")]
    first, second, replayed = (dump(engine) for engine in engines)
    for engine in engines:
        engine.dispose()
    assert first == second == replayed
