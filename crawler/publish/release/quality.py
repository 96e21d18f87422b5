"""QUALITY.md and SCHEMA.md of a release: what is missing, refused, changed and unknown; and how the schema came to be."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyarrow import parquet
from sqlalchemy import Connection

from crawler.archive.queries import load, run
from crawler.archive.released import is_own
from crawler.places import SHIPPED
from crawler.publish.release.files import Written

EVER = {"since": "2007-09-13", "until": "9999-12-31"}
MOST = 500
"""Rows of a list; the rest is counted."""
SECTIONS = (
    ("missing-days", "Days that are missing or partial", "No day is missing between two archived ones."),
    ("hindsight", "Tags of the day, and of today (hindsight)", "No ranking is archived."),
    ("refused-rows", "Rejected rows", "None: every row of every response is stored."),
    ("changed-replies", "What pixiv changed in its responses", "Nothing that was noticed."),
)
HEAD = """# Quality

What this release is without. It is made with it, from the same archive; what each column means stands in `datapackage.json`.
"""


def render(connection: Connection, folder: Path, written: Mapping[str, Sequence[Written]], *, is_private: bool) -> str:
    """The text of QUALITY.md."""
    lines = [HEAD]
    for name, title, none in SECTIONS:
        answer = run(connection, load(name), EVER)
        rows = answer.rows
        if not is_private and "endpoint" in answer.headings:
            place = answer.headings.index("endpoint")
            rows = [row for row in rows if not is_own(row[place])]
        lines += [f"## {title}", "", *(_table(answer.headings, rows) if rows else [none]), ""]
    lines += ["## Share of values that are unknown", "", "Columns that are known everywhere are left out.", ""]
    lines += _table(("table", "column", "rows", "unknown", "percent"), list(_unknown(folder, written)))
    return "\n".join(lines) + "\n"


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
            if count:
                yield table, column, f"{rows:,}", f"{count:,}", f"{100 * count / rows:.1f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A table in Markdown, cut after so many rows."""
    lines = [f"| {' | '.join(headings)} |", "|" + "---|" * len(headings)]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows[:MOST]]
    if len(rows) > MOST:
        lines += ["", f"… and {len(rows) - MOST:,} more."]
    return lines


def _cell(value: Any) -> str:
    # Both databases count in types of their own.
    text = (
        ""
        if value is None
        else f"{float(value):.1f}"
        if hasattr(value, "as_tuple") or isinstance(value, float)
        else str(value)
    )
    return text.replace("|", "\\|").replace("\n", " ")


def schema_changes() -> str:
    """The text of SCHEMA.md: each revision and what it did, the newest first."""
    lines = ["# How the schema came to be", "", "| revision | what it did |", "|---|---|"]
    for file in sorted((SHIPPED / "migrations/versions").glob("*.py"), reverse=True):
        revision, _, slug = file.stem.partition("_")
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or slug.replace("_", " ")
        lines.append(f"| {revision} | {said.splitlines()[0]} |")
    return "\n".join(lines) + "\n"
