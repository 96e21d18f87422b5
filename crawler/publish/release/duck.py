"""archive.duckdb: the tables and views of a release in one file, with comments, for DuckDB."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import sqlglot
from sqlalchemy import Table

from crawler.archive.view_columns import comments
from crawler.archive.views import definitions
from crawler.files import complete_file
from crawler.publish.release.files import Written, released_columns

FILE = "archive.duckdb"


STORAGE = "v1.0.0"


def made_of() -> str:
    """Return a digest of what the file is made of besides the tables' rows: its format, and the views' SQL."""
    text = "\n".join((STORAGE, *definitions("postgresql").values()))
    return hashlib.sha256(text.encode()).hexdigest()


def make(folder: Path, tables: Sequence[Table], written: Mapping[str, Sequence[Written]], *, is_private: bool) -> None:
    """Make the file from the Parquet files, complete or not at all.

    It holds the rows themselves: DuckDB resolves relative paths in views against the reader's folder, not its own.
    """
    with complete_file(folder / FILE, is_public=not is_private) as beside:
        mode = beside.stat().st_mode
        beside.unlink()  # DuckDB takes no empty file
        _make(beside, folder, tables, written, is_private=is_private)
        beside.chmod(mode)


def _make(
    file: Path, folder: Path, tables: Sequence[Table], written: Mapping[str, Sequence[Written]], *, is_private: bool
) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # The oldest format that DuckDB promises to open: readers have other versions than we.
        connection.execute(f"ATTACH {_quoted(file)} AS archive (STORAGE_VERSION '{STORAGE}')")
        connection.execute("USE archive")
        for table in tables:
            files = [str(folder / one.path) for one in written[table.name]]
            _fill(connection, table, files, is_private=is_private)
        views = _views(connection, {table.name for table in tables})
        for line in comments(tables, views):
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


def _views(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> list[str]:
    """Make the archive's views, as far as their tables are released; returns their names."""
    definition = definitions("postgresql")
    made = []
    for name, sql in definition.items():
        parsed = sqlglot.parse_one(sql, read="postgres")
        if {found.name for found in parsed.find_all(sqlglot.exp.Table)} <= tables | definition.keys():
            connection.execute(f"CREATE VIEW {name} AS {parsed.sql(dialect='duckdb')}")
            made.append(name)
    return made
