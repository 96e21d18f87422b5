"""Rows into tables: one statement a table and page, by the rules of the row's kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect

from crawler.archive.database.engine import mark
from crawler.archive.writing.merge import Former, History, Past, Shape, Values, merge, unite
from crawler.archive.writing.upsert_sql import TableWriter, as_text
from crawler.tables.metadata import METADATA
from crawler.tables.read import hash63
from crawler.tables.row import Base, Entity, Observation, Row

_T = TypeVar("_T")
Rows = Mapping[str, list[Values]]
"""The rows of a response by table."""


class Upsert:
    """The upserts of a dialect. Knows the tags that it has committed: most tags of a page are there already."""

    KNOWN_TAGS = 200_000

    def __init__(self, dialect: Dialect) -> None:
        self.writers = {cls.__tablename__: TableWriter(cls, dialect) for cls in _concrete(Base)}
        self.classes = {cls.__tablename__: cls for cls in _concrete(Row)}
        self.shapes = {cls.__tablename__: Shape.of(cls) for cls in _concrete(Entity)}
        self._known_tags: set[int] = set()
        self._new_tags: list[int] = []

    def pages(self, connection: Connection, pages: Sequence[tuple[Rows, int]]) -> None:
        """Store all rows of responses, each with its moment, tables in name order.

        What a row of one comes to with a row of another is worked out here: each is read and written once.
        """
        self._new_tags = []  # those of a page that was rolled back are not there
        for name in sorted({name for rows, _ in pages for name in rows}):
            found = [(rows[name], at) for rows, at in pages if rows.get(name)]
            entity = self.shapes.get(name)
            if entity is not None:
                self._entities(connection, name, entity, found)
            else:
                self._facts(connection, name, [rows for rows, _ in found])

    def committed(self) -> None:
        """To be called after the page's transaction is committed."""
        if len(self._known_tags) > self.KNOWN_TAGS:
            self._known_tags.clear()
        self._known_tags.update(self._new_tags)

    def _facts(self, connection: Connection, name: str, replies: Sequence[list[Values]]) -> None:
        """Sightings and observations; of several in one response the first place stands."""
        writer = self.writers[name]
        found: list[Values] = []
        for rows in replies:
            # Read backwards, so that the first place is the last to be set.
            unique = {writer.key_of(row): row for row in reversed(rows)}
            if len(unique) < len(rows) and issubclass(self.classes[name], Observation):
                # What the first place does not hold on a thing, another may.
                for row in reversed(rows):
                    known = {column: value for column, value in row.items() if value is not None}
                    key = writer.key_of(row)
                    unique[key] = {**unique[key], **known}
            found += unique.values()
        if name == "tags":
            found = [row for row in found if row["tag_id"] not in self._known_tags]
            self._new_tags += [row["tag_id"] for row in found]
        if len(replies) > 1:
            found = writer.unite(found)
        writer.write(connection, writer.bind(found))

    def _entities(
        self, connection: Connection, name: str, shape: Shape, replies: Sequence[tuple[list[Values], int]]
    ) -> None:
        writer = self.writers[name]
        seen: dict[Any, list[tuple[Values, int]]] = {}
        for rows, at in replies:
            places: dict[Any, list[Values]] = {}
            for row in writer.bind(rows):
                places.setdefault(writer.key_of(row), []).append(row)
            for key, several in places.items():
                seen.setdefault(key, []).append((unite(shape, several), at))
        known = writer.select(connection, list(seen))
        history = self._history(connection, name, shape, seen, known)
        merged: list[Values] = []
        changes: dict[Any, list[Former]] = {}
        for key, observations in seen.items():
            state = known.get(key)
            past: History = history.get(key, {})
            for values, at in observations:
                state, former = merge(shape, state, values, at, past)
                if former is not None:
                    changes.setdefault(key, []).append(former)
                    past = shape.after(past, former)
            assert state is not None, "an entity that nothing was said of"
            state |= zip(writer.key, _parts(key), strict=True)
            merged.append(state)
        writer.write_complete(connection, merged)
        if changes:
            self._write_history(connection, name, changes)

    def _history(
        self,
        connection: Connection,
        name: str,
        shape: Shape,
        seen: dict[Any, list[tuple[Values, int]]],
        known: dict[Any, Values],
    ) -> dict[Any, dict[tuple[str, Any], Past]]:
        """Former values of the entities of which a historied column differs from the stored."""
        if not shape.history:
            return {}
        names = shape.history
        changed = [
            key
            for key, row in known.items()
            if any(name in values and values[name] != row[name] for values, _ in seen[key] for name in names)
        ]
        table = self._history_target(name)
        if not changed or table is None:
            return {}
        width = len(self.writers[name].key)
        found: dict[Any, dict[tuple[str, Any], Past]] = {}
        columns = METADATA.tables[name].columns
        for stored in table.select_by(connection, table.key[:width], changed):
            field, _digest, value, first, last = stored[width:]
            key = stored[0] if width == 1 else tuple(stored[:width])
            typed = _untext(value, columns[field].type.python_type, connection.dialect.name)
            past = Past(first, last, typed)
            found.setdefault(key, {})[field, shape.identity(field, typed)] = past
        return found

    def _write_history(self, connection: Connection, name: str, changes: dict[Any, list[Former]]) -> None:
        table = self._history_target(name)
        assert table is not None, f"{name} has history columns and no history table"
        shape = self.shapes[name]
        puts: dict[tuple[Any, ...], list[Values]] = {}
        drops: set[tuple[Any, ...]] = set()
        for key, formers in changes.items():
            for former in formers:
                for field, value, first, last in former.put:
                    digest, text = _digested(shape, field, value)
                    place = (*_parts(key), field, digest)
                    row = dict(zip(table.columns, (*place, text, first, last), strict=True))
                    puts.setdefault(place, []).append(row)
                for field, value in former.dropped:
                    place = (*_parts(key), field, _digested(shape, field, value)[0])
                    drops.add(place)
                    # A value that is present again is no former one, also if this transaction moved it there.
                    puts.pop(place, None)
        if drops:
            where = " AND ".join(f"{column} = {mark(connection.dialect)}" for column in table.key)
            # Before the upsert: a value may be dropped and become a former one again in one transaction.
            connection.exec_driver_sql(f"DELETE FROM {table.table.name} WHERE {where}", sorted(drops))
        table.write(connection, table.unite(row for rows in puts.values() for row in rows))

    def _history_target(self, name: str) -> TableWriter | None:
        entity = self.classes[name]
        assert issubclass(entity, Entity)
        return self.writers[entity.history] if entity.history else None


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
    return as_text(value) if isinstance(value, date) else str(value)


def _untext(text: str | None, kind: type, dialect: str) -> Any:
    """A value that history keeps, as its table's rows hold it."""
    if text is None or kind is str:
        return text
    if kind in (int, float):
        return kind(text)
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
