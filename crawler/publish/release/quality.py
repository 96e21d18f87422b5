"""QUALITY.md and SCHEMA.md of a release: what is missing, refused, changed and unknown; and how the schema came to be."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from pyarrow import parquet
from sqlalchemy import Connection

from crawler.archive.queries import load, run
from crawler.archive.released import is_own
from crawler.places import SHIPPED
from crawler.publish.days import Day, Span, days_of, missing, spans
from crawler.publish.release.files import Written

EVER = {"since": "2007-09-13", "until": "9999-12-31"}
LEAST_UNKNOWN = 1.0
"""Percent of a column's values from which on it is listed."""
SECTIONS = (
    ("refused-rows", "Rejected rows", "None: every row of every response is stored."),
    ("changed-replies", "What pixiv changed in its responses", "Nothing that was noticed."),
)
HEAD = """# Quality

What this release is without. It is made with it, from the same archive; what each column means stands in `datapackage.json`.

## Rankings by year

Depth: the last rank that is stored on most days, and how many ranks pixiv has. Later tags: percent of the entries with tags whose
response came more than two days after the ranking was published, so that its tags may be later ones (hindsight).
"""


def render(connection: Connection, folder: Path, written: Mapping[str, Sequence[Written]], *, is_private: bool) -> str:
    """The text of QUALITY.md."""
    days = days_of(connection)
    lines = [HEAD, *(_years(connection, days) if days else ["No ranking is archived."]), ""]
    lines += ["## Missing days", "", *(_missing(days) or ["None between two archived ones."]), ""]
    lines += ["## Days without all ranks", "", *(_partial(days) or ["None."]), ""]
    for name, title, none in SECTIONS:
        answer = run(connection, load(name), EVER)
        found = answer.rows
        if not is_private and "endpoint" in answer.headings:
            place = answer.headings.index("endpoint")
            found = [row for row in found if not is_own(row[place])]
        lines += [f"## {title}", "", *(_table(answer.headings, found) if found else [none]), ""]
    lines += ["## Values that are unknown", "", f"Columns of which more than {LEAST_UNKNOWN:g}% are NULL.", ""]
    lines += _table(("table", "column", "rows", "unknown", "percent"), list(_unknown(folder, written)))
    return "\n".join(lines) + "\n"


def _years(connection: Connection, days: Mapping[Any, Sequence[Day]]) -> list[str]:
    hindsight = {row[:3]: row[3:] for row in run(connection, load("hindsight"), EVER).rows}
    rows = []
    for (mode, content), found in days.items():
        # A text, as the query `hindsight` names its years: it is a part of the key below.
        for year, of_year in groupby(found, key=lambda day: f"{day.on.year}"):
            some = list(of_year)
            entries, _, without, later = hindsight.get((mode, content, year), (0, 0, 0, None))
            usual = Counter(day.extent for day in some).most_common(1)[0][0]
            whole = sum(day.is_complete for day in some)
            rows.append((mode, content, year, len(some), whole, usual, f"{entries:,}", later, f"{without:,}"))
    headings = ("mode", "content", "year", "days", "all ranks", "depth", "entries", "later tags %", "without tags")
    return _table(headings, rows)


def _missing(days: Mapping[Any, Sequence[Day]]) -> list[str]:
    """A line for each ranking and year, which names the days that are not there."""
    return [
        f"- {mode} {content} {year}: {_named(list(of_year))}"
        for (mode, content), found in days.items()
        for year, of_year in groupby(missing(found), key=lambda span: span[0].year)
    ]


def _partial(days: Mapping[Any, Sequence[Day]]) -> list[str]:
    """A line for each ranking and depth, which names the days that are read so far."""
    return [
        f"- {mode} {content}, {extent}: {_named(several)}"
        for (mode, content), found in days.items()
        for extent, several in spans([day for day in found if not day.is_complete]).items()
    ]


def _named(several: Sequence[Span]) -> str:
    return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in several)


def _unknown(folder: Path, written: Mapping[str, Sequence[Written]]) -> Iterable[tuple[Any, ...]]:
    """Of each column, how many values are NULL, as the files' own statistics have it."""
    for table, files in written.items():
        rows, nulls = 0, dict[str, int]()
        for one in files:
            metadata = parquet.ParquetFile(folder / one.path).metadata
            rows += metadata.num_rows
            for group in range(metadata.num_row_groups):
                for place in range(metadata.num_columns):
                    chunk = metadata.row_group(group).column(place)
                    nulls[chunk.path_in_schema] = nulls.get(chunk.path_in_schema, 0) + chunk.statistics.null_count
        for column, count in nulls.items():
            if 100 * count > LEAST_UNKNOWN * rows:
                yield table, column, f"{rows:,}", f"{count:,}", f"{100 * count / rows:.1f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", "|" + "---|" * len(headings)]
    return lines + [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, (Decimal, float)):  # both databases count in types of their own
        value = f"{float(value):.1f}"
    return ("" if value is None else str(value)).replace("|", "\\|").replace("\n", " ")


def schema_changes() -> str:
    """The text of SCHEMA.md: each revision and what it did, the newest first."""
    lines = ["# How the schema came to be", "", "| revision | what it did |", "|---|---|"]
    for file in sorted((SHIPPED / "migrations/versions").glob("*.py"), reverse=True):
        revision, _, slug = file.stem.partition("_")
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or slug.replace("_", " ")
        lines.append(f"| {revision} | {said.splitlines()[0]} |")
    return "\n".join(lines) + "\n"
