"""How much an answer knows: of the rows it rests on, how many had the value, and which days it spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from crawler.archive.queries import Answer, Known, Parameter, Query, answered

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
    return [
        line for known in query.known for line in _notes(connection, query, known, answer.values)
    ]


def _notes(
    connection: Connection, query: Query, known: Known, values: Mapping[str, Any]
) -> Iterator[str]:
    if not known.sql:
        yield from _days(connection, query, values)
        return
    ((had, of),) = answered(connection, query, known.sql, values).rows
    had, of = int(had or 0), int(of or 0)
    line = known.text.format(known=f"{had:,}", of=f"{of:,}")
    yield line + (f"; better: {known.better}" if known.better and had < of else "")


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
        yield "no ranking of these days is archived; better: scrapy crawl rankings -a mode=… -a date=…"
        return
    if len(found) > LISTED:
        days, complete, missing = (sum(row[place] for row in found) for place in (4, 5, 6))
        yield (
            f"{len(found)} kinds of ranking, {min(row[2] for row in found)} to {max(row[3] for row in found)}:"
            f" {complete:,} of {days + missing:,} rankings complete"
            + ("" if complete == days + missing else "; better: scrapy sql missing-days says which")
        )
        return
    for mode, content, first, last, days, complete, missing in found:
        short = [
            f"{count} {what}"
            for count, what in ((days - complete, "begun"), (missing, "missing"))
            if count
        ]
        date = first if first == last else f"{first}..{last}"
        mend = f"; better: scrapy crawl rankings -a mode={mode} -a content={content} -a date={date}"
        yield (
            f"{mode}/{content}, {first} to {last}: {complete:,} of {days + missing:,} days complete"
            + (f" ({', '.join(short)}){mend}" if short else "")
        )
