"""Make docs/reference/tables.md from the row classes, entries and views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from inspect import cleandoc
from pathlib import Path

from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables.meaning import MOMENT, NEVER_CONTAINED, Meaning, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.relations import relations
from crawler.tables.row import Base, Field
from docs.make.filling import filled_by

FILE = Path(__file__).parents[1] / "reference/tables.md"
HEAD = """# Tables

Made from `crawler/tables/`, `crawler/endpoints/` and `crawler/archive/sql/` by `./run docs`; do not edit. On PostgreSQL the
comments of tables, views and columns say the same. Most queries read the [views](#views): they join names and show times.

- **NULL** means that no response has contained the value, unless the column says otherwise. Each table names the endpoints that
  fill it, and a column says so if fewer do. A mean over such a column is a mean of few rows.
- **Times.** An *observation time* (`…_seen_at`, `observed_at`, `listing_id`) is nanoseconds since 1970. Its last six digits come
  from the response's digest, so it identifies the response: join it with `captures.observed_at`. Views show it as a time. Other
  `…_at` columns are times in UTC. `…_on` columns are dates, and dates of rankings are dates in Japan.
- **Current, former, observed.** `artworks`, `users` and the like have the newest known values. `…_history` tables have former values, with
  the first and last time they were seen. `…_counts`, `ranking_entries` and `listing_entries` have every observation.
  `group_times` is for the crawler: when each group of columns was last set, if not at `last_seen_at`.
"""
FEW = 4
GROUPS: Mapping[str, str] = {
    "rankings": "Rankings and series",
    "artworks": "Works and their tags",
    "tags": "Tag pages",
    "users": "Users",
    "listings": "Lists",
    "comments": "Comments",
    "commissions": "Commissions",
    "novels": "Novels",
    "account": "Your account",
    "cohort": "Random sample",
    "provenance": "Runs and responses",
    "jobs": "Jobs and tracking",
}
"""Titles of the groups of tables, by the module of their classes: what most readers want comes first."""
PLAIN = frozenset({"id", "yes or no", "address", "time in UTC", "date in Japan", MOMENT})
"""Units that a column's name and type say already."""


def render() -> str:
    """The data dictionary."""
    return "\n".join([HEAD, *groups(), *views()])


def groups() -> Iterable[str]:
    """Every table, by group, core first, with a diagram of what each group's tables refer to."""
    classes = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    filled = filled_by()
    for module, title in GROUPS.items():
        here = [name for name in METADATA.tables if classes[name].__module__.endswith(f".{module}")]
        yield from (f"## {title}", "", *diagram(here))
        for name in here:
            yield from (f"### {name}", "", cleandoc(classes[name].__doc__ or ""), "", *table(name, filled), "")


def diagram(here: Sequence[str]) -> Iterable[str]:
    """The references of some tables, as Mermaid draws them."""
    found = [f"    {home} ||--o{{ {name} : {column}" for name, column, home in relations() if name in here]
    if found:
        yield from ("```mermaid", "erDiagram", *found, "```", "")


def table(name: str, filled: Mapping[tuple[str, str], Iterable[str]]) -> Iterable[str]:
    """The columns of a table. filled: the endpoints that fill each column."""
    by = {end for (of, _), ends in filled.items() if of == name for end in ends}
    if by:
        yield from (f"Filled by: {', '.join(f'`{end}`' for end in sorted(by))}.", "")
    yield from ("| column | type | JSON | meaning |", "|---|---|---|---|")
    for column in METADATA.tables[name].columns:
        field: Field = column.info.get("field") or Field()
        names = ", ".join(f"`{spelling}`" for spelling in field.names)
        key = " (key)" if column.primary_key else ""
        said = shown(meaning_of(column)) + only(filled.get((name, column.name), ()), by)
        yield f"| {column.name}{key} | {column.type.python_type.__name__} | {names} | {said} |"


def shown(meaning: Meaning) -> str:
    """A meaning in a cell, without what the page's head says of all columns."""
    unit = "" if meaning.unit in PLAIN and not meaning.window else meaning.unit
    null = "" if meaning.null == NEVER_CONTAINED else meaning.null
    return replace(meaning, unit=unit, null=null).as_text().replace("|", "\\|")


def only(ends: Iterable[str], of: set[str]) -> str:
    """Which of the table's endpoints fill a column, where it is not all of them."""
    here = set(ends)
    if not here or here == of:
        return ""
    if len(here) <= FEW:
        return f" Filled by {', '.join(f'`{end}`' for end in sorted(here))} only."
    missing = sorted(of - here)
    if len(missing) > FEW:
        return f" Filled by {len(here)} of the {len(of)} endpoints."
    return f" Not filled by {', '.join(f'`{end}`' for end in missing)}."


def views() -> Iterable[str]:
    """Every view with its columns."""
    yield from ("## Views", "", "Most queries read these: names are joined, observation times are shown as times.", "")
    meanings: Mapping[str, Mapping[str, Meaning]] = view_meanings()
    for name, columns in meanings.items():
        yield from (f"### {name}", "", view_purposes()[name], "", "| column | meaning |", "|---|---|")
        yield from (f"| {column} | {shown(meaning)} |" for column, meaning in columns.items())
        yield ""
