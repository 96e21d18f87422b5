"""What of a reply goes and what stays where something is forgotten, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crawler.endpoints.json_path import step
from crawler.endpoints.model import Endpoint, Section
from crawler.model.page import Page, Refused
from crawler.parse.element import CUT, WAS, Element, Way
from crawler.parse.page import elements_at, facts_of
from crawler.parse.reply_reader import reader_of
from crawler.parse.row_reader import RowReader
from crawler.parse.rows import read_rows
from crawler.tables.naming import ABOUT, Forgotten, kind_of

Place = Way
"""A way into the JSON value itself: PHP's lists with holes have keys there."""

REMOVED = object()
"""In the place of a value of which nothing stays."""


@dataclass
class Cutting:
    """What of a reply stays and what goes, by place.

    top: where the facts begin. tables: of elements that lose rows, the tables of these. about: those of
    them that are about what is forgotten themselves: of these only what other rows were read of stays.
    untouched: elements that lose no row. read, lost: what rows that stay, and rows that go, were read of.
    around: all that encloses an element, or what is read. ways: of elements that lose rows, as they are
    shown. mapped: entries of maps on the way to these. renamed: those of them whose keys are ids of what is
    forgotten, with their new keys.
    """

    top: Place = ()
    tables: dict[Place, set[str]] = field(default_factory=dict)
    about: set[Place] = field(default_factory=set)
    untouched: set[Place] = field(default_factory=set)
    ways: dict[Place, Way] = field(default_factory=dict)
    mapped: set[Place] = field(default_factory=set)
    renamed: dict[Place, str] = field(default_factory=dict)
    read: set[Place] = field(default_factory=set)
    lost: set[Place] = field(default_factory=set)
    around: set[Place] = field(default_factory=set)

    def enclose(self) -> None:
        """Note what encloses elements, and what is read."""
        for place in (*self.untouched, *self.tables, *self.read):
            self.around.update(place[:length] for length in range(len(place) + 1))
        self.lost -= self.around
        for place in self.lost:
            self.around.update(place[:length] for length in range(len(place)))
        self.untouched -= self.tables.keys()

    def cuts(self, before: Mapping[Way, Iterable[str]]) -> Iterator[tuple[Way, set[str]]]:
        """Where something stays of elements that lost rows, as places will be shown, and the tables.

        before: what an earlier cut noted.
        """
        found = {way: set(tables) for way, tables in before.items()}
        for place, tables in self.tables.items():
            found.setdefault(self.ways[place], set()).update(tables)
        top = len(self.top)
        renamed = {place[top:]: key for place, key in self.renamed.items()}
        for way, tables in found.items():
            yield tuple(renamed.get(way[: at + 1], step) for at, step in enumerate(way)), tables

    def is_read(self, place: Place) -> bool:
        """Return True if a row that stays is read of a place, or of all that is around it."""
        return any(place[:length] in self.read for length in range(len(place) + 1))

    def cut(self, value: Any, place: Place = (), *, is_about: bool = False) -> Any:
        """A value without what goes; REMOVED for nothing. is_about: inside of what goes."""
        if place in self.read:
            return value
        is_about = (is_about or place in self.about) and place not in self.untouched
        if not isinstance(value, (dict, list)) or place not in self.around:
            return REMOVED if is_about or place in self.lost else value
        if isinstance(value, list):
            has_any = self._cut_list(value, place, is_about=is_about)
        else:
            has_any = self._cut_object(value, place, is_about=is_about)
        if not has_any and place != self.top and (is_about or place in self.tables):
            return REMOVED
        return value

    def _cut_list(self, values: list[Any], place: Place, *, is_about: bool) -> bool:
        """Cut the elements of a list, which keeps their places; whether any stays."""
        has_any = False
        for index, inner in enumerate(values):
            found = self.cut(inner, (*place, index), is_about=is_about)
            has_any |= found is not REMOVED
            values[index] = {CUT: True} if found is REMOVED else found
        return has_any

    def _cut_object(self, value: dict[str, Any], place: Place, *, is_about: bool) -> bool:
        """Cut what an object holds; a map keeps the places of its elements. Whether any stays."""
        entries, has_any = list(value.items()), False
        value.clear()
        for key, inner in entries:
            way = (*place, key)
            found = self.cut(inner, way, is_about=is_about)
            has_any |= found is not REMOVED
            if way in self.mapped:
                name = self.renamed.get(way, key)
                value[name] = {CUT: True} if found is REMOVED else found
            elif found is not REMOVED:
                value[key] = found
        return has_any


def cutting_of(endpoint: Endpoint, page: Page, root: dict[str, Any], out: Forgotten, top: Place) -> Cutting:
    """What goes and what stays of all that rows are read of. top: where the facts begin."""
    body, was = root[endpoint.reply.body] if endpoint.reply.body else root, root.get(WAS)
    found = Cutting(top)
    facts = facts_of(endpoint, page.target, page, body, was)
    for reader in reader_of(endpoint.name).rows:
        for element in elements_at(body, reader.at.path):
            if not element.is_wrong:
                rows, refused = read_rows(reader, [element], facts)
                if rows or refused:
                    _cut_of_element(found, reader, element, rows, refused, out)
    found.enclose()
    return found


def _cut_of_element(
    found: Cutting,
    reader: RowReader,
    element: Element,
    rows: list[dict[str, Any]],
    refused: list[Refused],
    out: Forgotten,
) -> None:
    table, ways = reader.table, list(_ways(element, found.top))
    place = ways[-1].place
    places = {way.element: way.place for way in ways}
    read = {(*places[base], *way) for source in reader.sources(element) for base, way in source.parts(element)}
    at = reader.at
    if isinstance(at, Section) and at.details:
        found.lost.update(_details_out(at, ways, out))
    found.untouched.add(place)
    is_named = any(out.names(table, row) for row in rows) or any(map(out.is_named_by, refused))
    if not is_named:
        found.read.update(read)
        return
    found.tables.setdefault(place, set()).add(table)
    found.ways[place] = element.way
    for around in ways:
        if around.element.key is not None:
            found.mapped.add(around.place)
            if around.element.key in out.numbers:
                found.renamed[around.place] = f"@{around.element.index}"
    found.lost.update(way for way in read if len(way) > len(place) and way[: len(place)] == place)
    kind, column = ABOUT.get(table, ("", ""))
    ids = [row.get(column) for row in (*rows, *(letter.ids for letter in refused))]
    if not element.is_object or refused or any((kind, key) in out.roots for key in ids):
        found.about.add(place)


class _Step(NamedTuple):
    """An element on the way to another, and its place."""

    element: Element
    place: Place


def _ways(element: Element, top: Place) -> Iterator[_Step]:
    """What encloses an element, the outermost first, and itself."""
    place = top
    for inner in element.chain():
        if inner.name:
            place = (*place, inner.name)
        if inner.container == "{}":
            place = (*place, inner.key or "")
        elif inner.container:
            around = inner.around
            assert around is not None
            holding = around.raw.get(inner.name) if inner.name else around.value
            # PHP's list with holes has keys.
            is_list = isinstance(holding, list)
            place = (*place, inner.index if is_list else list(holding or ())[inner.index])
        yield _Step(inner, place)


def _details_out(at: Section, ways: list[_Step], out: Forgotten) -> Iterator[Place]:
    """Where the map beside a list holds more on what is forgotten."""
    around = ways[-2]
    details, kind = step(around.element.value, at.details), kind_of(at.row.__tablename__, at.of)
    for key in details if isinstance(details, dict) else ():
        if key.isdecimal() and (kind, int(key)) in out.roots:
            yield (*around.place, *at.details.split("."), key)
