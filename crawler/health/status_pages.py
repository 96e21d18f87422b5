"""The pages of `./run status`: what is there, what is missing, what changed, what was refused."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from crawler.archive import job_runs
from crawler.archive import status_queries as condition
from crawler.archive.database.engine import opened, reading
from crawler.archive.due.ranking_days import BEGUN, MISSING, RankingDays, ranking_days
from crawler.clock import newest
from crawler.console.show import table
from crawler.errors import BadArgument
from crawler.model.page import Outcome
from crawler.places import command
from crawler.words import clean, counted

SIGNS = {
    str(Outcome.COMPLETE): ("■", "#"),
    BEGUN: ("◧", "+"),
    MISSING: ("·", "."),
    str(Outcome.ABSENT): ("–", "-"),
    str(Outcome.FAILED): ("✗", "!"),
}
LEGEND = (
    (str(Outcome.COMPLETE), "complete"),
    (BEGUN, "begun"),
    (MISSING, "missing"),
    (str(Outcome.ABSENT), "never ranked"),
    (str(Outcome.FAILED), "failed"),
)
SHOWN_FRAGMENT = 160
SHOWN_FAILED = 20
JOB_HOURS = 36
"""Hours after which a night was missed."""
SHOWN_MONTHS = 24
SHOWN_PATHS = 5
SHOWN_EVIDENCE = 20


class Wanted(NamedTuple):
    """Of which rankings coverage is shown: a mode, a content, days from one on; None for all."""

    mode: str | None = None
    content: str | None = None
    since: str | None = None


def show(url: str, page: str, wanted: Wanted) -> bool:
    """Print a page about an archive, "" for all in short; returns whether all is well.

    Raises ArchiveError, and BadArgument for what is not archived.
    """
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        return PAGES[page](connection, wanted)


def overview(connection: Connection, wanted: Wanted) -> bool:
    """All of it in short. Returns whether all is well."""
    table(("table", "rows"), condition.sizes(connection).items())
    crawls = condition.last_crawls(connection, 5)
    if crawls:
        print()
        table(
            ("last runs", "spider", "session", "responses", "rows", "outcome"),
            [
                (
                    row.crawl_id,
                    row.spider,
                    row.session,
                    row.page_count,
                    row.row_count,
                    row.outcome or "running, or killed",
                )
                for row in crawls
            ],
        )
    rankings = ranking_days(connection)
    due = sum(ranking.due() for ranking in rankings)
    failed = condition.failed_tonight(connection)
    news = [change for change in condition.changes(connection) if change.is_news]
    refused = sum(row.total for row in condition.dead_letters(connection))
    refused_by = condition.session_refused_by(connection)
    if refused_by:
        print(
            f"\nSession expired: pixiv rejected the PHPSESSID in {refused_by}. Log in again and replace it in PIXIV_PHPSESSID_FILE."
        )
    print(
        f"\n{counted(len(rankings), 'mode and content', 'modes and contents')} of rankings,"
        f" {counted(due, 'day')} due; {counted(failed, 'page')} failed (status coverage)\n"
        f"{counted(len(news), 'change')} in responses to check (status drift)\n"
        f"{counted(refused, 'row')} rejected (status dead)"
    )
    late = _late(connection)
    if late:
        print(late)
    undrawn = condition.cohort_without_draw(connection, time.time_ns())
    if undrawn:
        print(
            f"random sample: tracked, but no id was drawn for {undrawn} days. It needs dated works of the day"
            f" and of the days around it: {command('job run nightly')} archives rankings, which have them"
        )
    ill = [
        text
        for is_so, text in (
            (refused_by, "the session"),
            (due, f"{counted(due, 'day')} due ({command('status coverage')}; {command('job run nightly')})"),
            (failed, f"{counted(failed, 'page')} failed"),
            (news, f"{counted(len(news), 'change')} in responses ({command('status drift')})"),
            (refused, f"{counted(refused, 'row')} rejected ({command('status dead')})"),
            (late, "no job has ended lately"),
            (undrawn, f"no ids drawn for {undrawn} days"),
        )
        if is_so
    ]
    print(f"\nCHECK: {', '.join(ill)}" if ill else "\nOK")
    return not ill


def _late(connection: Connection) -> str:
    """That no job has ended lately, where jobs run at all; "" where one has."""
    last = job_runs.last_of(connection)
    hours = (time.time_ns() - last.finished_at) / 3.6e12 if last is not None else 0
    if hours <= JOB_HOURS:
        return ""
    return f"no job has ended for {hours:,.0f} hours: the last was {last.job} ({command('job list')})"


def coverage(connection: Connection, wanted: Wanted) -> bool:
    """Rankings as calendars, the rest as counts. Returns whether nothing is due."""
    since = _day(wanted.since) if wanted.since else None
    if since is not None and since > newest():
        raise BadArgument(f"--since {since}: the newest ranking is of {newest()}")
    rankings = ranking_days(connection, mode=wanted.mode, content=wanted.content)
    for ranking in rankings:
        _calendar(ranking, since)
    if rankings:
        print(f"{'   '.join(f'{_sign(how)} {word}' for how, word in LEGEND)}\n")
    elif wanted.mode or wanted.content:
        known = sorted({f"{r.mode} {r.content}" for r in ranking_days(connection)})
        raise BadArgument(
            f"no ranking {' '.join(filter(None, (wanted.mode, wanted.content)))} is archived; there are:"
            f" {', '.join(known) or 'none'}"
        )
    counts = condition.coverage_counts(connection)
    if counts:
        table(("endpoint", "outcome", "pages", "newest night"), [tuple(row) for row in counts])
    due = sum(ranking.due(since) for ranking in rankings)
    failed = condition.failed_tonight(connection)
    for page in condition.failed_pages(connection, SHOWN_FAILED):
        at = datetime.fromtimestamp(page.last_at / 1e9, UTC)
        which = f"{page.endpoint} {page.params} page {page.page}"
        print(f"failed {at:%Y-%m-%d}: {clean(which)}: {clean(page.message or 'no reason is known')}")
    if failed > SHOWN_FAILED:
        print(f"… and {failed - SHOWN_FAILED:,} more failed pages")
    if not counts:
        print(f"Nothing is archived yet: {command('crawl rankings')}, or {command('job run nightly')}")
    elif due or failed:
        print(
            f"\nDUE: {due:,} days of rankings, {failed:,} failed pages. {command('crawl rankings')}"
            " -a mode=… -a date=FIRST.. asks for what is missing, and nothing else"
        )
    else:
        print("\nOK: nothing is due")
    return not (due or failed)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BadArgument(f"--since {given}: no date; write YYYY-MM-DD") from None


def _sign(how: str) -> str:
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    return SIGNS.get(how, ("?", "?"))[plain]


def _calendar(ranking: RankingDays, since: date | None) -> None:
    """A line a month that has anything, a sign a day."""
    first = max(ranking.first, since or ranking.first)
    complete = ranking.count(str(Outcome.COMPLETE), since=since)
    due, unasked = ranking.holes(since)
    also = f", {unasked:,} in long gaps" if unasked else ""
    print(f"{ranking.mode} {ranking.content}, {first} .. {ranking.last}: {complete:,} complete, {due:,} due{also}")
    print(f"  {'':7} 1   5    10   15   20   25   30")
    months = sorted({on.replace(day=1) for on in ranking.days if on >= first})
    if len(months) > SHOWN_MONTHS and since is None:
        print(f"  … {len(months) - SHOWN_MONTHS} months before: --since")
        months = months[-SHOWN_MONTHS:]
    before = None
    for month in months:
        if before is not None and (month - before).days > 31:
            print("  …")
        following = (month + timedelta(days=31)).replace(day=1)
        days = [month + timedelta(days=n) for n in range((following - month).days)]
        signs = "".join(_sign(ranking.of(on)) if first <= on <= ranking.last else " " for on in days)
        print(f"  {month:%Y-%m} {signs}".rstrip())
        before = month
    _evidence(ranking, first)
    print()


def _evidence(ranking: RankingDays, first: date) -> None:
    """Return the reasons why days are unavailable: neighbouring days with one reason in a line."""
    spans: list[tuple[date, date, str]] = []
    for on in sorted(on for on in ranking.evidence if first <= on):
        if ranking.of(on) != Outcome.ABSENT:
            continue
        why = ranking.evidence[on]
        if spans and spans[-1][2] == why and spans[-1][1] == on - timedelta(days=1):
            spans[-1] = (spans[-1][0], on, why)
        else:
            spans.append((on, on, why))
    for begin, end, why in spans[-SHOWN_EVIDENCE:]:
        days = f"{begin}" if begin == end else f"{begin} .. {end}"
        print(f"  absent {days}: {clean(why)}")
    if len(spans) > SHOWN_EVIDENCE:
        print(f"  … and {len(spans) - SHOWN_EVIDENCE} before: --since")


def drift(connection: Connection, wanted: Wanted) -> bool:
    """Print what changed in responses. Return True if nothing of it is news."""
    found = condition.changes(connection)
    rows = [
        (
            change.endpoint,
            f"{change.since}" if change.since else "",
            change.seen_at,
            change.what,
            ", ".join(change.paths),
        )
        for change in found
    ]
    if rows:
        table(("endpoint", "ranking date", "first seen (UTC)", "what", "paths and types"), rows)
    news = [change for change in found if change.is_news]
    if rows:
        print()
    if not news:
        print("OK: no change that is new to this version")
        return True
    lost = condition.losses(connection, found)
    changes = counted(len(news), "change")
    print(f"CHECK: {changes} in pixiv's responses new to this version. {_say(lost)}. The captures have every response.")
    return False


def _say(lost: condition.Losses) -> str:
    """Return what was lost by changes, as counts."""
    if lost.is_none:
        return "No data lost: no row rejected, no page failed, no known path ended since"
    parts = []
    if lost.refused:
        parts.append(f"{counted(lost.refused, 'row')} rejected (status dead)")
    if lost.failed:
        parts.append(f"{counted(lost.failed, 'page')} failed (status coverage)")
    if lost.ended:
        named = ", ".join(clean(path) for path in lost.ended[:SHOWN_PATHS])
        more = ", …" if len(lost.ended) > SHOWN_PATHS else ""
        parts.append(f"{counted(len(lost.ended), 'known path')} not sent any more: {named}{more}")
    return f"Lost since: {'; '.join(parts)}"


def dead(connection: Connection, wanted: Wanted) -> bool:
    """Rejected rows. Returns whether there are none."""
    found = condition.dead_letters(connection)
    for row in found:
        print(
            f"{row.total:,} × {row.endpoint} → {row.table_name}: {clean(row.error)}\n"
            f"  from {_moment(row.first_at)} to {_moment(row.last_at)}, for one {clean(row.path)}\n"
            f"  {clean(row.fragment)[:SHOWN_FRAGMENT]}"
        )
    total = sum(row.total for row in found)
    print(
        f"\nREJECTED: {counted(total, 'row')}. Their responses are saved: after a fix, {command('replay --dead')} archives them"
        if found
        else "OK: no row was rejected"
    )
    return not found


def _moment(observed_at: int) -> str:
    return f"{datetime.fromtimestamp(observed_at // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


PAGES: dict[str, Callable[[Connection, Wanted], bool]] = {
    "": overview,
    "coverage": coverage,
    "drift": drift,
    "dead": dead,
}
