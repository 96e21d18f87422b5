"""`./run status`: what is there, missing, changed, refused; whether all is well."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import Response
from sqlalchemy import Engine, inspect

from crawler.archive import status_queries as condition
from crawler.archive.database.engine import create, prepare, reading
from crawler.clock import newest
from crawler.errors import ArchiveError
from crawler.health.doctor import read_clock, read_robots
from standin import rankings
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import NOWHERE, Crawl
from tests.replies import work
from tests.test_archive import store


@pytest.fixture
def archive(url: str) -> Iterator[Engine]:
    engine = create(url)
    prepare(engine)
    yield engine
    engine.dispose()


def rank(engine: Engine, on: date, at: int, **changes: Any) -> None:
    told = {"prev_date": f"{on - timedelta(days=1):%Y%m%d}", "rank_total": 1} | changes
    page = replies.ranking_page(work(1), date=f"{on:%Y%m%d}", at_ms=1_790_000_000_000 + at, **told)
    store(engine, page)


def test_the_calendar_shows_complete_begun_missing_and_never_ranked_days(archive: Engine, scrapy: Crawl) -> None:
    last = newest()
    first = last - timedelta(days=5)
    rank(archive, first, 1)
    rank(archive, first + timedelta(days=2), 2, next=2)
    # The days between two that name each other were never ranked: read when they were a week old.
    later = 120 * 86_400_000
    rank(archive, last - timedelta(days=2), later, next_date=f"{last:%Y%m%d}")
    rank(archive, last, later + 1, prev_date=f"{last - timedelta(days=2):%Y%m%d}")
    done = scrapy("status", "coverage", "--check")
    assert done.returncode == 1, done.stderr
    assert f"daily all, {first} .. {last}: 3 complete, 2 due" in done.stdout
    lines = done.stdout.splitlines()
    months = "".join(line[10:].strip() for line in lines if line.startswith("  20"))
    assert months == "■·◧■–■"
    assert "DUE: 2 days of rankings, 0 failed pages" in done.stdout
    told = f"absent {last - timedelta(days=1)}: {last - timedelta(days=2)} and {last} name each other"
    assert told in done.stdout
    since = scrapy("status", "coverage", "--check", "--since", f"{last - timedelta(days=2)}")
    assert since.returncode == 0, since.stdout


def test_long_gaps_and_rankings_that_are_not_followed_are_not_due(archive: Engine, scrapy: Crawl) -> None:
    for at, mode in enumerate(("daily", "weekly"), 1):
        rank(archive, date(2024, 2, 6), at, mode=mode)
    rank(archive, newest(), 3)
    done = scrapy("status", "coverage", "--check")
    assert done.returncode == 0, done.stdout
    assert "2 complete, 0 due" in done.stdout
    assert "1 complete, 0 due" in done.stdout
    assert "in long gaps" in done.stdout


def test_an_archive_of_which_nothing_goes_on_is_due(archive: Engine, scrapy: Crawl) -> None:
    rank(archive, newest() - timedelta(days=60), 1)
    done = scrapy("status", "coverage", "--check")
    assert done.returncode == 1
    assert "1 complete, 60 due" in done.stdout


def test_the_three_changes_of_the_ranking_are_found_with_their_dates_and_lose_no_row(engine: Engine) -> None:
    days = [date(2024, 9, 2), date(2024, 9, 3), date(2025, 3, 7), date(2025, 3, 8)]
    days += [date(2025, 10, 31), date(2025, 11, 1), date(2025, 11, 30)]
    sent = 0
    for at, day in enumerate(days):
        for number in range(1, 11):
            body = rankings.reply(1, "daily", "all", day, number, date(2026, 10, 7))
            assert body is not None
            sent += len(body["contents"])
            told = {name: body[name] for name in body if name != "contents"}
            page = replies.ranking_page(*body["contents"], at_ms=1_790_000_000_000 + at * 10 + number, **told)
            store(engine, page)
    with reading(engine) as connection:
        found = condition.changes(connection)
        kept = connection.exec_driver_sql("SELECT count(*) FROM ranking_entries").scalar()
        assert not condition.dead_letters(connection)
    assert kept == sent
    assert [(str(change.since), change.what) for change in found] == [
        ("2024-09-03", "began"),
        ("2025-03-08", "began"),
        ("2025-11-01", "began"),
    ]
    assert "contents[].is_masked (boolean)" in found[0].paths
    assert "contents[].mask_reason (string)" in found[1].paths
    assert {"date_range_text (string)", "meta (object)", "zoneConfig (object)"} <= set(found[2].paths)
    assert all(change.seen_at.startswith("2026-09-2") for change in found)


def test_a_change_that_nobody_knows_is_listed_and_fails_the_check(archive: Engine, scrapy: Crawl) -> None:
    store(archive, replies.ranking_page(work(1, surprise=[1, 2])))
    done = scrapy("status", "drift", "--check")
    assert done.returncode == 1
    assert "contents[].surprise (array)" in done.stdout
    assert "2024-02-06" in done.stdout


@pytest.mark.promise("Rejected rows")
def test_refused_rows_are_listed_with_their_error_and_fragment(archive: Engine, scrapy: Crawl) -> None:
    assert scrapy("status", "dead", "--check").returncode == 0
    store(archive, replies.ranking_page(work(1), work(2, "third\x1b")))
    done = scrapy("status", "dead", "--check")
    assert done.returncode == 1
    assert "1 × ranking → ranking_entries: rank: not a whole number" in done.stdout
    assert "contents[1]" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.promise("Rejected rows")
def test_refused_rows_are_replayed_alone_and_gone_once_they_fit(scrapy: Crawl, standin: Standin, url: str) -> None:
    scrapy("crawl", "rankings", "-apages=2", PIXIV_BASE_URL=standin.url)
    assert scrapy("replay", "--dead").stdout.startswith("OK: no row was rejected")
    engine = create(url)
    with engine.begin() as connection:
        # As an older parser would have left it: the row fits by now.
        connection.exec_driver_sql(
            "INSERT INTO dead_letters SELECT max(observed_at), 'artworks', 'contents[3]', 'ranking',"
            " 'title: missing', '{}' FROM captures"
        )
        connection.exec_driver_sql("UPDATE artworks SET title = NULL")
    engine.dispose()
    done = scrapy("replay", "--dead")
    assert done.returncode == 0, done.stderr
    assert "replay: 1 responses" in done.stderr
    assert scrapy("status", "dead", "--check").returncode == 0


def test_the_overview_counts_and_fails_the_check_where_something_is_not_well(archive: Engine, scrapy: Crawl) -> None:
    rank(archive, newest(), 1)
    assert scrapy("status", "--check").returncode == 0
    rank(archive, newest() - timedelta(days=2), 2, surprise=1)
    done = scrapy("status", "--check")
    assert done.returncode == 1
    assert "1 mode and content of rankings, 1 day due" in done.stdout
    assert "1 change in responses to check" in done.stdout


def test_a_wrong_part_or_ranking_names_the_valid_ones(archive: Engine, scrapy: Crawl) -> None:
    assert "coverage, drift, dead, queue, doctor" in scrapy("status", "health").stderr
    rank(archive, date(2024, 2, 6), 1)
    done = scrapy("status", "coverage", "--mode", "hourly")
    assert done.returncode == 2
    assert "there are: daily all" in done.stderr


@pytest.mark.usefixtures("archive")
def test_the_doctor_finds_all_well_with_one_request(scrapy: Crawl, standin: Standin) -> None:
    done = scrapy("status", "doctor", "--check", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {line.split()[1] for line in done.stdout.splitlines() if line[:5].strip() and line.strip() != "OK"}
    assert {"database", "migrations", "disk", "session", "pace", "clock", "robots.txt"} <= told
    assert [hit.target for hit in standin.hits] == ["/robots.txt"]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "does not answer"),
        ({"ARCHIVE_URL": "mysql://x"}, "use sqlite or postgresql"),
        ({"CAPTURE_DIR": "/proc/nowhere"}, "captures: /proc/nowhere: No such file"),
        ({"PIXIV_PHPSESSID": "not a session"}, "is no session"),
        ({"DOWNLOAD_DELAY": "abc"}, "DOWNLOAD_DELAY must be a number, 0 or more"),
        ({"PIXIV_BASE_URL": "https://www.pixiv.net", "DOWNLOAD_DELAY": "1"}, "no less than 1.2 s"),
    ],
)
def test_the_doctor_names_what_is_ill(scrapy: Crawl, environment: dict[str, str], message: str) -> None:
    offline = ["--offline"] if environment else []
    done = scrapy("status", "doctor", "--check", *offline, **{"PIXIV_BASE_URL": NOWHERE} | environment)
    assert done.returncode == 1, done.stdout
    assert message in done.stdout
    assert "FAIL" in done.stdout.splitlines()[-1]


def test_the_doctor_names_settings_that_this_shell_lacks(scrapy: Crawl, tmp_path: Path) -> None:
    (tmp_path / "pixiv-archive").mkdir()
    (tmp_path / "pixiv-archive/environment").write_text("JOB_HEARTBEAT='https://x'\n")
    done = scrapy("status", "doctor", "--offline", XDG_CONFIG_HOME=str(tmp_path))
    assert f"this shell lacks JOB_HEARTBEAT of {tmp_path}/pixiv-archive/environment: set -a; . " in done.stdout


def test_the_doctor_begins_nothing_in_an_empty_database(scrapy: Crawl, postgresql: str) -> None:
    done = scrapy("status", "doctor", "--offline", ARCHIVE_URL=postgresql)
    assert "is empty. A first archive begins with ./run crawl rankings" in done.stdout
    engine = create(postgresql)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.skipif(os.getuid() != 0, reason="root alone can be another user")
def test_an_archive_that_this_user_may_not_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        with pytest.raises(ArchiveError, match=r"archive\.db: Permission denied"):
            create(f"sqlite:///{folder}/archive.db", is_new=False)
    finally:
        os.seteuid(0)


def test_the_doctor_names_an_archive_that_is_behind(archive: Engine, scrapy: Crawl) -> None:
    with archive.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    done = scrapy("status", "doctor", "--offline", "--check")
    assert done.returncode == 1
    assert "./run upgrade" in done.stdout


@pytest.mark.parametrize(("off", "how"), [(0, "ok"), (-300, "FAIL"), (300, "FAIL")])
def test_a_clock_that_disagrees_with_the_sites_is_ill(off: int, how: str) -> None:
    headers = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    response = Response("http://127.0.0.1/robots.txt", headers=headers)
    assert read_clock(response, 1_795_521_600 + off).how == how


def test_endpoints_that_robots_txt_forbids_are_named() -> None:
    body = b"User-agent: *\nDisallow: /ajax/illust/\n"
    response = Response("http://127.0.0.1/robots.txt", body=body)
    assert read_robots(response, "pixiv-archive/0.1").text.startswith("obeyed; it forbids artwork")


def test_captures_on_a_disk_that_is_not_mounted_are_named(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    assert scrapy("crawl", "rankings", "-apages=1", PIXIV_BASE_URL=standin.url).returncode == 0
    assert "none of the archive" not in scrapy("status", "doctor", "--offline").stdout
    elsewhere = {"CAPTURE_DIR": str(tmp_path / "not-mounted")}
    done = scrapy("status", "doctor", "--offline", "--check", **elsewhere)
    assert done.returncode == 1
    assert re.search(
        rf"FAIL +captures +none of the archive.s is in {elsewhere['CAPTURE_DIR']}: is its disk mounted", done.stdout
    )


def test_a_capture_file_that_is_not_there_is_named(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    for day in ("2024-02-06", "2024-02-07"):
        assert scrapy("crawl", "rankings", "-apages=1", f"-adate={day}", PIXIV_BASE_URL=standin.url).returncode == 0
    gone = min((tmp_path / "captures").glob("*/*.warc.gz"))
    gone.unlink()
    done = scrapy("status", "doctor", "--offline", "--check")
    assert done.returncode == 1
    assert re.search(rf"FAIL +captures +1 of 2 files are not in .*: {gone.parent.name}/{gone.name}", done.stdout)


def test_no_command_takes_a_password_on_its_command_line(scrapy: Crawl) -> None:
    for words in (("status",), ("sql", "ranking-panel"), ("backup", "x.db"), ("job", "list")):
        done = scrapy(*words, "-sARCHIVE_URL=postgresql://me:geheim@localhost/x")
        assert done.returncode == 2
        assert "must not stand on a command line" in done.stderr
        assert "geheim" not in done.stderr + done.stdout


def test_a_crawl_begins_no_archive_in_place_of_one_that_is_gone(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    words = ("crawl", "rankings", "-apages=1", "-adate=2024-02-06")
    file = tmp_path / "own.db"
    given = {"ARCHIVE_URL": f"sqlite:///{file}", "PIXIV_BASE_URL": standin.url}
    assert scrapy(*words, **given).returncode == 0
    file.rename(file.with_suffix(".away"))
    done = scrapy(*words, **given)
    assert done.returncode == 2
    assert "is its disk mounted? It was there: jobs have run with it" in done.stderr
    assert not file.exists()


def test_an_archive_of_first_pages_is_complete_when_they_are_what_is_wanted(scrapy: Crawl, standin: Standin) -> None:
    days = f"-adate={newest() - timedelta(days=4)}..{newest()}"
    done = scrapy("crawl", "rankings", days, "-apages=1", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert "5 days due" in scrapy("status").stdout
    assert scrapy("track", "add", "ranking", "daily", "--pages", "1").returncode == 0
    told = scrapy("status", "--check")
    assert "0 days due" in told.stdout
    assert told.stdout.rstrip().endswith("OK")
    assert told.returncode == 0
    since = f"--since={newest() - timedelta(days=6)}"
    assert scrapy("track", "add", "ranking", "daily", "--pages", "1", since).returncode == 0
    assert "2 days due" in scrapy("status").stdout


def test_a_night_that_was_missed_is_noticed(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-02-06"\n')
    given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path)}
    assert scrapy("job", "run", "mine", **given).returncode == 0
    assert "no job has ended" not in scrapy("status", **given).stdout
    later = scrapy("status", "--check", CLOCK_SHIFT="1.6", **given)
    assert "no job has ended for 38 hours: the last was mine" in later.stdout
    assert later.returncode == 1


def test_a_failed_page_is_listed_with_its_day_and_reason(scrapy: Crawl, standin: Standin) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=403))
    scrapy("crawl", "rankings", "-adate=2024-02-06", PIXIV_BASE_URL=standin.url)
    told = scrapy("status", "coverage").stdout
    assert f"failed {datetime.now(UTC):%Y-%m-%d}: ranking content=all&date=20240206&mode=daily page 1: " in told


def test_a_newest_ranking_that_failed_and_came_later_the_same_night_has_failed_no_more(
    scrapy: Crawl, standin: Standin
) -> None:
    standin.faults.append(Fault("ranking.php", times=1, status=403))
    scrapy("crawl", "rankings", "-amode=daily", "-apages=1", PIXIV_BASE_URL=standin.url)
    assert "1 page failed" in scrapy("status").stdout
    scrapy("crawl", "rankings", "-amode=daily", "-apages=1", PIXIV_BASE_URL=standin.url)
    assert "0 pages failed" in scrapy("status").stdout
    assert "\nfailed 20" not in scrapy("status", "coverage").stdout
