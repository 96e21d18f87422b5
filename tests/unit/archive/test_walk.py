"""How the pages of a list that moves are joined, and what is asked for next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.endpoints.paging import Cursor, Numbered, Offset
from crawler.evidence.walk import REPEATED, Reading, Walk, Walked

SEARCH = Numbered("p", last="last", total="total", size=3, past_end="last", caps=(10,))
SERIES = Numbered("p", last="last", total="total", size=3, past_end="empty")
BOOKMARKS = Offset(4, more="total")


@dataclass
class Told:
    """Readings in the order in which they are told, each with what it lists."""

    paging: Numbered | Offset | Cursor = SEARCH
    readings: list[Reading] = field(default_factory=list)
    listed: dict[int, frozenset[int | str]] = field(default_factory=dict)

    def page(
        self,
        page: int,
        items: Sequence[int],
        *,
        total: int | None = None,
        after: int | None,
        last: int | None = None,
        at: int | None = None,
    ) -> Told:
        moment = at or 1 + len(self.readings)
        digest = hash(tuple(items)) if items else None
        self.readings.append(Reading(page, moment, after, total, last, digest))
        self.listed[moment] = frozenset(items)
        return self

    def result(self, pages: int | None = None) -> Walked:
        return Walk(self.readings, self.paging, lambda at: self.listed[at]).result(pages)


def test_a_fall_of_more_than_a_page_is_stepped_back_over_page_by_page() -> None:
    told = Told().page(1, [12, 11, 10], total=12, after=2).page(2, [9, 8, 7], total=12, after=3)
    told.page(3, [2, 1, 0], total=8, after=None)
    assert told.result().due == 2
    told.page(2, [5, 4, 3], total=8, after=3)
    assert told.result().due == 1, "it shares nothing with what was read before"
    told.page(1, [12, 7, 6], total=8, after=2)
    assert told.result().due == 2
    told.page(2, [5, 4, 3], total=8, after=3).page(3, [2, 1, 0], total=8, after=None)
    assert told.result().is_certain


def test_where_nothing_is_shared_half_a_page_joins_both() -> None:
    told = Told(BOOKMARKS).page(1, [9, 8, 7, 6], total=10, after=4)
    told.page(4, [5, 4, 3, 2], total=9, after=7)
    found = told.result()
    assert (found.due, found.is_again) == (2, False)
    told.page(2, [8, 6, 5, 4], total=9, after=5)
    assert told.result().due == 7, "both are joined: it goes on where the second ends"


def test_a_half_that_shares_nothing_is_halved_again() -> None:
    told = Told(Offset(40, more="total")).page(1, range(100, 60, -1), total=200, after=40)
    told.page(40, range(30, 0, -1), total=100, after=79)
    assert told.result().due == 20
    told.page(20, range(50, 31, -1), total=100, after=59)
    assert told.result().due == 10


def test_pages_of_older_captures_that_do_not_overlap_are_joined_by_their_total() -> None:
    told = Told(BOOKMARKS).page(1, [9, 8, 7, 6], total=6, after=4)
    assert told.page(5, [5, 4], total=6, after=None).result().is_certain


def test_a_site_that_is_stuck_on_a_page_is_a_failure() -> None:
    told = Told().page(1, [9, 8, 7], total=20, after=2, last=7)
    told.page(2, [6, 5, 4], total=20, after=3, last=7)
    told.page(3, [6, 5, 4], total=20, after=4, last=7)
    assert told.result() == Walked(2, 2, 2, problem=REPEATED)
    told.page(2, [6, 5, 4], total=20, after=3, last=7)
    assert told.result() == Walked(3, 2, 4, is_again=True), "the page before stands: this one, then"
    assert told.page(3, [3, 2, 1], total=20, after=4, last=7).result().due == 4


def test_what_an_older_search_repeats_is_its_end_once_all_pages_that_its_total_asks_for_are_there() -> None:
    told = Told().page(1, [9, 8, 7], total=6, after=2).page(2, [6, 5, 4], total=6, after=3)
    assert told.page(3, [6, 5, 4], total=6, after=4).result().due is None
    early = Told().page(1, [9, 8, 7], total=9, after=2).page(2, [9, 8, 7], total=9, after=3)
    assert early.result().problem == REPEATED


def test_one_page_too_many_that_shows_the_last_is_the_end() -> None:
    told = Told().page(1, [9, 8, 7], total=6, after=2, last=2)
    told.page(2, [6, 5, 4], total=6, after=3, last=2)
    assert told.result().due == 3
    # The site repeats its last page, as which the reply is read.
    assert told.page(2, [6, 5, 4], total=6, after=None, last=2).result().is_certain


def test_one_page_too_many_that_is_empty_is_the_end() -> None:
    told = Told(SERIES).page(1, [9, 8, 7], total=3, after=2, last=1)
    assert told.page(2, [], total=3, after=None, last=1).result().is_certain


def test_a_list_read_twice_is_as_old_as_its_second_reading() -> None:
    told = Told().page(1, [9, 8, 7], total=5, after=2).page(2, [6, 5], total=5, after=None)
    told.page(1, [9, 8, 6], total=4, after=2).page(2, [5], total=4, after=None)
    assert told.result().since == 3


def test_half_of_a_second_reading_leaves_the_first() -> None:
    told = Told().page(1, [9, 8, 7], total=5, after=2).page(2, [6, 5], total=5, after=None)
    found = told.page(1, [9, 8, 6], total=4, after=2).result()
    assert (found.due, found.since) == (None, 1)
