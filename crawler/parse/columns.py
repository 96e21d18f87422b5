"""The columns of rows, each read from all elements of a response that have the same keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from crawler.endpoints.reply import ABSENT
from crawler.errors import NoKey
from crawler.parse.element import Element
from crawler.parse.source import MapKey, Plain, Source, compiled
from crawler.tables.read import NULL, UNKNOWN, Bad
from crawler.tables.row import Field

Values = dict[str, Any]
Read = Callable[[Any], Any]
Keys = tuple[str, ...] | None
"""The keys of an element, in order; None: it is no object."""
DOES_NOT_FIT = (ValueError, TypeError, OverflowError)
"""Exceptions of coercions."""
GAPS = frozenset({type(ABSENT), type(NULL), Bad})
"""Types that stand for no value in a column."""


class Decoded(NamedTuple):
    """The columns of an element that has not all of them.

    bad: why values do not fit, by column. error: why there is no row, None if there is one.
    """

    values: Values
    bad: Mapping[str, str]
    error: ValueError | None


class ColumnReader(NamedTuple):
    """Reads a column of elements: from the first source that has a value, by its coercion.

    key: the one key of the element that holds it, if nothing else is left to try.
    """

    column: str
    sources: tuple[Source, ...]
    read: Read
    is_nullable: bool
    key: str | None = None

    def read_all(self, elements: Sequence[Element]) -> list[Any]:
        """Return the value of each element; ABSENT, UNKNOWN, NULL or Bad for none."""
        read, key = self.read, self.key
        try:
            if key is not None:
                values = [read(element.raw[key]) for element in elements]
            else:
                values = [ABSENT if value is ABSENT else read(value) for value in self._find_all(elements)]
        # One wrong value must cost itself alone, so the whole column is read again one by one.
        except DOES_NOT_FIT:
            values = [self._read_one(element) for element in elements]
        # Only such a column takes null as a value; elsewhere null stays a gap, which overwrites nothing.
        if self.is_nullable and not GAPS.isdisjoint(map(type, values)):
            values = [None if value is NULL else value for value in values]
        return values

    def _find_all(self, elements: Sequence[Element]) -> list[Any]:
        """Return the result of `find` for each element: a source is asked where those before it have nothing."""
        found = self.sources[0].find_all(elements)
        for source in self.sources[1:]:
            gaps = [element for element, value in zip(elements, found, strict=True) if value is ABSENT]
            if not gaps:
                break
            more = iter(source.find_all(gaps))
            found = [next(more) if value is ABSENT else value for value in found]
        return found

    def find(self, element: Element) -> Any:
        """Return the value of the first source that has one; ABSENT for none."""
        found = (source.find(element) for source in self.sources)
        return next((value for value in found if value is not ABSENT), ABSENT)

    def _read_one(self, element: Element) -> Any:
        value = self.find(element)
        try:
            return value if value is ABSENT else self.read(value)
        except DOES_NOT_FIT as error:
            return Bad(f"{self._name(element)}: {error}")

    def _name(self, element: Element) -> str:
        """Return how an error names what was read."""
        for source in self.sources:
            if source.find(element) not in (ABSENT, None):
                return source.text
        return self.sources[0].text


def decode(
    columns: Sequence[ColumnReader], required: Sequence[str], elements: Sequence[Element]
) -> Sequence[Values | Decoded]:
    """Return the values of elements with the same keys, read column by column.

    Decoded for an element with a value that does not fit, or without a required one.
    """
    read: dict[str, list[Any]] = {}
    for reader in columns:
        values = reader.read_all(elements)
        if reader.column in read:  # another spelling fills the gaps, and the first error is told
            values = [
                new if type(old) in GAPS and (type(old) is not Bad or type(new) not in GAPS) else old
                for old, new in zip(read[reader.column], values, strict=True)
            ]
        read[reader.column] = values
    # zip of nothing has no rows, but an element without columns is still a row.
    lines = zip(*read.values(), strict=True) if read else ((),) * len(elements)
    rows = [dict(zip(read, line, strict=True)) for line in lines]
    gaps = {name: values for name, values in read.items() if not GAPS.isdisjoint(map(type, values))}
    is_complete = all(name in read and name not in gaps and None not in read[name] for name in required)
    if not is_complete or any(Bad in map(type, values) for values in gaps.values()):
        return [_checked(row, required) for row in rows]
    for name, values in gaps.items():
        for row, value in zip(rows, values, strict=True):
            if type(value) in GAPS:
                del row[name]
    return rows


def _checked(row: Values, required: Sequence[str]) -> Values | Decoded:
    """Return a row without gaps; Decoded if a value does not fit, or a required one is missing."""
    bad = {name: value.reason for name, value in row.items() if type(value) is Bad}
    values = {name: value for name, value in row.items() if type(value) not in GAPS}
    for name in required:
        if values.get(name) is None:
            return Decoded(values, bad, ValueError(bad[name]) if name in bad else NoKey(f"{name}: missing"))
    return Decoded(values, bad, None) if bad else values


def spelled(name: str, field: Field, read: Read, details: str, elsewhere: frozenset[str]) -> Iterator[ColumnReader]:
    """The sources of a column that share a coercion: those in which "" says nothing are apart."""
    plain = tuple(compiled(n, details, elsewhere) for n in field.names if not n.endswith("?"))
    short = tuple(compiled(n, details, elsewhere) for n in field.names if n.endswith("?"))
    if plain:
        yield ColumnReader(name, plain, read, field.null)
    if short:
        yield ColumnReader(name, short, lambda value: UNKNOWN if value == "" else read(value), field.null)


def narrowed(readers: tuple[ColumnReader, ...], keys: Keys, *, is_of_map: bool) -> Iterator[ColumnReader]:
    """The columns that an element with these keys can have, with the sources left. is_of_map: it is a value in a map."""
    own = frozenset(keys or ())
    for one in readers:
        left = []
        for source in one.sources:
            is_never = isinstance(source, MapKey) and not is_of_map
            if not is_never and (source.first_key is None or source.first_key in own):
                left.append(source)
            if source.key in own or (keys is None and isinstance(source, Plain)):
                break  # it has a value, and what comes after is not tried
        if left:
            yield one._replace(sources=tuple(left), key=left[0].key)
