"""Which days of a ranking are due."""

from __future__ import annotations

from datetime import date, timedelta

from crawler.archive.due.ranking_days import HOLE_DAYS, RankingDays
from crawler.archive.status import ranking_status
from crawler.clock import newest

COMPLETE = "complete"


def ranking(days: dict[int, str], wanted: int | None = None) -> RankingDays:
    """Days by how many they are before the newest; wanted: the first that is tracked, likewise."""
    return RankingDays(
        "daily",
        "all",
        {day(back): how for back, how in days.items()},
        wanted_from=None if wanted is None else day(wanted),
    )


def day(back: int) -> date:
    return newest() - timedelta(days=back)


def test_a_ranking_that_is_not_published_for_two_days_is_due() -> None:
    days = {0: "not_yet", 1: "not_yet", 2: "not_yet", 3: COMPLETE}
    assert ranking(days).holes() == ([day(2)], 0)


def test_what_is_overdue_begins_after_a_long_gap_and_not_in_it() -> None:
    """The command that is shown would request years of days that nobody wants."""
    gap = HOLE_DAYS + 1
    found = ranking_status(ranking({0: COMPLETE, 3: COMPLETE, 5: COMPLETE, gap + 6: COMPLETE}))
    assert (found.overdue, found.overdue_from) == (2, day(4))


def test_of_a_ranking_that_is_tracked_from_a_day_on_a_long_gap_is_due() -> None:
    gap = HOLE_DAYS + 1
    assert ranking({0: COMPLETE}, wanted=gap).due() == gap
