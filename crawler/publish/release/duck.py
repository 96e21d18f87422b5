"""archive.duckdb: the tables and views of a release in one file, with comments, for DuckDB."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import sqlglot
from sqlalchemy import Table

from crawler.archive.released import DATABASE
from crawler.archive.view_columns import comments
from crawler.archive.views import definitions
from crawler.files import complete_file
from crawler.publish.release import history
from crawler.publish.release.files import Written, released_columns
from crawler.tables.metadata import METADATA

STORAGE = "v1.0.0"


def made_of() -> str:
    """Return a digest of what it and the flat table are made of besides rows: its format, and the views' SQL."""
    text = "\n".join((STORAGE, history.ROWS, *definitions("postgresql").values()))
    return hashlib.sha256(text.encode()).hexdigest()


def make(folder: Path, written: Mapping[str, Sequence[Written]], *, is_private: bool) -> None:
    """Make the file from the Parquet files, complete or not at all.

    A table that is not released is there without rows, so that every question can be asked. It holds the rows themselves: DuckDB resolves relative paths in views against the reader's folder, not its own.
    """
    with complete_file(folder / DATABASE, is_public=not is_private) as beside:
        mode = beside.stat().st_mode
        beside.unlink()  # DuckDB takes no empty file
        _make(beside, folder, written, is_private=is_private)
        beside.chmod(mode)


def _make(file: Path, folder: Path, written: Mapping[str, Sequence[Written]], *, is_private: bool) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # The oldest format that DuckDB promises to open: readers have other versions than we.
        connection.execute(f"ATTACH {_quoted(file)} AS archive (STORAGE_VERSION '{STORAGE}')")
        connection.execute("USE archive")
        tables = list(METADATA.tables.values())
        for table in tables:
            files = [str(folder / one.path) for one in written.get(table.name, ())]
            _fill(connection, table, files, is_private=is_private)
        for line in comments(tables, _views(connection)):
            connection.execute(line)


def _quoted(file: Path) -> str:
    text = str(file).replace("'", "''")
    return f"'{text}'"


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, files: list[str], *, is_private: bool) -> None:
    """Make a table of its files; one without any, or without the account's own columns, has its columns all the same."""
    there = {column.name for column in released_columns(table, is_private=is_private)} if files else set[str]()
    columns = ", ".join(
        column.name if column.name in there else f"CAST(NULL AS {TYPES[column.type.python_type]}) AS {column.name}"
        for column in table.columns
    )
    if files:
        connection.execute(f"CREATE TABLE {table.name} AS SELECT {columns} FROM read_parquet(?)", [files])
    else:
        connection.execute(f"CREATE TABLE {table.name} AS SELECT {columns} WHERE false")


TYPES = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN", float: "DOUBLE", date: "DATE", datetime: "TIMESTAMPTZ"}


def _views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Make the archive's views; returns their names."""
    found = definitions("postgresql")
    for name, sql in found.items():
        connection.execute(f"CREATE VIEW {name} AS {sqlglot.parse_one(sql, read='postgres').sql(dialect='duckdb')}")
    return list(found)
