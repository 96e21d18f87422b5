"""The morning after: what a job says, keeps and sends, and when it says nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from crawler.archive import job_runs
from crawler.archive.database.engine import opened, reading
from crawler.archive.due.ranking_days import RankingDays, ranking_days
from crawler.clock import newest, today
from crawler.places import ROOT
from standin.server import Fault, Standin
from tests.conftest import Crawl, rows
from tests.processes import free_port, wait_for

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
JOB = """
send_summary = "{when}"
[[step]]
spider = "rankings"
date = "2024-02-06"
pages = 1
"""


class Mailbox:
    """What was sent to an address of this machine: (method, path, body)."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.received: list[tuple[str, str, str]] = []


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            box.received.append((self.command, self.path, body))
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def job(scrapy: Crawl, standin: Standin, tmp_path: Path) -> Crawl:
    def run(*more: str, when: str = "trouble", **environment: str) -> Any:
        (tmp_path / "mine.toml").write_text(JOB.format(when=when))
        given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), **environment}
        return scrapy("job", "run", "mine", *more, **given)

    return run


def test_a_good_night_is_kept_and_quiet(job: Crawl, url: str) -> None:
    done = job("--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ((name, outcome, requests, summary),) = rows(url, "SELECT job, outcome, request_count, summary FROM job_runs")
    assert (name, outcome, requests) == ("mine", "ok", 2), "robots.txt and a page"
    assert summary.startswith("mine: 50 new works, 50 ranking entries")
    assert summary.endswith("OK")


def test_a_bad_night_says_which_step_failed_and_why(job: Crawl, standin: Standin, url: str) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=403))
    done = job("--quiet")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "- rankings date=2024-02-06 pages=1: 1 failed" in lines
    said = [line.split()[:2] for line in lines]
    assert ["mine", "FAILED:"] in said
    assert lines[-1] == "If it keeps failing: ./run status doctor"
    assert lines[-2].startswith("Run now: ./run job run mine")
    assert rows(url, "SELECT outcome FROM job_runs") == [("trouble",)]


def test_a_run_under_a_clock_that_was_ahead_keeps_no_job_from_being_due(job: Crawl, scrapy: Crawl, url: str) -> None:
    assert job("--quiet").returncode == 0
    ahead = time.time_ns() + 40 * 86_400 * 10**9
    with opened(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE job_runs SET started_at = {ahead}, finished_at = {ahead + 1}")
    with opened(url) as engine, reading(engine) as connection:
        assert job_runs.last_of(connection) is None
        assert job_runs.names(connection) == []


def test_a_pause_that_is_longer_than_a_run_waits_ends_it_and_says_until_when(job: Crawl, standin: Standin) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=503, headers={"Retry-After": "100000"}))
    done = job("--quiet")
    assert done.returncode == 1
    assert "mine FAILED: pixiv is overloaded" in done.stdout
    assert "Nothing to do before." in done.stdout
    asked = len(standin.hits)
    again = job("--quiet")
    assert again.returncode == 1
    assert len(standin.hits) == asked, "nothing is sent in the pause, and nobody waits for it in silence"
    assert re.search(r"No run sends anything before \d{4}-\d\d-\d\d \d\d:\d\d Japan time", again.stdout)


def test_an_error_for_everything_is_no_expired_session(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('[[step]]\nspider = "feeds"\nendpoints = "follow_latest"\n')
    standin.faults.append(Fault("ajax", times=None, body=b'{"error":true,"message":"x","body":[]}'))
    done = scrapy(
        *("job", "run", str(tmp_path / "feeds.toml"), "--quiet"), PIXIV_BASE_URL=standin.url, PIXIV_PHPSESSID=SESSION
    )
    assert done.returncode == 1
    assert "pixiv answered with an error (status 200)" in done.stdout
    assert "expired" not in done.stdout


def test_a_page_that_robots_txt_forbids_is_a_warning_and_due(job: Crawl, standin: Standin, url: str) -> None:
    standin.robots = "User-agent: *\nDisallow: /ranking.php\n"
    done = job("--quiet")
    assert done.returncode == 1
    assert "mine WARNING: pixiv's robots.txt forbids 1 page (rankings date=2024-02-06 pages=1)" in done.stdout
    assert rows(url, "SELECT outcome FROM job_runs") == [("warning",)]
    assert standin.targets == []
    assert "not published yet" not in done.stdout
    assert "Run now" not in done.stdout
    (ranking,) = _ranking_days(url)
    assert ranking.of(date(2024, 2, 6)) == "forbidden"
    assert date(2024, 2, 6) in ranking.holes()[0]


def _ranking_days(url: str) -> list[RankingDays]:
    with opened(url) as engine, reading(engine) as connection:
        return ranking_days(connection)


def test_a_night_without_a_network_says_why_first_and_what_comes_next(scrapy: Crawl, tmp_path: Path) -> None:
    (tmp_path / "dark.toml").write_text(
        'when = "40 12 * * *"\n[[step]]\nspider = "rankings"\ndate = "2024-02-01..2024-02-06"\n'
    )
    nobody = f"http://127.0.0.1:{free_port()}"
    given = {"PIXIV_BASE_URL": nobody, "JOB_DIR": str(tmp_path), "RETRY_TIMES": "0"}
    done = scrapy("job", "run", "dark", **given)
    assert done.returncode == 1
    first, second, *_, after, last = done.stdout.rpartition("\n\n")[2].splitlines()
    why = "pixiv could not be reached (connection refused)"
    assert first == f"dark FAILED: {why} (1 of 1 required step)."
    assert second.startswith("Nothing archived, nothing lost.")
    assert after.startswith("Next automatic run, if it is installed: ")
    assert after.endswith("12:40 (Asia/Tokyo). Run now: ./run job run dark")
    assert last == "If it keeps failing: ./run status doctor"


@pytest.mark.promise("Honest summaries")
def test_a_backfill_of_past_days_is_nothing_to_look_at_afterwards(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    """No alarm about what nobody asked for: the days since were not requested."""
    assert scrapy("crawl", "rankings", "-apages=1", PIXIV_BASE_URL=standin.url).returncode == 0
    days = f"{newest() - timedelta(days=9)}..{newest() - timedelta(days=7)}"
    step = f'[[step]]\nspider = "rankings"\nmode = "weekly"\ndate = "{days}"\n'
    (tmp_path / "past.toml").write_text(step)
    done = scrapy("job", "run", str(tmp_path / "past.toml"), PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "has not appeared" not in done.stdout
    assert done.stdout.splitlines()[-1] == "OK"
    shown = scrapy("status", "--mode", "weekly", "coverage", "--check")
    assert shown.returncode == 0, shown.stdout


def test_a_ranking_that_was_asked_for_each_night_and_stays_away_is_said(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "night.toml").write_text('[[step]]\nspider = "rankings"\ndate = "latest"\ncatch_up = 14\n')
    words = ("job", "run", str(tmp_path / "night.toml"))
    assert scrapy(*words, PIXIV_BASE_URL=standin.url).returncode == 0
    standin.faults.append(Fault("ranking.php", times=None, status=404, body=NOT_FOUND))
    standin.days_ahead = 3
    later = scrapy(*words, PIXIV_BASE_URL=standin.url, CLOCK_SHIFT="3")
    assert ": daily all" in later.stdout.partition("and is asked again every night")[2]


NOT_FOUND = b'{"error":"x"}'


@pytest.mark.parametrize(
    ("when", "is_bad", "messages"),
    [("trouble", False, 0), ("trouble", True, 1), ("always", False, 1), ("never", True, 0)],
)
def test_a_message_is_sent_when_it_is_wanted(
    job: Crawl, standin: Standin, when: str, is_bad: bool, messages: int
) -> None:
    if is_bad:
        standin.faults.append(Fault("ranking.php", times=None, status=403))
    with mailbox() as box:
        job(when=when, JOB_NOTIFY=f"json://{box.address}/")
    assert len(box.received) == messages
    for _, _, body in box.received:
        message = json.loads(body)
        first, *_, last = message["message"].splitlines()
        assert message["title"] == f"pixiv archive: {first}"[: len("pixiv archive: ") + 119] + (
            "…" if len(first) > 120 else ""
        )
        assert first.startswith("mine FAILED: ") if is_bad else last == "OK"


@pytest.mark.promise("Messages arrive")
def test_a_message_that_could_not_be_sent_is_sent_by_the_next_run_of_any_machine(
    job: Crawl, standin: Standin, url: str
) -> None:
    standin.faults.append(Fault("ranking.php", times=2, status=403))
    job()  # on a machine without an address
    done = job("-a", "date=2024-02-07", JOB_NOTIFY="json://127.0.0.1:9/secret")
    assert "could not be sent" in done.stderr
    assert rows(url, "SELECT count(*) FROM job_runs WHERE is_unsent") == [(2,)]
    with mailbox() as box:
        for _ in range(2):
            assert job(JOB_NOTIFY=f"json://{box.address}/").returncode == 0
    ((_, _, body),) = box.received
    message = json.loads(body)
    assert "mine runs well again. Not sent before: " in message["message"]
    assert "mine FAILED" in message["message"]
    assert message["type"] == "success"
    assert rows(url, "SELECT count(*) FROM job_runs WHERE is_unsent") == [(0,)]


def test_a_summary_is_sent_where_the_archive_cannot_be_written(job: Crawl, standin: Standin, url: str) -> None:
    job()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON job_runs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    standin.faults.append(Fault("ranking.php", times=None, status=403))
    with mailbox() as box:
        done = job("-a", "date=2024-02-07", JOB_NOTIFY=f"json://{box.address}/")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    ((_, _, body),) = box.received
    assert "FAILED" in body
    assert "This run could not be recorded in the archive: database or disk is full" in body


def test_why_the_archive_takes_nothing_is_the_first_line_and_ends_the_job(
    scrapy: Crawl, standin: Standin, url: str, tmp_path: Path
) -> None:
    step = "[[step]]\nspider = 'rankings'\ndate = '2024-02-06..2024-02-10'\npages = 1\n"
    (tmp_path / "mine.toml").write_text(f"{step}{step}")
    scrapy("upgrade", "--init")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON captures BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    done = scrapy("job", "run", str(tmp_path / "mine.toml"), PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert "\nmine FAILED: database or disk is full" in done.stdout
    assert len(standin.targets) == 3, "the next step would not be stored either"


def test_what_was_sent_is_not_sent_again_after_a_restore(job: Crawl, standin: Standin, url: str, scrapy: Crawl) -> None:
    standin.faults.append(Fault("ranking.php", times=1, status=403))
    with mailbox() as box:
        address = f"json://{box.address}/"
        job(JOB_NOTIFY=address)
        Path(url.removeprefix("sqlite:///")).unlink()
        assert scrapy("replay", PIXIV_BASE_URL=standin.url).returncode == 0
        assert job(when="always", JOB_NOTIFY=address).returncode == 0
    assert len(box.received) == 2
    assert "Not sent before" not in box.received[1][2]


BEGINNINGS = {
    "a setting": {"DOWNLOAD_DELAY": "fast"},
    "a session file that is missing": {"PIXIV_PHPSESSID_FILE": "/nowhere/session"},
    "a database server that is away": {"ARCHIVE_URL": "postgresql+psycopg://127.0.0.1:9/x", "ARCHIVE_PATIENCE": "2"},
    "a corrupt archive": {"ARCHIVE_URL": "sqlite:///{folder}/corrupt.db"},
    "an archive that is not upgraded": {"ARCHIVE_URL": "sqlite:///{folder}/old.db"},
    "a job file that is gone": {"JOB_DIR": "{folder}/nowhere"},
    "a folder that cannot be written": {"CAPTURE_DIR": "{folder}/file/captures"},
}


@pytest.mark.parametrize("what", BEGINNINGS)
@pytest.mark.promise("Messages arrive")
def test_what_keeps_a_job_from_beginning_is_sent_like_any_failure(
    job: Crawl, standin: Standin, migrated: Path, tmp_path: Path, what: str
) -> None:
    (tmp_path / "corrupt.db").write_bytes(b"SQLite format 3\0" + b"garbage" * 999)
    (tmp_path / "file").write_text("")
    shutil.copy(migrated, tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    given = {name: text.format(folder=tmp_path) for name, text in BEGINNINGS[what].items()}
    begun = time.monotonic()
    with mailbox() as box:
        done = job("--quiet", JOB_NOTIFY=f"json://{box.address}/", **given)
    assert done.returncode in (1, 2), done.stderr
    assert standin.targets == []
    ((_, _, body),) = box.received
    message = json.loads(body)
    assert message["title"].startswith("pixiv archive: mine could not begin: ")
    assert "Traceback" not in done.stderr
    if "away" in what:
        assert time.monotonic() - begun > 2, "a server may be restarted just then"


def test_an_environment_that_goes_away_under_a_job_is_sent(standin: Standin, tmp_path: Path, url: str) -> None:
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    step = '[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 1\n'
    (tmp_path / "mine.toml").write_text(step + step.replace("06", "07"))
    standin.faults.append(Fault("ranking.php", delay=3, change=lambda root, query: root))
    paths = os.pathsep.join((str(ROOT), *(path for path in sys.path if "site-packages" in path)))
    with mailbox() as box:
        environment = os.environ | {
            "PIXIV_BASE_URL": standin.url,
            "PYTHONPATH": paths,
            "JOB_NOTIFY": f"json://{box.address}/",
        }
        command = [str(python), "-P", "-m", "crawler", "job", "run", str(tmp_path / "mine.toml")]
        with subprocess.Popen(command, env=environment, cwd=ROOT) as running:
            wait_for(lambda: standin.targets)
            python.unlink()
    assert running.returncode == 1
    ((_, _, body),) = box.received
    assert "could not be started" in body
    assert "INCOMPLETE: 1 of 2 required steps" in body


def test_a_heartbeat_says_when_a_run_begins_and_whether_it_ended_well(job: Crawl, standin: Standin) -> None:
    with mailbox() as box:
        heartbeat = {"JOB_HEARTBEAT": f"http://{box.address}/alive?rid=1"}
        assert job(**heartbeat).returncode == 0
        standin.faults.append(Fault("ranking.php", times=None, status=403))
        assert job("-a", "date=2024-02-07", **heartbeat).returncode == 1
        assert job("-a", "mode=dayly", **heartbeat).returncode == 2
    called = [path for _, path, _ in box.received]
    good, bad, not_begun = ["/alive/start", "/alive"], ["/alive/start", "/alive/fail"], ["/alive/fail"]
    assert called == [f"{path}?rid=1" for path in (*good, *bad, *not_begun)]


def test_a_warning_is_no_success_for_status_heartbeat_message_and_last_line(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str
) -> None:
    """A dead session: the rankings come in, the optional feeds do not, and nobody else would say so for months."""
    standin.dead_sessions.add(SESSION)
    feeds = '[[step]]\nspider = "feeds"\nendpoints = "follow_latest"\nis_optional = true\n'
    (tmp_path / "mine.toml").write_text(JOB.format(when="trouble") + feeds)
    with mailbox() as box:
        done = scrapy(
            "job",
            "run",
            "mine",
            PIXIV_BASE_URL=standin.url,
            JOB_DIR=str(tmp_path),
            PIXIV_PHPSESSID=SESSION,
            JOB_NOTIFY=f"json://{box.address}/message",
            JOB_HEARTBEAT=f"http://{box.address}/alive",
        )
    assert done.returncode == 1
    assert "OK" not in done.stdout.splitlines()
    assert rows(url, "SELECT outcome FROM job_runs") == [("warning",)]
    start, message, end = box.received
    assert (start[1], end[1]) == ("/alive/start", "/alive/fail")
    sent = json.loads(message[2])
    assert sent["type"] == "warning"
    first, second, *_ = sent["message"].splitlines()
    assert first.startswith("mine WARNING: your pixiv session has expired: log in again"), "one cause, said once"
    assert second.startswith("Saved: 50 new works, ")
    assert f"archive.db on {socket.gethostname()}" in sent["message"]


def test_a_test_message_shows_that_messages_arrive(scrapy: Crawl) -> None:
    refused = scrapy("job", "notify", "--test")
    assert refused.returncode == 2
    assert "neither JOB_NOTIFY nor JOB_HEARTBEAT is set" in refused.stderr
    with mailbox() as box:
        done = scrapy(
            "job",
            "notify",
            "--test",
            JOB_NOTIFY=f"json://{box.address}/message",
            JOB_HEARTBEAT=f"http://{box.address}/alive",
        )
    assert done.returncode == 0, done.stderr
    assert [path for _, path, _ in box.received] == ["/message", "/alive"]
    assert json.loads(box.received[0][2])["type"] == "success"
    assert "JOB_HEARTBEAT: 127.0.0.1 was called" in done.stdout


def test_a_message_that_one_of_two_addresses_took_names_the_other(scrapy: Crawl) -> None:
    with mailbox() as box:
        done = scrapy(
            "job", "notify", "--test", JOB_NOTIFY=f"json://{box.address}/message xml://127.0.0.1:{free_port()}/secret"
        )
    assert len(box.received) == 1
    assert done.returncode == 2
    assert "could not be sent to xml://…, 1 of 2 addresses in JOB_NOTIFY" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "status", "why"),
    [
        ("JOB_NOTIFY", "no-address-secret", 2, "holds what is no address"),
        ("JOB_NOTIFY", "nosuch://me:secret@host/x", 2, "holds what is no address"),
        ("JOB_NOTIFY", "ntfy://me:secret@127.0.0.1:9/topic", 1, "could not be sent"),
        ("JOB_NOTIFY", "json://127.0.0.1:9/secret", 1, "could not be sent"),
        ("JOB_HEARTBEAT", "ftp://x/secret", 2, "must be an address that begins with https://"),
        ("JOB_HEARTBEAT", "https://hc.example/secret uuid", 2, "has no blank in it"),
        ("JOB_HEARTBEAT", "https://hc.example/secret\n", 2, "has no blank in it"),
        ("JOB_HEARTBEAT", "https://[secret", 2, "must be an address"),
        ("JOB_HEARTBEAT", "https://hc.example:secret/", 2, "must be an address"),
        ("JOB_HEARTBEAT", "http://127.0.0.1:9/secret", 0, "127.0.0.1 was not reached: Connection refused"),
        ("JOB_HEARTBEAT", "http://secret.invalid/secret", 0, "secret.invalid was not reached"),
    ],
)
@pytest.mark.promise("Passwords")
def test_an_address_for_messages_is_checked_first_and_never_shown(
    job: Crawl, standin: Standin, name: str, value: str, status: int, why: str
) -> None:
    done = job(when="always", **{name: value})
    assert done.returncode == status, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    shown = (done.stderr + done.stdout).replace("secret.invalid", "")
    assert "secret" not in shown, "of an address the host alone is shown"
    assert bool(standin.targets) == (status != 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage secret\r\n\r\n",
        b"",
        b"HTTP/1.1 503 secret\r\n\r\n",
        b"HTTP/1.1 302 x\r\nLocation: ftp://secret\r\n\r\n",
    ],
)
def test_a_heartbeat_that_answers_garbage_harms_no_good_run(job: Crawl, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        done = job(JOB_HEARTBEAT=f"http://127.0.0.1:{server.getsockname()[1]}/secret")
        thread.join()
    assert done.returncode == 0, done.stderr
    assert "JOB_HEARTBEAT: 127.0.0.1 was not reached" in done.stderr
    assert "secret" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_the_nightly_job_requests_what_is_tracked(scrapy: Crawl, standin: Standin, url: str) -> None:
    assert scrapy("track", "add", "artwork", "4120001").returncode == 0
    assert scrapy("track", "add", "tag", "原神").returncode == 0
    done = scrapy("job", "plan", "nightly", PIXIV_BASE_URL=standin.url)
    assert "search endpoints=search_artworks word=?tracked-tags" in done.stdout.replace("\n", " ")
    assert "illust_id=?tracked-artworks" in done.stdout
    assert "tracked-users" not in done.stdout, "nobody is followed"
    assert "follow_latest" not in done.stdout, "no session is given"
    listed = scrapy("track", "list")
    assert "4120001" in listed.stdout
    assert "原神" in listed.stdout
    assert rows(url, "SELECT kind, thing_id, name FROM tracked ORDER BY kind") == [
        ("artwork", 4120001, ""),
        ("tag", 0, "原神"),
    ]
    removed = scrapy("track", "remove", "tag", "原神", "海")
    assert removed.stdout == "1 thing tracked no more, 1 were not tracked. Rows stay.\n"


def test_the_nightly_job_requests_tracked_rankings_as_deep_as_they_are_wanted(
    scrapy: Crawl, standin: Standin, url: str, tmp_path: Path
) -> None:
    job = "[[step]]\nspider = 'rankings'\nmode = ['monthly']\npages = 1\ndate = 'latest'\ncatch_up = 14\nis_tracked = true\n"
    (tmp_path / "night.toml").write_text(job)
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path)}
    planned = scrapy("job", "plan", "night", **given).stdout
    assert "mode=monthly" in planned
    scrapy("track", "add", "ranking", "daily", "rookie", "--pages", "1")
    scrapy("track", "add", "ranking", "weekly", "--content", "illust", "--pages", "2")
    assert scrapy("job", "run", "night", **given).returncode == 0
    assert rows(
        url,
        "SELECT mode, content, max(page) FROM rankings JOIN ranking_pages USING (ranking_id) GROUP BY 1, 2 ORDER BY 1",
    ) == [("daily", "all", 1), ("monthly", "all", 1), ("rookie", "all", 1), ("weekly", "illust", 2)]
    standin.hits.clear()
    by_hand = scrapy("job", "plan", "night", "-a", "mode=monthly", **given).stdout
    assert "weekly" not in by_hand, "what is given replaces what is tracked"


def test_a_search_after_failed_nights_begins_where_the_last_complete_one_left_off(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    days = "[[step]]\nspider = 'search'\nendpoints = 'search_artworks'\n"
    # Of the days before the newest ranking: of later ones the stand-in has no works.
    (tmp_path / "night.toml").write_text(
        f"{days}word = '?tracked-tags'\nscd = 'today-2'\ncatch_up = 30\n"
        f"{days}word = '?tracked-volumes'\nscd = 'today-3'\necd = 'today-3'\npages = 1\ncatch_up = 14\n"
    )
    scrapy("track", "add", "tag", "原神", "a, b")
    scrapy("track", "add", "volume", "海")

    def night(shift: int, *, is_down: bool = False) -> set[tuple[str, int, int | None]]:
        """Run the job so many days ahead. Returns words with first and last day that were asked for, from `shift`."""
        standin.now, standin.days_ahead = datetime.now(UTC) + timedelta(days=shift), shift
        standin.faults[:] = [Fault("search/artworks", times=None, status=404)] if is_down else []
        standin.hits.clear()
        done = scrapy("job", "run", "night", PIXIV_BASE_URL=standin.url, JOB_DIR=str(tmp_path), CLOCK_SHIFT=str(shift))
        assert (done.returncode == 0) != is_down, done.stdout + done.stderr
        asked = set()
        for address in map(urlsplit, standin.targets):
            query = {name: date.fromisoformat(one) for name, one in parse_qsl(address.query) if name in ("scd", "ecd")}
            begin, end = (day and (day - today()).days for day in (query["scd"], query.get("ecd")))
            asked.add((unquote(address.path.rpartition("/")[2]), begin, end))
        return asked

    assert night(0) == {("原神", -2, None), ("a, b", -2, None), ("海", -3, -3)}
    night(1, is_down=True)
    night(2, is_down=True)
    assert night(3) == {("原神", -1, None), ("a, b", -1, None), ("海", -2, -2), ("海", -1, -1), ("海", 0, 0)}
    assert night(4) == {("原神", 2, None), ("a, b", 2, None), ("海", 1, 1)}


def test_what_is_forgotten_is_followed_no_more(scrapy: Crawl, url: str) -> None:
    scrapy("track", "add", "user", "11", "12")
    assert scrapy("forget", "user", "11", "--yes").returncode == 0
    assert rows(url, "SELECT thing_id FROM tracked") == [(12,)]
    refused = scrapy("track", "add", "user", "11")
    assert refused.returncode == 2
    assert "user 11 is forgotten" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "tags", "x"), "no kind tags. Did you mean tag? Valid: tag, user"),
        (("add", "user", "me"), 'user must be an ID, a whole number above 0 (got "me")'),
        (("add", "ranking", "dayly"), "no ranking mode dayly. Did you mean daily? Valid: daily"),
        (("add", "ranking", "daily", "--since", "2001-01-01"), "the first ranking is of 2007-09-13"),
        (("add", "tag", "x", "--pages", "2"), "--pages and --since go with ranking"),
        (("add", "--file", "/nowhere"), "--file /nowhere: No such file"),
        (("follow",), "say what to do. Valid: add, remove, list"),
    ],
)
def test_what_cannot_be_followed_is_named_with_what_can(scrapy: Crawl, arguments: tuple[str, ...], why: str) -> None:
    done = scrapy("track", *arguments)
    assert done.returncode == 2
    assert why in done.stderr


def test_what_is_followed_is_written_as_a_file_takes_it(scrapy: Crawl, tmp_path: Path, url: str) -> None:
    scrapy("track", "add", "ranking", "daily", "--pages", "1", "--since", "2020-01-01")
    scrapy("track", "add", "tag", "空 海", "pages=1")
    scrapy("track", "add", "user", "11")
    lines = scrapy("track", "list", "--lines").stdout
    (tmp_path / "list.txt").write_text(lines)
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy("track", "add", "--file", f"{tmp_path}/list.txt", ARCHIVE_URL=other).returncode == 0
    columns = "SELECT kind, thing_id, name, pages, first_on FROM tracked ORDER BY 1, 2, 3"
    assert rows(other, columns) == rows(url, columns)
    assert len(rows(other, columns)) == 4


def test_a_list_is_followed_from_a_file(scrapy: Crawl, tmp_path: Path, url: str) -> None:
    (tmp_path / "list.txt").write_text("# mine\ntag 青い 空\nuser 12 # a friend\n\n", encoding="utf-8")
    done = scrapy("track", "add", "--file", str(tmp_path / "list.txt"))
    assert (
        done.stdout == "Now tracking 2 things more; the nightly job fetches it from tonight; 0 were tracked before.\n"
    )
    assert rows(url, "SELECT kind, thing_id, name FROM tracked ORDER BY kind") == [
        ("tag", 0, "青い 空"),
        ("user", 12, ""),
    ]


@pytest.mark.promise("Backup")
def test_a_backup_is_made_while_the_archive_is_there(job: Crawl, scrapy: Crawl, tmp_path: Path) -> None:
    assert job().returncode == 0
    done = scrapy("backup", str(tmp_path / "copy.db"))
    assert done.returncode == 0, done.stderr
    assert rows(f"sqlite:///{tmp_path}/copy.db", "SELECT count(*) FROM ranking_entries") == [(50,)]
    assert scrapy("backup").returncode == 2
