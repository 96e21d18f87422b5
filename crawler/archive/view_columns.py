"""Meanings of views' columns: as the tables say that the view reads, else as its file's head says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache

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
