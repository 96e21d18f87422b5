"""Meanings of views and their columns, for docs/reference/tables.md and for comments in PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection, Table

from crawler.archive.views import FOLDER, definitions, purpose_of
from crawler.tables.meaning import Meaning, meaning_of
from crawler.tables.metadata import METADATA

_SAID = re.compile(r"-- (\w+): (.+)")
_WORD = re.compile(r"\b[a-z_]+\b")
SHARED: Mapping[str, Meaning] = {
    "day_number": Meaning("the ranking's day, counted from 2007-09-13 as 0", unit="days"),
    "tag": Meaning("the tag's name, as pixiv spells it"),
    "child_tag": Meaning("the name of the tag below it"),
    "user_name": Meaning("the name the user has now", null="no response has contained it"),
    "present": Meaning("what the field holds now, as text", null="nothing, or unknown"),
}
"""Columns that views make, and that mean the same in each."""


@cache
def view_meanings() -> Mapping[str, Mapping[str, Meaning]]:
    """Return the meaning of each column of every view, by their names; one that says nothing has an empty text."""
    found: dict[str, dict[str, Meaning]] = {}
    with closing(sqlite3.connect(":memory:")) as connection:
        # An empty SQLite database tells the columns of each view without parsing SQL.
        for name, table in METADATA.tables.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(c.name for c in table.columns)})")
        for name, sql in definitions("sqlite").items():
            connection.execute(f"CREATE VIEW {name} AS {sql}")
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            found[name] = {column: _meaning(name, sql, column, found) for column in columns}
    return found


@cache
def view_purposes() -> Mapping[str, str]:
    """Return what each view shows, in a sentence or two."""
    found = {}
    for name in definitions("sqlite"):
        path = FOLDER / f"{name}.sql"
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            head = [line for line in lines if line.startswith("-- ") and not _SAID.fullmatch(line)]
            found[name] = " ".join(line.removeprefix("-- ") for line in head)
        else:
            found[name] = purpose_of(name)
    return found


def _meaning(view: str, sql: str, column: str, views: Mapping[str, Mapping[str, Meaning]]) -> Meaning:
    """Return what the file of a view says of a column, else what the tables and views that it reads say."""
    path = FOLDER / f"{view}.sql"
    head = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    said = {match[1]: match[2] for line in head if (match := _SAID.fullmatch(line))}
    if column in said:
        return Meaning(said[column])
    for word in _WORD.findall(sql):
        table = METADATA.tables.get(word)
        if table is not None and column in table.columns:
            meaning = meaning_of(table.columns[column])
            return replace(meaning, unit="time in UTC") if meaning.unit.startswith("moment") else meaning
        if column in views.get(word, {}):
            return views[word][column]
    return SHARED.get(column, Meaning(""))


def write_comments(connection: Connection) -> None:
    """Comment every table, view and column; SQLite has no comments. For an archive at the newest revision."""
    if connection.dialect.name == "postgresql":
        # One round trip: they are a thousand.
        lines = comments(METADATA.tables.values(), view_meanings())
        connection.exec_driver_sql("; ".join(lines).replace("%", "%%"))


def comments(tables: Iterable[Table], views: Iterable[str]) -> Iterator[str]:
    """The statements that comment tables and views, as PostgreSQL and DuckDB take them."""
    for table in tables:
        yield f"COMMENT ON TABLE {table.name} IS {_literal(table.comment)}"
        for column in table.columns:
            yield f"COMMENT ON COLUMN {table.name}.{column.name} IS {_literal(column.comment)}"
    for name in views:
        yield f"COMMENT ON VIEW {name} IS {_literal(view_purposes()[name])}"
        for column_name, meaning in view_meanings()[name].items():
            yield f"COMMENT ON COLUMN {name}.{column_name} IS {_literal(meaning.as_text())}"


def _literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
