"""Make docs/reference/queries.md from queries/."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from crawler.archive import queries
from crawler.archive.queries import Query

HEADER = re.compile(r"-- (:\w|group: |cannot say: |[A-Z].*\?$)")
"""A line of a file's head: what it asks, takes and cannot say."""
FILE = Path(__file__).parents[1] / "reference/queries.md"
HEAD = """# Queries

Made from `queries/` by `./run docs`; do not edit.

`./run sql NAME` runs a query, `--param NAME=VALUE` sets a parameter, and `--csv`, `--json` and `--parquet FILE` write the result for
programs. Below each result you see **how complete the data is**: of how many rows a value is known, which days are missing, and the
command that improves it. Each query is plain SQL for SQLite and PostgreSQL that you may copy. `./run sql mine.sql` runs a file, and
`./run sql 'select …'` your own SQL, with warnings about its columns.

Dates are `2024-02-06`, `newest` (the newest ranking archived), `today`, or days before: `newest-365`.
What the words mean: [numbers](../explain/numbers.md). Every column: [tables](tables.md).
"""
REFUSED = """## What no reply can answer

`./run sql NAME` refuses these with the reason.

| name | question | why not |
|---|---|---|"""


def render() -> str:
    """Every question with its SQL, parameters, and its limits."""
    parts = [HEAD]
    for group, members in queries.by_group().items():
        parts += [f"## {group.capitalize()}", ""]
        for query in members:
            parts += shown(query)
    refused = queries.unanswerable()
    rows = (f"| {name} | {one['question']} | {one['why']} |" for name, one in refused.items())
    return "\n".join([*parts, REFUSED, *rows, ""])


def shown(query: Query) -> Iterable[str]:
    """One question."""
    yield from (f"### {query.name}", "", query.question, "")
    for one in query.parameters:
        default = f" (`{one.default}`)" if one.default else ", must be given"
        yield f"- `{one.name}`: {one.meaning}{default}"
    yield ""
    yield from (f"**Cannot tell you:** {limit}.\n" for limit in query.cannot_say)
    knows = [
        "how deep its rankings are read, how many days of how many, from when to when"
        if not one.sql
        else blank(one.text)
        for one in query.known
    ]
    if knows:
        yield f"**Under the answer stands:** {'; '.join(knows)}.\n"
    yield from ("```sql", statement(query), "```", "")


def blank(text: str) -> str:
    """A line of what is known, without its numbers."""
    return text.format(known="N", of="M")


def statement(query: Query) -> str:
    """The SQL of a question without its head."""
    return "\n".join(line for line in query.sql.splitlines() if not HEADER.match(line)).strip()
