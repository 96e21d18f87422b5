"""Coverage: what of each request is archived, so what to request next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from crawler.archive import absence
from crawler.archive.lists import read_so_far
from crawler.archive.next_page import Covered, CoveredPage, UnitProgress, next_page
from crawler.archive.rankings import pages_of_the_newest
from crawler.archive.statement import execute
from crawler.clock import night_of, today
from crawler.endpoints import ENDPOINTS
from crawler.items.ask import Ask
from crawler.items.page import Page
from crawler.items.reply import Outcome
from crawler.tables.listings import Listing
from crawler.tables.provenance import Capture, Coverage

PARTIAL_NIGHTS = 3
"""Nights on which a target with rejected rows is requested, if each response is like the first."""


def cover(known: Mapping[str, Any] | None, page: Page) -> dict[str, Any]:
    """The coverage row after a page, whatever the order of pages.

    One complete reply decides it for good; else the newest attempt stands. What misses mean is
    decided by `conclude`, which sees other rows too.
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
        if row["completed_at"] is None:
            is_partial = page.outcome is Outcome.PARTIAL
            row["next_page"] = page.next_page if is_partial else None
            row["content_digest"] = page.content_digest if is_partial else None
        row["last_at"] = at
        row["last_outcome"] = str(page.outcome)
        row["message"] = page.message or None
    if row["completed_at"] is not None:
        row["outcome"], row["message"] = str(Outcome.COMPLETE), None
    else:
        row["outcome"] = str(row["last_outcome"])
    return row


COVERED = """
    SELECT params, page,
        CASE WHEN missed_first_at IS NULL OR completed_at IS NOT NULL THEN outcome ELSE last_outcome END,
        next_page, message, content_digest, completed_at, missed_first_at, missed_last_at, last_at,
        last_outcome
    FROM coverage
    WHERE endpoint = ? AND params IN (?, ?) AND night = ?"""
"""What is known of the pages of a unit, under its own key and under that which holds for every asker."""


def covered_pages(connection: Connection, ask: Ask, since: int = 0) -> Covered:
    """What is covered of a unit, by page.

    What holds for every asker is found too; misses of other askers are not. since: only by replies
    of this moment and later.
    """
    general = ENDPOINTS[ask.endpoint].answered_to_all(ask).key
    stored = execute(connection, COVERED, (ask.endpoint, ask.key, general, ask.night))
    found: Covered = {}
    for params, page, outcome, after, message, *rest, last in stored:
        state = CoveredPage(Outcome(outcome), after, message or "", *rest)
        if (state.at or state.last_at or 0) < since:
            if (state.last_at or 0) < since:
                continue
            # The page after one with rejected rows is known.
            following = state.after if last == Outcome.PARTIAL else None
            state = state._replace(outcome=Outcome(last), after=following, at=None)
        is_miss = page == ask.page and state.at is None and state.missed_at is not None
        is_of_others = is_miss and params != ask.key
        is_partial = state.outcome is Outcome.PARTIAL
        if is_partial and _is_due_again(connection, ask, params, state.last_at or 0):
            continue
        is_better = page not in found or (
            found[page].at is None and not found[page].outcome.is_read
        )
        if not is_of_others and is_better:
            found[page] = state
    first = found.get(ask.page)
    if first is not None and first.at is None and first.outcome is not Outcome.PARTIAL:
        found[ask.page] = _weighed(connection, ask, first)
    return found


def _is_due_again(connection: Connection, ask: Ask, params: str, last_at: int) -> bool:
    """Return True if a page with rejected rows is requested once more: the response itself may have been bad.

    What changes nightly is requested on other nights anyway; what does not, on PARTIAL_NIGHTS. last_at: when the page
    was requested last.
    """
    tonight = f"{today()}"
    if ask.night or night_of(last_at) == tonight:
        return False
    tried = select(Capture.observed_at).where(
        # Written out, so that the index that holds these few rows alone is found.
        text("outcome <> 'complete'"),
        Capture.endpoint == ask.endpoint, Capture.params == params,
        Capture.outcome == Outcome.PARTIAL,
    )  # fmt: skip
    nights = {night_of(moment) for moment in connection.scalars(tried)}
    return len(nights - {tonight}) < PARTIAL_NIGHTS


def _weighed(connection: Connection, ask: Ask, state: CoveredPage) -> CoveredPage:
    """A page that is not complete, by all that is known: whether it is absent on evidence."""
    endpoint = ENDPOINTS[ask.endpoint]
    if endpoint.policy.proof and state.missed_at is not None:
        is_newest = state.last_at in (None, state.missed_at)
        why = absence.is_refused_for_good(connection, ask) if is_newest else ""
        return state._replace(outcome=Outcome.ABSENT, message=why) if why else state
    if state.missed_since is not None:
        # What changes nightly is covered by night; its misses of other nights are evidence too.
        since = state.missed_since if endpoint.policy.changes == "never" else 0
        why = absence.missed_nights(connection, ask, since)
        if why:
            return state._replace(outcome=Outcome.ABSENT, message=why)
    elif state.outcome is Outcome.ABSENT:
        at = state.last_at or 0
        if not absence.is_proven_tonight(connection, ask, at):
            return state._replace(outcome=Outcome.NOT_YET, message=absence.NOTHING)
    return state


def conclude(connection: Connection) -> None:
    """Write down what misses have come to, for readers of `coverage`. Called when a run ends."""
    coverage = Coverage.__table__.c
    missed = select(
        coverage.endpoint, coverage.params, coverage.night, coverage.missed_first_at,
        coverage.outcome, coverage.last_outcome, coverage.message, coverage.missed_last_at,
        coverage.last_at,
    ).where(text("missed_last_at IS NOT NULL AND completed_at IS NULL"), coverage.page == 1)  # fmt: skip
    for row in connection.execute(missed).all():
        ask = Ask.of_key(row.endpoint, row.params, 1, row.night)
        state = CoveredPage(
            Outcome(row.last_outcome), None, row.message or "",
            missed_since=row.missed_first_at, missed_at=row.missed_last_at, last_at=row.last_at,
        )  # fmt: skip
        weighed = _weighed(connection, ask, state)
        if weighed.outcome != row.outcome:
            which = (
                coverage.endpoint == row.endpoint, coverage.params == row.params,
                coverage.night == row.night, coverage.page == 1,
            )  # fmt: skip
            values = {"outcome": str(weighed.outcome), "message": weighed.message or None}
            connection.execute(update(Coverage).where(*which).values(values))


def progress(
    connection: Connection,
    ask: Ask,
    pages: int | None = None,
    *,
    again: bool = False,
    since: int = 0,
) -> UnitProgress:
    """How far a unit is: its first page is `ask`'s.

    pages: how many the user wants at most; None: as many as there are, or the entry's `most_pages`.
    again: whether what is absent is due again. since: as if nothing were known before this moment.
    """
    endpoint = ENDPOINTS[ask.endpoint]
    covered = covered_pages(connection, ask, since)
    if not covered:
        return UnitProgress(ask.page, None)
    most = pages or endpoint.policy.most_pages
    if again and ask.page in covered and covered[ask.page].outcome is Outcome.ABSENT:
        return UnitProgress(ask.page, Outcome.ABSENT, covered[ask.page].message)
    if endpoint.is_read_as_a_list:
        found = _list(connection, ask, covered, most, since)
    elif endpoint.is_dated and ask.params.get("date"):
        found = _ranking(connection, ask, covered, most, since)
    else:
        found = next_page(covered, ask.page, most)
    is_missed = found.outcome in (Outcome.ABSENT, Outcome.NOT_YET)
    had_works_at = _had_works_at(connection, ask) if endpoint.reply.total and is_missed else None
    if had_works_at is not None:
        why = absence.emptied(connection, ask, had_works_at)
        if why:
            return UnitProgress(None, Outcome.ABSENT, why)
        return UnitProgress(
            ask.page, Outcome.FAILED, "found nothing where it found works: throttled"
        )
    return found


def _list(
    connection: Connection, ask: Ask, covered: Covered, pages: int | None, since: int
) -> UnitProgress:
    """How far a list is, of which pages may have moved while they were read."""
    first = covered.get(ask.page)
    if first is None or not first.outcome.is_read:
        return next_page(covered, ask.page, pages)
    found = read_so_far(connection, ask, pages, since)
    if found.due is None:
        partial = (one for one in covered.values() if one.outcome is Outcome.PARTIAL)
        state = next(partial, None)
        outcome, message = (
            (Outcome.COMPLETE, "") if state is None else (state.outcome, state.message)
        )
        return UnitProgress(
            None, outcome, message, is_certain=found.is_certain, is_bounded=found.is_bounded
        )
    state = covered.get(found.due)
    if found.problem:
        return UnitProgress(found.due, Outcome.FAILED, found.problem)
    if state is None or state.outcome.is_read:
        return UnitProgress(found.due, None, is_again=found.is_again)
    if state.missed_at is not None and found.before_at < state.missed_at:
        # It is not there, though the page before says that it follows: that one is doubtful.
        return UnitProgress(found.before, state.outcome, state.message)
    return UnitProgress(found.due, state.outcome, state.message)


def _ranking(
    connection: Connection, ask: Ask, covered: Covered, pages: int | None, since: int
) -> UnitProgress:
    """How far a ranking is: of its pages, those of one publication count."""
    fitting = pages_of_the_newest(connection, ask, since)
    if fitting is None:
        return next_page(covered, ask.page, pages)
    others = {
        page for page, state in covered.items() if state.at is not None and page not in fitting
    }
    return next_page(covered, ask.page, pages, others=others)


def _had_works_at(connection: Connection, ask: Ask) -> int | None:
    """When the same list last had a total above 0, on whatever night."""
    had = select(func.max(Listing.listing_id)).where(
        Listing.endpoint == ask.endpoint, Listing.params == ask.key, Listing.total > 0
    )
    return connection.scalar(had)
