"""Write the meanings of tables, views and columns as comments of a database, from the same place as docs/tables.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Table

from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables.metadata import METADATA


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
