"""How much an answer knows: of the rows it rests on, how many had the value, and which days it spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from crawler.archive.queries import Answer, Known, Parameter, Query, answered
from crawler.places import command

DAYS = """
WITH held AS (
    SELECT mode, content, ranking_on, is_complete, lead(prev_on) OVER days AS passed_over_to,
        lead(ranking_id >> 9) OVER days - (ranking_id >> 9) - 1 AS between_them
    FROM rankings
    WHERE {where}
    WINDOW days AS (PARTITION BY mode, content ORDER BY ranking_on)
)
SELECT mode, content, min(ranking_on), max(ranking_on), count(*),
    CAST(sum(CASE WHEN is_complete THEN 1 ELSE 0 END) AS INTEGER),
    CAST(sum(CASE WHEN between_them > 0 AND (passed_over_to IS NULL OR passed_over_to <> ranking_on)
        THEN between_them ELSE 0 END) AS INTEGER)
FROM held GROUP BY mode, content ORDER BY mode, content
"""
LISTED = 3
"""Of so many rankings each is named; of more they are added up."""


def notes(connection: Connection, query: Query, answer: Answer) -> list[str]:
    """A line for each thing that the answer may not know, and what would make it better."""
    lines = list(_unknown(connection, answer.values))
    for known in query.known:
        lines += _notes(connection, query, known, answer.values)
    return [*lines, *(f"limit: {limit}" for limit in query.cannot_say)]


def ranking_notes(connection: Connection, *, has_tags: bool) -> list[str]:
    """The same of a question of one's own that reads rankings: over all that is archived."""
    query = Query("what is archived", "", (), "")
    lines = list(_days(connection, query, {}))
    if has_tags:
        ((had, of),) = answered(connection, query, HINDSIGHT, {}).rows
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


def _notes(
    connection: Connection, query: Query, known: Known, values: Mapping[str, Any]
) -> Iterator[str]:
    if not known.sql:
        yield from _days(connection, query, values)
        return
    ((had, of),) = answered(connection, query, known.sql, values).rows
    had, of = int(had or 0), int(of or 0)
    line = known.text.format(known=f"{had:,}", of=f"{of:,}")
    yield line + (
        f"; better: {known.better}{_cost(known, of - had)}"
        if known.better and (had < of or not of)
        else ""
    )


def _cost(known: Known, count: int) -> str:
    """What it costs to request a page for each of so many works."""
    if "ranked-without-details" not in known.better:
        return ""
    hours = count * SECONDS / 3600
    took = f"{hours:,.0f} h" if hours >= 1 else f"{hours * 60:,.0f} min"
    return f" (for these {count:,} requests, {took}; it takes all that were ever ranked)"


SECONDS = 2
"""Between two requests, by default."""


def _days(connection: Connection, query: Query, values: Mapping[str, Any]) -> Iterator[str]:
    taken: Mapping[str, Parameter] = {one.name: one for one in query.parameters}
    conditions = [f"{name} = :{name}" for name in ("mode", "content") if name in taken]
    conditions += [
        f"ranking_on {sign} :{name}"
        for name, sign in (("on", "="), ("since", ">="), ("until", "<="))
        if name in taken
    ]
    sql = DAYS.format(where=" AND ".join(conditions) or "1 = 1")
    found = answered(connection, query, sql, values).rows
    if not found:
        yield f"no ranking of these days is archived; better: {command('crawl rankings')} -a mode=… -a date=…"
        return
    if len(found) > LISTED:
        days, complete, missing = (sum(row[place] for row in found) for place in (4, 5, 6))
        yield (
            f"{len(found)} kinds of ranking, {min(row[2] for row in found)} to {max(row[3] for row in found)}:"
            f" {complete:,} of {days + missing:,} rankings complete"
            + (
                ""
                if complete == days + missing
                else f"; better: {command('sql missing-days')} says which"
            )
        )
        return
    for mode, content, first, last, days, complete, missing in found:
        short = [
            f"{count} {what}"
            for count, what in ((days - complete, "begun"), (missing, "missing"))
            if count
        ]
        date = first if first == last else f"{first}..{last}"
        mend = f"; better: {command('crawl rankings')} -a mode={mode} -a content={content} -a date={date}"
        yield (
            f"{mode}/{content}, {first} to {last}: {complete:,} of {days + missing:,} days complete"
            + (f" ({', '.join(short)}){mend}" if short else "")
        )
