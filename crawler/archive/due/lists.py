"""Lists as they were read tonight, joined by `walk`, and how long a search has been."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, func, select

from crawler.archive.due.following import is_of_list
from crawler.endpoints import ENDPOINTS
from crawler.evidence.walk import Reading, Walk, Walked
from crawler.model.target import Target
from crawler.tables.listings import Listing, ListingEntry
from crawler.tables.provenance import Coverage


class SearchLength(NamedTuple):
    """Length of a search as it states it. last_page: as shown, if it was; held: works on its first page."""

    total: int
    last_page: int | None
    held: int


def search_length(connection: Connection, target: Target) -> SearchLength | None:
    """Return the length of a search by its newest page of tonight; None if the archive does not know."""
    tonight = (
        select(Listing.total, Listing.last_page, Listing.page, Listing.listing_id)
        .where(*is_of_list(target), Listing.total.is_not(None))
        .order_by(Listing.listing_id.desc())
    )
    newest = connection.execute(tonight.limit(1)).first()
    if newest is None:
        return None
    first = connection.execute(tonight.where(Listing.page == 1).limit(1)).first()
    held = 0 if first is None else len(works_on(connection, target, [first.listing_id]))
    return SearchLength(int(newest.total or 0), newest.last_page, held)


def works_on(connection: Connection, target: Target, moments: Sequence[int] | Select[int]) -> set[int]:
    """The works that responses of a search list."""
    section = ENDPOINTS[target.endpoint].reply.main_section
    listed = select(ListingEntry.artwork_id).where(
        ListingEntry.listing_id.in_(moments), ListingEntry.section == (section.name if section else "")
    )
    return {found for found in connection.scalars(listed) if found is not None}


def works_of_list(connection: Connection, target: Target) -> set[int]:
    """The works that a search listed tonight, on all its pages."""
    return works_on(connection, target, select(Listing.listing_id).where(*is_of_list(target)))


def read_so_far(connection: Connection, target: Target, pages: int | None = None, since: int = 0) -> Walked:
    """Return the progress of a list tonight. target: of its first page; pages: at most; since: by later responses only."""
    return _walk(connection, target, _readings(connection, target, since)).result(pages)


def read_complete_at(connection: Connection, target: Target) -> tuple[int, list[int]] | None:
    """Return when a list was last read completely, tonight: the moment of its oldest page, and all moments.

    target: of its first page. None: it is not complete, or something may have slipped from page to page unseen.
    """
    readings = _readings(connection, target, 0)
    found = _walk(connection, target, readings).result()
    if found.due is not None or not found.is_certain:
        return None
    return found.since, [one.at for one in readings if one.at >= found.since]


def _readings(connection: Connection, target: Target, since: int) -> list[Reading]:
    paging = ENDPOINTS[target.endpoint].paging
    columns = (Listing.page, Listing.listing_id, Listing.next_page, Listing.total, Listing.last_page)
    is_of_page = and_(
        *(getattr(Coverage, name) == getattr(Listing, name) for name in ("endpoint", "params", "night", "page")),
        func.coalesce(Coverage.completed_at, Coverage.last_at) == Listing.listing_id,
    )
    readings = (
        select(*columns, Coverage.content_digest)
        .join(Coverage, is_of_page, isouter=True)
        .where(*is_of_list(target), Listing.listing_id >= since)
    )
    return [
        Reading(paging.page_read(page, last_page), at, after, total, last_page, digest)
        for page, at, after, total, last_page, digest in connection.execute(readings)
    ]


def _walk(connection: Connection, target: Target, readings: list[Reading]) -> Walk:
    endpoint = ENDPOINTS[target.endpoint]
    section = endpoint.reply.main_section
    assert section is not None, f"{target.endpoint} has pages and no section of a listing"
    column = ListingEntry.__table__.c[section.of]

    @cache
    def items(at: int) -> frozenset[int | str]:
        listed = select(column).where(ListingEntry.listing_id == at, ListingEntry.section == section.name)
        return frozenset(connection.scalars(listed)) - {None}

    newest_first = endpoint.reply.newest_first(target.params)
    return Walk(readings, endpoint.paging, items, first=target.page, newest_first=newest_first)
