"""Length of a search, and the works that it lists, as the archive knows them tonight."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from crawler.archive.due.following import KEYS_PER_SELECT
from crawler.endpoints import ENDPOINTS
from crawler.model.target import Target
from crawler.tables.listings import Listing, ListingEntry


class SearchLength(NamedTuple):
    """Length of a search as it states it. last_page: as shown, if it was; held: works on its first page."""

    total: int
    last_page: int | None
    held: int


def search_length(connection: Connection, target: Target) -> SearchLength | None:
    """Return the length of a search by its newest page of tonight; None if the archive does not know."""
    tonight = (
        select(Listing.total, Listing.last_page, Listing.page, Listing.listing_id)
        .where(
            Listing.endpoint == target.endpoint,
            Listing.params == target.key,
            Listing.night == target.night,
            Listing.total.is_not(None),
        )
        .order_by(Listing.listing_id.desc())
    )
    newest = connection.execute(tonight.limit(1)).first()
    if newest is None:
        return None
    first = connection.execute(tonight.where(Listing.page == 1).limit(1)).first()
    held = 0 if first is None else len(works_on(connection, target, first.listing_id))
    return SearchLength(int(newest.total or 0), newest.last_page, held)


def works_on(connection: Connection, target: Target, *moments: int) -> set[int]:
    """The works that responses of a search list."""
    section = ENDPOINTS[target.endpoint].reply.main_section
    listed = select(ListingEntry.artwork_id).where(
        ListingEntry.listing_id.in_(moments), ListingEntry.section == (section.name if section else "")
    )
    return {found for found in connection.scalars(listed) if found is not None}


def works_of_list(connection: Connection, target: Target) -> set[int]:
    """The works that a search listed tonight, on all its pages."""
    tonight = select(Listing.listing_id).where(
        Listing.endpoint == target.endpoint, Listing.params == target.key, Listing.night == target.night
    )
    found: set[int] = set()
    moments = list(connection.scalars(tonight))
    for start in range(0, len(moments), KEYS_PER_SELECT):
        found |= works_on(connection, target, *moments[start : start + KEYS_PER_SELECT])
    return found
