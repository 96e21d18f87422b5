"""Coverage: what of each request is archived, so what to request next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from crawler.archive.database.engine import execute
from crawler.archive.due import absence
from crawler.archive.due.lists import read_so_far
from crawler.archive.writing.rankings import pages_of_the_newest
from crawler.clock import night_of, today
from crawler.endpoints import ENDPOINTS
from crawler.evidence.next_page import Covered, CoveredPage, next_page
from crawler.model.page import Outcome, Page, TargetProgress
from crawler.model.target import Target
from crawler.tables.listings import Listing
from crawler.tables.provenance import Capture, Coverage

PARTIAL_NIGHTS = 3
"""Nights on which a target with rejected rows is requested, if each response is like the first."""


def cover(known: Mapping[str, Any] | None, page: Page) -> dict[str, Any]:
    """The coverage row after a page, whatever the order: a complete response decides it, else the newest attempt stands.

    What misses mean is decided by `conclude`, which sees other rows too.
    """
    target, at = page.target, page.observed_at
    if known:
        row = dict(known)
    else:
        row = {"endpoint": target.endpoint, "params": target.key, "night": target.night, "page": target.page}
        row |= dict.fromkeys(("next_page", "content_digest", "completed_at", "missed_first_at", "missed_last_at"))
        row["last_at"] = at
    # >=, so that a response that is replayed by newer code replaces what older code read of it.
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
"""Selects the pages of a target, under its own key and under that which holds for every asker."""


def covered_pages(connection: Connection, target: Target, since: int = 0) -> Covered:
    """Return the covered pages of a target, also by what holds for every access level, but for misses of others.

    since: only by responses of this moment and later.
    """
    general = ENDPOINTS[target.endpoint].answered_to_all(target).key
    stored = execute(connection, COVERED, (target.endpoint, target.key, general, target.night))
    found: Covered = {}
    for params, page, outcome, after, message, *rest, last in stored:
        state = CoveredPage(Outcome(outcome), after, message or "", *rest)
        if (state.at or state.last_at or 0) < since:
            if (state.last_at or 0) < since:
                continue
            # The page after one with rejected rows is known.
            following = state.after if last == Outcome.PARTIAL else None
            state = state._replace(outcome=Outcome(last), after=following, at=None)
        is_miss = page == target.page and state.at is None and state.missed_at is not None
        is_of_others = is_miss and params != target.key
        is_partial = state.outcome is Outcome.PARTIAL
        if is_partial and _is_due_again(connection, target, params, state.last_at or 0):
            continue
        is_better = page not in found or (found[page].at is None and not found[page].outcome.is_read)
        if not is_of_others and is_better:
            found[page] = state
    first = found.get(target.page)
    if first is not None and first.at is None and first.outcome is not Outcome.PARTIAL:
        found[target.page] = _weighed(connection, target, first)
    return found


def _is_due_again(connection: Connection, target: Target, params: str, last_at: int) -> bool:
    """Return True if a page with rejected rows is requested once more: the response itself may have been bad.

    What changes nightly is requested on other nights anyway; what does not, on PARTIAL_NIGHTS. last_at: when the page
    was requested last.
    """
    tonight = f"{today()}"
    if target.night or night_of(last_at) == tonight:
        return False
    tried = select(Capture.observed_at).where(
        # Written out, so that the index that holds these few rows alone is found.
        text("outcome <> 'complete'"),
        Capture.endpoint == target.endpoint,
        Capture.params == params,
        Capture.outcome == Outcome.PARTIAL,
    )
    nights = {night_of(moment) for moment in connection.scalars(tried)}
    return len(nights - {tonight}) < PARTIAL_NIGHTS


def _weighed(connection: Connection, target: Target, state: CoveredPage) -> CoveredPage:
    """A page that is not complete, by all that is known: whether it is absent on evidence."""
    endpoint = ENDPOINTS[target.endpoint]
    if endpoint.policy.proof and state.missed_at is not None:
        is_newest = state.last_at in (None, state.missed_at)
        why = absence.is_refused_for_good(connection, target) if is_newest else ""
        return state._replace(outcome=Outcome.ABSENT, message=why) if why else state
    if state.missed_since is not None:
        # What changes nightly is covered by night; its misses of other nights are evidence too.
        since = state.missed_since if endpoint.policy.changes == "never" else 0
        why = absence.missed_nights(connection, target, since)
        if why:
            return state._replace(outcome=Outcome.ABSENT, message=why)
    elif state.outcome is Outcome.ABSENT:
        at = state.last_at or 0
        if not absence.is_proven_tonight(connection, target, at):
            return state._replace(outcome=Outcome.NOT_YET, message=absence.NOTHING)
    return state


def conclude(connection: Connection) -> None:
    """Write down what misses have come to, for readers of `coverage`. Called when a run ends."""
    is_missed = text("missed_last_at IS NOT NULL AND completed_at IS NULL")
    missed = select(Coverage.__table__).where(is_missed, Coverage.page == 1)
    # All rows first: the same table is updated in the loop.
    for row in connection.execute(missed).all():
        target = Target.of_key(row.endpoint, row.params, 1, row.night)
        state = CoveredPage(
            Outcome(row.last_outcome),
            None,
            row.message or "",
            missed_since=row.missed_first_at,
            missed_at=row.missed_last_at,
            last_at=row.last_at,
        )
        weighed = _weighed(connection, target, state)
        if weighed.outcome != row.outcome:
            values = {"outcome": str(weighed.outcome), "message": weighed.message or None}
            same = (Coverage.endpoint == row.endpoint, Coverage.params == row.params, Coverage.night == row.night)
            connection.execute(update(Coverage).where(*same, Coverage.page == 1).values(values))


def progress(
    connection: Connection, target: Target, pages: int | None = None, *, again: bool = False, since: int = 0
) -> TargetProgress:
    """Return how far a target is, from `target.page` on.

    pages: how many the user wants at most; None: as many as there are, or the entry's `most_pages`.
    again: whether what is absent is due again. since: as if nothing were known before this moment.
    """
    endpoint = ENDPOINTS[target.endpoint]
    covered = covered_pages(connection, target, since)
    if not covered:
        return TargetProgress(target.page, None)
    most = pages or endpoint.policy.most_pages
    if again and target.page in covered and covered[target.page].outcome is Outcome.ABSENT:
        return TargetProgress(target.page, Outcome.ABSENT, covered[target.page].message)
    if endpoint.paging.param is not None and not endpoint.is_dated:
        found = _list(connection, target, covered, most, since)
    elif endpoint.is_dated and target.params.get("date"):
        found = _ranking(connection, target, covered, most, since)
    else:
        found = next_page(covered, target.page, most)
    is_missed = found.outcome in (Outcome.ABSENT, Outcome.NOT_YET)
    had_works_at = _had_works_at(connection, target) if endpoint.reply.total and is_missed else None
    if had_works_at is not None:
        why = absence.emptied(connection, target, had_works_at)
        if why:
            return TargetProgress(None, Outcome.ABSENT, why)
        return TargetProgress(target.page, Outcome.FAILED, "found nothing where it found works: throttled")
    return found


def _list(connection: Connection, target: Target, covered: Covered, pages: int | None, since: int) -> TargetProgress:
    """Return the progress of a list whose pages may have moved while they were read."""
    first = covered.get(target.page)
    if first is None or not first.outcome.is_read:
        return next_page(covered, target.page, pages)
    found = read_so_far(connection, target, pages, since)
    if found.due is None:
        partial = (one for one in covered.values() if one.outcome is Outcome.PARTIAL)
        state = next(partial, None)
        outcome, message = (Outcome.COMPLETE, "") if state is None else (state.outcome, state.message)
        return TargetProgress(None, outcome, message, is_certain=found.is_certain, is_bounded=found.is_bounded)
    state = covered.get(found.due)
    if found.problem:
        return TargetProgress(found.due, Outcome.FAILED, found.problem)
    if state is None or state.outcome.is_read:
        return TargetProgress(found.due, None, is_again=found.is_again)
    if state.missed_at is not None and found.before_at < state.missed_at:
        # It is not there, though the page before says that it follows: that one is doubtful.
        return TargetProgress(found.before, state.outcome, state.message)
    return TargetProgress(found.due, state.outcome, state.message)


def _ranking(connection: Connection, target: Target, covered: Covered, pages: int | None, since: int) -> TargetProgress:
    """Return the progress of a ranking: the pages of one revision count."""
    fitting = pages_of_the_newest(connection, target, since)
    if fitting is None:
        return next_page(covered, target.page, pages)
    others = {page for page, state in covered.items() if state.at is not None and page not in fitting}
    return next_page(covered, target.page, pages, others=others)


def _had_works_at(connection: Connection, target: Target) -> int | None:
    """Return when the same list last had a total above 0, on whatever night."""
    had = select(func.max(Listing.listing_id)).where(
        Listing.endpoint == target.endpoint, Listing.params == target.key, Listing.total > 0
    )
    return connection.scalar(had)
