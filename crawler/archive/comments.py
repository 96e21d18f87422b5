"""What tables and columns mean, in PostgreSQL's own comments: as docs/tables.md says it, from the same place."""

from __future__ import annotations

from sqlalchemy import Connection

from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables.metadata import METADATA


def write_comments(connection: Connection) -> None:
    """Comment every table, view and column; SQLite has no comments. For an archive at the newest revision."""
    if connection.dialect.name != "postgresql":
        return
    lines = []
    for name, table in METADATA.tables.items():
        lines.append(f"COMMENT ON TABLE {name} IS {_literal(table.comment)}")
        lines += [
            f"COMMENT ON COLUMN {name}.{column.name} IS {_literal(column.comment)}"
            for column in table.columns
        ]
    purposes = view_purposes()
    for name, meanings in view_meanings().items():
        lines.append(f"COMMENT ON VIEW {name} IS {_literal(purposes[name])}")
        lines += [
            f"COMMENT ON COLUMN {name}.{column} IS {_literal(meaning.as_text())}"
            for column, meaning in meanings.items()
        ]
    # One round trip: they are a thousand.
    connection.exec_driver_sql("; ".join(lines).replace("%", "%%"))


def _literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
