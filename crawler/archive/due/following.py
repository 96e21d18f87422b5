"""Find targets that follow from others in the archive."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, select

from crawler.clock import night_of
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Endpoint
from crawler.endpoints.params import IdBatch
from crawler.endpoints.reply import check_name
from crawler.model.target import Target
from crawler.tables.artworks import Artwork
from crawler.tables.comments import Comment
from crawler.tables.listings import Listing, ListingEntry
from crawler.tables.provenance import Omission

KEYS_PER_SELECT = 500
MOST_NIGHTS = 32
"""From the first night on which an id was left out to the last on which it is requested again."""


def is_of_list(target: Target) -> tuple[ColumnElement[bool], ...]:
    """SQL: the pages of a list of the target's night."""
    return Listing.endpoint == target.endpoint, Listing.params == target.key, Listing.night == target.night


def _works_of_user(target: Target) -> Select[Any]:
    return (
        select(ListingEntry.artwork_id)
        .join(Listing, Listing.listing_id == ListingEntry.listing_id)
        .where(*is_of_list(target), ListingEntry.section.in_(("illusts", "manga")))
    )


def _answered_comments(target: Target) -> Select[Any]:
    return select(Comment.comment_id).where(
        Comment.artwork_id == int(target.params["illust_id"]), Comment.has_replies.is_(True)
    )


def _moving_picture(target: Target) -> Select[Any]:
    return select(Artwork.artwork_id).where(
        Artwork.artwork_id == int(target.params["illust_id"]), Artwork.kind == "ugoira"
    )


IDS = {
    "user_illusts": ("ids", _works_of_user),
    "artwork_comment_replies": ("comment_id", _answered_comments),
    "artwork_ugoira": ("illust_id", _moving_picture),
}
"""By endpoint: the parameter that is filled, and which ids follow from a target of `after`."""
for _endpoint in ENDPOINTS.values():
    if _endpoint.policy.after:
        check_name(f"{_endpoint.name}: after", "select in archive/due/following.py", _endpoint.name, IDS)


def follow(connection: Connection, endpoint: Endpoint, target: Target) -> list[Target]:
    """The targets of an endpoint that follow from a target that has ended of the one that it comes after."""
    name, wanted = IDS[endpoint.name]
    ids = sorted({found for (found,) in connection.execute(wanted(target)) if found is not None})
    if endpoint.reply.answers:
        ids = _worth_requesting(connection, endpoint, ids, target)
    param = endpoint.request.params[name]
    values = param.batches(ids) if isinstance(param, IdBatch) else list(map(str, ids))
    shared = {key: target.params[key] for key in endpoint.request.params if key in target.params}
    account = target.account if endpoint.policy.login != "no" else ""
    asked = [endpoint.request.complete({**shared, name: value}) for value in values]
    return [
        Target(endpoint.name, params, 1, endpoint.night_of(params, target.night), account, target.asker)
        for params in asked
    ]


def _worth_requesting(connection: Connection, endpoint: Endpoint, ids: list[int], target: Target) -> list[int]:
    """The ids without those that answers left out, but for the nights on which they are due again."""
    omitted = (
        select(
            Omission.artwork_id,
            Omission.first_missed_at,
            Omission.last_missed_at,
            Artwork.title,
            Artwork.group_times,
            Artwork.last_seen_at,
        )
        .join(Artwork, Artwork.artwork_id == Omission.artwork_id, isouter=True)
        .where(Omission.endpoint == endpoint.name, Omission.asker == target.asker)
    )
    waiting: set[int] = set()
    for start in range(0, len(ids), KEYS_PER_SELECT):
        part = omitted.where(Omission.artwork_id.in_(ids[start : start + KEYS_PER_SELECT]))
        for key, first, last, title, group_times, seen_at in connection.execute(part):
            # What was shown since it was first left out begins anew.
            begun = last if _shown_at(title, group_times, seen_at) > first else first
            if not _is_due_again(begun, last, target.night):
                waiting.add(key)
    return [key for key in ids if key not in waiting]


def _shown_at(title: str | None, group_times: str | None, seen_at: int | None) -> int:
    """Return when a work was last shown with its title; 0: never."""
    if title is None or seen_at is None:
        return 0
    listed = orjson.loads(group_times).get("at", {}) if group_times else {}
    return int(listed.get("work", seen_at))


def _is_due_again(first: int, last: int, night: str) -> bool:
    """Return True if an id that was left out is requested again: after 1, 2, 4 … 32 nights, then no more."""
    missed_on, tonight = (date.fromisoformat(text) for text in (night_of(last), night))
    if missed_on >= tonight:
        return True  # what was requested tonight stays in its batch
    span = (missed_on - date.fromisoformat(night_of(first))).days
    return span < MOST_NIGHTS and (tonight - missed_on).days >= span
