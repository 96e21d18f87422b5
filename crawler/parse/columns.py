"""The columns of a row, each read of the elements of a reply: of one, or of all that have the same keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from crawler.endpoints.json_path import ABSENT
from crawler.parse.element import Element
from crawler.parse.source import MapKey, Plain, Source, compiled
from crawler.tables.read import NULL, UNKNOWN
from crawler.tables.row import Field

Values = dict[str, Any]
Read = Callable[[Any], Any]
Keys = tuple[str, ...] | None
"""The keys of an element, in order; None: it is no object."""
NO_VALUES = frozenset({type(ABSENT), type(NULL)})
"""The types of what says that there is no value."""
DOES_NOT_FIT = (ValueError, TypeError, OverflowError)
"""What a coercion raises."""


class ColumnReader(NamedTuple):
    """Reads a column of an element: of the first source that has a value, by its coercion.

    find: finds its value. key: the one key of the element that holds it, where nothing else is left
    to try.
    """

    column: str
    sources: tuple[Source, ...]
    read: Read
    is_nullable: bool
    find: Callable[[Element], Any] = lambda element: ABSENT
    key: str | None = None

    def read_all(self, elements: Sequence[Element]) -> list[Any]:
        """What an element each says, read: ABSENT, NULL and UNKNOWN among them. Raises DOES_NOT_FIT."""
        read, key = self.read, self.key
        if key is not None:
            return [read(element.raw[key]) for element in elements]
        is_one = len(self.sources) == 1
        found = self.sources[0].find_all(elements) if is_one else map(self.find, elements)
        return [ABSENT if value is ABSENT else read(value) for value in found]

    def name(self, element: Element) -> str:
        """How an error names what was read."""
        for source in self.sources:
            if source.find(element) not in (ABSENT, None):
                return source.text
        return self.sources[0].text


def in_columns(columns: Sequence[ColumnReader], required: Sequence[str], elements: Sequence[Element]) -> list[Values]:
    """The rows of elements with the same keys, read column by column; none where one does not fit."""
    read: dict[str, Column] = {}
    try:
        for reader in columns:
            column = Column.read(reader, elements)
            earlier = read.get(reader.column)
            read[reader.column] = earlier.filled(column) if earlier else column
    except DOES_NOT_FIT:
        return []
    for name in required:
        if name not in read or read[name].gaps or None in read[name].values:
            return []
    if not read:
        return [{} for _ in elements]
    lines = zip(*(column.values for column in read.values()), strict=True)
    rows = [dict(zip(read, line, strict=True)) for line in lines]
    for name, column in read.items():
        for place in column.gaps:
            del rows[place][name]
    return rows


class Column(NamedTuple):
    """What elements say in one column. gaps: the places of those that say nothing."""

    values: list[Any]
    gaps: list[int]

    @classmethod
    def read(cls, reader: ColumnReader, elements: Sequence[Element]) -> Column:
        """Raises what is in DOES_NOT_FIT."""
        values = reader.read_all(elements)
        if NO_VALUES.isdisjoint(map(type, values)):
            return cls(values, [])
        if reader.is_nullable:
            values = [None if value is NULL else value for value in values]
        return cls(values, [n for n, value in enumerate(values) if type(value) in NO_VALUES])

    def filled(self, other: Column) -> Column:
        """With what another spelling says where this one says nothing."""
        for place in self.gaps:
            self.values[place] = other.values[place]
        return Column(self.values, [place for place in self.gaps if place in set(other.gaps)])


def _finder(sources: list[Source]) -> Callable[[Element], Any]:
    """What finds the value of the first source that has one."""
    if len(sources) == 1:
        return sources[0].find
    finds = tuple(source.find for source in sources)

    def find(element: Element) -> Any:
        for one in finds:
            value = one(element)
            if value is not ABSENT:
                return value
        return ABSENT

    return find


def spelled(name: str, field: Field, read: Read, details: str, elsewhere: frozenset[str]) -> Iterator[ColumnReader]:
    """The sources of a column that share a coercion: those in which "" says nothing are apart."""
    plain = tuple(compiled(n, details, elsewhere) for n in field.names if not n.endswith("?"))
    short = tuple(compiled(n, details, elsewhere) for n in field.names if n.endswith("?"))
    if plain:
        yield ColumnReader(name, plain, read, field.null)
    if short:
        yield ColumnReader(name, short, lambda value: UNKNOWN if value == "" else read(value), field.null)


def narrowed(readers: tuple[ColumnReader, ...], keys: Keys, *, is_of_map: bool) -> Iterator[ColumnReader]:
    """The columns that an element with these keys can have, each with the sources that are left.

    is_of_map: whether it is the value of a key in a map.
    """
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
            yield one._replace(sources=tuple(left), find=_finder(left), key=left[0].key)
