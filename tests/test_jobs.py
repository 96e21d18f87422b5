"""Jobs: steps of job files, their ends and their errors."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.clock import newest
from crawler.endpoints import rankings as rankings_of_pixiv
from standin import rankings
from standin.server import Fault, Standin
from tests.conftest import Crawl, rows
from tests.processes import Running, run_scrapy


def test_the_nightly_job_archives_the_newest_ranking_whole(scrapy: Crawl, standin: Standin, url: str) -> None:
    standin.now = datetime(2024, 2, 8, 4, tzinfo=UTC)
    done = scrapy("job", "run", "nightly", "-s", "JOB_RETRY=99999", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("OK")
    assert rows(url, "SELECT mode, ranking_on, is_complete FROM rankings ORDER BY 1") == [
        (mode, "2024-02-07", 1) for mode in ("daily", "monthly", "rookie", "weekly")
    ]


def test_a_stopped_job_lets_its_crawl_end_in_order_and_stays_due(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    given = {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "1"}
    with Running(("job", "run", "nightly"), os.environ | given) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        done = process.finish()
    assert done.returncode == 1
    assert "nightly STOPPED before its end" in done.stdout
    assert "targets left" in done.stderr
    assert not list(tmp_path.rglob("*.open")), "the capture was closed"
    standin.hits.clear()
    again = scrapy("job", "run", "nightly", "--if-due", PIXIV_BASE_URL=standin.url)
    assert again.returncode == 0, again.stderr
    assert standin.targets, "it is due until it has ended"


def test_a_crawl_by_hand_is_planned_and_sends_nothing(scrapy: Crawl, standin: Standin) -> None:
    done = scrapy("crawl", "rankings", "-adate=today-9..today-3", "--plan", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert "70" in done.stdout, "seven days of ten pages"
    assert "Nothing was sent." in done.stdout
    assert standin.hits == []


def test_pages_of_all_that_was_ranked_are_asked_for_in_a_line(
    scrapy: Crawl, crawl: Any, standin: Standin, url: str
) -> None:
    assert crawl("rankings", date="2024-02-06", pages="1").returncode == 0
    target = ("crawl", "artworks", "-aendpoints=artwork", "-aillust_id=?ranked-without-details")
    assert scrapy(*target, PIXIV_BASE_URL=standin.url).returncode == 0
    (looked,) = rows(url, "SELECT count(*) FROM artwork_details")
    assert looked[0] > 45, "some are gone"
    (arguments,) = rows(url, "SELECT arguments FROM crawls WHERE spider = 'artworks'")
    assert "?ranked-without-details" in arguments[0], "recorded as it was given"


JOB = """
wait_hours = {hours}
[[step]]
spider = "rankings"
mode = ["daily", "rookie"]
pages = 1
date = "latest"
catch_up = 5
"""


@pytest.fixture
def job(scrapy: Crawl, standin: Standin, tmp_path: Path) -> Crawl:
    """`job("run", hours=…)`: a job of two modes whose `latest` is caught up for five days."""

    def run(*arguments: str, hours: float = 0, **environment: str) -> Any:
        (tmp_path / "small.toml").write_text(JOB.format(hours=hours))
        verb, *rest = arguments
        return scrapy(
            "job", verb, "small", *rest, **{"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), **environment}
        )

    return run


def asked_days(standin: Standin) -> set[str]:
    return {target.partition("date=")[2][:8] for target in standin.targets} - {""}


def test_the_first_run_of_a_job_asks_for_one_night_alone(job: Crawl, standin: Standin) -> None:
    assert job("run").returncode == 0
    assert len(standin.targets) == 2
    assert asked_days(standin) == set()


def test_nights_missed_since_the_first_are_caught_up(job: Crawl, standin: Standin, crawl: Any, url: str) -> None:
    crawl("rankings", date=f"{newest() - timedelta(days=3)}", pages="1", mode="daily,rookie")
    standin.hits.clear()
    assert job("run").returncode == 0
    assert rows(url, "SELECT mode, count(*) FROM rankings GROUP BY 1 ORDER BY 1") == [("daily", 4), ("rookie", 4)]
    assert f"{newest() - timedelta(days=4):%Y%m%d}" not in asked_days(standin)


def test_a_mode_that_has_no_night_yet_is_not_caught_up(job: Crawl, standin: Standin, crawl: Any, url: str) -> None:
    crawl("rankings", date=f"{newest() - timedelta(days=2)}", pages="1")
    assert job("run").returncode == 0
    assert rows(url, "SELECT mode, count(*) FROM rankings GROUP BY 1 ORDER BY 1") == [("daily", 3), ("rookie", 1)]


def test_a_ranking_that_is_late_is_waited_for(job: Crawl, standin: Standin, url: str) -> None:
    late = Fault("mode=daily", times=1, body=_yesterdays(standin, "daily"))
    standin.faults.append(late)
    done = job("run", "-s", "JOB_RETRY=1", hours=1)
    assert done.returncode == 0, done.stderr
    assert "not published yet: content=all&date=" in done.stdout
    assert "Asking again at" in done.stdout
    assert rows(url, "SELECT max(ranking_on) FROM rankings WHERE mode = 'daily'") == [(f"{newest()}",)]


def test_a_ranking_that_stays_away_is_left_to_the_next_run(job: Crawl, standin: Standin) -> None:
    standin.faults.append(Fault("mode=daily", times=None, body=_yesterdays(standin, "daily")))
    done = job("run", "-s", "JOB_RETRY=1", hours=1.5 / 3600)
    assert done.returncode == 0, done.stderr
    assert f"left to the next run: content=all&date={newest():%Y%m%d}&mode=daily" in done.stdout
    assert done.stdout.rstrip().endswith("OK")


def _yesterdays(standin: Standin, mode: str) -> bytes:
    """What the site answers to `latest` before the newest day is published."""
    day = newest() - timedelta(days=1)
    root = rankings.reply(1, mode, "all", day, 1, day)
    assert root is not None
    return json.dumps({**root, "next": False}).encode()


def test_a_job_that_waits_can_be_stopped(standin: Standin, tmp_path: Path) -> None:
    standin.faults.append(Fault("mode=daily", times=None, body=_yesterdays(standin, "daily")))
    (tmp_path / "small.toml").write_text(JOB.format(hours=2))
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path)}
    with Running(("job", "run", "small"), os.environ | given) as process:
        while "Asking again" not in process.output() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        done = process.finish()
    assert done.returncode == 1
    assert "small STOPPED before its end" in done.stdout


def test_the_summary_says_what_each_step_brought(job: Crawl, standin: Standin) -> None:
    out = job("run").stdout
    heading, row = [line for line in out.splitlines() if line.startswith(("step", "rankings"))]
    assert heading.split()[:3] == ["step", "new", "before"]
    assert " 2 " in row
    assert row.endswith("complete")


def test_a_plan_tells_requests_and_time_and_sends_nothing(job: Crawl, standin: Standin) -> None:
    since = newest() - timedelta(days=364)
    done = job("plan", "-a", f"date={since}..", "-a", "mode=daily", DOWNLOAD_DELAY="2")
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("rankings")]
    # `latest` and each day; the newest is told by `latest`.
    assert row.split()[-7:] == ["366", "1", "365", "12", "min", "10", "s"]
    assert standin.hits == []


def test_a_plan_leaves_out_what_is_archived(job: Crawl, standin: Standin, crawl: Any) -> None:
    crawl("rankings", date=f"{newest() - timedelta(days=1)}", mode="daily,rookie", pages="1")
    (row,) = [line for line in job("plan").stdout.splitlines() if line.startswith("rankings")]
    # Of two modes `latest`, and one day each that is archived; `latest` brings the newest day.
    assert row.split()[-5:-2] == ["6", "4", "2"]


def test_arguments_replace_the_jobs_own_and_wrong_ones_are_named(job: Crawl, standin: Standin) -> None:
    assert job("run", "-a", "mode=weekly", "-a", "date=2024-02-06").returncode == 0
    assert standin.targets == ["/ranking.php?format=json&mode=weekly&content=all&date=20240206&p=1"]
    done = job("run", "-a", "modes=weekly")
    assert done.returncode == 2
    assert "no step of small takes modes. Did you mean mode? Valid: content, date" in done.stderr


def rookie_begins_next_week() -> None:
    rankings_of_pixiv.FIRST_ON["rookie"] = newest() + timedelta(days=7)


def test_a_mode_that_begins_next_week_does_not_stop_the_job(standin: Standin) -> None:
    given = os.environ | {"PIXIV_BASE_URL": standin.url}
    done = run_scrapy(("job", "plan", "nightly"), given, rookie_begins_next_week)
    assert done.returncode == 0, done.stderr
    assert "rookie" in done.stdout


BACKFILL = """
piece = 4
[[step]]
spider = "rankings"
date = "2024-02-01..2024-02-06"
pages = 2
"""
NIGHT = """
[[step]]
spider = "rankings"
date = "2024-03-01"
pages = 1
[[step]]
spider = "rankings"
date = "2024-03-02"
pages = 1
"""


@pytest.mark.parametrize(
    "other", [("crawl", "rankings", "-adate=2024-03-01..2024-03-02", "-apages=1"), ("job", "run", "night")]
)
@pytest.mark.promise("Yielding backfills")
def test_a_backfill_leaves_the_account_to_others_between_its_pieces(
    standin: Standin, tmp_path: Path, url: str, other: tuple[str, ...]
) -> None:
    (tmp_path / "back.toml").write_text(BACKFILL)
    (tmp_path / "night.toml").write_text(NIGHT)
    given = {
        "PIXIV_BASE_URL": standin.url,
        "JOB_DIR": str(tmp_path),
        "DOWNLOAD_DELAY": "0.3",
        "ACCOUNT_PATIENCE": "600",
    }
    with Running(("job", "run", "back"), os.environ | given) as backfill:
        while len(standin.targets) < 2 and backfill.poll() is None:
            time.sleep(0.01)
        done = run_scrapy(other, os.environ | given)
        finished = backfill.finish()
    assert done.returncode == 0, done.stderr
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "INCOMPLETE" not in finished.stdout + finished.stderr
    assert finished.stdout.rstrip().endswith("OK")
    days = [target.partition("date=")[2][:8] for target in standin.targets]
    earlier = [sum(one < "202403" for one in days[:place]) for place, day in enumerate(days) if day > "202403"]
    # Of a piece of four requests one is for robots.txt.
    assert [count % 3 for count in earlier] == [0, 0], "only between two pieces"
    assert earlier[0] < 12, "before the backfill has ended"
    assert len(days) == 6 * 2 + 2, "nothing is requested twice"
    assert rows(url, "SELECT count(*) FROM coverage WHERE outcome = 'complete'") == [(14,)]


def test_a_list_that_is_longer_than_a_piece_is_read_to_its_end(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str
) -> None:
    (tmp_path / "long.toml").write_text(
        'piece = 3\n[[step]]\nspider = "search"\nendpoints = "search_illustrations"\nword = "空"\nratio = "0.5"\n'
    )
    done = scrapy("job", "run", "long", PIXIV_BASE_URL=standin.url, JOB_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(standin.targets) == len(set(standin.targets)) == 7, "of a piece one is robots.txt"
    assert rows(url, "SELECT count(*) FROM coverage WHERE outcome = 'complete'") == [(7,)]


def test_a_state_folder_that_cannot_be_made_is_said(scrapy: Crawl, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "small.toml").write_text('[[step]]\nspider = "artworks"\nillust_id = "?tracked-artworks"\n')
    given = {"JOB_DIR": str(tmp_path), "STATE_DIR": str(tmp_path / "file")}
    done = scrapy("job", "run", "small", **given)
    assert done.returncode == 2
    assert f"STATE_DIR {tmp_path}/file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_of_a_crawl_is_refused_as_the_crawl_is(scrapy: Crawl) -> None:
    for more in ((), ("--plan",)):
        done = scrapy("crawl", "artworks", "-a", "illust_id=?tracked-artworks:x", *more)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "tracked-artworks" in done.stderr


def test_a_budget_holds_over_all_steps_and_the_next_run_goes_on(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str
) -> None:
    (tmp_path / "thrifty.toml").write_text("budget = 3\n" + NIGHT.replace("pages = 1", "pages = 2"))
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path)}
    first = scrapy("job", "run", "thrifty", **given)
    assert first.returncode == 0, first.stderr
    assert len(standin.hits) == 3, "robots.txt is a request too"
    assert "the budget of 3 requests is spent: 1 step left to the next run" in first.stdout
    second = scrapy("job", "run", "thrifty", **given)
    assert second.returncode == 0
    assert len(standin.hits) == 2 * 3
    assert len(standin.targets) == len(set(standin.targets)) == 4
    assert "3 requests in" in second.stdout
    assert "the budget" not in second.stdout
    assert rows(url, "SELECT count(*) FROM coverage WHERE outcome = 'complete'") == [(4,)]


def test_a_long_backfill_that_is_interrupted_and_overtaken_requests_nothing_twice(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str, is_long: bool
) -> None:
    days, interruptions = (730, 5) if is_long else (40, 2)
    last = newest() - timedelta(days=30)
    span = f"{last - timedelta(days=days - 1)}..{last}"
    (tmp_path / "back.toml").write_text(f'piece = 7\n[[step]]\nspider = "rankings"\ndate = "{span}"\npages = 1\n')
    (tmp_path / "night.toml").write_text(NIGHT)
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), "DOWNLOAD_DELAY": "0.02"}
    turns = days // 8
    for turn in range(interruptions):
        reached = len(standin.targets) + turns
        with Running(("job", "run", "back"), os.environ | given) as backfill:
            while len(standin.targets) < reached and backfill.poll() is None:
                time.sleep(0.005)
            if turn in (1, 3):
                night = given | {"DOWNLOAD_DELAY": "0"}
                assert scrapy("job", "run", "night", **night).returncode == 0
            backfill.send_signal(signal.SIGTERM)
            backfill.finish()
    assert scrapy("job", "run", "back", **given).returncode == 0
    assert len(standin.targets) == len(set(standin.targets)) == days + 2, "the least that it can be"
    assert rows(url, "SELECT count(*) FROM coverage WHERE outcome = 'complete'") == [(days + 2,)]


def test_a_job_begins_no_new_archive_in_place_of_one_that_is_gone(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    """Its disk may not be mounted: a night on an empty archive would look like a good one."""
    (tmp_path / "mine.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 1\n')
    archive = tmp_path / "own.db"
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), "ARCHIVE_URL": f"sqlite:///{archive}"}
    assert scrapy("job", "run", "mine", **given).returncode == 0
    archive.rename(tmp_path / "elsewhere.db")
    before = len(standin.hits)
    done = scrapy("job", "run", "mine", **given)
    assert done.returncode == 2
    assert f"no archive {archive}: is its disk mounted?" in done.stderr
    assert len(standin.hits) == before
    assert scrapy("upgrade", "--init", **given).returncode == 0
    assert scrapy("job", "run", "mine", **given).returncode == 0
