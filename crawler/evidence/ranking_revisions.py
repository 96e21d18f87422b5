"""Find the responses of a ranking that are one revision: a ranking is never a mixture of two. Pure.

Between two requests the site may publish a ranking anew. Two pages contradict each other where a work
stands on both, or where they describe the ranking differently (`rank_total`, neighbours); two readings of one
page where a rank holds another work. Responses, in the order of their moments, are of one publication
until one contradicts it; that one is the first of the next. The newest publication that has all its
pages stands; while none has, the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Places = Mapping[int, int]
"""Work on each rank."""


class PageRead(NamedTuple):
    """A page of a ranking as one response contained it.

    at: its moment; next: the page after it; rejected: how many of its entries did not fit.
    """

    page: int
    at: int
    next: int | None
    summary: tuple[Any, ...]
    """Facts that a page states about the ranking itself."""
    places: Places
    rejected: int = 0


@dataclass
class Publication:
    """The responses of one publication, oldest first."""

    readings: list[PageRead]

    @property
    def pages(self) -> dict[int, PageRead]:
        """The newest reading of each page."""
        return {read.page: read for read in self.readings}

    @property
    def at(self) -> int:
        """Its name: the moment of its first reply."""
        return self.readings[0].at

    @property
    def is_complete(self) -> bool:
        """Return True if all its pages are there."""
        # A page with rejected entries lacks ranks, so its publication must not stand for a complete one.
        return are_all({page: read.next for page, read in self.pages.items() if not read.rejected})


def are_all(pages: Mapping[int, int | None]) -> bool:
    """Return True if pages, each with the one that follows, lead from the first to the last."""
    left = dict(pages)
    page: int | None = 1
    while page is not None and page in left:
        page = left.pop(page)
    return page is None


def publications(readings: Iterable[PageRead]) -> list[Publication]:
    """Responses by publication, in the order of time; at least one."""
    # By moment, not by arrival: the order in which captures are read changes nothing.
    ordered = sorted(readings, key=lambda read: read.at)
    found = [Publication([])]
    for read in ordered:
        if _contradicts(found[-1], read, ordered):
            found.append(Publication([]))
        found[-1].readings.append(read)
    return found


def standing(found: Sequence[Publication]) -> Publication:
    """The newest publication that is complete, else the newest."""
    return next((one for one in reversed(found) if one.is_complete), found[-1])


def entries_of(publication: Publication, readings: Iterable[PageRead]) -> dict[int, int]:
    """The moment of the response that fills each rank of a publication: the first that does.

    A response of before or after that agrees with it in every rank fills ranks that it does not have: a work
    that is deleted leaves a gap.
    """
    works: dict[int, int] = {}
    ranks: dict[int, int] = {}
    for read in publication.readings:
        _take(read, works, ranks)
    seen_at: dict[int, int] = {}
    for read in sorted(readings, key=lambda read: read.at):
        is_own = any(read.page == own.page and read.places == own.places for own in publication.readings)
        is_fitting = is_own or all(
            works.get(rank, work) == work and ranks.get(work, rank) == rank for rank, work in read.places.items()
        )
        if is_fitting:
            _take(read, works, ranks)
            for rank in read.places:
                seen_at.setdefault(rank, read.at)
    return seen_at


def _take(read: PageRead, works: dict[int, int], ranks: dict[int, int]) -> None:
    works.update(read.places)
    ranks.update((work, rank) for rank, work in read.places.items())


def _contradicts(found: Publication, read: PageRead, all_read: Sequence[PageRead]) -> bool:
    """Return True if a response cannot be of a publication."""
    for other in found.readings:
        if other.page == read.page and any(other.places.get(rank, work) != work for rank, work in read.places.items()):
            return True
    works = set(read.places.values())
    return any(
        page != read.page
        and (other.summary != read.summary or not works.isdisjoint(other.places.values()))
        and not _are_side_by_side(other, read, all_read)
        for page, other in found.pages.items()
    )


def _are_side_by_side(one: PageRead, other: PageRead, all_read: Sequence[PageRead]) -> bool:
    """Return True if the site shows two contradicting pages at one time: one is the same before and after.

    Then the contradiction is the publication's own, and requesting again would never end it.
    """
    return any(
        early.page == late.page == around.page
        and early.places == late.places
        and early.summary == late.summary
        and early.at < inside.at < late.at
        for around, inside in ((one, other), (other, one))
        for early in all_read
        for late in all_read
    )
