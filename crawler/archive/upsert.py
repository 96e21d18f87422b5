"""Rows into tables: one statement a table and page, by the rules of the row's kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Date, Dialect, Table

from crawler.archive.merge import Former, Past, Shape, Values, merge, unite
from crawler.archive.statement import mark
from crawler.tables import METADATA
from crawler.tables.read import hash63
from crawler.tables.row import Base, Entity, Field, Observation, Row, Sighting, UtcDateTime

_T = TypeVar("_T")
Convert = Callable[[Any], Any]

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
KEYS_PER_SELECT = 500


@dataclass(frozen=True)
class Target:
    """A table in one dialect: its columns, its upsert statement and value converters."""

    table: Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    statement: str
    converters: dict[str, Convert]
    mark: str
    key_of: Callable[[Values], Any]
    """The key of a row: a value, or a tuple where several columns are the key."""
    values_of: Callable[[Values], tuple[Any, ...]]
    """The values of a row that has every column."""

    def bind(self, rows: list[Values]) -> list[Values]:
        """Rows as the driver takes them: driver SQL skips SQLAlchemy's types."""
        if not self.converters:
            return rows
        bound = [row.copy() for row in rows]
        for name, convert in self.converters.items():
            for row in bound:
                value = row.get(name)
                if value is not None:
                    row[name] = convert(value)
        return bound

    def set_key(self, row: Values, key: Any) -> None:
        """Give a row its key."""
        if len(self.key) == 1:
            row[self.key[0]] = key
        else:
            row.update(zip(self.key, key, strict=True))

    def write(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Upsert bound rows, at most one a key."""
        if rows:
            # Sorted by key: unsorted batches deadlock PostgreSQL writers.
            ordered = sorted(rows, key=self.key_of)
            columns = self.columns
            connection.exec_driver_sql(
                self.statement, [tuple(map(row.get, columns)) for row in ordered]
            )

    def write_complete(self, connection: Connection, rows: Sequence[Values]) -> None:
        """`write` for rows that have every column."""
        if rows:
            ordered = sorted(rows, key=self.key_of)
            connection.exec_driver_sql(self.statement, list(map(self.values_of, ordered)))

    def select(self, connection: Connection, keys: Sequence[Any]) -> dict[Any, Values]:
        """Stored rows by key, of the keys that there are."""
        found: dict[Any, Values] = {}
        for stored in self.select_by(connection, self.key, keys):
            row = dict(zip(self.columns, stored, strict=True))
            found[self.key_of(row)] = row
        return found

    def select_by(
        self, connection: Connection, columns: Sequence[str], keys: Sequence[Any]
    ) -> Iterator[Sequence[Any]]:
        """Stored rows of which some columns have one of the values, tuples where they are several."""
        listed = ", ".join(self.columns)
        single = len(columns) == 1
        one = self.mark if single else f"({', '.join([self.mark] * len(columns))})"
        head = columns[0] if single else f"({', '.join(columns)})"
        for start in range(0, len(keys), KEYS_PER_SELECT):
            part = keys[start : start + KEYS_PER_SELECT]
            several = ", ".join([one] * len(part))
            within = several if single else f"VALUES {several}"
            result = connection.exec_driver_sql(
                f"SELECT {listed} FROM {self.table.name} WHERE {head} IN ({within})",
                tuple(part) if single else tuple(value for key in part for value in key),
            )
            yield from result.all()


def target(row_class: type[Base], dialect: Dialect) -> Target:
    """The target of a row class in a dialect."""
    table = METADATA.tables[row_class.__tablename__]
    columns = tuple(column.name for column in table.columns)
    key = tuple(column.name for column in table.primary_key)
    converters: dict[str, Convert] = {}
    for column in table.columns:
        # psycopg takes Python's dates and times as they are, sqlite3 only numbers and text.
        if dialect.name == "sqlite" and isinstance(column.type, (UtcDateTime, Date)):
            converters[column.name] = _as_text
    insert = (
        f"INSERT INTO {table.name} ({', '.join(columns)})"
        f" VALUES ({', '.join([mark(dialect)] * len(columns))}) ON CONFLICT ({', '.join(key)}) DO "
    )
    statement = insert + _conflict(row_class, table)
    return Target(
        table,
        columns,
        key,
        statement,
        converters,
        mark(dialect),
        itemgetter(*key),
        itemgetter(*columns),
    )


def _as_text(value: date) -> str:
    """A date or UTC time as SQLAlchemy's own types store it on SQLite."""
    return value.isoformat(" ")[:19] if isinstance(value, datetime) else value.isoformat()


def _conflict(row_class: type[Base], table: Table) -> str:
    """What happens to a row whose key is there: by kind, in SQL that both databases read alike."""
    others = [column for column in table.columns if not column.primary_key]
    own = table.name
    if issubclass(row_class, Sighting):
        is_dated = any(column.name == "last_seen_at" for column in others)
        # A name alone is the same whenever it is seen.
        sets = [
            _sighting_set(column.name, column.info["field"], own)
            for column in others
            if is_dated or column.info["field"].prefer != "last"
        ]
        return "UPDATE SET " + ", ".join(sets) if sets else "NOTHING"
    sets = [f"{column.name} = excluded.{column.name}" for column in others]
    if not sets:
        return "NOTHING"
    if issubclass(row_class, Observation):
        stamp = row_class.stamp
        return f"UPDATE SET {', '.join(sets)} WHERE excluded.{stamp} <= {own}.{stamp}"
    return "UPDATE SET " + ", ".join(sets)


def _sighting_set(name: str, field: Field, own: str) -> str:
    if field.prefer in ("least", "greatest"):
        sign = "<" if field.prefer == "least" else ">"
        wins = f"{own}.{name} IS NULL OR excluded.{name} {sign} {own}.{name}"
    else:
        wins = f"excluded.last_seen_at >= {own}.last_seen_at"
    return f"{name} = CASE WHEN {wins} THEN excluded.{name} ELSE {own}.{name} END"


class Upsert:
    """The upserts of one connection's dialect.

    Knows the tags that it has committed: most tags of a page are there already.
    """

    KNOWN_TAGS = 200_000

    def __init__(self, dialect: Dialect) -> None:
        self.targets = {cls.__tablename__: target(cls, dialect) for cls in _concrete(Base)}
        self.classes = {cls.__tablename__: cls for cls in _concrete(Row)}
        self.shapes = {cls.__tablename__: Shape.of(cls) for cls in _concrete(Entity)}
        self._known_tags: set[int] = set()
        self._new_tags: list[int] = []

    def page(self, connection: Connection, rows: dict[str, list[Values]], at: int) -> None:
        """Store all rows of one reply seen at moment `at`, tables in name order."""
        self._new_tags = []
        for name in sorted(rows):
            entity = self.shapes.get(name)
            if entity is not None:
                self._entities(connection, name, entity, rows[name], at)
            else:
                self._facts(connection, name, rows[name])

    def rolled_back(self) -> None:
        """To be called after the page's transaction failed: its tags are not there."""
        self._new_tags = []

    def committed(self) -> None:
        """To be called after the page's transaction is committed."""
        if len(self._known_tags) > self.KNOWN_TAGS:
            self._known_tags.clear()
        self._known_tags.update(self._new_tags)

    def _facts(self, connection: Connection, name: str, rows: list[Values]) -> None:
        """Sightings and observations; of several in one reply the first place stands."""
        target = self.targets[name]
        # Read backwards, so that the first place is the last to be set.
        unique = {target.key_of(row): row for row in reversed(rows)}
        if len(unique) < len(rows) and issubclass(self.classes[name], Observation):
            # What the first place does not hold on a thing, another may.
            for row in reversed(rows):
                known = {column: value for column, value in row.items() if value is not None}
                key = target.key_of(row)
                unique[key] = {**unique[key], **known}
        if name == "tags":
            unique = {key: row for key, row in unique.items() if key not in self._known_tags}
            self._new_tags.extend(unique)
        target.write(connection, target.bind(list(unique.values())))

    def _entities(
        self, connection: Connection, name: str, shape: Shape, rows: list[Values], at: int
    ) -> None:
        target = self.targets[name]
        seen: dict[Any, Values] = {}
        several: dict[Any, list[Values]] = {}
        for row in target.bind(rows):
            key = target.key_of(row)
            if key in seen:
                several.setdefault(key, [seen[key]]).append(row)
            else:
                seen[key] = row
        for key, several_rows in several.items():
            seen[key] = unite(shape, several_rows)
        known = target.select(connection, list(seen))
        history = self._history(connection, name, shape, seen, known)
        merged: list[Values] = []
        formers: dict[Any, Former] = {}
        for key, values in seen.items():
            row, former = merge(shape, known.get(key), values, at, history.get(key, {}))
            target.set_key(row, key)
            merged.append(row)
            if former is not None:
                formers[key] = former
        target.write_complete(connection, merged)
        if formers:
            self._write_history(connection, name, formers)

    def _history(
        self,
        connection: Connection,
        name: str,
        shape: Shape,
        seen: dict[Any, Values],
        known: dict[Any, Values],
    ) -> dict[Any, dict[tuple[str, Any], Past]]:
        """Former values of the entities of which a historied column differs from the stored."""
        if not shape.history:
            return {}
        changed = [
            key
            for key, row in known.items()
            if any(
                column in seen[key] and seen[key][column] != row[column] for column in shape.history
            )
        ]
        table = self._history_target(name)
        if not changed or table is None:
            return {}
        width = len(self.targets[name].key)
        found: dict[Any, dict[tuple[str, Any], Past]] = {}
        columns = METADATA.tables[name].columns
        for stored in table.select_by(connection, table.key[:width], changed):
            field, _digest, value, first, last = stored[width:]
            key = stored[0] if width == 1 else tuple(stored[:width])
            typed = _untext(value, columns[field].type.python_type, connection.dialect.name)
            past = Past(first, last, typed)
            found.setdefault(key, {})[field, shape.identity(field, typed)] = past
        return found

    def _write_history(self, connection: Connection, name: str, formers: dict[Any, Former]) -> None:
        table = self._history_target(name)
        assert table is not None, f"{name} has history columns and no history table"
        shape = self.shapes[name]
        puts = [
            dict(
                zip(
                    table.columns,
                    (*_parts(key), field, *_digested(shape, field, value), first, last),
                    strict=True,
                )
            )
            for key, former in formers.items()
            for field, value, first, last in former.put
        ]
        table.write(connection, puts)
        drops = [
            (*_parts(key), field, _digested(shape, field, value)[0])
            for key, former in formers.items()
            for field, value in former.dropped
        ]
        if drops:
            where = " AND ".join(f"{column} = {table.mark}" for column in table.key)
            connection.exec_driver_sql(
                f"DELETE FROM {table.table.name} WHERE {where}", sorted(drops)
            )

    def _history_target(self, name: str) -> Target | None:
        entity = self.classes[name]
        assert issubclass(entity, Entity)
        return self.targets[entity.history] if entity.history else None


def _parts(key: Any) -> tuple[Any, ...]:
    """The columns of a key."""
    return key if isinstance(key, tuple) else (key,)


def _digested(shape: Shape, field: str, value: Any) -> tuple[int, str | None]:
    """A former value's digest and text: null is no text; of coarse times the minute is digested."""
    if value is None:
        return 0, None
    return hash63(_text(shape.identity(field, value))), _text(value)


def _text(value: Any) -> str:
    """A value as history keeps it, the same for both databases."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC)  # the server's session may have another zone
    return _as_text(value) if isinstance(value, date) else str(value)


def _untext(text: str | None, kind: type, dialect: str) -> Any:
    """A value that history keeps, as its table's rows hold it."""
    if text is None or kind is str:
        return text
    if kind is int:
        return int(text)
    if kind is float:
        return float(text)
    if dialect == "sqlite":
        return text
    if kind is datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return date.fromisoformat(text)


def _concrete(base: type[_T]) -> Iterable[type[_T]]:
    """The mapped classes below a base."""
    for cls in base.__subclasses__():
        if cls.__dict__.get("__tablename__") in METADATA.tables:
            yield cls
        yield from _concrete(cls)
