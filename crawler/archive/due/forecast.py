"""Forecast of a plan: the requests that coverage says are still due, before any is sent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from crawler.archive.due.absence import foresee
from crawler.archive.due.coverage import covered_pages, progress
from crawler.clock import newest, night_of
from crawler.endpoints import ENDPOINTS
from crawler.evidence.next_page import FINAL
from crawler.model.page import Outcome
from crawler.model.target import Target
from crawler.tables.provenance import Coverage
from crawler.tables.rankings import Ranking

SOURCES = frozenset(endpoint.policy.after for endpoint in ENDPOINTS.values() if endpoint.policy.after)
"""Endpoints whose targets bring others, nobody knows how many."""

PERIOD = ("scd", "ecd")


@dataclass(frozen=True)
class Due:
    """Requests due for one target. is_least: more may follow, for no one knows the list's length."""

    requests: int
    is_least: bool = False


def forecast(
    connection: Connection,
    targets: Sequence[Target],
    pages: int | None = None,
    *,
    refetch: bool = False,
    again: bool = False,
) -> list[Due]:
    """The requests due for each target of a plan, in its order.

    pages: the user's bound; refetch: whether what is archived counts as due; again: what is absent. A ranking that is
    not published yet costs nothing; `latest` one request, and what its day is without besides.
    """
    listed = {(target.endpoint, target.key) for target in targets}
    last = f"{newest():%Y%m%d}"
    found = []
    for target in targets:
        day = target.params.get("date") if ENDPOINTS[target.endpoint].is_dated else None
        if day is None or "" < day < last:
            found.append(_due(connection, target, pages, refetch=refetch, again=again))
        elif day > last:
            found.append(Due(0))
        else:
            # `latest` and the newest day are one ranking: its pages count once, its first too.
            newest_due = _due(connection, dated_target(target, last), pages, refetch=refetch, again=again)
            other = dated_target(target, "" if day else last)
            is_both = (other.endpoint, other.key) in listed
            if day:
                found.append(Due(max(newest_due.requests - is_both, 0), newest_due.is_least))
            else:
                found.append(Due(1 if is_both else max(newest_due.requests, 1)))
    return found


def first_begun(connection: Connection, targets: Sequence[Target]) -> str | None:
    """Return the day (`yyyymmdd`) from which dated targets should be complete; None: of none of them.

    It is the earliest, if the archive has an earlier ranking of their kind; else the first that it has anything of.
    """
    days = sorted({target.params.get("date", "") for target in targets} - {""})
    if days and any(_has_earlier(connection, target) for target in targets if target.params["date"] == days[0]):
        return days[0]
    for day in days:
        if any(covered_pages(connection, target) for target in targets if target.params["date"] == day):
            return day
    return None


def _has_earlier(connection: Connection, target: Target) -> bool:
    """Return True if a ranking of the same mode and content, of an earlier day, is archived."""
    earlier = select(Ranking.ranking_id).where(
        Ranking.mode == target.params["mode"],
        Ranking.content == target.params["content"],
        Ranking.ranking_on < date.fromisoformat(target.params["date"]),
    )
    return connection.scalar(earlier.limit(1)) is not None


def recent_searches(connection: Connection, endpoint: str, night: str, most: int) -> dict[str, list[Target]]:
    """The first pages of searches of the last nights, else of the newest night before, by `words_of` them."""
    ours = (Coverage.endpoint == endpoint, Coverage.page == 1)
    newest_night = connection.scalar(select(func.max(Coverage.night)).where(*ours, Coverage.night < night)) or night
    since = min(newest_night, f"{date.fromisoformat(night) - timedelta(days=most)}")
    found: dict[str, list[Target]] = {}
    for key, on in connection.execute(select(Coverage.params, Coverage.night).where(*ours, Coverage.night >= since)):
        target = Target.of_key(endpoint, key, 1, on)
        found.setdefault(words_of(target), []).append(target)
    return found


def words_of(target: Target) -> str:
    """The key of a search without its days."""
    return replace(target, params={**target.params, **dict.fromkeys(PERIOD, "")}).key


def periods_due(
    connection: Connection, target: Target, searches: Sequence[Target], most: int, pages: int | None = None
) -> list[tuple[str, str]]:
    """The first and last days (`scd`, `ecd`) to ask for, of a search for the last days, with those of failed nights.

    A period without an end begins where the newest answered search of the same words left off. Of one with an end each
    that was missed since the first is due by itself: it is a count of its own. searches: recent ones of the same words.
    most: days back at most.
    """
    begin, end = (_day(target.params[name]) for name in PERIOD)
    if begin is None:
        return [("", "")]
    known = [(one, progress(connection, one, pages)) for one in searches]
    # Answered: all is archived, or two nights found nothing.
    done = [one for one, found in known if found.page is None or found.outcome is Outcome.ABSENT]
    if end is None:
        # Searches of two nights in a row overlap; so does one that follows failed nights.
        first = min((one.night for one in searches), default=target.night)
        last = max((one.night for one in done), default=first)
        missed = (date.fromisoformat(target.night) - date.fromisoformat(last)).days - 1
        return [(f"{begin - timedelta(min(max(missed, 0), most))}", "")]
    held = {one.params.get("scd", "") for one in done}
    earlier = [begin - timedelta(days) for days in range(1, most + 1)]
    first_held = min((day for day in earlier if f"{day}" in held), default=begin)
    missed_days = [day for day in earlier if day > first_held and f"{day}" not in held]
    return [(f"{day}", f"{day + (end - begin)}") for day in (begin, *missed_days)]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def dated_target(target: Target, day: str) -> Target:
    """The same request a day (`yyyymmdd`; "": the newest)."""
    params = {**target.params, "date": day}
    night = ENDPOINTS[target.endpoint].night_of(params, target.night)
    return replace(target, params=params, night=night)


def _due(connection: Connection, target: Target, pages: int | None, *, refetch: bool, again: bool) -> Due:
    expected = ENDPOINTS[target.endpoint].expected_pages(target.params)
    most = min(expected or 1, pages or expected or 1)
    is_least = (expected is None and pages != 1) or target.endpoint in SOURCES
    if refetch:
        return Due(most, is_least)
    due = progress(connection, target, pages, again=again).page
    if due is None:
        return Due(0)
    # What else must be requested before (a mode's first ranking) is one request for all of them.
    is_first = due == target.page and not again
    if is_first and foresee(connection, target, night_of(time.time_ns())) is not None:
        return Due(0)
    covered = covered_pages(connection, target)
    archived = sum(state.outcome in FINAL for state in covered.values())
    # A page is due, so at least one: a list may be longer than the entry expects.
    return Due(max(most - archived, 1), is_least)
