"""The pages of `./run status`: what is there, what is missing, what changed, what was rejected."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from crawler.archive import status_queries as queries
from crawler.archive.database.engine import opened, reading, writing
from crawler.archive.due.ranking_days import BEGUN, MISSING, RankingDays, ranking_days
from crawler.archive.status import Status, status_of
from crawler.clock import newest
from crawler.console.show import table
from crawler.errors import BadArgument
from crawler.model.page import Outcome
from crawler.places import command
from crawler.words import clean, counted

SIGNS = {
    str(Outcome.COMPLETE): ("■", "#", "complete"),
    BEGUN: ("◧", "+", "begun"),
    MISSING: ("·", ".", "missing"),
    str(Outcome.ABSENT): ("–", "-", "never ranked"),
    str(Outcome.FAILED): ("✗", "!", "failed"),
    str(Outcome.NOT_YET): ("?", "?", "not published yet"),
}
"""Signs of a day, in UTF-8 and in ASCII, and their meaning."""
NOUNS = {"coverage": "failed page", "drift": "path", "dead": "rejected row"}
SHOWN_DAYS = 3650
SHOWN_FRAGMENT = 160
SHOWN_FAILED = 20
SHOWN_MONTHS = 24
SHOWN_PATHS = 5
SHOWN_EVIDENCE = 20


class Wanted(NamedTuple):
    """Of which rankings coverage is shown: a mode, a content, days from one on; None for all."""

    mode: str | None = None
    content: str | None = None
    since: str | None = None


def show(url: str, page: str, wanted: Wanted) -> bool:
    """Print a page about an archive; returns whether all is well.

    Raises ArchiveError, and BadArgument for what is not archived.
    """
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        return PAGES[page](connection, wanted)


def read_status(url: str, captures: Path, installed: Sequence[str]) -> Status:
    """Look at an archive. captures, installed: as in `status_of`. Raises ArchiveError."""
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        return status_of(connection, url, captures, installed)


def acknowledge(url: str, page: str) -> None:
    """Note who has looked at a page, so that `--check` is silent about what is on it. Raises ArchiveError."""
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    with opened(url) as engine, engine.connect() as connection, writing(connection):
        count = queries.acknowledge(connection, page, who)
    if not count:
        print("\nNothing is there to acknowledge.")
        return
    print(
        f"\nAcknowledged by {who}: {counted(count, NOUNS[page])}. {command('status --check')} is silent about these; new ones\n"
        "of the kind bring it back."
    )


def print_json(status: Status) -> None:
    """Print the condition of an archive as docs/reference/status.schema.json has it."""
    from pydantic import TypeAdapter  # noqa: PLC0415  # a tenth of a second, which the other pages do not need

    print(TypeAdapter(Status).dump_json(status, indent=2).decode())


def overview(url: str, status: Status) -> None:
    """Print the condition of an archive in short."""
    table(("table", "rows"), status.rows.items())
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        crawls = queries.last_crawls(connection, 5)
    if crawls:
        print()
        table(
            ("last runs", "spider", "session", "responses", "rows", "outcome"),
            [(*row[:-1], row.outcome or "running, or killed") for row in crawls],
        )
    due = sum(ranking.due for ranking in status.rankings)
    print(
        f"\n{counted(len(status.rankings), 'mode and content', 'modes and contents')} of rankings,"
        f" {counted(due, 'day')} due; {counted(status.failed_pages, 'page')} failed (status coverage)\n"
        f"{counted(status.changes, 'change')} in responses to check (status drift)\n"
        f"{counted(status.rejected_rows, 'row')} rejected (status dead)"
    )
    for disk in status.disks:
        is_soon = disk.days_left is not None and disk.days_left < SHOWN_DAYS
        left = f", full in {disk.days_left:,.0f} days at this rate" if is_soon else ""
        print(f"{disk.free_bytes / 1e9:,.1f} GB free for {disk.name}{left}")
    print()
    for finding in status.findings:
        if not finding.needs_person:
            print(f"- {finding.text}")
    to_check = [finding for finding in status.findings if finding.needs_person]
    for finding in to_check:
        print(f"CHECK: {finding.text}")
    if not to_check:
        print("OK")


def coverage(connection: Connection, wanted: Wanted) -> bool:
    """Rankings as calendars, the rest as counts. Returns whether nothing is due."""
    since = _day(wanted.since) if wanted.since else None
    if since is not None and since > newest():
        raise BadArgument(f"--since {since}: the newest ranking is of {newest()}")
    rankings = ranking_days(connection, mode=wanted.mode, content=wanted.content)
    for ranking in rankings:
        _calendar(ranking, since)
    if rankings:
        print(f"{'   '.join(f'{_sign(how)} {word}' for how, (*_, word) in SIGNS.items())}\n")
    elif wanted.mode or wanted.content:
        known = sorted({f"{r.mode} {r.content}" for r in ranking_days(connection)})
        raise BadArgument(
            f"no ranking {' '.join(filter(None, (wanted.mode, wanted.content)))} is archived; there are:"
            f" {', '.join(known) or 'none'}"
        )
    counts = queries.coverage_counts(connection)
    if counts:
        table(("endpoint", "outcome", "pages", "newest night"), counts)
    due = sum(ranking.due(since) for ranking in rankings)
    failed = queries.failed_tonight(connection)
    for page in queries.failed_pages(connection, SHOWN_FAILED):
        which = f"{page.endpoint} {page.params} page {page.page}"
        print(f"failed {_moment(page.last_at)[:10]}: {clean(which)}: {clean(page.message or 'no reason is known')}")
    if failed > SHOWN_FAILED:
        print(f"… and {failed - SHOWN_FAILED:,} more failed pages")
    if not counts:
        print(f"Nothing is archived yet: {command('crawl rankings')}, or {command('job run nightly')}")
    elif due or failed:
        print(f"\nDUE: {due:,} days of rankings, {failed:,} failed pages")
        if due:
            print(f"{command('crawl rankings')} -a mode=… -a date=FIRST.. asks for the days, and nothing else")
        if failed:
            print("The command or job that requested a failed page requests it again")
    else:
        print(f"\nOK: nothing is due{_by_whom(connection, 'coverage')}")
    return not (due or failed)


def _by_whom(connection: Connection, page: str) -> str:
    """Return who acknowledged a page, and when; "" if nobody did."""
    found: Any = queries.acknowledged(connection, page)
    return f"; {found.acknowledged_by} acknowledged others at {_moment(found.acknowledged_at)}" if found else ""


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BadArgument(f"--since {given}: no date; write YYYY-MM-DD") from None


def _sign(how: str) -> str:
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    return SIGNS.get(how, "??")[plain]


def _calendar(ranking: RankingDays, since: date | None) -> None:
    """A line a month that has anything, a sign a day."""
    first = max(ranking.first, since or ranking.first)
    complete = ranking.count(str(Outcome.COMPLETE), since=since)
    days, unasked = ranking.holes(since)
    due = len(days)
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
    found = queries.changes(connection)
    if found:
        rows = [(one.endpoint, one.since, one.seen_at, one.what, ", ".join(one.paths)) for one in found]
        table(("endpoint", "ranking date", "first seen (UTC)", "what", "paths and types"), rows)
        print()
    news = [change for change in found if change.is_news]
    if not news:
        print(f"OK: no change that is new to this version{_by_whom(connection, 'drift')}")
        return True
    lost = queries.losses(connection, found)
    changes = counted(len(news), "change")
    print(f"CHECK: {changes} in pixiv's responses new to this version. {_say(lost)}. The captures have every response.")
    print(f"If nothing is to be done: {command('status drift --ack')}")
    return False


def _say(lost: queries.Losses) -> str:
    """Return what was lost by changes, as counts."""
    if not (lost.refused or lost.failed or lost.ended):
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
    found = queries.dead_letters(connection)
    for row in found:
        print(
            f"{row.total:,} × {row.endpoint} → {row.table_name}: {clean(row.error)}\n"
            f"  from {_moment(row.first_at)} to {_moment(row.last_at)}, for one {clean(row.path)}\n"
            f"  {clean(row.fragment)[:SHOWN_FRAGMENT]}"
        )
    total = sum(row.total for row in found)
    if not found:
        print("OK: no row was rejected")
        return True
    if not queries.rejected_since_acknowledged(connection):
        print(f"\nOK: what was rejected came whole later, or was looked at{_by_whom(connection, 'dead')}")
        return True
    print(
        f"\nREJECTED: {counted(total, 'row')}. Their responses are saved: after a fix, {command('replay --dead')} archives"
        f" them. If nothing is to be done: {command('status dead --ack')}"
    )
    return False


def _moment(observed_at: int) -> str:
    return f"{datetime.fromtimestamp(observed_at // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


PAGES: dict[str, Callable[[Connection, Wanted], bool]] = {"coverage": coverage, "drift": drift, "dead": dead}
