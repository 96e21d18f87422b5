"""Decide if the pages of a list, read one after the other while it moved, are the complete list. Pure.

A list moves: what is deleted above the place that was read pulls up what follows, and the next page
begins too late. So pages are joined by evidence:

- *an item that both show*, whichever was read first. What stood below all of one page stood below
  that item, so it is on the other page or below all of it.
- *a total that did not fall* from a page to the next that was read later. New ones come on top: they
  push down, and the deletions among them are outweighed. (Where they come elsewhere it proves nothing: one
  that comes and one that goes leave a total as it was.)
- *a cursor*, which says after which item the next page begins.

What was there throughout is on one of the pages of an unbroken chain from the first to the last. A
list without any of the three can move unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crawler.endpoints.paging import Paging

REPEATED = "a page repeats the one before: not followed"
MOST_EMPTY = 10
EMPTY = f"{MOST_EMPTY} pages in a row are empty, and more are said to follow: not followed"

MOST_PAGE = 2**63
MOSTLY = 0.9
"""The share of what a list counts that it must show, so that what it does not show is believed to be gone."""

Items = Callable[[int], frozenset[int | str]]
"""Elements that a reading lists, by its moment. Requested only if a total does not prove enough."""


class Reading(NamedTuple):
    """A page as one response contained it. at: its moment; next: the page after it, None for the last.

    last_page: as the site said, if it did; digest: a hash of what it lists, of a page's newest
    reading.
    """

    page: int
    at: int
    next: int | None
    total: int | None = None
    last_page: int | None = None
    digest: int | None = None


@dataclass(frozen=True)
class Walked:
    """Progress of a list.

    due: the page to request, None where its end is reached; is_again: something of its place was
    read before, and did not fit; problem: why the list cannot be followed.
    is_certain: what was there throughout is there; is_bounded: more follows, which nobody wants.
    since: the moment of the first reading that the list is made of. before, before_at: the page
    that says what follows, and when it was read.
    """

    due: int | None
    before: int = 0
    before_at: int = 0
    is_again: bool = False
    problem: str = ""
    is_certain: bool = True
    is_bounded: bool = False
    since: int = 0


class Walk:
    """The readings of one list, joined where evidence allows."""

    def __init__(
        self, readings: Iterable[Reading], paging: Paging, items: Items, *, first: int = 1, newest_first: bool = True
    ) -> None:
        """readings: of one night and one asker, in any order; first: the page that it begins with.

        newest_first: whether new ones come on top.
        """
        self._paging = paging
        self._items = items
        self._first = first
        self._newest_first = newest_first
        # By moment, whatever the order of a replay: the last reading of a page must be its newest.
        self._readings = sorted(readings, key=lambda reading: reading.at)
        if paging.has_gaps and self._readings:
            self._readings = _within(self._readings, self._readings[-1].total)
        self._by_page: dict[int, list[Reading]] = defaultdict(list)
        self._of_digest: dict[int, list[Reading]] = defaultdict(list)
        self._widest = max((one.next - one.page for one in self._readings if one.next), default=0)
        for reading in self._readings:
            self._by_page[reading.page].append(reading)
            if reading.digest is not None:
                self._of_digest[reading.digest].append(reading)

    def result(self, pages: int | None = None) -> Walked:
        """Return what is due. pages: how many are wanted at most."""
        proven = self._reached(is_proof_needed=True)
        is_certain = self._is_at_end(proven)
        # Without proof a list still ends, named as uncertain: else it would be requested for ever.
        reached = proven if is_certain else self._reached(is_proof_needed=False)
        if is_certain or self._is_at_end(reached):
            is_certain = is_certain and self._shows_most(reached)
            return Walked(None, is_certain=is_certain, since=self._since(reached))
        if not reached:
            return Walked(self._first)
        furthest = max(reached, key=lambda reading: (self._place(reading), reading.at))
        assert furthest.next is not None, "a last page ends the walk"
        if pages is not None and len({reading.page for reading in reached}) >= pages:
            return Walked(None, is_bounded=True, is_certain=reached == proven)
        if self._ends_in_empty_pages(reached):
            return Walked(furthest.page, furthest.page, furthest.at, problem=EMPTY)
        following = self._by_page.get(furthest.next, [])
        if following and self._repeats(following[-1]):
            if following[-1].at < furthest.at:
                return Walked(furthest.next, furthest.page, furthest.at, is_again=True)
            # The page before is doubtful: it says that this one follows.
            return Walked(furthest.page, furthest.page, furthest.at, problem=REPEATED)
        due = self._due(set(reached), furthest)
        return Walked(due, furthest.page, furthest.at, is_again=due in self._by_page)

    def _due(self, reached: Collection[Reading], furthest: Reading) -> int:
        """The page to request: what follows, or where something slipped, what is before it."""
        assert furthest.next is not None
        loose = [
            one for one in self._readings if one not in reached and one.at > furthest.at and one.page <= furthest.next
        ]
        if not loose:
            return furthest.next
        newest = max(reached, key=lambda reading: reading.at)
        if newest.next is not None and newest.at > max(one.at for one in loose):
            return newest.next  # the step back was taken: on from there
        lowest = min(one.page for one in loose)
        if self._paging.joined != "items":
            return max(lowest - 1, self._first)
        # Half a page of what both show joins them, whatever slipped in between.
        if lowest > furthest.page:
            return furthest.page + (lowest - furthest.page) // 2
        return max(lowest - (furthest.next - furthest.page + 1) // 2, self._first)

    def _since(self, reached: Sequence[Reading]) -> int:
        """The moment of the oldest reading of the newest chain to the end."""
        starts = sorted((one.at for one in self._by_page[self._first]), reverse=True)
        # Not from the oldest start: that walk is the one of all readings, which was made already.
        for start in starts[:-1]:
            later = [one for one in self._readings if one.at >= start]
            walk = Walk(later, self._paging, self._items, first=self._first, newest_first=self._newest_first)
            if walk._is_at_end(walk._reached(is_proof_needed=True)):
                return start
        return min(one.at for one in reached)

    def _is_at_end(self, reached: Collection[Reading]) -> bool:
        return any(one.next is None or self._ends_by_repeating(one) for one in reached)

    def _reached(self, *, is_proof_needed: bool) -> list[Reading]:
        """The readings that an unbroken chain leads to from the list's beginning."""
        found = list(self._by_page[self._first])
        known = set(found)
        for one in found:  # grows while it is walked
            for other in self._near(one):
                if other not in known and self._is_joined(one, other, is_proof_needed):
                    known.add(other)
                    found.append(other)
        return found

    def _near(self, one: Reading) -> Iterator[Reading]:
        """The readings that may be joined to one: of its page and those beside it."""
        if self._paging.joined != "items":
            for page in (one.next, one.page - 1, one.page):
                if page is not None:
                    yield from self._by_page.get(page, ())
            return
        for other in self._readings:
            is_after = one.next is None or other.page <= one.next + 1
            is_before = other.next is None or one.page <= other.next
            if is_after and is_before:
                yield other

    def _is_joined(self, one: Reading, other: Reading, is_proof_needed: bool) -> bool:
        """Return True if nothing that was there throughout stands between two readings."""
        if self._repeats(other):
            return False
        joined = self._paging.joined
        if joined == "cursor":
            return other.page == one.next
        if self._is_next(one, other) and other.at > one.at:
            if one.total is not None and other.total is not None:
                if other.total >= one.total and (self._newest_first or not is_proof_needed):
                    return True
            elif not is_proof_needed:
                return True
        # Last of all: items are read from the archive, and most joins are proven by the totals.
        return bool(self._items(one.at) & self._items(other.at))

    def _is_next(self, one: Reading, other: Reading) -> bool:
        """Return True if a page begins where another ends, or at its last place, if the item there may be hidden."""
        if one.next is None:
            return False
        if self._paging.joined == "items":
            return other.page == one.next + 1 or (self._paging.has_gaps and other.page == one.next)
        return other.page == one.next

    def _repeats(self, one: Reading) -> bool:
        """Return True if a page lists what a page before it lists: the site is stuck."""
        if one.digest is None:
            return False
        is_repeated = any(
            self._place(other) < self._place(one) and not self._has_grown(other, one)
            for other in self._of_digest[one.digest]
        )
        return is_repeated and not self._has_gap(one)

    def _ends_in_empty_pages(self, reached: Collection[Reading]) -> bool:
        """Return True if a list goes on with nothing but empty pages, as one with a false total would for ever."""
        if not self._paging.has_gaps:
            return False
        last = sorted(reached, key=lambda one: one.page)[-MOST_EMPTY:]
        return len(last) == MOST_EMPTY and all(one.digest is None for one in last)

    def _shows_most(self, reached: Collection[Reading]) -> bool:
        """Return True if a list shows nearly all that it counts: a site that is throttled shows empty pages too."""
        total = max(reached, key=lambda one: one.at).total
        if not self._paging.has_gaps or total is None:
            return True
        shown = frozenset[int | str]().union(*(self._items(one.at) for one in reached))
        return len(shown) >= MOSTLY * total

    def _has_gap(self, one: Reading) -> bool:
        """Return True if a page shows fewer items than the fullest: what follows may show the same ones."""
        return self._paging.has_gaps and len(self._items(one.at)) <= self._widest

    def _place(self, one: Reading) -> int:
        """Return the place of a page: a cursor falls from page to page after the first."""
        if self._paging.joined != "cursor" or one.page == self._first:
            return one.page
        return MOST_PAGE - one.page

    def _ends_by_repeating(self, one: Reading) -> bool:
        """Return True if a repeated page means that the list has ended, although the site says that more follows."""
        if one.next is None or not any(map(self._repeats, self._by_page.get(one.next, ()))):
            return False
        # Where the site says which page is its last, a page repeated before it is a fault.
        needed = None if one.last_page else self._paging.repeats_from(one.total)
        return needed is not None and one.page - self._first + 1 >= needed

    def _has_grown(self, one: Reading, other: Reading) -> bool:
        """Return True if a list grew by a page between two readings, so that one may have moved down entirely."""
        if one.total is None or other.total is None:
            return False
        return other.total - one.total >= self._paging.size


def _within(readings: Sequence[Reading], total: int | None) -> list[Reading]:
    """Readings of a list as its newest total has it: an earlier one may have been false, and led to empty pages."""
    if total is None:
        return list(readings)
    return [
        one._replace(next=None) if one.next is not None and one.next >= total else one
        for one in readings
        if one.digest is not None or one.page <= max(total, 1)
    ]
