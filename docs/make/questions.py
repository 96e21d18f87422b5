"""Make docs/reference/queries.md from queries/."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crawler.archive import queries
from crawler.archive.queries import Query

FILE = Path(__file__).parents[1] / "reference/queries.md"
HEAD = """# Questions

Made from `queries/` by `./run docs`; do not edit.

`./run sql NAME` asks one of them, `--param NAME=VALUE` sets a parameter, `--csv`, `--json` and `--parquet FILE` write it for
programs. Under each answer stands **how much it knows**: of how many rows the value was known, whether the days are complete,
and the command that would make it better. Each question is plain SQL for SQLite and PostgreSQL that may be copied:
`./run sql mine.sql` asks a file, `./run sql 'select …'` what stands in the quotes, with warnings about its columns.

Dates are `2024-02-06`, `newest` (the newest ranking archived), `today`, or days before: `newest-365`.
What the words mean: [numbers](../explain/numbers.md); every column: [tables.md](tables.md).
"""
REFUSED = """## What no reply can answer

`./run sql NAME` refuses these with the reason.

| name | question | why not |
|---|---|---|"""


def render() -> str:
    """Every question with its SQL, parameters, and its limits."""
    found = [queries.load(name) for name in queries.names()]
    parts = [HEAD]
    for group in queries.GROUPS:
        members = [query for query in found if query.group == group]
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
    return "\n".join(line for line in query.sql.splitlines() if not queries.HEADER.match(line)).strip()
