"""Coverage: what of each request is archived, so what to ask for next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from crawler.archive.following import reach
from crawler.endpoints import ENDPOINTS
from crawler.items.listings import Listing
from crawler.items.page import Ask, Outcome, Page

REPEATED = "a page repeats the one before: not followed"

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

    One complete reply settles it for good; two 404s that count make a first page absent; else the
    newest attempt stands.
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
    elif ask.page == 1 and (row["missed_first_at"] or 0) < (row["missed_last_at"] or 0):
        row["outcome"] = str(Outcome.ABSENT)
    else:
        row["outcome"] = str(row["last_outcome"])
    return row


class Kept(NamedTuple):
    """What is covered of a page: the page that follows, and a hash of what it lists.

    at, missed_at: when it was last read whole, and last found missing.
    """

    outcome: Outcome
    after: int | None
    message: str
    digest: int | None
    at: int | None = None
    missed_at: int | None = None


Covered = dict[int, Kept]
"""What is covered of a unit, by page."""


def covered_pages(connection: Connection, ask: Ask) -> Covered:
    """What is covered of a unit, by page."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    stored = connection.exec_driver_sql(
        "SELECT page, outcome, next_page, message, content_digest, completed_at, missed_last_at"
        " FROM coverage"
        f" WHERE endpoint = {mark} AND params = {mark} AND night = {mark}",
        (ask.endpoint, ask.key, ask.night),
    )
    return {
        page: Kept(Outcome(outcome), after, message or "", *rest)
        for page, outcome, after, message, *rest in stored
    }


def progress(connection: Connection, ask: Ask, pages: int | None = None) -> Progress:
    """How far a unit is: its first page is `ask`'s.

    pages: how many the user wants at most; None: as many as there are, or the entry's `most_pages`.
    """
    endpoint = ENDPOINTS[ask.endpoint]
    total, last_page = reach(connection, ask) or (None, None) if endpoint.total else (None, None)
    # Where the site says which page is its last, a page repeated before it is a fault.
    repeats_from = None if last_page else endpoint.paging.repeats_from(total)
    found = walk(
        covered_pages(connection, ask), ask.page, pages or endpoint.most_pages,
        repeats_from=repeats_from,
    )  # fmt: skip
    is_missed = found.outcome in (Outcome.ABSENT, Outcome.NOT_YET)
    if endpoint.total and is_missed and _had_works(connection, ask):
        return Progress(ask.page, Outcome.FAILED, "found nothing where it found works: throttled")
    return found


def _had_works(connection: Connection, ask: Ask) -> bool:
    """Whether the same list ever had a total above 0."""
    had = select(Listing.listing_id).where(
        Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.total > 0
    )
    return connection.scalar(had.limit(1)) is not None


def walk(
    covered: Covered, first: int, pages: int | None = None, *, repeats_from: int | None = None
) -> Progress:
    """Walk a unit's pages from its first to the first that is due.

    A page that lists what the one before lists is not followed: after `repeats_from` pages it is
    the end of the list, else a failure. Where a page fails in a way that makes the one before
    doubtful, which says that it follows, the one before is due first.
    """
    page: int = first
    walked: dict[int, Kept] = {}
    before: Kept | None = None
    while True:
        kept = covered.get(page)
        if kept is None or kept.outcome not in SETTLED:
            if kept is None:
                return Progress(page, None)
            due = _doubted(walked, kept.missed_at) or page
            return Progress(due, kept.outcome, kept.message)
        is_repeating = before is not None and kept.digest in {before.digest} - {None}
        if is_repeating and (repeats_from is None or len(walked) < repeats_from):
            return Progress(_doubted(walked, kept.at) or page, Outcome.FAILED, REPEATED)
        walked[page] = kept
        is_last = kept.outcome is Outcome.ABSENT or kept.after is None or kept.after in walked
        if is_last or is_repeating or len(walked) == pages:
            return Progress(None, covered[first].outcome, covered[first].message)
        assert kept.after is not None
        page, before = kept.after, kept


def _doubted(walked: dict[int, Kept], at: int | None) -> int | None:
    """The last page walked, where it was not read again since the moment it became doubtful."""
    if not walked or at is None:
        return None
    page, kept = next(reversed(walked.items()))
    return page if (kept.at or 0) < at else None
