"""Make docs/reference/tables.md from the row classes, entries and views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from pathlib import Path

from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.endpoints.filling import filled_by
from crawler.tables.meaning import MOMENT, Meaning, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.relations import relations
from crawler.tables.row import Base, Field

FILE = Path(__file__).parents[1] / "reference/tables.md"
HEAD = """# Tables

Made from `crawler/tables/`, `crawler/endpoints/` and `crawler/archive/sql/` by `./run docs`; do not edit.
On PostgreSQL the same stands in the comments of tables, views and columns.

**Times.** A *moment* (`…_seen_at`, `observed_at`, `listing_id`) is nanoseconds since 1970 whose digits below the millisecond are
the reply's digest, so that a moment names its reply: join it with `captures.observed_at`. Views (`v_…`) show moments
as times. Other `_at` columns are times in UTC, `_on` columns dates, of rankings in Japan.

**Unknown is not empty.** NULL means that no reply has contained the value, unless the column says otherwise. Each table says which
endpoints fill it, and a column where fewer do: a mean over a column that few replies fill is a mean of those few.

**How a thing is held.** *Entities* (`artworks`, `users` …) hold the newest known value of each field; `…_history` tables hold
former ones with when they were first and last seen; `…_counts`, `ranking_entries` and `listing_entries` hold every observation.
`group_times` is the merge's own: when each group of columns was last set, where that is not `last_seen_at`.
"""
FEW = 4
MAIN = (
    "rankings",
    "ranking_entries",
    "artworks",
    "artwork_counts",
    "artwork_tags",
    "tags",
    "users",
    "user_counts",
    "series",
    "series_works",
    "follows",
    "bookmarks",
    "comments",
    "listings",
    "listing_entries",
    "novels",
    "novel_tags",
    "commission_requests",
    "commission_plans",
    "captures",
    "crawls",
)
"""The tables of the diagram: the others hang on these by the same names."""


def render() -> str:
    """The data dictionary."""
    return "\n".join([HEAD, *diagram(), "", *tables(), *views()])


def diagram() -> Iterable[str]:
    """How tables name each other's rows, as Mermaid draws it."""
    yield from ("## How they hang together", "", "```mermaid", "erDiagram")
    for table, column, home in relations():
        if table in MAIN and home in MAIN:
            yield f"    {home} ||--o{{ {table} : {column}"
    yield "    captures ||--o{ ranking_entries : seen_at"
    yield "```"


def tables() -> Iterable[str]:
    """Every table with its columns."""
    classes = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    filled = filled_by()
    for name, table in METADATA.tables.items():
        by = {end for (of, _), ends in filled.items() if of == name for end in ends}
        yield from (f"## {name}", "", cleandoc(classes[name].__doc__ or ""), "")
        if by:
            yield from (f"Filled by: {', '.join(f'`{end}`' for end in sorted(by))}.", "")
        yield from ("| column | type | JSON | meaning |", "|---|---|---|---|")
        for column in table.columns:
            field: Field = column.info.get("field") or Field()
            names = ", ".join(f"`{spelling}`" for spelling in field.names)
            key = " (key)" if column.primary_key else ""
            said = shown(meaning_of(column)) + only(filled.get((name, column.name), ()), by)
            yield f"| {column.name}{key} | {column.type.python_type.__name__} | {names} | {said} |"
        yield ""


def shown(meaning: Meaning) -> str:
    """A meaning in a cell; what a moment is stands in the head."""
    return meaning.as_text().replace(MOMENT, "moment").replace("|", "\\|")


def only(ends: Iterable[str], of: set[str]) -> str:
    """Which of the table's endpoints fill a column, where it is not all of them."""
    here = set(ends)
    if not here or here == of:
        return ""
    if len(here) <= FEW:
        return f" Filled by {', '.join(f'`{end}`' for end in sorted(here))} alone."
    missing = sorted(of - here)
    if len(missing) > FEW:
        return f" Filled by {len(here)} of the {len(of)} endpoints."
    return f" Not filled by {', '.join(f'`{end}`' for end in missing)}."


def views() -> Iterable[str]:
    """Every view with its columns."""
    yield from ("# Views", "", "What most questions read: names joined, moments as times.", "")
    meanings: Mapping[str, Mapping[str, Meaning]] = view_meanings()
    for name, columns in meanings.items():
        yield from (f"## {name}", "", view_purposes()[name], "", "| column | meaning |", "|---|---|")
        yield from (f"| {column} | {shown(meaning)} |" for column, meaning in columns.items())
        yield ""
