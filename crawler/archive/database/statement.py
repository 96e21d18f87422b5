"""SQL of our own as the drivers take it: everywhere else it is written with `?`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect


def mark(dialect: Dialect) -> str:
    """What stands for a value in the SQL of a driver."""
    return "?" if dialect.paramstyle == "qmark" else "%s"


def execute(connection: Connection, sql: str, values: Sequence[Any]) -> CursorResult[*tuple[Any, ...]]:
    """Execute SQL in which each `?` stands for a value.

    Values go to the driver as they are, and come back so: for half a thousand rows a page, SQLAlchemy's
    types cost as much as the database.
    """
    return connection.exec_driver_sql(sql.replace("?", mark(connection.dialect)), tuple(values))
