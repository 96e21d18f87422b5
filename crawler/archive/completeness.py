"""Completeness notes for a query result: non-null counts and the days that it spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from crawler.archive.queries import Answer, Known, Parameter, Query, answered
from crawler.archive.wanted import tracking
from crawler.places import command
from crawler.words import counted

DAYS = """
WITH held AS (
    SELECT mode, content, ranking_on, rank_total, pages_read,
        CASE WHEN is_complete THEN 0 ELSE depth END AS depth,
        -- The day number is in the ranking's key (bits above 9): arithmetic on dates differs between the databases.
        lead(prev_on) OVER days AS passed_over_to, lead(ranking_id >> 9) OVER days - (ranking_id >> 9) - 1 AS between_them
    FROM v_rankings
    WHERE {where}
    WINDOW days AS (PARTITION BY mode, content ORDER BY ranking_on)
)
SELECT mode, content, coalesce(depth, -1) AS depth, min(ranking_on), max(ranking_on), count(*), max(rank_total),
    -- Days between two rankings are not missing if the later one names the earlier as the day before it.
    CAST(sum(CASE WHEN between_them > 0 AND (passed_over_to IS NULL OR passed_over_to <> ranking_on)
        THEN between_them ELSE 0 END) AS INTEGER), min(pages_read)
FROM held GROUP BY mode, content, coalesce(depth, -1) ORDER BY mode, content, 6 DESC, 3
"""
"""Rankings by how deep they are read: 0 where all ranks are there, -1 where no entry is."""
LISTED = 3
"""Of so many rankings each is named; of more they are added up."""


def notes(connection: Connection, query: Query, answer: Answer) -> list[str]:
    """A line for each thing that the answer may not know, and what would make it better."""
    lines = [*([answer.chosen] if answer.chosen else []), *_unknown(connection, answer.values)]
    for known in query.known:
        lines += _notes(connection, query, known, answer.values)
    return [*lines, *(f"cannot tell you: {limit}" for limit in query.cannot_say)]


def ranking_notes(connection: Connection, pinned: Mapping[str, str], *, has_tags: bool) -> list[str]:
    """Notes for a user's own query that reads rankings. pinned: its mode, content, on, since and until."""
    values: dict[str, Any] = {name: pinned[name] for name in ("mode", "content") if name in pinned}
    for name in ("on", "since", "until"):
        with suppress(KeyError, ValueError):  # written otherwise: then of all days
            values[name] = date.fromisoformat(pinned[name])
    parameters = tuple(Parameter(name, KINDS[name], None, "") for name in values)
    query = Query("what is archived", "", parameters, "")
    lines = list(_days(connection, query, values))
    if has_tags:
        where = _where(query)
        ((had, of),) = answered(connection, query, f"{HINDSIGHT} WHERE {where}", values).rows
        lines.append(
            f"tags of the day for {int(had or 0):,} of {of:,} entries; the others came with a response of more than two days"
            " later (hindsight), or without tags"
        )
    return lines


HINDSIGHT = "SELECT sum(CASE WHEN has_tags AND NOT is_hindsight THEN 1 ELSE 0 END), count(*) FROM v_ranking_hindsight"
NAMED = {
    "tag": "SELECT 1 FROM tags WHERE name = :tag",
    "artwork_id": "SELECT 1 FROM artworks WHERE artwork_id = :artwork_id",
    "user_id": "SELECT 1 FROM users WHERE user_id = :user_id",
}
"""Parameters that name a thing: an answer about what is not archived would look like one about nothing."""


def _unknown(connection: Connection, values: Mapping[str, Any]) -> Iterator[str]:
    for name, sql in NAMED.items():
        if name in values and not connection.execute(text(sql), {name: values[name]}).first():
            yield f"{name}={values[name]} is not in this archive"


def _notes(connection: Connection, query: Query, known: Known, values: Mapping[str, Any]) -> Iterator[str]:
    if not known.sql:
        yield from _days(connection, query, values)
        return
    ((had, of),) = answered(connection, query, known.sql, values).rows
    had, of = int(had or 0), int(of or 0)
    better = f"; to improve: {known.better}{_cost(known, of - had)}" if known.better and (had < of or not of) else ""
    yield known.text.format(known=f"{had:,}", of=f"{of:,}") + better


def _cost(known: Known, count: int) -> str:
    """Return the cost of requesting a page for each of so many works."""
    if "ranked-without-details" not in known.better:
        return ""
    hours = count * SECONDS / 3600
    took = f"{hours:,.0f} h" if hours >= 1 else f"{hours * 60:,.0f} min"
    return f" (for these {count:,} requests, {took}; it takes all that were ever ranked)"


SECONDS = 2
"""Between two requests, by default."""


KINDS = {"mode": "text", "content": "text", "on": "date", "since": "date", "until": "date"}


def _where(query: Query) -> str:
    """SQL: the rankings that the parameters of a query name."""
    taken: Mapping[str, Parameter] = {one.name: one for one in query.parameters}
    conditions = [f"{name} = :{name}" for name in ("mode", "content") if name in taken]
    conditions += [
        f"ranking_on {sign} :{name}" for name, sign in (("on", "="), ("since", ">="), ("until", "<=")) if name in taken
    ]
    return " AND ".join(conditions) or "1 = 1"


def _days(connection: Connection, query: Query, values: Mapping[str, Any]) -> Iterator[str]:
    sql = DAYS.format(where=_where(query))
    found = [((mode, content), Depth(*rest)) for mode, content, *rest in answered(connection, query, sql, values).rows]
    if not found:
        yield f"no ranking of these days is archived; to improve: {command('crawl rankings')} -a mode=… -a date=…"
        return
    rankings = {name: [depth for _, depth in rows] for name, rows in groupby(found, key=itemgetter(0))}
    if len(rankings) > LISTED:
        days, missing, first, last = _span([depth for _, depth in found])
        whole = sum(depth.days for _, depth in found if not depth.last_rank)
        yield (
            f"{len(rankings)} kinds of ranking, {days:,} of {days + missing:,} rankings, {first} to {last};"
            f" all ranks of {whole:,} of these"
            + (f"; to improve: {command('sql missing-days')} says which" if missing or whole < days else "")
        )
        return
    tracked = tracking.pages(connection)
    for (mode, content), depths in rankings.items():
        yield _ranking_note(mode, content, depths, tracked.get((mode, content)))


class Depth(NamedTuple):
    """Rankings read equally deep. last_rank: 0 for all, -1 for none; missing: days after them; pages: of each at least."""

    last_rank: int
    first: Any
    last: Any
    days: int
    total: int | None
    missing: int
    pages: int


def _span(depths: Sequence[Depth]) -> tuple[int, int, Any, Any]:
    """Return the number of rankings, of days between them without one, and their first and last day."""
    first, last = min(one.first for one in depths), max(one.last for one in depths)
    return sum(one.days for one in depths), sum(one.missing for one in depths), first, last


def _ranking_note(mode: str, content: str, depths: Sequence[Depth], wanted: int | None) -> str:
    """Depth, days and period of a ranking in one line. depths: the most usual first; wanted: pages that are tracked."""
    total = max(one.total or 0 for one in depths)
    parts = ["none" if one.last_rank < 0 else f"1–{one.last_rank or total}" for one in depths]
    ranks = f"ranks {parts[0]} of {total}"
    if len(depths) > 1:
        each = (f"{part} on {counted(one.days, 'day')}" for part, one in zip(parts, depths, strict=True))
        ranks = f"ranks {', '.join(each)}, of {total} (depths are mixed)"
    days, missing, first, last = _span(depths)
    line = f"{mode}/{content}: {ranks}, {days:,} of {days + missing:,} days, {first} to {last}"
    is_enough = all(not one.last_rank or (wanted and one.pages >= wanted) for one in depths)
    if is_enough and not missing:
        return line
    date = f"{first}" if first == last else f"{first}..{last}"
    return f"{line}; to improve: {command('crawl rankings')} -a mode={mode} -a content={content} -a date={date}"
