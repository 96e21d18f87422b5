"""Looks fall on the works that are due, within the budget; the cohort's estimates cover what there is."""

from __future__ import annotations

import math
import os
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from crawler.archive import cohort, looks, queries, tracking
from crawler.archive.engine import create, prepare, reading, writing
from crawler.archive.look_policy import LONGEST, RATIO, Look, due_age, most_overdue
from crawler.archive.store import Store
from crawler.archive.tracking import Followed
from crawler.items.ask import Ask
from crawler.items.page import Page
from crawler.parse import parse
from crawler.request.given import resolved
from crawler.tables.cohort import CohortDraw
from crawler.tables.metadata import METADATA
from standin import looks as simulation
from standin import works
from standin.server import Standin
from tests import replies
from tests.conftest import ROOT, Crawl, rows
from tests.processes import run_scrapy
from tests.test_archive import store

NOON = 43_200_000
DAY_MS = 86_400_000
BUDGET = 10


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_a_work_is_due_at_twice_its_age_and_within_a_year(last: float, more: float) -> None:
    assert due_age(last) <= last + max(LONGEST, 1.0)
    assert due_age(last) <= max(1.0, RATIO * last)
    assert Look(1, due_age(last) + more, last).overdue >= 1


def test_the_most_overdue_come_first_and_those_not_due_not_at_all() -> None:
    listed = [Look(1, 5, 3), Look(2, 12, 3), Look(3, 1.5, None), Look(4, 7, 3), Look(5, 400, None)]
    assert [look.artwork_id for look in most_overdue(listed)] == [5, 2, 3, 4]


@pytest.mark.parametrize("seed", range(3))
def test_curves_are_rebuilt_within_the_error_that_is_stated_and_better_than_by_naive_policies(
    seed: int,
) -> None:
    given = {"nights": 120, "budget": 120, "seed": seed}
    error, most = simulation.simulate(simulation.doubling, **given)
    assert most <= given["budget"]
    assert error < 0.05
    for naive in (simulation.newest_first, simulation.by_chance):
        assert simulation.simulate(naive, **given)[0] > 2 * error


JOB = f"""
[[step]]
spider = "rankings"
mode = "daily"
date = "latest"
pages = 1
[[step]]
spider = "artworks"
endpoints = "artwork"
illust_id = "?due-looks"
budget = {BUDGET}
is_optional = true
"""


def test_night_after_night_looks_fall_on_due_works_and_the_budget_holds(
    standin: Standin, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "nights.toml").write_text(JOB)
    nights = 200 if request.config.getoption("--long") else 20
    engine = create(url)
    prepare(engine)
    begin = datetime.now(UTC)
    for night in range(nights):
        now = begin + timedelta(days=night)
        standin.now, standin.days_ahead = now, night
        standin.hits.clear()
        with reading(engine) as connection:
            before = {look.artwork_id: look for look in looks.followed(connection, now)}
        given = {
            "PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), "CLOCK_SHIFT": str(night),
            "PYTHONPATH": f"{ROOT}:{ROOT}/tests/clock",
        }  # fmt: skip
        done = run_scrapy(("job", "run", "nights", "--quiet"), os.environ | given)
        assert done.returncode == 0, f"night {night}: {done.stdout}{done.stderr}"
        looked = [
            int(target.rpartition("/")[2].partition("?")[0])
            for target in standin.targets
            if "/ajax/illust/" in target
        ]
        assert len(looked) == len(set(looked)) <= BUDGET
        assert all(
            before[artwork_id].overdue > 0.99 for artwork_id in looked if artwork_id in before
        )
    engine.dispose()
    assert rows(url, "SELECT count(*) FROM artwork_counts")[0][0] > nights * BUDGET / 2
    off = [
        abs(found / true - 1)
        for artwork_id, age, found in rows(
            url, "SELECT artwork_id, age_days, view_count FROM v_looks WHERE source = 'page'"
        )
        if (true := work_of(artwork_id).views(24 * age))
    ]
    assert sum(off) / len(off) < 0.2, "counters grow as the world's do"
    errors = rebuilt_errors(url)
    assert sum(errors) / len(errors) < 0.05


def work_of(artwork_id: int) -> works.Work:
    day = works.number_of(works.day_of(artwork_id))
    return next(work for work in works.uploaded_on(1, day) if work.artwork_id == artwork_id)


def rebuilt_errors(url: str) -> list[float]:
    """Of works with three looks and more: each look but the ends, as the ones around it have it."""
    seen: dict[int, list[tuple[float, int]]] = {}
    for artwork_id, age, views in rows(
        url,
        "SELECT artwork_id, age_days, view_count FROM v_looks WHERE view_count > 0 ORDER BY artwork_id, at_moment",
    ):
        seen.setdefault(artwork_id, []).append((age, views))
    found = []
    for listed in seen.values():
        for (a, u), (age, views), (b, v) in zip(listed, listed[1:], listed[2:], strict=False):
            if 0 < a < age < b:
                share = math.log(age / a) / math.log(b / a)
                found.append(abs(math.exp(math.log(u) + share * math.log(v / u)) / views - 1))
    return found


def page_at(artwork_id: int, on: date, *, is_there: bool, tick: int = 0) -> Page:
    """A work's own page, or a 404, at noon of a day."""
    at_ms = int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp()) * 1000 + NOON + tick
    ask = Ask("artwork", {"illust_id": str(artwork_id)}, 1, f"{on}")
    address = f"{replies.BASE}/ajax/illust/{artwork_id}"
    if not is_there:
        return parse(
            ask,
            replies.reply(
                address, {"error": True, "message": "", "body": []}, status=404, at_ms=at_ms
            ),
        )
    body = replies.detail(
        artwork_id, createDate=f"{DAY}T03:00:00+00:00", uploadDate=f"{DAY}T03:00:00+00:00"
    )
    return parse(ask, replies.reply(address, body, at_ms=at_ms))


DAY = date(2026, 10, 1)
FIRST_ID, IDS = 5_000_000, 1_500
DRAWN = 40


@pytest.fixture
def drawing(tmp_path: Path) -> Engine:
    """An archive that knows a work of the day before, the last of the day and one of the day after."""
    engine = create(f"sqlite:///{tmp_path}/drawing.db")
    prepare(engine)
    for artwork_id, shown in (
        (FIRST_ID - 1, "2026年09月30日 23:00"),
        (FIRST_ID + IDS - 1, "2026年10月01日 23:00"),
        (FIRST_ID + IDS, "2026年10月02日 01:00"),
    ):
        at = datetime.strptime(shown + " +0900", "%Y年%m月%d日 %H:%M %z")
        work = replies.work(artwork_id, 1, date=shown, illust_upload_timestamp=int(at.timestamp()))
        store(
            engine,
            replies.ranking_page(
                work, date=f"{at:%Y%m%d}", at_ms=int(at.timestamp() * 1000) + artwork_id
            ),
        )
    return engine


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
    assert [tuple(row) for row in found] == [
        ("2026-10-01", FIRST_ID, FIRST_ID + IDS - 1, DRAWN, DRAWN / IDS, None)
    ]
    drawing.dispose()


def test_the_cohorts_estimates_cover_the_truth_in_nineteen_of_twenty_seeds(tmp_path: Path) -> None:
    covered = {"works": 0, "vanished": 0}
    for seed in range(20):
        rng = random.Random(seed)
        ids = range(FIRST_ID, FIRST_ID + IDS)
        there = {artwork_id for artwork_id in ids if rng.random() < 0.7}
        gone = {artwork_id for artwork_id in there if rng.random() < 0.25}
        engine = create("sqlite://")
        prepare(engine)
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
                written.page(page_at(artwork_id, on, is_there=is_there, tick=tick))
        written.close()
        with reading(engine) as connection:
            (day,) = queries.run(
                connection,
                queries.load("cohort-per-day"),
                {"since": "2026-01-01", "until": "2027-12-31"},
            ).rows
            (month,) = queries.run(
                connection,
                queries.load("cohort-vanished"),
                {"since": "2026-01-01", "until": "2027-12-31"},
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


def test_a_work_that_is_missed_is_looked_at_ever_more_rarely_and_comes_back_when_it_is_back(
    engine: Engine,
) -> None:
    days = (2, 5, 6)
    for days_later, is_there in zip(days, (True, False, False), strict=True):
        store(engine, page_at(77, DAY + timedelta(days=days_later), is_there=is_there))
    with engine.begin() as connection:
        tracking.add(connection, Followed("artwork", 77))
    assert vanished(engine) == [(77, "not_found")]
    at = datetime(2026, 10, 10, 12, tzinfo=UTC)
    with reading(engine) as connection:
        (look,) = looks.followed(connection, at)
    assert look.last == pytest.approx(6.4, abs=0.1)
    assert look.overdue < 1
    store(engine, page_at(77, DAY + timedelta(days=14), is_there=True))
    assert vanished(engine) == []


def vanished(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql("SELECT artwork_id, evidence FROM v_vanished")
        ]


def test_newcomers_of_the_top_tracked_users_and_tags_and_the_cohort_are_followed(
    engine: Engine,
) -> None:
    on = date(2026, 10, 1)
    store(engine, replies.ranking_page(
        replies.work(1, 1), replies.work(2, 51), replies.work(3, 2, yes_rank=4),
        replies.work(4, 60, user_id=9), replies.work(5, 61, tags=["鳥"]), date=f"{on:%Y%m%d}",
    ))  # fmt: skip
    with engine.begin() as connection:
        for one in (Followed("user", 9), Followed("tag", name="鳥"), Followed("artwork", 6)):
            tracking.add(connection, one)
    with reading(engine) as connection:
        found = {
            look.artwork_id
            for look in looks.followed(connection, datetime(2026, 10, 20, tzinfo=UTC))
        }
    assert found == {1, 4, 5, 6}


def test_the_plan_says_how_many_looks_are_due_and_what_the_budget_leaves(
    scrapy: Crawl, url: str, tmp_path: Path, standin: Standin
) -> None:
    (tmp_path / "nights.toml").write_text(JOB)
    engine = create(url)
    prepare(engine)
    store(
        engine,
        replies.ranking_page(
            *(
                replies.work(n, n, date="2026年09月06日 08:00", illust_upload_timestamp=1788649200)
                for n in range(1, 31)
            ),
            date="20260906",
        ),
    )
    engine.dispose()
    given = {"JOB_DIR": str(tmp_path), "PIXIV_BASE_URL": standin.url}
    done = scrapy("job", "plan", "nights", **given)
    assert done.returncode == 0, done.stderr
    assert "Looks: 30 works due, 10 tonight. The most overdue of the rest waits" in done.stdout
    assert len(resolved({"illust_id": "?due-looks:7"}, url)["illust_id"].split(",")) == 7


def test_a_tags_volume_is_kept_by_the_day_and_answered(
    scrapy: Crawl, url: str, standin: Standin
) -> None:
    assert scrapy("track", "add", "volume", "空").returncode == 0
    assert scrapy("track", "add", "cohort", "20").returncode == 0
    assert scrapy("track", "list", "--lines").stdout.splitlines() == ["cohort 20", "volume 空"]
    day = f"{works.FIRST + timedelta(days=6950)}"
    for ai in ("", "1"):
        more = (f"-aai_type={ai}",) if ai else ()
        done = scrapy(
            "crawl", "search", "-aendpoints=search_artworks", "-aword=?tracked-volumes", f"-ascd={day}", f"-aecd={day}",
            "-apages=1", *more, PIXIV_BASE_URL=standin.url,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    found = rows(
        url, "SELECT tag, mode, ai_type, day, total > 0 FROM v_tag_volume ORDER BY ai_type"
    )
    assert found == [
        ("空", "all" if "all" in str(found) else "safe", None, day, 1),
        (found[1][0], found[1][1], "1", day, 1),
    ]
    done = scrapy(
        "sql", "works-per-tag-day", "--param", "tag=空", "--param", "since=2007-09-13", "--csv"
    )
    assert day in done.stdout


def test_the_first_days_views_predict_the_hundredths_as_far_as_they_do(tmp_path: Path) -> None:
    engine = create(f"sqlite:///{tmp_path}/growth.db")
    prepare(engine)
    born = datetime(2026, 6, 1, 3, tzinfo=UTC)
    with engine.begin() as connection:
        for artwork_id, (early, late) in enumerate(
            [(100, 1000), (200, 2000), (400, 4000), (800, 8000)], 1
        ):
            connection.execute(
                insert(METADATA.tables["artworks"]).values(
                    artwork_id=artwork_id, created_at=born, first_seen_at=1, last_seen_at=1
                )
            )
            for days, views in ((1, early), (100, late)):
                at = int((born + timedelta(days=days)).timestamp()) * 10**9
                connection.execute(
                    insert(METADATA.tables["artwork_counts"]).values(
                        artwork_id=artwork_id, observed_at=at, view_count=views
                    )
                )
    with reading(engine) as connection:
        answer = queries.run(
            connection,
            queries.load("first-day-prediction"),
            {"since": "2026-01-01", "until": "2027-01-01"},
        )
    engine.dispose()
    assert [tuple(map(float, row)) for row in answer.rows] == [(4.0, 1.0, 10.0)]
