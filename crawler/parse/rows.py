"""Read the rows of a response from its elements: a reader for each `At`, compiled once; rejected rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from crawler.endpoints.model import At, Endpoint, Section
from crawler.endpoints.reply import ABSENT, step
from crawler.errors import NoKey
from crawler.model.page import PATH_LENGTH, Refused, fragment
from crawler.parse.columns import DOES_NOT_FIT, Decoded, Keys, Read, Values, decode, narrowed, spelled
from crawler.parse.element import Element, reason_of
from crawler.parse.source import Itself, MapKey, Plain
from crawler.tables.metadata import METADATA
from crawler.tables.naming import naming
from crawler.tables.read import day, flag, instant, number, real, text
from crawler.tables.row import Observation, Row, fields_of, groups_of

READERS: dict[type, Read] = {int: number, str: text, bool: flag, datetime: instant, date: day, float: real}
KEY_BYTES = 2000
"""UTF-8 bytes that the texts of one key or index may have together: PostgreSQL takes some 2,700."""
MEMO_LIMIT = 1000
PLAIN = (MapKey, Plain, Itself)
"""Sources that can be read from an element that is no object."""


class RowReader:
    """Reads the rows of one `At` of an endpoint.

    table, key: of the row class. columns: the readers of what an element contains; constants: columns that are facts
    of the page, with their names; given: columns that the request contains, with their coercions.
    """

    def __init__(self, endpoint: Endpoint, at: At) -> None:
        row, fields = at.row, fields_of(at.row)
        elsewhere = endpoint.reply.keys_elsewhere
        details = at.details if isinstance(at, Section) else ""
        self.at = at
        self.table = row.__tablename__
        self.key = tuple(column.name for column in row.__table__.primary_key)
        # Of an entity a response may speak in several places; an observation stands once.
        self.is_single = issubclass(row, Observation)
        self.constants = {name: field.constant for name, field in fields.items() if field.constant}
        types = {column.name: column.type.python_type for column in row.__table__.columns}
        reads = {name: field.read or READERS[types[name]] for name, field in fields.items()}
        self.given = {name: reads[name] for name in at.given}
        read = {
            name: field
            for name, field in fields.items()
            if name not in {*at.given, *at.fixed} and (not at.only or name in {*at.only, *self.key})
        }
        self.columns = tuple(
            reader for name, field in read.items() for reader in spelled(name, field, reads[name], details, elsewhere)
        )
        self.fields = read
        nullable = {column.name for column in row.__table__.columns if column.nullable}
        self.required = tuple(
            name
            for name, field in read.items()
            if field.names and (field.needed or name in self.key or name not in nullable)
        )
        self.even_if_withheld = frozenset(
            name for name, field in read.items() if name in self.key or field.even_if_withheld
        )
        sources = [source for reader in self.columns for source in reader.sources]
        self.takes_plain = any(isinstance(source, PLAIN) for source in sources)
        self.indexed = indexed_texts(row)
        names = {reader.column for reader in self.columns}
        own = {name: tuple(column for column in group if column in names) for name, group in groups_of(row).items()}
        self._groups = {name: group for name, group in own.items() if len(group) > 1}
        # Of others a row that was decoded is as it will be.
        self.has_checks = bool(self._groups or row.masked or self.is_single or self.indexed or at.when)
        # Most elements of a page have the same keys.
        is_of_map, remembered = at.path.endswith("{}"), lru_cache(MEMO_LIMIT)
        self._columns_of = remembered(lambda keys: tuple(narrowed(self.columns, keys, is_of_map=is_of_map)))
        self._partial = remembered(lambda filled: self._incomplete(filled, {}))

    def decode(self, elements: Sequence[Element]) -> list[Values | Decoded | None]:
        """Return the values of each element; None for one that is not of its known shape."""
        alike: dict[Keys, list[int]] = {}
        for place, element in enumerate(elements):
            if element.is_wrong:
                continue
            if element.keys is not None or self.takes_plain:
                alike.setdefault(element.keys, []).append(place)
        found: list[Values | Decoded | None] = [None] * len(elements)
        for keys, places in alike.items():
            rows = decode(self._columns_of(keys), self.required, [elements[place] for place in places])
            for place, row in zip(places, rows, strict=True):
                found[place] = row
        return found

    def incomplete(self, values: Mapping[str, Any], bad: Mapping[str, str]) -> str:
        """Names the groups that the values fill in part or wrongly: those are not stored. "" for nothing."""
        return self._incomplete(values, bad) if bad else self._partial(tuple(values))

    def _incomplete(self, filled: Collection[str], bad: Mapping[str, str]) -> str:
        parts = []
        grouped: set[str] = set()
        for name, columns in self._groups.items():
            missing = [column for column in columns if column not in filled]
            wrong = [bad[column] for column in missing if column in bad]
            grouped.update(columns)
            if wrong:
                parts.append(f"{', '.join(wrong)}, so {name} is not stored")
            elif missing and len(missing) < len(columns):
                parts.append(f"{', '.join(missing)}: missing, so {name} is not stored")
        parts += [why for column, why in bad.items() if column not in grouped]
        return "; ".join(parts)

    def check_keys(self, values: Mapping[str, Any]) -> None:
        """Raises ValueError for a key that only SQLite would take."""
        for names in self.indexed:
            size = sum(len((values.get(name) or "").encode()) for name in names)
            if size > KEY_BYTES:
                raise ValueError(f"{', '.join(names)}: more than {KEY_BYTES:,} bytes in a key")

    def number(self, column: str, element: Element) -> int | None:
        """The number in a column, also of one of which nothing but what is around it is known."""
        for reader in self.columns:
            if reader.column == column:
                found = (source.find(element) for source in reader.sources)
                value = next((value for value in found if value not in (ABSENT, None)), None)
                try:
                    known = None if value is None else reader.read(value)
                except DOES_NOT_FIT:
                    known = None
                if isinstance(known, int):
                    return known
        return None

    def ids(self, element: Element, fixed: Mapping[str, Any]) -> dict[str, int]:
        """The ids by which an element names somebody or a work, if they can be read. fixed: columns known otherwise."""
        found = {column: fixed.get(column, self.number(column, element)) for column, _ in naming(self.table)}
        return {column: value for column, value in found.items() if isinstance(value, int)}

    def outward(self, column: str) -> tuple[int, bool]:
        """Return how many elements outwards a column is read at most, and True if only outside."""
        ups = [source.up for reader in self.columns if reader.column == column for source in reader.sources]
        return max(ups, default=0), bool(ups) and min(ups) > 0


def indexed_texts(row: type[Row]) -> tuple[tuple[str, ...], ...]:
    """The texts of each key or index of a table."""
    table = METADATA.tables[row.__tablename__]
    every = (table.primary_key.columns, *(index.columns for index in table.indexes))
    texts = (tuple(column.name for column in columns if column.type.python_type is str) for columns in every)
    return tuple(filter(None, texts))


FRAGMENT_LENGTH = 2000


@dataclass(frozen=True)
class RowContext:
    """Facts about a page apart from its elements.

    constants: facts that rows take over, by name (`Field.constant`). params: those of the request.
    """

    constants: Mapping[str, Any]
    params: Mapping[str, str]


def read_rows(reader: RowReader, elements: list[Element], page: RowContext) -> tuple[list[Values], list[Refused]]:
    """The rows of an `At` from its elements, and those that do not validate."""
    at, fixed = reader.at, _fixed(reader, page)
    is_masked = at.row.masked
    rows: list[Values] = []
    refused: list[Refused] = []
    keys: dict[tuple[Any, ...], Values] = {}
    for element, found in zip(elements, reader.decode(elements), strict=True):
        if isinstance(found, dict) and not reader.has_checks:
            found.update(fixed)
            rows.append(found)
            continue
        if _is_out(reader, element):
            continue
        reason = reason_of(element) if is_masked else None
        try:
            if found is None:
                raise ValueError("not of its known shape")
            values, bad, error = (found, {}, None) if isinstance(found, dict) else found
            if error is not None:
                raise error
            if reason:
                values = {name: values[name] for name in values if name in reader.even_if_withheld}
            elif incomplete := reader.incomplete(values, bad):
                refused.append(_refused(reader, element, incomplete, fixed))
            values.update(fixed)
            if reader.indexed:
                reader.check_keys(values)
            if not reader.is_single or _is_first(reader, values, keys):
                rows.append(values)
        except (ValueError, TypeError) as error:
            if not (at.optional and isinstance(error, NoKey)):
                # Of two rows with one key, the first is stored.
                is_row = not isinstance(error, KeyTaken)
                refused.append(_refused(reader, element, str(error), fixed, is_row=is_row))
    return rows, refused


def _is_out(reader: RowReader, element: Element) -> bool:
    """Return True if an element is no row: it says nothing, or is without what makes it one."""
    if reader.at.when and step(element.raw, reader.at.when) is None:
        return True
    is_null = element.value is None and not (element.is_object or element.is_wrong)
    return is_null and not reader.takes_plain


def _fixed(reader: RowReader, page: RowContext) -> Values:
    """The columns that are the same in all rows of an `At`."""
    at = reader.at
    fixed = {column: page.constants[name] for column, name in reader.constants.items() if name in page.constants}
    fixed |= at.fixed
    fixed |= {column: reader.given[column](page.params[name]) for column, name in at.given.items()}
    if isinstance(at, Section):
        fixed["section"] = at.name
    return fixed


def _refused(
    reader: RowReader, element: Element, error: str, fixed: Mapping[str, Any], *, is_row: bool = False
) -> Refused:
    """A dead letter, with the ids by which the row names somebody or a work."""
    place = element.place[:PATH_LENGTH]
    shown = fragment(element.value, FRAGMENT_LENGTH)
    return Refused(reader.table, place, error, shown, reader.ids(element, fixed), is_row)


class KeyTaken(ValueError):
    """Another row of the same response has the key, with other values."""


def _is_first(reader: RowReader, values: Values, keys: dict[tuple[Any, ...], Values]) -> bool:
    """Return True if an observation is the first of its key; another adds to it, or raises KeyTaken if it differs."""
    before = keys.setdefault(tuple(values.get(name) for name in reader.key), values)
    if before is values:
        return True
    more = {name: value for name, value in values.items() if value is not None}
    if any(before.get(name) not in (None, value) for name, value in more.items()):
        raise KeyTaken(f"{', '.join(reader.key)}: another row of this response has it")
    before.update(more)
    return False
