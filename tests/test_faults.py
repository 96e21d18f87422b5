"""What goes wrong is named, stays due, and is completed by the next run."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database.engine import create
from standin.server import Fault, Standin
from tests.conftest import Crawl, rows
from tests.processes import Running, wait_for

DAYS = "2024-02-06..2024-02-08"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("p=2", times=None, status=500),
        Fault("p=2", times=None, reset=True),
        Fault("p=2", times=None, status=403, body=b"<html>", content_type="text/html"),
        Fault("p=2", times=None, body=b'{"error":true,"message":"","body":[]}'),
        Fault("p=2", times=None, body=b'{"contents": [{"rank"'),
        Fault("p=2", times=None, body=b"\x1f\x8bgarbage", headers={"Content-Encoding": "gzip"}),
        Fault("p=2", times=None, status=302, headers={"Location": "https://example.com/"}),
        Fault("p=2", times=None, status=404, body=b'{"error":"x"}'),
        Fault(
            "p=2",
            times=None,
            body=b'<html><meta http-equiv="refresh" content="0; url=http://127.0.0.1:9/"></html>',
            content_type="text/html",
        ),
        Fault("p=2", times=None, body=gzip.compress(b" " * (65 << 20)), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "reset", "challenge", "error-200", "truncated", "garbage", "redirect", "404", "refresh", "bomb"],
)
def test_a_failed_page_stores_nothing_is_due_again_and_ends_with_1(
    crawl: Any, standin: Standin, url: str, fault: Fault
) -> None:
    standin.faults.append(fault)
    failed = crawl("rankings", date="2024-02-06", pages="2")
    assert failed.returncode == 1
    assert "INCOMPLETE: 1 failed" in failed.stderr.splitlines()[-1]
    assert rows(url, "SELECT max(rank) <= 50 FROM ranking_entries") == [(1,)]
    standin.faults.clear()
    standin.hits.clear()
    assert crawl("rankings", date="2024-02-06", pages="2").returncode == 0
    # A page that was missing makes the one before doubtful, which said that it follows.
    assert len(standin.targets) == (2 if fault.status == 404 else 1)


@pytest.mark.promise("Rate limit")
def test_a_429_pauses_and_loses_nothing(crawl: Any, standin: Standin, url: str) -> None:
    standin.faults.append(Fault("p=2", times=2, status=429, headers={"Retry-After": "1"}))
    begun = time.monotonic()
    done = crawl("rankings", date="2024-02-06", pages="3")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun > 2
    assert rows(url, "SELECT page FROM coverage WHERE outcome = 'complete' ORDER BY 1") == [(1,), (2,), (3,)]
    moments = [hit.at for hit in standin.hits if "p=2" in hit.target]
    # Taken where requests arrive: a machine that is busy may bring one late, and the next is nearer to it.
    assert all(after - before >= 0.7 for before, after in zip(moments, moments[1:], strict=False))


STORM = ("-sTHROTTLE_PAUSE=0.01", "-sTHROTTLE_TIMES=2")


@pytest.mark.promise("Refused for now")
def test_a_storm_of_429_ends_the_run_and_is_shared_with_the_next(
    scrapy: Crawl, standin: Standin, url: str, tmp_path: Path
) -> None:
    standin.faults.append(Fault("ranking.php|/ajax", times=None, status=429))
    ids = ",".join(str(4120000 + number) for number in range(250))
    words = ("crawl", "artworks", "-aendpoints=artwork", f"-aillust_id={ids}", *STORM)
    done = scrapy(*words, PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert len(standin.targets) == 2 * 3, "two requests, each with its two tries more"
    last = done.stderr.splitlines()[-1]
    assert "pixiv refuses requests for now" in last
    until = re.search(r"Nothing is lost\. No run sends anything before (\d{4}-\d\d-\d\d \d\d:\d\d) Japan time", last)
    assert until
    (state,) = (tmp_path / "state").rglob("anonymous.json")
    assert json.loads(state.read_text())["not_before"] > time.time() + 3_000
    again = scrapy("crawl", "rankings", PIXIV_BASE_URL=standin.url)
    assert again.returncode == 1, "it ends at once: nobody waits for an hour in silence"
    assert f"No run sends anything before {until[1]}" in again.stderr
    assert len(standin.targets) == 6
    assert rows(url, "SELECT count(*) FROM artworks") == [(0,)]


@pytest.mark.parametrize("refused", ["ranking.php", "/robots.txt"])
def test_a_night_of_503_ends_and_says_so(scrapy: Crawl, standin: Standin, tmp_path: Path, refused: str) -> None:
    step = '[[step]]\nspider = "rankings"\nmode = ["daily", "rookie"]\ndate = "latest"\ncatch_up = 3\npages = 1\n'
    (tmp_path / "mine.toml").write_text(f"{step}{step}")
    words = ("job", "run", str(tmp_path / "mine.toml"), "-sTHROTTLE_PAUSE=0.01", "-sTHROTTLE_TIMES=8")
    assert scrapy(*words, PIXIV_BASE_URL=standin.url).returncode == 0
    standin.faults.append(Fault(refused, times=None, status=503))
    standin.now, standin.days_ahead = datetime.now(UTC) + timedelta(days=1), 1
    standin.hits.clear()
    done = scrapy(*words, PIXIV_BASE_URL=standin.url, CLOCK_SHIFT="1")
    assert done.returncode == 1
    assert "mine FAILED: pixiv is overloaded, or down for maintenance (503)" in done.stdout
    assert len([hit for hit in standin.hits if refused in hit.target]) == (2 * 9 if refused == "ranking.php" else 9)


CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title>"
BLOCKS = {
    "a challenge with 403": {"status": 403, "body": CHALLENGE, "content_type": "text/html"},
    "403 in JSON": {"status": 403, "body": b'{"error":true,"message":"","body":[]}'},
    "a page with 200": {"status": 200, "body": CHALLENGE, "content_type": "text/html"},
    "a page with 404": {"status": 404, "body": CHALLENGE, "content_type": "text/html"},
}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.promise("Blocked machine")
def test_a_block_of_the_machine_ends_the_run_after_a_pause_and_one_try(
    crawl: Any, standin: Standin, url: str, block: str
) -> None:
    standin.faults.append(Fault("ranking.php|/ajax", times=None, **BLOCKS[block]))
    ids = ",".join(str(4120000 + number) for number in range(60))
    done = crawl("artworks", endpoints="artwork", illust_id=ids, THROTTLE_PAUSE="0.5")
    assert done.returncode == 1
    assert len(standin.targets) == 4
    last = done.stderr.splitlines()[-1]
    assert "pixiv sends no data" in last
    assert "Nothing is lost. The next run tries again" in last
    third, fourth = [hit.at for hit in standin.hits if "/ajax" in hit.target][2:]
    assert fourth - third >= 0.4
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("failed",)]
    standin.faults.clear()
    again = crawl("artworks", endpoints="artwork", illust_id="4120000")
    assert again.returncode == 0, "nothing was taken for a fact of a page"


def test_a_block_that_passes_ends_nothing(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("date=", times=3, **BLOCKS["a challenge with 403"]))
    done = crawl("rankings", date="2024-02-06..2024-02-11", pages="1", THROTTLE_PAUSE="0.01")
    assert "3 complete, 3 failed" in done.stderr


def test_pages_that_are_refused_one_by_one_are_no_block(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("/ajax/illust/", times=None, **BLOCKS["403 in JSON"]))
    ids = ",".join(str(4120000 + number) for number in range(8))
    done = crawl("artworks", endpoints="artwork", illust_id=ids, THROTTLE_PAUSE="0.01")
    assert done.returncode == 1
    assert "8 failed" in done.stderr
    assert sum("/ajax/illust/" in target for target in standin.targets) == 8


def test_a_block_ends_all_of_a_job(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    standin.faults.append(Fault("ranking.php|/ajax", times=None, **BLOCKS["403 in JSON"]))
    step = '[[step]]\nspider = "rankings"\ndate = "2024-02-06..2024-02-10"\n'
    (tmp_path / "mine.toml").write_text(f"{step}{step}")
    done = scrapy("job", "run", str(tmp_path / "mine.toml"), *STORM, PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert len(standin.targets) == 4
    assert "pixiv sends no data" in done.stdout


def test_what_is_answered_between_two_refusals_shows_that_the_site_answers(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("date=2024020[68]", times=None, status=429))
    done = crawl("rankings", date="2024-02-06..2024-02-09", pages="1", THROTTLE_PAUSE="0.01")
    assert done.returncode == 1
    assert "2 failed" in done.stderr
    assert "2 complete" in done.stderr


@pytest.mark.promise("Rate limit")
def test_a_reset_is_not_resent_below_the_gate(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("p=2", times=1, reset=True))
    done = crawl("rankings", date="2024-02-06", pages="2", DOWNLOAD_DELAY="0.5")
    assert done.returncode == 0, done.stderr
    moments = [hit.at for hit in standin.hits]
    # By Twisted, below the rate limit, it would be resent at once.
    assert min(after - before for before, after in zip(moments, moments[1:], strict=False)) >= 0.1


def test_what_robots_txt_forbids_is_named_and_not_fetched(crawl: Any, standin: Standin) -> None:
    standin.robots = "User-agent: *\nDisallow: /ranking.php\n"
    standin.robots += "Disallow: /ajax/illust/\n"
    work = crawl("artworks", illust_id="1", endpoints="artwork")
    assert work.returncode == 0
    assert "1 forbidden" in work.stderr
    ranking = crawl("rankings", date="2024-02-06")
    assert ranking.returncode == 0
    assert "1 forbidden" in ranking.stderr
    assert standin.targets == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/robots.txt", None, status=500),
        Fault("/robots.txt", None, status=302, headers={"Location": "/robots2.txt"}),
        Fault("/robots.txt", None, reset=True),
    ],
    ids=["500", "302", "reset"],
)
@pytest.mark.promise("robots.txt")
def test_without_robots_txt_nothing_is_asked(crawl: Any, standin: Standin, fault: Fault) -> None:
    standin.faults.append(fault)
    done = crawl("rankings", date="2024-02-06", pages="1")
    assert done.returncode == 1
    said = "pixiv could not be reached" if fault.reset else "not even its rules for crawlers (robots.txt) can be read"
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert standin.targets == []
    standin.faults.clear()
    assert crawl("rankings", date="2024-02-06", pages="1").returncode == 0


def test_an_early_stop_is_not_taken_for_success(crawl: Any, scrapy: Crawl, standin: Standin) -> None:
    done = scrapy("crawl", "rankings", f"-adate={DAYS}", "-s", "CLOSESPIDER_ITEMCOUNT=2", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert "left" in done.stderr.splitlines()[-1]


def test_an_interrupted_crawl_says_what_is_still_due(standin: Standin) -> None:
    given = {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "0.5"}
    with Running(("crawl", "rankings", f"-adate={DAYS}"), os.environ | given) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        done = process.finish()
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("3 targets left. Run the same command again.")


@pytest.mark.promise("Captured first")
def test_what_cannot_be_kept_is_not_read(crawl: Any, standin: Standin, url: str, tmp_path: Path) -> None:
    month = tmp_path / "captures" / f"{datetime.now(UTC):%Y-%m}"
    month.parent.mkdir()
    month.touch()  # a file where the folder of the run's captures would be
    done = crawl("rankings", date=DAYS)
    assert done.returncode == 1
    assert "cannot be saved" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(0,)]
    assert len(standin.hits) <= 2, "nothing more is asked of the site"


def test_lost_items_are_not_taken_for_success(scrapy: Crawl, standin: Standin, url: str) -> None:
    scrapy("crawl", "rankings", "-adate=2024-02-06", "-apages=1", PIXIV_BASE_URL=standin.url)
    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER t BEFORE INSERT ON ranking_entries BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    engine.dispose()
    done = scrapy("crawl", "rankings", "-adate=2024-02-07", "-apages=1", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert "1 page not stored" in done.stderr.splitlines()[-1]


def test_a_stop_does_not_wait_for_a_pause_to_end(standin: Standin) -> None:
    standin.faults.append(Fault("p=1", times=None, status=429, headers={"Retry-After": "6000"}))
    given = {"PIXIV_BASE_URL": standin.url}
    with Running(("crawl", "rankings"), os.environ | given) as process:
        wait_for(lambda: "asks to slow down" in process.errors(), process.errors)
        process.send_signal(signal.SIGINT)
        done = process.finish()
    assert done.returncode == 1
    assert len(standin.targets) == 1
