"""Many workers on one archive: the facts, the requests and the gate are those of one."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database.engine import create
from crawler.places import ROOT
from standin.server import Fault, Standin
from tests.conftest import Crawl, rows
from tests.postgresql import stop
from tests.processes import TIMEOUT, Running, free_port, wait_for
from tests.test_archive import dump
from tests.test_foreign import foreign
from tests.test_morning import mailbox

ANN, BOB = "5001_abcdefABCDEF0123456789abcdefAB", "5002_abcdefABCDEF0123456789abcdefAB"
GAP = 0.15
JOB = """
[[step]]
spider = "rankings"
mode = ["daily", "weekly", "monthly", "rookie"]
date = "{first}..2024-02-06"
pages = 1
[[step]]
spider = "artworks"
endpoints = "artwork"
illust_id = ["11441900", "11445201", "11445202", "11445203", "11445204", "11445205"]
[[step]]
spider = "feeds"
endpoints = "follow_latest"
pages = 1
account = "ann"
[[step]]
spider = "feeds"
endpoints = "follow_latest"
pages = 1
account = "bob"
"""


@pytest.fixture
def given(standin: Standin, tmp_path: Path) -> dict[str, str]:
    """The environment of workers: two accounts, a pace."""
    return os.environ | {
        "PIXIV_BASE_URL": standin.url,
        "JOB_DIR": str(tmp_path),
        "DOWNLOAD_DELAY": f"{GAP / 0.6}",
        "PIXIV_PHPSESSID_ANN": ANN,
        "PIXIV_PHPSESSID_BOB": BOB,
        "LOG_LEVEL": "INFO",
        "WORKER_STALLED": "15",
    }


def drain(given: dict[str, str], standin: Standin, folder: Path, server: Any, *, kills: int) -> None:
    """Four workers of two accounts until nothing is left: some are killed, the database is once."""
    names, rng = ["ann", "ann", "bob", "bob"], random.Random(3)
    until, left, restarted = time.monotonic() + TIMEOUT, kills, False

    def worker(place: int) -> Running:
        # As if on a machine of its own: nothing is shared but the archive and the captures.
        own = {"STATE_DIR": str(folder / f"machine{place}")}
        return Running(("worker", "--drain", "--account", names[place]), given | own)

    with ExitStack() as stack:
        workers = [stack.enter_context(worker(place)) for place in range(4)]
        while any(one.poll() is None for one in workers):
            assert time.monotonic() < until, [one.output() for one in workers]
            done = len(standin.targets)
            if left and done > 8 * (1 + kills - left):
                left -= 1
                place = rng.randrange(4)
                workers[place].send_signal(signal.SIGKILL)
                workers[place].finish()
                workers[place] = stack.enter_context(worker(place))
            if not restarted and done > 12:
                restarted = True
                restart(server, standin, workers)
            time.sleep(0.02)
        ended = [one.finish() for one in workers]
    assert [one.returncode for one in ended] == [0] * 4, [one.stderr[-1500:] for one in ended]
    assert restarted
    assert not left


def restart(server: Any, standin: Standin, workers: list[Running]) -> None:
    stop(server, "crashed")
    # Each may have had a request under way: once it has noticed, it sends nothing.
    wait_for(
        lambda: all("archive is away" in one.errors() or one.poll() is not None for one in workers),
        lambda: [one.errors()[-500:] for one in workers],
    )
    before = len(standin.hits)
    time.sleep(1)
    assert len(standin.hits) == before, "without the database nobody asks anything"
    server.start()


def units_of(url: str) -> list[tuple[Any, ...]]:
    return rows(url, "SELECT endpoint, params, page, outcome FROM coverage ORDER BY 1, 2, 3")


@pytest.mark.more
@pytest.mark.promise("Machines share one limit")
def test_workers_of_two_accounts_drain_what_one_process_would_whatever_happens(
    scrapy: Crawl, standin: Standin, server: Any, given: dict[str, str], tmp_path: Path, is_long: bool
) -> None:
    (tmp_path / "many.toml").write_text(JOB.format(first="2023-11-02" if is_long else "2024-01-30"))
    url = server.get_uri()
    queued = scrapy("job", "run", "many", "--enqueue", **given | {"ARCHIVE_URL": url})
    assert queued.returncode == 0, queued.stderr
    standin.faults.append(Fault("mode=weekly", times=1, status=429, headers={"Retry-After": "2"}))
    # Made ahead: what is rendered while others wait would seem to come in later.
    standin.now = datetime(2024, 2, 7, 12, tzinfo=UTC)
    standin.render_ahead(98 if is_long else 9, ("daily", "weekly", "monthly", "rookie"))
    # Of two workers of an account one is at work, the other stands by.
    drain(given | {"ARCHIVE_URL": url}, standin, tmp_path, server, kills=4 if is_long else 2)

    moments = [hit.at for hit in standin.hits]
    # They are taken where requests arrive, some of them late on a busy machine: then the next is near. Two machines that
    # did not share the rate limit would be near each other at every second request.
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    near = [gap for gap in gaps if gap < GAP]
    assert len(near) <= len(gaps) / 10, f"closer than the gate: {sorted(near)}"
    assert moments[-1] - moments[0] >= GAP * len(gaps)
    pause = next(at for at, hit in enumerate(standin.hits) if "mode=weekly" in hit.target)
    assert moments[pause + 1] - moments[pause] >= 2, "a 429 pauses every machine"

    outcomes = Counter((endpoint, outcome) for endpoint, *_, outcome in units_of(url))
    wanted = 97 if is_long else 8
    assert outcomes["ranking", "complete"] == 4 * wanted
    assert outcomes["artwork", "complete"] + outcomes["artwork", "absent"] + outcomes["artwork", "failed"] == 6
    assert outcomes["follow_latest", "complete"] == 2
    feeds = rows(url, "SELECT params FROM coverage WHERE endpoint = 'follow_latest' ORDER BY 1")
    seen = [params.partition("@account=")[2][:4] for (params,) in feeds]
    assert seen == ["5001", "5002"], "each account's feed was seen by its owner"

    one = f"sqlite:///{tmp_path}/one.db"
    assert scrapy("replay", ARCHIVE_URL=one, PIXIV_BASE_URL=standin.url).returncode == 0
    assert_same_facts(url, one)


def assert_same_facts(url: str, other: str) -> None:
    one, two = create(url), create(other)
    try:
        left, right = dump(one), dump(two)
        for name in left:
            mine, theirs = ([*map(plain, found[name])] for found in (left, right))
            assert mine == theirs, name
    finally:
        one.dispose()
        two.dispose()


def plain(row: tuple[Any, ...]) -> str:
    texts = [str(int(value)) if isinstance(value, bool) else str(value) for value in row]
    return " | ".join(text.removesuffix("+00:00") for text in texts)


@pytest.mark.more
@pytest.mark.promise("Expired session")
def test_a_dead_session_stops_its_own_queue_loudly_and_no_other(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    feeds = JOB.partition('[[step]]\nspider = "feeds"')
    (tmp_path / "feeds.toml").write_text(feeds[1] + feeds[2])
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0"}
    standin.dead_sessions.add(ANN)
    assert scrapy("job", "run", "feeds", "--enqueue", **given).returncode == 0
    ann = scrapy("worker", "--account", "ann", "--drain", **given)
    assert ann.returncode == 3, "to start it again would not help"
    assert "Session expired: this worker ends" in ann.stderr
    bob = scrapy("worker", "--account", "bob", "--drain", **given)
    assert bob.returncode == 0, bob.stderr
    shown = scrapy("status", "queue", **given).stdout
    assert re.search(r"account ANN +1 +0 +0", shown), shown
    assert "account BOB" not in shown, "it is done"


def test_a_worker_whose_machine_is_blocked_ends_and_another_goes_on(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    step = '[[step]]\nspider = "artworks"\nendpoints = "artwork"\nillust_id = [4120000, 4120001, 4120002, 4120003, 4120004]\n'
    (tmp_path / "works.toml").write_text(step)
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0", "THROTTLE_PAUSE": "0.01"}
    assert scrapy("job", "run", "works", "--enqueue", **given).returncode == 0
    standin.faults.append(Fault("/ajax", times=None, status=403, body=b"<html>challenge"))
    blocked = scrapy("worker", "--drain", **given)
    assert blocked.returncode == 1
    assert "pixiv sends no data: this worker ends" in blocked.stderr
    assert len(standin.targets) == 4
    standin.faults.clear()
    assert scrapy("worker", "--drain", **given).returncode == 0
    assert rows(postgresql, "SELECT count(*) FROM artwork_details") == [(5,)]


def test_a_job_on_one_machine_uses_the_session_that_a_step_names(
    scrapy: Crawl, given: dict[str, str], url: str, tmp_path: Path
) -> None:
    feeds = JOB.partition('[[step]]\nspider = "feeds"')
    carl = feeds[1] + feeds[2].replace('account = "bob"', 'account = "carl"\nneeds_session = true')
    (tmp_path / "feeds.toml").write_text(carl)
    done = scrapy("job", "run", "feeds", **given | {"DOWNLOAD_DELAY": "0"})
    assert done.returncode == 0, done.stderr
    assert "1/1: feeds" in done.stdout, "carl's session is not given"
    (params,) = rows(url, "SELECT params FROM coverage WHERE endpoint = 'follow_latest'")
    assert "@account=5001" in params[0]


def test_a_named_session_that_others_can_read_stops_the_job_and_says_so(
    scrapy: Crawl, given: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "feeds.toml").write_text('[[step]]\nspider = "feeds"\naccount = "carl"\nneeds_session = true\n')
    (tmp_path / "carl").write_text(ANN)
    (tmp_path / "carl").chmod(0o644)
    named = {"PIXIV_PHPSESSID_CARL_FILE": str(tmp_path / "carl")}
    done = scrapy("job", "run", "feeds", **given | named)
    assert done.returncode == 2, "left out in silence"
    assert "others can read" in done.stderr


@pytest.mark.more
def test_a_job_is_queued_once_when_it_is_due_however_many_workers_name_it(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "hourly.toml").write_text(
        'when = "0 * * * *"\n[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 1\n'
    )
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0"}
    names = (None, "ann", "bob")
    accounts = [("--account", name) if name else () for name in names]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                Running(("worker", "--schedule", "hourly", *account), given | {"STATE_DIR": f"{tmp_path}/{place}"})
            )
            for place, account in enumerate(accounts)
        ]
        wait_for(lambda: _has_ended(postgresql), lambda: [one.errors() for one in workers])
        looks = _looks(postgresql)
        wait_for(lambda: _looks(postgresql) >= looks + 2)  # one each five seconds, by whichever worker
        for one in workers:
            one.send_signal(signal.SIGTERM)
        ended = [one.finish() for one in workers]
    assert [one.returncode for one in ended] == [0] * 3, [one.stderr for one in ended]
    assert rows(postgresql, "SELECT job FROM queued_runs") == [("hourly",)]
    assert rows(postgresql, "SELECT job, outcome FROM job_runs") == [("hourly", "ok")]


def _has_ended(url: str) -> bool:
    tables = rows(url, "SELECT to_regclass('queued_runs')")
    return tables != [(None,)] and bool(rows(url, "SELECT 1 FROM queued_runs WHERE ended_at IS NOT NULL"))


def _looks(url: str) -> int:
    """How many looks after the queue were begun, by all workers."""
    ((count,),) = rows(url, "SELECT last_value FROM procrastinate.procrastinate_jobs_id_seq")
    return int(count)


@pytest.mark.more
def test_a_task_that_fails_is_tried_again_later(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 1\n')
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0"}
    standin.faults.append(Fault("ranking.php", times=4, status=500))
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    done = scrapy("worker", "--drain", **given)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("1 failed") >= 1
    assert rows(postgresql, "SELECT outcome FROM coverage") == [("complete",)], done.stderr


BEGUN = "SELECT 1 FROM procrastinate.procrastinate_jobs WHERE queue_name = 'replay' AND status <> 'todo'"


@pytest.mark.more
@pytest.mark.promise("Machines share one limit")
def test_replays_of_many_workers_make_the_archive_that_one_process_makes(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, server: Any, tmp_path: Path
) -> None:
    for day in range(1, 5):
        # Pages of a day in two files, and one day in both: workers meet in the same rows.
        for pages in ("1", "3"):
            date = f"2024-02-0{day}..2024-02-0{min(day + 1, 4)}"
            made = scrapy(
                "crawl", "rankings", f"-adate={date}", f"-apages={pages}", "-arefetch=1", PIXIV_BASE_URL=standin.url
            )
            assert made.returncode == 0, made.stderr
    one = f"sqlite:///{tmp_path}/one.db"
    assert scrapy("replay", ARCHIVE_URL=one, PIXIV_BASE_URL=standin.url).returncode == 0
    for url, count in ((postgresql, 2), (server.get_uri(), 4)):
        queued = scrapy("replay", "--enqueue", **given | {"ARCHIVE_URL": url})
        assert "8 files in 8 tasks, 8 of them new" in queued.stdout, queued.stderr
        with ExitStack() as stack:
            command = ("worker", "--replay", "--drain")
            workers = [stack.enter_context(Running(command, given | {"ARCHIVE_URL": url})) for _ in range(count)]
            wait_for(partial(rows, url, BEGUN))
            workers[0].send_signal(signal.SIGKILL)
            workers[0].finish()
            workers[0] = stack.enter_context(Running(command, given | {"ARCHIVE_URL": url}))
            ended = [one.finish() for one in workers]
        assert [one.returncode for one in ended] == [0] * count, [one.stderr for one in ended]
        assert not any("deadlock" in one.stderr for one in ended)
        assert_same_facts(url, one)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("worker",), "ARCHIVE_URL is a file: docs/howto/many-machines.md"),
        (("job", "run", "nightly", "--enqueue"), "ARCHIVE_URL is a file"),
        (("replay", "--enqueue", "--rebuild"), "--enqueue goes with neither --dead nor --rebuild"),
        (("status", "queue"), "ARCHIVE_URL is a file"),
        (("worker", "--replay", "--account", "ann"), "no --account or --schedule beside it"),
        (("crawl", "rankings", "-s", "PIXIV_ACCOUNT=carl"), "no session of CARL: set PIXIV_PHPSESSID_CARL"),
        (("crawl", "rankings", "-s", "PIXIV_PHPSESSID_ANN=x"), "must not stand on a command line"),
        (("crawl", "rankings", "-s", "GATE_PER_ACCOUNT=perhaps"), "GATE_PER_ACCOUNT=perhaps"),
    ],
)
def test_what_workers_cannot_do_is_said_with_what_can(
    scrapy: Crawl, given: dict[str, str], arguments: tuple[str, ...], why: str
) -> None:
    done = scrapy(*arguments, **given | {"JOB_DIR": ""})
    assert done.returncode == 2
    assert why in done.stderr.replace("\n", " ")


def test_a_job_without_a_time_cannot_be_scheduled(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "never.toml").write_text('[[step]]\nspider = "rankings"\n')
    done = scrapy("worker", "--schedule", "never", **given | {"ARCHIVE_URL": postgresql})
    assert done.returncode == 2
    assert "never says no `when`" in done.stderr


ONE = '[[step]]\nspider = "rankings"\ndate = "2024-02-06..2024-02-07"\npages = 3\n'


@pytest.mark.more
def test_an_account_that_another_machine_uses_is_waited_for(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(ONE)
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0.3"}
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    by_hand = ("crawl", "rankings", "-adate=2024-01-01", "-apages=8")
    there = given | {"STATE_DIR": str(tmp_path / "there")}
    with Running(by_hand, there) as crawl:
        while not standin.targets and crawl.poll() is None:
            time.sleep(0.01)  # who is first has the account, and a crawl by hand waits for nobody
        with Running(("worker", "--drain"), given) as worker:
            ended = (crawl.finish(), worker.finish())
    assert [one.returncode for one in ended] == [0, 0], [one.stderr for one in ended]
    assert len(standin.targets) == len(set(standin.targets)) == 8 + 6
    assert all("date=20240101" in target for target in standin.targets[:8])


@pytest.mark.more
def test_a_task_queued_again_while_it_is_under_way_is_one_task(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(ONE)
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "1.5"}
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    standin.faults.append(Fault("p=2", times=4, status=500))  # it fails once, and is tried again
    with Running(("worker", "--drain"), given) as worker:
        while not standin.targets and worker.poll() is None:
            time.sleep(0.02)
        again = scrapy("job", "run", "one", "--enqueue", **given)
        done = worker.finish()
    assert "1 task for workers, 0 of them new" in again.stdout
    assert done.returncode == 0, done.stderr
    assert rows(postgresql, "SELECT count(*) FROM coverage WHERE outcome = 'complete'") == [(6,)]
    assert rows(postgresql, "SELECT count(*) FROM queued_runs WHERE ended_at IS NULL") == [(0,)]


@pytest.mark.more
@pytest.mark.promise("Honest summaries")
def test_a_task_whose_workers_die_is_given_up_and_said(
    scrapy: Crawl, standin: Standin, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "deadly.toml").write_text('send_summary = "never"\n' + ONE)
    given |= {"ARCHIVE_URL": postgresql, "WORKER_STALLED": "5", "DOWNLOAD_DELAY": "0"}
    assert scrapy("job", "run", "deadly", "--enqueue", **given).returncode == 0
    change(postgresql, "UPDATE procrastinate.procrastinate_jobs SET attempts = 6")  # as many died
    standin.faults.append(Fault("ranking.php", times=None, delay=2))
    with Running(("worker",), given) as worker:
        wait_for(lambda: standin.targets, worker.errors)
        worker.send_signal(signal.SIGKILL)
        worker.finish()
    done = scrapy("worker", "--drain", **given)
    assert "7 workers died at it" in done.stderr
    ((outcome, summary),) = rows(postgresql, "SELECT outcome, summary FROM job_runs")
    assert outcome == "trouble"
    assert "INCOMPLETE: 1 of 1 tasks" in summary
    assert "given up: 7 workers died at it" in summary
    shown = scrapy("status", "queue", **given)
    assert "given up (public): rankings" in shown.stdout
    listed = scrapy("worker", "shell", "list_jobs", "status=failed", **given)
    assert "crawl" in listed.stdout, "Procrastinate's own shell shows it, and can try it again"


@pytest.mark.promise("Honest summaries")
def test_a_run_of_which_nothing_was_done_is_no_success_although_the_next_asks_for_the_same(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(ONE)
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0"}
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    change(postgresql, f"UPDATE queued_runs SET queued_at = {time.time_ns() - 25 * 3600 * 10**9}")
    again = scrapy("job", "run", "one", "--enqueue", **given)
    assert "1 task for workers, 0 of them new" in again.stdout
    assert scrapy("worker", "--replay", "--drain", **given).returncode == 0, "which sums up"
    ((summary,),) = rows(postgresql, "SELECT summary FROM job_runs WHERE outcome = 'trouble'")
    assert "one INCOMPLETE: 1 of 1 tasks" in summary
    assert "no worker has done it (queue public)" in summary
    assert scrapy("worker", "--drain", **given).returncode == 0
    ended = rows(postgresql, "SELECT outcome FROM job_runs ORDER BY finished_at")
    assert ended == [("trouble",), ("ok",)], "the second run has what it asked for"


@pytest.mark.more
@pytest.mark.promise("Messages arrive")
def test_a_summary_that_could_not_be_sent_is_sent_by_a_later_worker(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text('send_summary = "always"\n' + ONE)
    given |= {"ARCHIVE_URL": postgresql, "DOWNLOAD_DELAY": "0"}
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    deaf = scrapy("worker", "--drain", **given | {"JOB_NOTIFY": "json://127.0.0.1:9/secret"})
    assert "could not be sent" in deaf.stderr
    assert "secret" not in deaf.stderr
    with mailbox() as box:
        heard = {"JOB_NOTIFY": f"json://{box.address}/"}
        for _ in range(2):
            assert scrapy("worker", "--drain", **given | heard).returncode == 0
        assert len(box.received) == 1, "once"
        assert "OK" in box.received[0][2]


def test_captures_of_others_are_taken_in_before_they_are_queued(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    given |= {"ARCHIVE_URL": postgresql, "PIXIV_BASE_URL": "https://www.pixiv.net"}
    late = foreign(tmp_path / "late.warc.gz", at="2031-03-01T00:00:00Z")
    queued = scrapy("replay", "--enqueue", str(late), "--source", "someone", **given)
    assert queued.returncode == 1, "what is refused without a queue is refused with one"
    assert "seen at 2031-03-01" in queued.stderr
    early = foreign(tmp_path / "early.warc.gz")
    queued = scrapy("replay", "--enqueue", str(early), "--source", "someone", **given)
    assert queued.returncode == 0, queued.stderr
    assert "1 file in 1 task, 1 of them new" in queued.stdout
    assert scrapy("worker", "--replay", "--drain", **given).returncode == 0
    assert rows(postgresql, "SELECT count(*), count(DISTINCT observed_at) FROM captures") == [(2, 2)]


@pytest.mark.more
def test_a_worker_that_stands_by_holds_few_connections_and_stops_at_once(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    given |= {"ARCHIVE_URL": postgresql}
    places = [given | {"STATE_DIR": str(tmp_path / name)} for name in "ab"]
    ports = [free_port(), free_port()]
    commands = [("worker", "--health", f"{port}") for port in ports]
    with Running(commands[0], places[0]) as one, Running(commands[1], places[1]) as other:
        both = (one, other)
        wait_for(lambda: all("Worker of" in worker.errors() for worker in both))
        wait_for(lambda: any("At work for" in worker.errors() for worker in both))
        states = ["at work", "standing by"]
        wait_for(lambda: sorted(_health(port)["state"] for port in ports) == states, lambda: map(_health, ports))
        wait_for(lambda: "1 worker at work, 1 standing by" in scrapy("status", "queue", **given).stdout)
        looks = _looks(postgresql)
        wait_for(lambda: _looks(postgresql) > looks)
        ((count,),) = rows(postgresql, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        for worker in both:
            worker.send_signal(signal.SIGTERM)
        ended = [worker.finish() for worker in both]
    assert count <= 14
    assert [worker.returncode for worker in ended] == [0, 0], [worker.stderr for worker in ended]


def _health(port: int) -> dict[str, Any]:
    """The state of a worker, as its port on loopback says; "" before it answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            found: dict[str, Any] = json.load(answer)
    except OSError:
        return {"state": ""}
    return found


@pytest.mark.more
def test_a_worker_that_stands_by_queues_what_is_due(given: dict[str, str], postgresql: str, tmp_path: Path) -> None:
    """Whoever is at work may have been started without --schedule."""
    (tmp_path / "mine.toml").write_text('when = "* * * * *"\n' + JOB.format(first="2024-02-06"))
    given |= {"ARCHIVE_URL": postgresql}
    with Running(("worker",), given | {"STATE_DIR": str(tmp_path / "a")}) as one:
        wait_for(lambda: "At work for" in one.errors(), one.errors)
        with Running(("worker", "--schedule", "mine"), given | {"STATE_DIR": str(tmp_path / "b")}) as other:
            wait_for(lambda: rows(postgresql, "SELECT count(*) FROM queued_runs") > [(0,)], other.errors)
            assert "At work for" not in other.errors()


@pytest.mark.more
def test_a_worker_ends_at_sigterm_although_nobody_reads_what_it_says(given: dict[str, str], postgresql: str) -> None:
    command = [sys.executable, "-P", "-m", "crawler", "worker"]
    environment = given | {"ARCHIVE_URL": postgresql, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as worker:
        assert worker.stderr is not None
        assert b"Worker of" in worker.stderr.readline()
        worker.stderr.close()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(TIMEOUT) == 0


@pytest.mark.more
def test_a_queue_of_another_version_is_named_with_what_to_do(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(ONE)
    given |= {"ARCHIVE_URL": postgresql}
    assert scrapy("job", "run", "one", "--enqueue", **given).returncode == 0
    change(postgresql, "ALTER FUNCTION procrastinate.procrastinate_fetch_job_v2 RENAME TO older")
    done = scrapy("worker", "--drain", **given)
    assert done.returncode == 2
    assert "made by another version of Procrastinate" in done.stderr


def change(url: str, statement: str) -> None:
    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_budget_is_not_dropped_in_silence(
    scrapy: Crawl, given: dict[str, str], postgresql: str, tmp_path: Path
) -> None:
    (tmp_path / "thrifty.toml").write_text("budget = 3\n" + ONE)
    done = scrapy("job", "run", "thrifty", "--enqueue", **given | {"ARCHIVE_URL": postgresql})
    assert done.returncode == 2
    assert "budget = 3, which is held by one process" in done.stderr
