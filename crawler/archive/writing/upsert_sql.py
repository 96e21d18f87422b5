"""A table as rows are written to it: its upsert, and its values as a driver takes them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.default import DefaultDialect

from crawler.archive.writing.merge import Values
from crawler.tables.metadata import METADATA
from crawler.tables.row import Base, Field, Observation, Relation, UtcDateTime

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
KEYS_PER_SELECT = 500


class TableWriter:
    """A table in one dialect: its columns, its upsert statement, and its values as the driver takes them.

    key_of: the key of a row, a tuple where several columns are the key. values_of: all values of a row that has them.
    """

    def __init__(self, row_class: type[Base], dialect: Dialect) -> None:
        self.row_class, self.dialect = row_class, dialect
        self.is_of_a_server = dialect.name != "sqlite"
        self.table = METADATA.tables[row_class.__tablename__]
        self.columns = tuple(column.name for column in self.table.columns)
        self.key = tuple(column.name for column in self.table.primary_key)
        self.key_of: Callable[[Values], Any] = itemgetter(*self.key)
        self.values_of: Callable[[Values], tuple[Any, ...]] = itemgetter(*self.columns)
        # psycopg takes Python's dates and times as they are, sqlite3 only numbers and text.
        dated = (column.name for column in self.table.columns if isinstance(column.type, (UtcDateTime, Date)))
        self.dated = () if self.is_of_a_server else tuple(dated)

    @cached_property
    def statement(self) -> str:
        """The upsert, made when it is first needed: a run writes few of the tables."""
        return upsert_sql(self.row_class, self.dialect)

    def bind(self, rows: list[Values]) -> list[Values]:
        """Rows as the driver takes them: driver SQL skips SQLAlchemy's types.

        Their bind processors were tried: they check every flag and time anew, a tenth of the store step.
        """
        if not self.dated:
            return rows
        bound = [row.copy() for row in rows]
        for name in self.dated:
            for row in bound:
                value = row.get(name)
                if value is not None:
                    row[name] = as_text(value)
        return bound

    def unite(self, rows: Iterable[Values]) -> list[Values]:
        """Rows of several responses, one a key: what upserts of one after the other would come to."""
        united: dict[Any, Values] = {}
        for row in rows:
            key = self.key_of(row)
            before = united.setdefault(key, row)
            if before is not row:
                united[key] = self.joined(before, row)
        return list(united.values())

    def joined(self, before: Values, row: Values) -> Values:
        """Of two rows of one key what stands, by the rules of `upsert_sql`."""
        if issubclass(self.row_class, Observation):
            return row if row[self.row_class.stamp] <= before[self.row_class.stamp] else before
        if not issubclass(self.row_class, Relation):
            return row
        united = before.copy()
        is_dated = "last_seen_at" in self.columns
        if is_dated and row["last_seen_at"] >= before["last_seen_at"]:
            united.update((name, row.get(name)) for name in self._preferred["last"])
        for prefer, is_better in (("least", operator.lt), ("greatest", operator.gt)):
            for name in self._preferred[prefer]:
                known, new = before.get(name), row.get(name)
                if new is not None and (known is None or is_better(new, known)):
                    united[name] = new
        return united

    @cached_property
    def _preferred(self) -> dict[str, list[str]]:
        """The columns beside the key by which of their values stands (see `Field.prefer`)."""
        found: dict[str, list[str]] = {"least": [], "greatest": [], "last": []}
        for one in self.table.columns:
            if not one.primary_key:
                prefer = one.info["field"].prefer
                found[prefer if prefer in found else "last"].append(one.name)
        return found

    def write(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Upsert rows of values that the driver takes (see `bind`), at most one a key."""
        if rows:
            columns = self.columns
            self._send(connection, rows, lambda rows: [tuple(map(r.get, columns)) for r in rows])

    def write_complete(self, connection: Connection, rows: Sequence[Values]) -> None:
        """`write` for rows that have every column."""
        if rows:
            self._send(connection, rows, lambda rows: list(map(self.values_of, rows)))

    def _send(
        self, connection: Connection, rows: Sequence[Values], tuples: Callable[[list[Values]], list[tuple[Any, ...]]]
    ) -> None:
        # Sorted by key: unsorted batches deadlock PostgreSQL writers.
        ordered = sorted(rows, key=self.key_of)
        if self.is_of_a_server:
            # One statement instead of one a row, which costs a server three times as much.
            connection.exec_driver_sql(self.statement, (orjson.dumps(ordered).decode(),))
        else:
            connection.exec_driver_sql(self.statement, tuples(ordered))

    def select(self, connection: Connection, keys: Sequence[Any]) -> dict[Any, Values]:
        """Stored rows by key, of the keys that there are."""
        found: dict[Any, Values] = {}
        for stored in self.select_by(connection, self.key, keys):
            row = dict(zip(self.columns, stored, strict=True))
            found[self.key_of(row)] = row
        return found

    def select_by(self, connection: Connection, columns: Sequence[str], keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Stored rows of which some columns have one of the values, tuples where they are several."""
        for start in range(0, len(keys), KEYS_PER_SELECT):
            part = keys[start : start + KEYS_PER_SELECT]
            sql, values = (self._wanted if self.is_of_a_server else self._listed)(columns, part)
            yield from connection.exec_driver_sql(sql, values).all()

    def _listed(self, columns: Sequence[str], keys: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        """The SELECT of rows by keys that stand in it, and its values."""
        single = len(columns) == 1
        one = "?" if single else f"({', '.join('?' * len(columns))})"
        head = columns[0] if single else f"({', '.join(columns)})"
        several = ", ".join([one] * len(keys))
        within = several if single else f"VALUES {several}"
        chosen = f"SELECT {', '.join(self.columns)} FROM {self.table.name} WHERE {head} IN ({within})"
        return chosen, tuple(keys) if single else tuple(value for key in keys for value in key)

    def _wanted(self, columns: Sequence[str], keys: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        """The same with the keys as one value: the statement is the same however many there are."""
        types = (self.table.columns[name].type.compile(self.dialect) for name in columns)
        named = ", ".join(f"{name} {kind}" for name, kind in zip(columns, types, strict=True))
        listed = ", ".join(f"{self.table.name}.{name}" for name in self.columns)
        chosen = (
            f"SELECT {listed} FROM {self.table.name}"
            f" JOIN json_to_recordset(%s::json) AS wanted({named}) USING ({', '.join(columns)})"
        )
        several = ((key,) if len(columns) == 1 else key for key in keys)
        wanted = [dict(zip(columns, key, strict=True)) for key in several]
        return chosen, (orjson.dumps(wanted).decode(),)


def as_text(value: date) -> str:
    """A date or UTC time as SQLAlchemy's own types store it on SQLite."""
    return value.isoformat(" ")[:19] if isinstance(value, datetime) else value.isoformat()


def upsert_sql(row_class: type[Base], dialect: Dialect) -> str:
    """INSERT … ON CONFLICT of a table: on SQLite of one row by marks, on PostgreSQL of all rows of a JSON list.

    A sighting keeps the least, the greatest, or what was last seen, column by column; an observation what was seen
    first; any other row is replaced.
    """
    table = METADATA.tables[row_class.__tablename__]
    insert = _insert(dialect)(table)
    if dialect.name != "sqlite":
        insert = insert.from_select(list(table.c.keys()), _rows_of_json(table))
    excluded, others = insert.excluded, [c for c in table.columns if not c.primary_key]
    sets: dict[str, Any] = {column.name: excluded[column.name] for column in others}
    where = None
    if issubclass(row_class, Observation):
        # <=, not <: the same response, read by newer code, replaces its own row.
        where = excluded[row_class.stamp] <= table.c[row_class.stamp]
    elif issubclass(row_class, Relation):
        sets = {
            column.name: case((wins, excluded[column.name]), else_=column)
            for column in others
            if (wins := _wins(column, excluded, table, dialect)) is not None
        }
    key = [column.name for column in table.primary_key]
    if sets:
        insert = insert.on_conflict_do_update(index_elements=key, set_=sets, where=where)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=key)
    keys = list(table.c.keys()) if dialect.name == "sqlite" else None
    return str(insert.compile(dialect=_positional(dialect), column_keys=keys))


def _insert(dialect: Dialect) -> Callable[[Table], Any]:
    """The INSERT of a dialect. PostgreSQL's is loaded where it is used: a third of the start of a command."""
    if dialect.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # see above

    return postgresql.insert


def _rows_of_json(table: Table) -> Select[Any]:
    """The rows of a JSON list of objects, with the columns of a table."""
    columns = [column(one.name, one.type) for one in table.columns]
    rows = func.json_to_recordset(cast(bindparam("rows"), JSON))
    return select(rows.table_valued(*columns, name="given").render_derived(with_types=True))


def _positional(dialect: Dialect) -> Dialect:
    """The dialect as its driver is given values here: in order."""
    made: type[DefaultDialect] = type(dialect)  # type: ignore[assignment]  # of the two that there are
    return made(paramstyle="qmark" if dialect.name == "sqlite" else "format")


def _wins(column: Column[Any], excluded: Any, table: Table, dialect: Dialect) -> ColumnElement[bool] | None:
    """Return when the new value of a relation's column stands; None: never, because it is always the same."""
    field: Field = column.info["field"]
    new = excluded[column.name]
    if field.prefer in ("least", "greatest"):
        known: Any = column
        if isinstance(column.type, Text) and dialect.name != "sqlite":
            # As SQLite and Python compare, whatever language the server's database is of.
            known, new = known.collate("C"), new.collate("C")
        return or_(column.is_(None), new < known if field.prefer == "least" else new > known)
    # A name alone is the same whenever it is seen.
    is_dated = "last_seen_at" in table.c
    return excluded.last_seen_at >= table.c.last_seen_at if is_dated else None
