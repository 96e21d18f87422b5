"""What the archive says to ask next: units that follow from others, and windows of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, select

from crawler.endpoints.model import Endpoint
from crawler.endpoints.params import IdBatch
from crawler.items.artworks import Artwork
from crawler.items.comments import Comment
from crawler.items.listings import Listing, ListingEntry
from crawler.items.page import Ask


def _works_of_user(ask: Ask) -> Select[Any]:
    return (
        select(ListingEntry.artwork_id)
        .join(Listing, Listing.listing_id == ListingEntry.listing_id)
        .where(
            Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.night == ask.night,
            ListingEntry.section.in_(("illusts", "manga")),
        )
    )  # fmt: skip


def _answered_comments(ask: Ask) -> Select[Any]:
    return select(Comment.comment_id).where(
        Comment.artwork_id == int(ask.params["illust_id"]), Comment.has_replies.is_(True)
    )


def _moving_picture(ask: Ask) -> Select[Any]:
    return select(Artwork.artwork_id).where(
        Artwork.artwork_id == int(ask.params["illust_id"]), Artwork.kind == "ugoira"
    )


IDS = {
    "user_illusts": ("ids", _works_of_user),
    "artwork_comment_replies": ("comment_id", _answered_comments),
    "artwork_ugoira": ("illust_id", _moving_picture),
}
"""By endpoint: the parameter that is filled, and which ids follow from a unit of `after`."""


def follow(connection: Connection, endpoint: Endpoint, ask: Ask) -> list[Ask]:
    """The units of an endpoint that follow from a settled unit of the one that it comes after."""
    name, wanted = IDS[endpoint.name]
    ids = sorted({found for (found,) in connection.execute(wanted(ask)) if found is not None})
    param = endpoint.params[name]
    values = param.batches(ids) if isinstance(param, IdBatch) else list(map(str, ids))
    asks = []
    for value in values:
        kept: Mapping[str, str] = {
            key: ask.params[key] for key in endpoint.params if key in ask.params
        }
        params = endpoint.complete({**kept, name: value})
        asks.append(endpoint.ask(params, 1, ask.night, ask.account))
    return asks


def reach(connection: Connection, ask: Ask) -> tuple[int, int | None] | None:
    """How many works a search has, and the last page that the site shows of it (None: not told).

    None where the archive does not know, tonight.
    """
    found = connection.execute(
        select(Listing.total, Listing.last_page)
        .where(
            Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.night == ask.night,
            Listing.total.is_not(None),
        )
        .order_by(Listing.listing_id.desc())
        .limit(1)
    ).first()  # fmt: skip
    return None if found is None else (int(found.total or 0), found.last_page)
