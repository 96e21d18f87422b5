"""archive.duckdb: the tables and views of a release in one file, with comments, for DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb_engine import Dialect
from sqlalchemy import Table

from crawler.archive import columnar
from crawler.archive.released import BLANKED, public
from crawler.publish.release.files import released_columns, released_tables
from crawler.tables.metadata import METADATA


def fill(connection: duckdb.DuckDBPyConnection, copy: Path, *, is_private: bool) -> None:
    """Fill a release's database from the copy of an archive, with what is for everybody; or for its owner.

    It holds the rows themselves, for DuckDB resolves relative paths in views against the reader's folder, not its own. A
    table that is not released is there without rows, so that every question can be asked.
    """
    quoted = str(copy).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS copied (READ_ONLY)")
    connection.execute("USE copied")  # the conditions of rows read other tables
    released = {table.name for table in released_tables(is_private=is_private)}
    for table in METADATA.tables.values():
        condition = _condition(table, is_private=is_private) if table.name in released else "false"
        keys = ", ".join(column.name for column in table.primary_key)
        columns = ", ".join(_columns(table, is_private=is_private))
        connection.execute(
            f"CREATE TABLE made.{table.name} AS SELECT {columns} FROM {table.name} WHERE {condition} ORDER BY {keys}"
        )
    connection.execute("USE made")
    connection.execute("DETACH copied")
    columnar.finish(connection)


def _columns(table: Table, *, is_private: bool) -> list[str]:
    """The columns of a table; without a value those of the account itself, and with another what is blanked."""
    there = {column.name for column in released_columns(table, is_private=is_private)}
    blanked = {} if is_private else BLANKED.get(table.name, {})
    found = []
    for column in table.columns:
        if column.name in blanked:
            found.append(f"'{blanked[column.name]}' AS {column.name}")
        elif column.name in there:
            found.append(column.name)
        else:
            found.append(f"CAST(NULL AS {columnar.TYPES[column.type.python_type]}) AS {column.name}")
    return found


def _condition(table: Table, *, is_private: bool) -> str:
    """SQL: which rows of a table are released."""
    shown = None if is_private else public(table)
    if shown is None:
        return "true"
    return str(shown.compile(dialect=Dialect(), compile_kwargs={"literal_binds": True}))
