"""Whole crawls: real processes, the real download handler, real HTTP on loopback."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.engine import create
from crawler.endpoints.params import today
from standin import rankings
from standin.server import Fault, Standin
from tests.conftest import ROOT, Crawl, rows
from tests.test_archive import dump

DAYS = "2024-02-06..2024-02-08"
SECRET = "12345_abcdefABCDEF0123456789abcdefAB"


@pytest.fixture
def crawl(scrapy: Crawl, standin: Standin) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`crawl("rankings", date=…)`: a crawl of the stand-in; environment in capitals."""

    def run(family: str, **given: str) -> subprocess.CompletedProcess[str]:
        arguments = [f"-a{name}={value}" for name, value in given.items() if name.islower()]
        environment = {name: value for name, value in given.items() if name.isupper()}
        return scrapy("crawl", family, *arguments, **{"PIXIV_BASE_URL": standin.url, **environment})

    return run


@pytest.fixture
def url() -> str:
    """The address of the test's archive."""
    return os.environ["ARCHIVE_URL"]


def facts(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Facts but for the moments they were seen at, which differ between two crawls."""
    return {
        "entries": rows(
            url, "SELECT ranking_id, rank, artwork_id, view_count FROM ranking_entries"
        ),
        "works": rows(
            url, "SELECT artwork_id, title, tags, user_id, uploaded_at FROM artworks ORDER BY 1"
        ),
        "coverage": rows(url, "SELECT params, page, outcome FROM coverage"),
    }


def test_a_crawl_archives_what_it_was_asked_for_and_says_so(crawl: Any, url: str) -> None:
    done = crawl("rankings", mode="daily", date=DAYS, pages="2")
    assert done.returncode == 0, done.stderr
    assert "rankings: 3 asked for: 3 complete" in done.stderr
    assert done.stderr.rstrip().endswith("OK")
    assert rows(url, "SELECT count(*), count(DISTINCT ranking_id) FROM ranking_entries") == [
        (299, 3)
    ] or (rows(url, "SELECT count(DISTINCT ranking_id) FROM ranking_entries") == [(3,)])
    assert rows(url, "SELECT outcome, session FROM crawls") == [("complete", "anonymous")]


def test_what_is_archived_is_not_asked_for_again(crawl: Any, standin: Standin) -> None:
    crawl("rankings", date=DAYS, pages="2")
    standin.hits.clear()
    again = crawl("rankings", date=DAYS, pages="2")
    assert again.returncode == 0
    assert "3 archived before" in again.stderr
    assert standin.targets == []


def test_more_pages_go_on_where_fewer_ended(crawl: Any, standin: Standin, url: str) -> None:
    crawl("rankings", date="2024-02-06", pages="2")
    standin.hits.clear()
    crawl("rankings", date="2024-02-06")
    assert [target.rpartition("p=")[2] for target in standin.targets] == [
        str(n) for n in range(3, 11)
    ]
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


def test_a_past_day_without_a_ranking_is_asked_for_twice_and_then_absent(
    crawl: Any, standin: Standin, url: str
) -> None:
    standin.faults.append(Fault("date=20240207", times=None, status=404, body=b'{"error":"x"}'))
    first = crawl("rankings", date=DAYS, pages="1")
    assert first.returncode == 0
    assert "1 not there yet" in first.stderr
    standin.hits.clear()
    crawl("rankings", date=DAYS, pages="1")
    assert len(standin.targets) == 1
    standin.hits.clear()
    third = crawl("rankings", date=DAYS, pages="1")
    assert "1 absent" in third.stderr
    assert standin.targets == []
    assert rows(url, "SELECT outcome FROM coverage WHERE params LIKE '%20240207%'") == [("absent",)]


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
        Fault(
            "p=2",
            times=None,
            body=gzip.compress(b" " * (65 << 20)),
            headers={"Content-Encoding": "gzip"},
        ),
    ],
    ids=[
        "500",
        "reset",
        "challenge",
        "error-200",
        "truncated",
        "garbage",
        "redirect",
        "404",
        "refresh",
        "bomb",
    ],
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
    assert len(standin.targets) == 1


def test_a_429_pauses_and_loses_nothing(crawl: Any, standin: Standin, url: str) -> None:
    standin.faults.append(Fault("p=2", times=2, status=429, headers={"Retry-After": "1"}))
    begun = time.monotonic()
    done = crawl("rankings", date="2024-02-06", pages="3")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun > 2
    assert rows(url, "SELECT page FROM coverage WHERE outcome = 'complete' ORDER BY 1") == [
        (1,),
        (2,),
        (3,),
    ]
    moments = [hit.at for hit in standin.hits if "p=2" in hit.target]
    assert all(after - before >= 0.99 for before, after in zip(moments, moments[1:], strict=False))


def test_a_reset_is_not_resent_below_the_gate(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("p=2", times=1, reset=True))
    done = crawl("rankings", date="2024-02-06", pages="2", DOWNLOAD_DELAY="0.5")
    assert done.returncode == 0, done.stderr
    moments = [hit.at for hit in standin.hits]
    assert min(after - before for before, after in zip(moments, moments[1:], strict=False)) >= 0.29


def test_what_robots_txt_forbids_is_named_and_not_fetched(crawl: Any, standin: Standin) -> None:
    standin.robots = "User-agent: *\nDisallow: /ranking.php\n"
    done = crawl("rankings", date="2024-02-06")
    assert done.returncode == 0
    assert "1 forbidden" in done.stderr
    assert standin.targets == []


def test_what_needs_a_session_is_named_and_not_tried(crawl: Any, standin: Standin) -> None:
    done = crawl("rankings", mode="daily_r18", date="2024-02-06", ALLOW_R18="1")
    assert done.returncode == 0
    assert "1 needing a session" in done.stderr
    assert standin.targets == []


def test_a_wrong_argument_ends_with_2_before_any_request(crawl: Any, standin: Standin) -> None:
    done = crawl("rankings", mode="hourly")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "mode=hourly: no such value; valid: daily, weekly"
    )
    assert "Traceback" not in done.stderr
    assert standin.hits == []


def test_an_unknown_spider_ends_with_the_list_of_spiders(scrapy: Crawl) -> None:
    done = scrapy("crawl", "ranking")
    assert done.returncode == 2
    assert "valid: artworks, commissions, rankings" in done.stderr


def test_an_early_stop_is_not_taken_for_success(
    crawl: Any, scrapy: Crawl, standin: Standin
) -> None:
    done = scrapy(
        "crawl",
        "rankings",
        f"-adate={DAYS}",
        "-s",
        "CLOSESPIDER_ITEMCOUNT=2",
        PIXIV_BASE_URL=standin.url,
    )
    assert done.returncode == 1
    assert "still due" in done.stderr.splitlines()[-1]


def test_an_interrupted_crawl_says_what_is_still_due(standin: Standin) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "rankings", f"-adate={DAYS}"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "0.5"},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.rstrip().endswith("3 still due. Run the same command again.")


def test_what_cannot_be_kept_is_not_read(
    crawl: Any, standin: Standin, url: str, tmp_path: Path
) -> None:
    month = tmp_path / "captures" / f"{datetime.now(UTC):%Y-%m}"
    month.parent.mkdir()
    month.touch()  # a file where the folder of the run's captures would be
    done = crawl("rankings", date=DAYS)
    assert done.returncode == 1
    assert "cannot be kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(0,)]
    assert len(standin.hits) <= 2, "nothing more is asked of the site"


def test_a_database_that_cannot_be_opened_is_named_before_any_request(
    crawl: Any, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "no.db").write_bytes(
        b"this is no database, but long enough to be taken for one" * 20
    )
    done = crawl("rankings", ARCHIVE_URL=f"sqlite:///{tmp_path}/no.db")
    assert done.returncode == 2
    assert "no.db: file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
    assert standin.hits == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ARCHIVE_URL": "mysql://u:secretpw@h/d"}, "use sqlite or postgresql"),
        ({"ARCHIVE_URL": "nonsense"}, "sqlite:///var/archive.db"),
        ({"PIXIV_BASE_URL": "pixiv"}, "https://www.pixiv.net"),
        ({"PIXIV_BASE_URL": "https://www.pixiv.net", "DOWNLOAD_DELAY": "1"}, "no less than 1.2 s"),
        ({"PIXIV_PHPSESSID": "x y"}, "no session"),
        ({"PIXIV_PHPSESSID_FILE": "/nowhere"}, "/nowhere: No such file"),
        ({"PIXIV_BASE_URL": "https://me:secretpw@www.pixiv.net"}, "an address like"),
        ({"DOWNLOAD_DELAY": "abc"}, "DOWNLOAD_DELAY=abc: a number"),
        ({"DOWNLOAD_DELAY": "nan"}, "DOWNLOAD_DELAY=nan: a number"),
        ({"ALLOW_R18": "maybe"}, "ALLOW_R18=maybe: no such value; valid: 0, 1"),
        ({"LOG_LEVEL": "foo"}, "LOG_LEVEL=foo: no such value; valid: CRITICAL"),
        ({"PIXIV_LANG": "xx"}, "PIXIV_LANG=xx: no such value; valid: ja, en"),
        ({"CAPTURE_DIR": "/dev/null/x"}, "CAPTURE_DIR /dev/null/x: Not a directory"),
    ],
    ids=[
        "backend",
        "url",
        "base",
        "pace",
        "session",
        "session-file",
        "userinfo",
        "delay",
        "nan",
        "r18",
        "level",
        "lang",
        "captures",
    ],
)
def test_a_wrong_setting_ends_with_2_and_names_what_is_valid(
    crawl: Any, standin: Standin, given: dict[str, str], message: str
) -> None:
    done = crawl("rankings", **given)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "secretpw" not in done.stderr
    assert standin.hits == []


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
    assert "1 pages lost before they were stored" in done.stderr.splitlines()[-1]


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


def test_a_crawl_killed_in_the_middle_and_run_again_has_the_same_rows(
    crawl: Any, standin: Standin, url: str, tmp_path: Path
) -> None:
    crawl(
        "rankings",
        date=DAYS,
        ARCHIVE_URL=f"sqlite:///{tmp_path}/whole.db",
        CAPTURE_DIR=str(tmp_path / "c"),
    )
    standin.hits.clear()
    for kill_after in (3, 9):
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "rankings", f"-adate={DAYS}"],
            env=os.environ | {"PIXIV_BASE_URL": standin.url},
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        while len(standin.targets) < kill_after and process.poll() is None:
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert crawl("rankings", date=DAYS).returncode == 0
    assert facts(url) == facts(f"sqlite:///{tmp_path}/whole.db")
    assert len(standin.targets) <= 30 + 2, "at most the page under way was asked for twice"


def test_captures_of_a_killed_crawl_give_the_same_facts_as_its_archive(
    standin: Standin, scrapy: Crawl, url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "rankings", f"-adate={DAYS}"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    while len(standin.targets) < 5 and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()
    other = f"sqlite:///{tmp_path}/other.db"
    done = scrapy("replay", ARCHIVE_URL=other)
    assert done.returncode == 0, done.stderr
    lost = set(rows(url, "SELECT * FROM ranking_entries")) - set(
        rows(other, "SELECT * FROM ranking_entries")
    )
    assert not lost


def test_a_crawl_into_postgresql_stores_the_same_rows(
    crawl: Any, postgresql: str, url: str
) -> None:
    crawl("rankings", date="2024-02-06", pages="2")
    done = crawl("rankings", date="2024-02-06", pages="2", ARCHIVE_URL=postgresql)
    assert done.returncode == 0, done.stderr
    query = "SELECT ranking_id, rank, artwork_id, e.view_count, title FROM ranking_entries e JOIN artworks USING (artwork_id) ORDER BY 1, 2"
    assert rows(postgresql, query) == rows(url, query)


def test_the_session_goes_to_the_base_host_and_into_no_file(
    crawl: Any, standin: Standin, tmp_path: Path
) -> None:
    done = crawl(
        "rankings", date="2024-02-06", pages="1", PIXIV_PHPSESSID=SECRET, LOG_LEVEL="DEBUG"
    )
    assert done.returncode == 0, done.stderr
    assert {hit.headers.get("Cookie") for hit in standin.hits} == {f"PHPSESSID={SECRET}"}
    assert SECRET not in done.stderr + done.stdout
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


def test_pages_can_be_written_as_json_lines(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    scrapy(
        "crawl",
        "rankings",
        "-adate=2024-02-06",
        "-apages=1",
        "-O",
        str(out),
        PIXIV_BASE_URL=standin.url,
    )
    (page,) = map(json.loads, out.read_text().splitlines())
    assert page["outcome"] == "complete"
    assert page["rows"]["ranking_entries"][0]["rank"] == 1


def test_the_nightly_job_archives_the_newest_ranking_whole(
    scrapy: Crawl, standin: Standin, url: str
) -> None:
    standin.now = datetime(2024, 2, 8, 4, tzinfo=UTC)
    done = scrapy("job", "run", "nightly", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("OK")
    assert rows(url, "SELECT ranking_on, is_complete FROM rankings") == [("2024-02-07", 1)]


def test_a_stopped_job_lets_its_crawl_end_in_order(standin: Standin, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "job", "run", "nightly"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        process.terminate()
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out.rstrip().endswith("INCOMPLETE: 1 of 1 steps")
    assert "still due" in errors
    assert not list(tmp_path.rglob("*.open")), "the capture was closed"


def test_a_stop_does_not_wait_for_a_pause_to_end(standin: Standin) -> None:
    standin.faults.append(Fault("p=1", times=None, status=429, headers={"Retry-After": "60"}))
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "rankings"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url},
        cwd=ROOT,
        stderr=subprocess.PIPE,
    ) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 1
    assert len(standin.targets) == 1


def test_an_archive_that_takes_no_pages_leaves_the_site_alone(
    scrapy: Crawl, standin: Standin, url: str
) -> None:
    scrapy("crawl", "rankings", "-adate=2024-02-06", "-apages=1", PIXIV_BASE_URL=standin.url)
    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER t BEFORE INSERT ON captures BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    engine.dispose()
    standin.hits.clear()
    done = scrapy(
        "crawl",
        "rankings",
        "-adate=2024-01-01..2024-01-31",
        "-apages=1",
        PIXIV_BASE_URL=standin.url,
    )
    assert done.returncode == 1
    assert len(standin.targets) <= 4


def test_an_open_range_asks_for_nothing_newer_than_the_newest(crawl: Any, standin: Standin) -> None:
    standin.now = datetime.now(UTC) - timedelta(days=2)
    done = crawl("rankings", date=f"{today() - timedelta(days=4)}..", pages="1")
    assert done.returncode == 0, done.stderr
    newest = rankings.newest(standin.now)
    asked = {target.partition("date=")[2][:8] for target in standin.targets}
    assert max(asked) <= f"{newest:%Y%m%d}"


def test_a_job_with_a_failed_step_ends_with_1(scrapy: Crawl, standin: Standin) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=403))
    done = scrapy("job", "run", "nightly", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith("INCOMPLETE: 1 of 1 steps")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no [[step]]"),
        ("[[step]]\nspider = 'ranking'", "valid: artworks, commissions, rankings"),
        ("[[step]]\nspider = 'rankings'\nmode = 'hourly'", "mode=hourly: no such value"),
        ("steps = 1", "no such key steps; valid: description, step"),
        ("[[step]\n", "bad.toml"),
    ],
)
def test_a_bad_job_file_names_what_is_valid(
    scrapy: Crawl, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "bad.toml").write_text(text)
    done = scrapy("job", "run", "bad", "-s", f"JOB_DIR={tmp_path}")
    assert done.returncode == 2
    assert message in done.stderr


def test_an_unknown_job_names_the_jobs(scrapy: Crawl) -> None:
    done = scrapy("job", "run", "daily")
    assert done.returncode == 2
    assert "valid: nightly" in done.stderr
