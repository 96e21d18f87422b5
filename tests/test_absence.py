"""Absence needs evidence: what one bad night, one neighbour or one asker says settles nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import reading
from crawler.archive.due.absence import foresee
from crawler.archive.due.coverage import progress
from crawler.archive.writing.store import Store
from crawler.clock import night_of
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from tests import replies
from tests.test_archive import one, store


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    """A schema that no test here touches."""
    return emptied


DAY_MS = 86_400_000
NIGHT_1 = 1_790_000_000_000
NIGHT_2 = NIGHT_1 + DAY_MS
NIGHT_3 = NIGHT_2 + DAY_MS
TONIGHT = night_of(NIGHT_3 * 1_000_000)
A_WEEK_LATER = 1_708_500_000_000
"""2024-02-21: two weeks after the days of these rankings."""


def missed(at_ms: int, run: str, day: str = replies.DAY, **target: Any) -> Page:
    asked = Target("ranking", {"mode": "daily", "content": "all", "date": day}, **target)
    return parse(asked, replies.reply("u", {"error": "x"}, status=404, at_ms=at_ms, crawl_id=run))


def there(at_ms: int, run: str, day: str = "20240301") -> Page:
    body = replies.ranking(date=day, prev_date=None)
    reply = replies.reply(f"u?{day}", body, at_ms=at_ms, crawl_id=run)
    return parse(replies.ranking_target(day), reply)


def end(engine: Engine, target: Target) -> Outcome | None:
    with reading(engine) as connection:
        return progress(connection, target).outcome


def foreseen(engine: Engine, day: str, night: str = TONIGHT) -> Any:
    with reading(engine) as connection:
        return foresee(connection, replies.ranking_target(day), night)


@pytest.mark.promise("Absence needs evidence")
def test_two_misses_of_different_nights_beside_something_that_is_there_prove_absence(engine: Engine) -> None:
    target = missed(NIGHT_1, "a").target
    store(engine, missed(NIGHT_1, "a"), there(NIGHT_1 + 1, "a"))
    assert end(engine, target) is Outcome.NOT_YET
    store(engine, missed(NIGHT_2, "b"), missed(NIGHT_2 + 1, "b", "20240101"))
    assert end(engine, target) is Outcome.NOT_YET, "run b found nothing at all"
    store(engine, there(NIGHT_2 + 2, "b"))
    assert end(engine, target) is Outcome.ABSENT


def test_a_single_day_missed_on_two_nights_is_absent_if_something_was_there_in_between(engine: Engine) -> None:
    store(engine, missed(NIGHT_1, "a"), missed(NIGHT_3, "c"))
    target = missed(NIGHT_1, "a").target
    assert end(engine, target) is Outcome.NOT_YET
    store(engine, there(NIGHT_2, "b"))
    assert end(engine, target) is Outcome.ABSENT


@pytest.mark.promise("Absence needs evidence")
def test_runs_in_which_everything_was_missing_prove_nothing(engine: Engine) -> None:
    for at, run in ((NIGHT_1, "a"), (NIGHT_2, "b"), (NIGHT_3, "c")):
        store(engine, *(missed(at + n, run, f"202402{n + 1:02}") for n in range(3)))
        store(engine, there(at + 60_000, f"other {run}"))
    assert end(engine, missed(NIGHT_1, "a", "20240201").target) is Outcome.NOT_YET


def test_absence_is_written_down_when_a_run_ends_and_undone_by_a_reply(engine: Engine) -> None:
    store(engine, missed(NIGHT_1, "a"), there(NIGHT_1 + 1, "a"))
    store(engine, missed(NIGHT_2, "b"), there(NIGHT_2 + 1, "b"))
    writer = Store(engine)
    writer.end_crawl("b", {"outcome": "complete"})
    stored = f"SELECT outcome FROM coverage WHERE params LIKE '%{replies.DAY}%'".replace("%", "%%")
    if engine.dialect.name == "sqlite":
        stored = stored.replace("%%", "%")
    assert one(engine, stored) == ("absent",)
    writer.pages([replies.ranking_page(at_ms=NIGHT_3)])
    writer.close()
    assert end(engine, replies.ranking_target()) is Outcome.COMPLETE


@pytest.mark.promise("Access levels")
def test_a_miss_holds_for_the_kind_of_asker_that_got_it(engine: Engine) -> None:
    for place, asker in enumerate(("", "session")):
        store(engine, missed(NIGHT_1 + place, "a", asker=asker), there(NIGHT_1 + 5, "a"))
    store(engine, missed(NIGHT_2, "b"), there(NIGHT_2 + 1, "b"))
    assert end(engine, missed(NIGHT_2, "b").target) is Outcome.ABSENT
    assert end(engine, missed(NIGHT_2, "b", asker="session").target) is Outcome.NOT_YET
    assert end(engine, missed(NIGHT_2, "b", asker="premium").target) is None
    store(engine, replies.ranking_page(at_ms=NIGHT_3))
    for asker in ("", "session", "premium"):
        assert end(engine, missed(NIGHT_3, "c", asker=asker).target) is Outcome.COMPLETE


@pytest.mark.promise("Absence needs evidence")
def test_a_day_is_passed_over_where_both_neighbours_name_each_other(engine: Engine) -> None:
    earlier = replies.ranking_page(date="20240206", next_date="20240210", at_ms=A_WEEK_LATER)
    later = replies.ranking_page(date="20240210", prev_date="20240206", at_ms=A_WEEK_LATER + 1)
    store(engine, later)
    assert foreseen(engine, "20240208") is None, "one neighbour alone may be wrong"
    store(engine, earlier)
    passed = [day for day in range(5, 12) if foreseen(engine, f"202402{day:02}")]
    assert passed == [7, 8, 9]
    assert foreseen(engine, "20240208").outcome is Outcome.ABSENT


def test_a_day_that_may_still_be_published_is_not_passed_over(engine: Engine) -> None:
    soon = A_WEEK_LATER - 10 * DAY_MS
    store(
        engine,
        replies.ranking_page(date="20240206", next_date="20240210", at_ms=soon),
        replies.ranking_page(date="20240210", prev_date="20240206", at_ms=soon + 1),
    )
    assert foreseen(engine, "20240208") is None


@pytest.mark.promise("First ranking of a mode")
def test_a_beginning_is_believed_on_the_second_night_that_tells_it(engine: Engine) -> None:
    store(engine, replies.ranking_page(prev_date=False, at_ms=NIGHT_1))
    first = night_of(NIGHT_1 * 1_000_000)
    assert foreseen(engine, "20240205", first) is None, "the day before is asked for"
    store(engine, missed(NIGHT_1 + 1, "a", "20240205"))
    waiting = foreseen(engine, "20200101", first)
    assert (waiting.outcome, waiting.waits_for) == (Outcome.NOT_YET, None), "left to another night"
    second = foreseen(engine, "20200101", night_of(NIGHT_2 * 1_000_000))
    assert second.waits_for == replies.ranking_target(), "one request more"
    store(engine, replies.ranking_page(prev_date=False, at_ms=NIGHT_2))
    assert foreseen(engine, "20200101", TONIGHT).outcome is Outcome.ABSENT
    assert foreseen(engine, "20240301", TONIGHT) is None


def test_a_beginning_that_is_taken_back_hides_nothing(engine: Engine) -> None:
    store(engine, replies.ranking_page(prev_date=False, at_ms=NIGHT_1))
    store(engine, missed(NIGHT_1 + 1, "a", "20240205"))
    store(engine, replies.ranking_page(prev_date="20240205", at_ms=NIGHT_2))
    assert foreseen(engine, "20200101", night_of(NIGHT_2 * 1_000_000)) is None


def test_null_or_no_previous_day_is_no_claim_that_there_was_none(engine: Engine) -> None:
    for at in (NIGHT_1, NIGHT_2):
        body = replies.ranking(prev_date=None)
        store(engine, parse(replies.ranking_target(), replies.reply("u", body, at_ms=at)))
        del body["prev_date"]
        store(engine, parse(replies.ranking_target(), replies.reply("u", body, at_ms=at + 1)))
    assert foreseen(engine, "20200101") is None


def test_a_glitch_at_midnight_is_of_one_night(engine: Engine) -> None:
    midnight = NIGHT_1 // DAY_MS * DAY_MS + 15 * 3_600_000
    store(engine, missed(midnight - 3_000, "a"), there(midnight - 9_000, "a"))
    store(engine, missed(midnight + 4_000, "b"), there(midnight + 9_000, "b"))
    assert end(engine, missed(midnight, "c").target) is Outcome.NOT_YET
    for at in (midnight - 3_000, midnight + 4_000):
        store(engine, replies.ranking_page(date="20240210", prev_date=False, at_ms=at))
    found = foreseen(engine, "20200101", night_of((midnight + 5_000) * 1_000_000))
    assert found is None or found.outcome is not Outcome.ABSENT or found.waits_for
