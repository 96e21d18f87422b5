"""Rows into tables: one statement a table and page, by the rules of the row's kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect

from crawler.archive.merge import Former, Past, Shape, Values, merge, unite
from crawler.archive.table_writer import TableWriter, as_text, writer_of
from crawler.tables import METADATA
from crawler.tables.read import hash63
from crawler.tables.row import Base, Entity, Observation, Row

_T = TypeVar("_T")


class Upsert:
    """The upserts of one connection's dialect.

    Knows the tags that it has committed: most tags of a page are there already.
    """

    KNOWN_TAGS = 200_000

    def __init__(self, dialect: Dialect) -> None:
        self.writers = {cls.__tablename__: writer_of(cls, dialect) for cls in _concrete(Base)}
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
        writer = self.writers[name]
        # Read backwards, so that the first place is the last to be set.
        unique = {writer.key_of(row): row for row in reversed(rows)}
        if len(unique) < len(rows) and issubclass(self.classes[name], Observation):
            # What the first place does not hold on a thing, another may.
            for row in reversed(rows):
                known = {column: value for column, value in row.items() if value is not None}
                key = writer.key_of(row)
                unique[key] = {**unique[key], **known}
        if name == "tags":
            unique = {key: row for key, row in unique.items() if key not in self._known_tags}
            self._new_tags.extend(unique)
        writer.write(connection, writer.bind(list(unique.values())))

    def _entities(
        self, connection: Connection, name: str, shape: Shape, rows: list[Values], at: int
    ) -> None:
        writer = self.writers[name]
        seen: dict[Any, Values] = {}
        several: dict[Any, list[Values]] = {}
        for row in writer.bind(rows):
            key = writer.key_of(row)
            if key in seen:
                several.setdefault(key, [seen[key]]).append(row)
            else:
                seen[key] = row
        for key, several_rows in several.items():
            seen[key] = unite(shape, several_rows)
        known = writer.select(connection, list(seen))
        history = self._history(connection, name, shape, seen, known)
        merged: list[Values] = []
        formers: dict[Any, Former] = {}
        for key, values in seen.items():
            row, former = merge(shape, known.get(key), values, at, history.get(key, {}))
            writer.set_key(row, key)
            merged.append(row)
            if former is not None:
                formers[key] = former
        writer.write_complete(connection, merged)
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
