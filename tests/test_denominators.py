"""Denominators: a cohort drawn by chance, and how many works a tag has by the day."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, func, insert, select

from crawler.archive import queries
from crawler.archive.database.engine import create, reading, writing
from crawler.archive.wanted import cohort, tracking
from crawler.archive.wanted.tracking import Followed
from crawler.archive.writing.store import Store
from crawler.parse import parse
from crawler.tables.artworks import Artwork
from crawler.tables.cohort import CohortDraw
from standin import fake_works
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import store
from tests.test_rechecks import DAY, page_at

FIRST_ID, IDS = 5_000_000, 1_500
DRAWN = 40


@pytest.fixture
def drawing(tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    """An archive that knows a work of the day before, the last of the day and one of the day after."""
    shutil.copy(migrated, tmp_path / "drawing.db")
    engine = create(f"sqlite:///{tmp_path}/drawing.db")
    for artwork_id, shown in (
        (FIRST_ID - 1, "2026年09月30日 23:00"),
        (FIRST_ID + IDS - 1, "2026年10月01日 23:00"),
        (FIRST_ID + IDS, "2026年10月02日 01:00"),
    ):
        at = datetime.strptime(shown + " +0900", "%Y年%m月%d日 %H:%M %z")
        work = replies.work(artwork_id, 1, date=shown, illust_upload_timestamp=int(at.timestamp()))
        store(engine, replies.ranking_page(work, date=f"{at:%Y%m%d}", at_ms=int(at.timestamp() * 1000) + artwork_id))
    yield engine
    engine.dispose()


def test_a_day_is_drawn_once_of_its_span_of_ids_with_the_probability_kept(drawing: Engine) -> None:
    at = datetime(2026, 10, 3, tzinfo=UTC)
    with drawing.connect() as connection, writing(connection):
        tracking.add(connection, Followed("cohort", pages=DRAWN))
        first = cohort.to_request(connection, at)
        again = cohort.to_request(connection, at)
    assert first == again
    assert len(first) == DRAWN
    assert all(FIRST_ID <= artwork_id < FIRST_ID + IDS for artwork_id in first)
    with drawing.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT DISTINCT drawn_on, first_id, last_id, draw_count, probability, is_work FROM v_cohort"
        ).all()
    assert [tuple(row) for row in found] == [("2026-10-01", FIRST_ID, FIRST_ID + IDS - 1, DRAWN, DRAWN / IDS, None)]


def test_a_mistyped_id_ends_no_drawing(drawing: Engine) -> None:
    wrong = 1_234_567_890
    address = f"{replies.BASE}/ajax/illust/{wrong}"
    gone = {"error": True, "message": "", "body": []}
    store(drawing, parse(replies.artwork_target(wrong), replies.reply(address, gone, status=404)))
    with drawing.connect() as connection, writing(connection):
        assert connection.scalar(select(func.max(Artwork.artwork_id))) == wrong
        tracking.add(connection, Followed("cohort", pages=DRAWN))
        assert len(cohort.to_request(connection, datetime(2026, 10, 3, tzinfo=UTC))) == DRAWN


def test_a_cohort_that_is_tracked_and_not_drawn_is_something_to_look_at(scrapy: Crawl, url: str) -> None:
    assert scrapy("track", "add", "cohort", "20").returncode == 0
    assert "random sample" not in scrapy("status", "--check").stdout, "a night or two may be missed"
    later = scrapy("status", "--check", CLOCK_SHIFT="5")
    assert later.returncode == 1
    assert "no id was drawn for 5 days" in later.stdout


@pytest.mark.more
def test_the_cohorts_estimates_cover_the_truth_in_nineteen_of_twenty_seeds(tmp_path: Path, migrated: Path) -> None:
    covered = {"works": 0, "vanished": 0}
    for seed in range(20):
        rng = random.Random(seed)
        ids = range(FIRST_ID, FIRST_ID + IDS)
        there = {artwork_id for artwork_id in ids if rng.random() < 0.7}
        gone = {artwork_id for artwork_id in there if rng.random() < 0.25}
        shutil.copy(migrated, tmp_path / f"{seed}.db")
        engine = create(f"sqlite:///{tmp_path}/{seed}.db")
        drawn = rng.sample(ids, DRAWN)
        with engine.begin() as connection:
            given = {
                "drawn_on": DAY,
                "first_id": FIRST_ID,
                "last_id": FIRST_ID + IDS - 1,
                "draw_count": DRAWN,
                "drawn_at": 1,
            }
            connection.execute(insert(CohortDraw), [{"artwork_id": one, **given} for one in drawn])
        later = [DAY + timedelta(days=days) for days in (2, 40)]
        written = Store(engine)
        for night, on in enumerate(later):
            for tick, artwork_id in enumerate(drawn):
                is_there = artwork_id in there and not (night and artwork_id in gone)
                written.pages([page_at(artwork_id, on, is_there=is_there, tick=tick)])
        written.close()
        with reading(engine) as connection:
            (day,) = queries.run(
                connection, queries.load("cohort-per-day"), {"since": "2026-01-01", "until": "2027-12-31"}
            ).rows
            (month,) = queries.run(
                connection, queries.load("cohort-vanished"), {"since": "2026-01-01", "until": "2027-12-31"}
            ).rows
        engine.dispose()
        assert day[3] == DRAWN
        assert day[4] == len(there & {*drawn})
        assert (month[1], month[3]) == (day[4], len(gone & {*drawn}))
        covered["works"] += day[6] <= len(there) <= day[7]
        share, n = month[3] / month[2], month[2]
        centre, half = (
            (share + 3.32 / n) / (1 + 6.63 / n),
            2.576 * math.sqrt(share * (1 - share) / n + 1.66 / n**2) / (1 + 6.63 / n),
        )
        covered["vanished"] += centre - half <= len(gone) / len(there) <= centre + half
    assert covered["works"] >= 19
    assert covered["vanished"] >= 19


def in_cohort(engine: Engine, *ids: int) -> None:
    with engine.begin() as connection:
        about = {"drawn_on": DAY, "first_id": 1, "last_id": 9, "draw_count": len(ids), "drawn_at": 1}
        connection.execute(insert(CohortDraw), [{"artwork_id": one, **about} for one in ids])


def test_a_request_that_failed_says_nothing_of_an_id_which_is_requested_again(engine: Engine) -> None:
    in_cohort(engine, 1, 2, 3)
    on = DAY + timedelta(days=2)
    store(engine, page_at(1, on, is_there=True))
    store(engine, page_at(2, on, is_there=False))
    store(engine, page_at(3, on, is_there=False, status=500))
    with engine.connect() as connection, writing(connection):
        found = connection.exec_driver_sql("SELECT artwork_id, is_work FROM v_cohort ORDER BY 1")
        assert [tuple(row) for row in found] == [(1, 1), (2, 0), (3, None)]
        assert cohort.to_request(connection, datetime(2026, 10, 4, tzinfo=UTC)) == [3]


def test_a_404_stands_whatever_fails_later_the_same_night(engine: Engine) -> None:
    in_cohort(engine, 1)
    on = DAY + timedelta(days=2)
    store(engine, page_at(1, on, is_there=False))
    store(engine, page_at(1, on, is_there=False, status=500, tick=1000))
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT is_work FROM v_cohort").all()
    assert [tuple(row) for row in found] == [(0,)]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 5 * 24 - 1)), max_size=40), share=st.integers(0, 3))
def test_no_id_is_of_two_days_whatever_becomes_known_when(
    drawing: Engine, known: list[tuple[int, int]], share: int
) -> None:
    """known: ids with the hours at which they were published, told in two parts."""
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    first = len(known) * share // 3
    with drawing.connect() as connection, connection.begin() as transaction:
        connection.execute(delete(Artwork))
        for part in (known[:first], known[first:]):
            for artwork_id, hour in part:
                tell(connection, artwork_id, begin + timedelta(hours=hour))
            cohort.draw(connection, begin + timedelta(days=6), 5)
        spans = connection.execute(
            select(CohortDraw.drawn_on, CohortDraw.first_id, CohortDraw.last_id)
            .distinct()
            .order_by(CohortDraw.drawn_on)
        ).all()
        transaction.rollback()
    assert all(one.last_id < other.first_id for one, other in pairwise(spans))


def tell(connection: Connection, artwork_id: int, at: datetime) -> None:
    """A work becomes known, unless it is."""
    if connection.scalar(select(Artwork.artwork_id).where(Artwork.artwork_id == artwork_id)) is None:
        row = {"artwork_id": artwork_id, "created_at": at, "first_seen_at": 1, "last_seen_at": 1}
        connection.execute(insert(Artwork), [row])


def test_a_plan_draws_nothing(scrapy: Crawl, drawing: Engine, tmp_path: Path) -> None:
    with drawing.begin() as connection:
        tracking.add(connection, Followed("cohort", pages=DRAWN))
    drawing.dispose()
    given = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/drawing.db", "PIXIV_BASE_URL": replies.BASE, "DOWNLOAD_DELAY": "2"}
    shift = (datetime(2026, 10, 3, tzinfo=UTC) - datetime.now(UTC)).days
    given["CLOCK_SHIFT"] = str(shift)
    arguments = ("crawl", "artworks", "-aendpoints=artwork", "-aillust_id=?cohort", "--plan")
    done = scrapy(*arguments, **given)
    assert done.returncode == 0, done.stderr
    assert f" {DRAWN} " in done.stdout
    assert rows(given["ARCHIVE_URL"], "SELECT count(*) FROM cohort") == [(0,)]


def test_a_tags_volume_is_kept_by_the_day_and_answered(scrapy: Crawl, url: str, standin: Standin) -> None:
    assert scrapy("track", "add", "volume", "空").returncode == 0
    assert scrapy("track", "add", "cohort", "20").returncode == 0
    assert scrapy("track", "list", "--lines").stdout.splitlines() == ["cohort 20", "volume 空"]
    day = f"{fake_works.FIRST + timedelta(days=6950)}"
    for ai in ("", "1"):
        more = (f"-aai_type={ai}",) if ai else ()
        done = scrapy(
            "crawl",
            "search",
            "-aendpoints=search_artworks",
            "-aword=?tracked-volumes",
            f"-ascd={day}",
            f"-aecd={day}",
            "-apages=1",
            *more,
            PIXIV_BASE_URL=standin.url,
        )
        assert done.returncode == 0, done.stderr
    found = rows(url, "SELECT tag, mode, ai_type, day, total > 0 FROM v_tag_volume ORDER BY ai_type")
    assert found == [
        ("空", "all" if "all" in str(found) else "safe", None, day, 1),
        (found[1][0], found[1][1], "1", day, 1),
    ]
    done = scrapy("sql", "works-per-tag-day", "--param", "tag=空", "--param", "since=2007-09-13", "--csv")
    assert day in done.stdout


def searched(scrapy: Crawl, standin: Standin, *more: str, **environment: str) -> None:
    done = scrapy(
        "crawl",
        "search",
        "-aendpoints=search_artworks",
        f"-ascd={A_DAY}",
        f"-aecd={A_DAY}",
        "-apages=1",
        *more,
        PIXIV_BASE_URL=standin.url,
        **environment,
    )
    assert done.returncode == 0, done.stderr


A_DAY = f"{fake_works.FIRST + timedelta(days=6950)}"


def test_each_of_several_tags_is_searched_by_itself(scrapy: Crawl, url: str, standin: Standin, tmp_path: Path) -> None:
    names = ["空", "海", "#hash", "C#", "a,b", "two words"]
    assert scrapy("track", "add", "volume", *names).returncode == 0
    standin.faults.append(Fault(r"/ajax/search/artworks/(?!%E7|%E6)", times=None, change=none_found))
    searched(scrapy, standin, "-aword=?tracked-volumes")
    assert {tag for (tag,) in rows(url, "SELECT tag FROM v_tag_volume")} == {*names}
    listed = scrapy("track", "list", "--lines").stdout
    (tmp_path / "list").write_text(listed)
    again = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/again.db"}
    assert scrapy("track", "add", "--file", str(tmp_path / "list"), **again).returncode == 0
    assert scrapy("track", "list", "--lines", **again).stdout == listed


def none_found(reply: Any, _query: Mapping[str, str]) -> Any:
    reply["body"]["illustManga"] |= {"data": [], "total": 0}
    return reply


def test_of_a_list_in_a_job_and_of_a_file_each_line_is_a_word(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# what we search\n空\nC#\n海  # the sea\n", encoding="utf-8")
    step = "[[step]]\nspider = 'search'\nendpoints = ['search_artworks', 'search_top']\nword = "
    (tmp_path / "mine.toml").write_text(f"{step}'@words.txt'\n{step}['a,b', '空']\n", encoding="utf-8")
    done = scrapy("job", "plan", str(tmp_path / "mine.toml"), PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    rows_of = [line.split() for line in done.stdout.splitlines() if "word=" in line]
    assert [row[-5] for row in rows_of] == ["6", "4"], "two endpoints, three words and two"


def test_a_search_that_leaves_works_out_is_no_volume_and_a_day_without_works_is_0(
    scrapy: Crawl, url: str, standin: Standin
) -> None:
    searched(scrapy, standin, "-aword=空")
    searched(scrapy, standin, "-aword=空", "-as_mode=tc")
    searched(scrapy, standin, "-aword=空", "-awlt=3000")
    standin.faults.append(Fault("/ajax/search/", times=None, change=none_found))
    searched(scrapy, standin, "-aword=海")
    found = rows(url, "SELECT tag, total > 0, is_certain FROM v_tag_volume ORDER BY tag DESC")
    assert found == [("空", 1, 1), ("海", 0, 0)]


def test_a_search_that_found_works_once_and_nothing_later_is_no_certain_0(
    scrapy: Crawl, url: str, standin: Standin
) -> None:
    searched(scrapy, standin, "-aword=空")
    searched(scrapy, standin, "-aword=空", "-aai_type=1")
    before = asked(scrapy, "ai-by-tag"), asked(scrapy, "works-per-tag-day")
    assert before[0]
    standin.faults.append(Fault("/ajax/search/artworks/%E7", times=None, change=none_found))
    begin = datetime.now(UTC)
    for night in ("1", "2"):
        standin.now, standin.days_ahead = begin + timedelta(days=int(night)), int(night)
        for more in ((), ("-aai_type=1",)):
            scrapy(
                "crawl",
                "search",
                "-aendpoints=search_artworks",
                f"-ascd={A_DAY}",
                f"-aecd={A_DAY}",
                "-apages=1",
                "-aword=空",
                "-sTHROTTLE_PAUSE=0",
                *more,
                PIXIV_BASE_URL=standin.url,
                CLOCK_SHIFT=night,
            )
        searched(scrapy, standin, "-aword=海", CLOCK_SHIFT=night)
    assert rows(url, "SELECT count(*) FROM v_tag_volume WHERE tag = '空' AND total = 0")[0][0] > 0
    assert rows(url, "SELECT count(*) FROM v_tag_volume WHERE tag = '空' AND total = 0 AND is_certain = 1") == [(0,)]
    assert (asked(scrapy, "ai-by-tag"), asked(scrapy, "works-per-tag-day")) == before


def asked(scrapy: Crawl, question: str) -> list[str]:
    done = scrapy("sql", question, "--param", "tag=空", "--param", "since=2007-09-13", "--csv")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", [" ", "x" * 501, "a\nb"])
def test_what_no_search_takes_is_not_followed(scrapy: Crawl, url: str, name: str) -> None:
    for kind in ("volume", "tag"):
        done = scrapy("track", "add", kind, name)
        assert done.returncode == 2
        assert kind in done.stderr
