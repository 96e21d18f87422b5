"""Coverage: what of each request is archived, so what to ask for next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from crawler.endpoints import ENDPOINTS
from crawler.items.listings import Listing
from crawler.items.page import Ask, Outcome, Page

SETTLED = frozenset({Outcome.COMPLETE, Outcome.ABSENT})
"""Outcomes that are not asked for again."""


@dataclass(frozen=True)
class Progress:
    """How far a unit of work is. page: the next one due, or None where it is settled."""

    page: int | None
    outcome: Outcome | None
    message: str = ""


def cover(known: Mapping[str, Any] | None, page: Page) -> dict[str, Any]:
    """The coverage row after a page, whatever the order of pages.

    One complete reply settles it for good; two 404s that count make it absent; else the newest
    attempt stands.
    """
    ask, at = page.ask, page.observed_at
    row: dict[str, Any] = dict(known) if known else {
        "endpoint": ask.endpoint, "params": ask.key, "night": ask.night, "page": ask.page,
        "next_page": None, "content_digest": None, "completed_at": None, "missed_first_at": None, "missed_last_at": None,
        "last_at": at, "last_outcome": page.outcome, "message": page.message or None,
    }  # fmt: skip
    if page.outcome is Outcome.COMPLETE and at >= (row["completed_at"] or at):
        row["completed_at"] = at
        row["next_page"] = page.next_page
        row["content_digest"] = page.content_digest
    if page.is_counted_miss:
        row["missed_first_at"] = min(at, row["missed_first_at"] or at)
        row["missed_last_at"] = max(at, row["missed_last_at"] or at)
    if at >= row["last_at"]:
        row["last_at"] = at
        row["last_outcome"] = str(page.outcome)
        row["message"] = page.message or None
    if row["completed_at"] is not None:
        row["outcome"], row["message"] = str(Outcome.COMPLETE), None
    elif row["missed_first_at"] is not None and row["missed_first_at"] < row["missed_last_at"]:
        row["outcome"] = str(Outcome.ABSENT)
    else:
        row["outcome"] = str(row["last_outcome"])
    return row


class Kept(NamedTuple):
    """What is covered of a page: the page that follows, and a hash of what it lists."""

    outcome: Outcome
    after: int | None
    message: str
    digest: int | None


Covered = dict[int, Kept]
"""What is covered of a unit, by page."""


def covered_pages(connection: Connection, ask: Ask) -> Covered:
    """What is covered of a unit, by page."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    stored = connection.exec_driver_sql(
        "SELECT page, outcome, next_page, message, content_digest FROM coverage"
        f" WHERE endpoint = {mark} AND params = {mark} AND night = {mark}",
        (ask.endpoint, ask.key, ask.night),
    )
    return {
        page: Kept(Outcome(outcome), after, message or "", digest)
        for page, outcome, after, message, digest in stored
    }


def progress(connection: Connection, ask: Ask, pages: int | None = None) -> Progress:
    """How far a unit is: its first page is `ask`'s.

    pages: how many the user wants at most; None: as many as there are, or the entry's `most_pages`.
    """
    endpoint = ENDPOINTS[ask.endpoint]
    ends_by_repeating = endpoint.paging.ends_by_repeating
    if ends_by_repeating and endpoint.total:
        # Where the site says which page is its last, a page repeated before it is a fault.
        ends_by_repeating = not _tells_last_page(connection, ask)
    found = walk(
        covered_pages(connection, ask), ask.page, pages or endpoint.most_pages,
        ends_by_repeating=ends_by_repeating,
    )  # fmt: skip
    is_missed = found.outcome in (Outcome.ABSENT, Outcome.NOT_YET)
    if endpoint.total and is_missed and _had_works(connection, ask):
        return Progress(ask.page, Outcome.FAILED, "found nothing where it found works: throttled")
    return found


def _tells_last_page(connection: Connection, ask: Ask) -> bool:
    told = select(Listing.listing_id).where(
        Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.night == ask.night,
        Listing.last_page.is_not(None),
    )  # fmt: skip
    return connection.scalar(told.limit(1)) is not None


def _had_works(connection: Connection, ask: Ask) -> bool:
    """Whether the same list ever had a total above 0."""
    had = select(Listing.listing_id).where(
        Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.total > 0
    )
    return connection.scalar(had.limit(1)) is not None


def walk(
    covered: Covered, first: int, pages: int | None = None, *, ends_by_repeating: bool = False
) -> Progress:
    """Walk a unit's pages from its first to the first that is due.

    A page that lists what the one before lists is not followed: the end of a list where
    `ends_by_repeating`, else a failure.
    """
    page: int = first
    walked: set[int] = set()
    digest: int | None = None
    while True:
        kept = covered.get(page)
        if kept is None or kept.outcome not in SETTLED:
            return Progress(page, kept.outcome if kept else None, kept.message if kept else "")
        is_repeating = digest is not None and kept.digest == digest
        if is_repeating and not ends_by_repeating and kept.after is not None:
            message = "a page repeats the one before: not followed"
            return Progress(page, Outcome.FAILED, message)
        walked.add(page)
        is_last = kept.outcome is Outcome.ABSENT or kept.after is None or kept.after in walked
        if is_last or is_repeating or len(walked) == pages:
            return Progress(None, covered[first].outcome, covered[first].message)
        assert kept.after is not None
        page, digest = kept.after, kept.digest
