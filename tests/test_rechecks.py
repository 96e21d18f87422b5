"""Looks fall on the works that are due, within the budget; the cohort's estimates cover what there is."""

from __future__ import annotations

import math
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from crawler.archive import queries
from crawler.archive.database.engine import create, prepare, reading
from crawler.archive.wanted import rechecks, tracking
from crawler.archive.wanted.tracking import Followed
from crawler.endpoints.params import ANY
from crawler.evidence.recheck_policy import LONGEST, RATIO, Recheck, due_age, most_overdue
from crawler.model.page import Page
from crawler.model.target import Target
from crawler.parse import parse
from crawler.planning.arguments import resolved
from crawler.tables.metadata import METADATA
from crawler.workers.pieces import cut
from standin import fake_works
from standin.server import Standin
from tests import rechecks as simulation
from tests import replies
from tests.conftest import Crawl, rows
from tests.processes import run_scrapy
from tests.test_archive import store

NOON = 43_200_000
DAY_MS = 86_400_000
BUDGET = 10


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_a_work_is_due_at_twice_its_age_and_within_a_year(last: float, more: float) -> None:
    assert due_age(last) <= last + max(LONGEST, 1.0)
    assert due_age(last) <= max(1.0, RATIO * last)
    assert Recheck(1, due_age(last) + more, last).overdue >= 1


def test_the_most_overdue_come_first_and_those_not_due_not_at_all() -> None:
    listed = [Recheck(1, 5, 3), Recheck(2, 12, 3), Recheck(3, 1.5, None), Recheck(4, 7, 3), Recheck(5, 400, None)]
    assert [look.artwork_id for look in most_overdue(listed)] == [5, 2, 3, 4]


@pytest.mark.parametrize("seed", range(3))
def test_curves_are_rebuilt_within_the_error_that_is_stated_and_better_than_by_naive_policies(seed: int) -> None:
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
illust_id = "?due-rechecks"
budget = {BUDGET}
is_optional = true
"""


@pytest.mark.more
def test_night_after_night_looks_fall_on_due_works_and_the_budget_holds(
    standin: Standin, url: str, tmp_path: Path, is_long: bool
) -> None:
    (tmp_path / "nights.toml").write_text(JOB)
    nights = 200 if is_long else 20
    engine = create(url)
    prepare(engine)
    begin = datetime.now(UTC)
    for night in range(nights):
        now = begin + timedelta(days=night)
        standin.now, standin.days_ahead = now, night
        standin.hits.clear()
        with reading(engine) as connection:
            before = {look.artwork_id: look for look in rechecks.followed(connection, now)}
        given = {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), "CLOCK_SHIFT": str(night)}
        done = run_scrapy(("job", "run", "nights", "--quiet"), os.environ | given)
        assert done.returncode == 0, f"night {night}: {done.stdout}{done.stderr}"
        looked = [
            int(target.rpartition("/")[2].partition("?")[0]) for target in standin.targets if "/ajax/illust/" in target
        ]
        assert len(looked) == len(set(looked)) <= BUDGET
        assert all(before[artwork_id].overdue > 0.99 for artwork_id in looked if artwork_id in before)
    engine.dispose()
    assert rows(url, "SELECT count(*) FROM artwork_counts")[0][0] > nights * BUDGET / 2
    off = [
        abs(found / true - 1)
        for artwork_id, age, found in rows(
            url, "SELECT artwork_id, age_days, view_count FROM v_counts WHERE source = 'page'"
        )
        if (true := work_of(artwork_id).views(24 * age))
    ]
    assert sum(off) / len(off) < 0.2, "counters grow as the world's do"
    errors = rebuilt_errors(url)
    assert sum(errors) / len(errors) < 0.05


def work_of(artwork_id: int) -> fake_works.Work:
    day = fake_works.number_of(fake_works.day_of(artwork_id))
    return next(work for work in fake_works.uploaded_on(1, day) if work.artwork_id == artwork_id)


def rebuilt_errors(url: str) -> list[float]:
    """Of works with three looks and more: each look but the ends, as the ones around it have it."""
    seen: dict[int, list[tuple[float, int]]] = {}
    for artwork_id, age, views in rows(
        url, "SELECT artwork_id, age_days, view_count FROM v_counts WHERE view_count > 0 ORDER BY artwork_id, at_moment"
    ):
        seen.setdefault(artwork_id, []).append((age, views))
    found = []
    for listed in seen.values():
        for (a, u), (age, views), (b, v) in zip(listed, listed[1:], listed[2:], strict=False):
            if 0 < a < age < b:
                share = math.log(age / a) / math.log(b / a)
                found.append(abs(math.exp(math.log(u) + share * math.log(v / u)) / views - 1))
    return found


def page_at(artwork_id: int, on: date, *, is_there: bool, tick: int = 0, status: int = 404) -> Page:
    """A work's own page, or a 404 or another status, at noon of a day."""
    at_ms = int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp()) * 1000 + NOON + tick
    target = Target("artwork", {"illust_id": str(artwork_id)}, 1, f"{on}")
    address = f"{replies.BASE}/ajax/illust/{artwork_id}"
    if not is_there:
        return parse(
            target, replies.reply(address, {"error": True, "message": "", "body": []}, status=status, at_ms=at_ms)
        )
    body = replies.detail(artwork_id, createDate=f"{DAY}T03:00:00+00:00", uploadDate=f"{DAY}T03:00:00+00:00")
    return parse(target, replies.reply(address, body, at_ms=at_ms))


DAY = date(2026, 10, 1)


def test_a_work_that_is_missed_is_looked_at_ever_more_rarely_and_comes_back_when_it_is_back(engine: Engine) -> None:
    days = (2, 5, 6)
    for days_later, is_there in zip(days, (True, False, False), strict=True):
        store(engine, page_at(77, DAY + timedelta(days=days_later), is_there=is_there))
    with engine.begin() as connection:
        tracking.add(connection, Followed("artwork", 77))
    assert vanished(engine) == [(77, "not_found")]
    at = datetime(2026, 10, 10, 12, tzinfo=UTC)
    with reading(engine) as connection:
        (look,) = rechecks.followed(connection, at)
    assert look.last == pytest.approx(6.4, abs=0.1)
    assert look.overdue < 1
    store(engine, page_at(77, DAY + timedelta(days=14), is_there=True))
    assert vanished(engine) == []


def vanished(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT artwork_id, evidence FROM v_vanished")]


def test_newcomers_of_the_top_tracked_users_and_tags_and_the_cohort_are_followed(engine: Engine) -> None:
    on = date(2026, 10, 1)
    store(
        engine,
        replies.ranking_page(
            replies.work(1, 1),
            replies.work(2, 51),
            replies.work(3, 2, yes_rank=4),
            replies.work(4, 60, user_id=9),
            replies.work(5, 61, tags=["鳥"]),
            date=f"{on:%Y%m%d}",
        ),
    )
    with engine.begin() as connection:
        for one in (Followed("user", 9), Followed("tag", name="鳥"), Followed("artwork", 6)):
            tracking.add(connection, one)
    with reading(engine) as connection:
        found = {look.artwork_id for look in rechecks.followed(connection, datetime(2026, 10, 20, tzinfo=UTC))}
    assert found == {1, 4, 5, 6}


def test_the_plan_says_how_many_looks_are_due_and_what_the_budget_leaves(
    scrapy: Crawl, url: str, tmp_path: Path
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
    given = {"JOB_DIR": str(tmp_path), "PIXIV_BASE_URL": replies.BASE, "DOWNLOAD_DELAY": "2"}
    done = scrapy("job", "plan", "nights", **given)
    assert done.returncode == 0, done.stderr
    assert "Looks: 30 works due, 10 tonight. The most overdue of the rest waits" in done.stdout
    assert len(resolved({"illust_id": "?due-rechecks:7"}, url)["illust_id"].splitlines()) == 7
    assert len(resolved({"illust_id": "?due-looks:7"}, url)["illust_id"].splitlines()) == 7, "its former name"


def test_the_first_days_views_predict_the_hundredths_as_far_as_they_do(tmp_path: Path) -> None:
    engine = create(f"sqlite:///{tmp_path}/growth.db")
    prepare(engine)
    born = datetime(2026, 6, 1, 3, tzinfo=UTC)
    with engine.begin() as connection:
        for artwork_id, (early, late) in enumerate([(100, 1000), (200, 2000), (400, 4000), (800, 8000)], 1):
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
            connection, queries.load("first-day-prediction"), {"since": "2026-01-01", "until": "2027-01-01"}
        )
    engine.dispose()
    assert [tuple(map(float, row)) for row in answer.rows] == [(4.0, 1.0, 10.0)]


def test_a_look_that_failed_is_none(engine: Engine) -> None:
    store(engine, page_at(77, DAY + timedelta(days=2), is_there=True))
    store(engine, page_at(77, DAY + timedelta(days=5), is_there=False, status=500))
    with engine.begin() as connection:
        tracking.add(connection, Followed("artwork", 77))
    with reading(engine) as connection:
        (look,) = rechecks.followed(connection, datetime(2026, 10, 6, 12, tzinfo=UTC))
    assert look.last == pytest.approx(2.4, abs=0.1)
    assert look.overdue > 1


def test_an_id_that_was_never_there_is_looked_at_ever_more_rarely(engine: Engine) -> None:
    store(engine, page_at(70, DAY + timedelta(days=1), is_there=True))  # about as old
    with engine.begin() as connection:
        tracking.add(connection, Followed("artwork", 77))
    looked = []
    for night in range(1, 33):
        at = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) + timedelta(days=night)
        with reading(engine) as connection:
            due = [look.artwork_id for look in rechecks.due(connection, at)]
        if 77 in due:
            looked.append(night)
            store(engine, page_at(77, at.date(), is_there=False))
    assert looked == [1, 3, 7, 15, 31]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("illust_id = '?due-rechecks:5'\nbudget = 3", "?due-rechecks:3"),
        ("illust_id = '?due-rechecks:2'\nbudget = 3", "?due-rechecks:2"),
        ("illust_id = '?tracked-artworks'\nbudget = 3", "?tracked-artworks:3"),
        ("illust_id = '?due-rechecks:0'", "a whole number above 0"),
        ("illust_id = '?due-rechecks:abc'", "a whole number above 0"),
        ("illust_id = '?due-rechecks:-1'", "a whole number above 0"),
        ("illust_id = [1, 2]\nbudget = 1", "budget goes with an argument that is a ?QUESTION"),
        ("illust_id = '@ids.txt'\nbudget = 1", "budget goes with an argument that is a ?QUESTION"),
        ("illust_id = '?due-rechekcs'", "due-rechecks, cohort, tracked-tags"),
    ],
)
def test_a_budget_holds_or_is_refused(scrapy: Crawl, tmp_path: Path, line: str, shown: str) -> None:
    (tmp_path / "ids.txt").write_text("1\n2\n")
    assert scrapy("track", "add", "artwork", *map(str, range(1, 9))).returncode == 0
    (tmp_path / "mine.toml").write_text(f"[[step]]\nspider = 'artworks'\nendpoints = 'artwork'\n{line}\n")
    done = scrapy("job", "plan", str(tmp_path / "mine.toml"))
    assert shown in (done.stdout + done.stderr).replace("\n", " ")
    if shown.startswith("?"):
        assert f" {shown[-1]} " in done.stdout, "so many units"


def test_a_value_given_by_hand_is_held_to_the_budget_too(scrapy: Crawl, tmp_path: Path) -> None:
    assert scrapy("track", "add", "artwork", *map(str, range(1, 9))).returncode == 0
    (tmp_path / "nights.toml").write_text(JOB.replace(f"budget = {BUDGET}", "budget = 3"))
    done = scrapy("job", "plan", "nights", "-aillust_id=?tracked-artworks", JOB_DIR=str(tmp_path))
    assert "illust_id=?tracked-artworks:3" in done.stdout.replace("\n", " "), done.stderr


@pytest.mark.parametrize("word", ["Re:ゼロから始める", "??why:me", "@@home"])
def test_a_word_may_hold_the_signs_of_a_question(scrapy: Crawl, tmp_path: Path, word: str) -> None:
    step = f"[[step]]\nspider = 'search'\nendpoints = 'search_top'\nword = '{word}'\n"
    (tmp_path / "mine.toml").write_text(step, encoding="utf-8")
    done = scrapy("job", "plan", str(tmp_path / "mine.toml"))
    assert done.returncode == 0, done.stderr
    assert "Nothing was sent." in done.stdout


def test_a_sign_within_a_list_is_refused(scrapy: Crawl, tmp_path: Path) -> None:
    step = "[[step]]\nspider = 'search'\nword = ['空', '@home']\n"
    (tmp_path / "mine.toml").write_text(step, encoding="utf-8")
    done = scrapy("job", "plan", str(tmp_path / "mine.toml"))
    assert done.returncode == 2
    assert "@home: in a list each value is plain" in done.stderr.replace("\n", " ")


def test_each_of_several_words_is_a_window_that_stands_for_it() -> None:
    given = {"endpoints": "search_top", "word": "空\n@home\n?what"}
    found = cut("search", given, ANY, "")
    assert [window.arguments["word"] for window in found] == ["空", "@@home", "??what"]
    values = [resolved({"word": window.arguments["word"]}, "")["word"] for window in found]
    assert values == ["空", "@home", "?what"]
