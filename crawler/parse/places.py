"""A kept reply without what is about things that are forgotten, and with all else."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import At, Endpoint, Section, steps
from crawler.endpoints.paging import step
from crawler.errors import TooDeep
from crawler.items.listings import Listing
from crawler.items.naming import ABOUT, Forgotten, kind_of, kind_of_key
from crawler.items.page import Ask, Outcome, Page, Refused, Reply
from crawler.parse.envelope import load
from crawler.parse.locate import CUT, WAS, WRONG, Raw, Way, locate
from crawler.parse.page import constants_of, parse
from crawler.parse.rows import ELEMENT, element_of, read_rows, spellings

Place = Way
"""A way into the JSON value itself: PHP's lists with holes have keys there."""

REMOVED = object()
"""In the place of a value of which nothing stays."""


def without(ask: Ask, reply: Reply, out: Forgotten) -> bytes:
    """The body of a reply without what is forgotten; the very same where it holds nothing such.

    It is judged like the rows of the archive: replay of what is returned gives the rows that stay,
    and the page's coverage and drift. An element loses what only rows that are out were read of; of
    what no row is read of, the smallest part that names somebody.
    """
    page = parse(ask, reply)
    if page.outcome is not Outcome.COMPLETE:
        return without_mentions(reply.body, out)
    # What the page itself shows to belong to somebody is out with him.
    own = Forgotten(out.roots)
    own.sift(page.rows)
    root = load(reply.body)
    endpoint = ENDPOINTS[page.ask.endpoint]
    top: Place = (endpoint.reply.body,) if endpoint.reply.body else ()
    sorting = _sort(endpoint, page, root, own, top)
    has_cuts = bool(sorting.tables or sorting.lost)
    if has_cuts:
        root = sorting.cut(root)
    if not _Mentions(own, sorting).clear(root) and not has_cuts:
        return reply.body
    before = {tuple(way): tables for way, tables in root.get(WAS, {}).get("cuts", ())}
    root[WAS] = {
        "cuts": [[way, sorted(tables)] for way, tables in sorting.cuts(before)],
        "content_digest": page.content_digest,
        "next_page": page.next_page,
        "paths": [
            [seen.path, seen.json_type, seen.is_declared]
            for seen in page.paths
            if own.numbers.isdisjoint(seen.path.split("."))
        ],
    }
    return _dump(root)


def without_mentions(body: bytes, out: Forgotten) -> bytes:
    """A reply of which no row is read, without what names somebody."""
    try:
        root = load(body)
    except TooDeep:
        root = None
    if not isinstance(root, (dict, list)):
        text = body.decode("utf-8", "surrogateescape")
        cleared = out.redacted(text)
        return body if cleared == text else cleared.encode("utf-8", "surrogateescape")
    return _dump(root) if _Mentions(out, _Sorting(around={()})).clear(root) else body


def _dump(root: Any) -> bytes:
    try:
        return json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate, which only an escape can say
        return json.dumps(root).encode()


@dataclass
class _Sorting:
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
        """Whether a row that stays is read of a place, or of all that is around it."""
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


def _sort(
    endpoint: Endpoint, page: Page, root: dict[str, Any], out: Forgotten, top: Place
) -> _Sorting:
    body, was = root[endpoint.reply.body] if endpoint.reply.body else root, root.get(WAS)
    found = _Sorting(top)
    constants = constants_of(endpoint, page.ask, page, body, was)
    ats: Iterable[At] = endpoint.reply.all_rows
    if endpoint.reply.has_listing:
        ats = (*ats, At(Listing))
    for at in ats:
        # A body that is a list says nothing of itself.
        is_bare = not at.path and not isinstance(body, dict)
        for place, raw in locate({} if is_bare else body, at.path):
            if WRONG not in raw:
                rows, refused = read_rows(at, [(place, raw)], constants)
                if rows or refused:
                    ways = list(_ways(at, raw, top, body))
                    _sort_element(
                        found, at, raw, ways, rows, refused, out, endpoint.reply.keys_elsewhere
                    )
    found.enclose()
    return found


def _sort_element(
    found: _Sorting, at: At, raw: Raw, ways: list[_Step], rows: list[dict[str, Any]],
    refused: list[Refused], out: Forgotten, elsewhere: Container[str],
) -> None:  # fmt: skip
    table, place = at.row.__tablename__, ways[-1].place
    paths = set(_paths(at, ways, raw, elsewhere))
    if isinstance(at, Section) and at.details:
        found.lost.update(_details_out(at, ways, raw, out))
    found.untouched.add(place)
    is_named = any(out.names(table, row) for row in rows) or any(map(out.is_named_by, refused))
    if not is_named:
        found.read.update(paths)
        return
    found.tables.setdefault(place, set()).add(table)
    found.ways[place] = ways[-1].way
    for around in ways:
        if around.key is not None:
            found.mapped.add(around.place)
            if around.key in out.numbers:
                found.renamed[around.place] = f"@{around.number}"
    found.lost.update(
        path for path in paths if len(path) > len(place) and path[: len(place)] == place
    )
    kind, column = ABOUT.get(table, ("", ""))
    ids = [row.get(column) for row in (*rows, *(letter.ids for letter in refused))]
    if "@value" in raw or refused or any((kind, key) in out.roots for key in ids):
        found.about.add(place)


def _details_out(at: Section, ways: list[_Step], raw: Raw, out: Forgotten) -> Iterator[Place]:
    """Where the map beside a list holds more on what is forgotten."""
    details, kind = step(raw["^"], at.details), kind_of(at.row.__tablename__, at.of)
    for key in details if isinstance(details, dict) else ():
        if key.isdecimal() and (kind, int(key)) in out.roots:
            yield (*ways[-2].place, *at.details.split("."), key)


def _details_of(at: Section, ways: list[_Step], raw: Raw) -> Place:
    """Where the map beside a list holds more on an element."""
    return (*ways[-2].place, *at.details.split("."), str(raw.get("id", raw.get("@value"))))


class _Step(NamedTuple):
    """An element on the way to another. key, number: where it stands in a map by id, else None."""

    place: Place
    way: Way
    key: str | None = None
    number: int = 0


def _ways(at: At, raw: Raw, top: Place, body: Any) -> Iterator[_Step]:
    """What encloses an element, the outermost first, and itself."""
    chain: list[Raw] = []
    inner: Any = raw
    while "^" in inner:
        chain.insert(0, inner)
        inner = inner["^"]
    place, value = top, body
    way: Way = ()
    yield _Step(place, way)
    for (key, container), element in zip(steps(at.path), chain, strict=True):
        if key:
            place, way, value = (*place, key), (*way, key), value[key]
        if container == "{}":
            name = element["@key"]
            place, way, value = (*place, name), (*way, name), value[name]
            yield _Step(place, way, name, element["@index"])
            continue
        if container:
            index = element["@index"]
            actual = (
                list(value)[index] if isinstance(value, dict) else index
            )  # PHP's list with holes
            place, way, value = (*place, actual), (*way, index), value[actual]
        yield _Step(place, way)


def _paths(at: At, ways: list[_Step], raw: Raw, elsewhere: Container[str]) -> Iterator[Place]:
    """The places that a row is read of."""
    for name in spellings(at, raw):
        height = len(ways) - 1
        while name == "^" or name.startswith("^."):
            name, height = name[2:], height - 1  # noqa: PLW2901  # what is left of the spelling
        if height < 0:
            continue
        if name == ELEMENT and not at.path:
            yield from ((*ways[0].place, key) for key in element_of(raw, elsewhere))
        elif name in ("", ELEMENT, "@value"):
            yield ways[height].place
        elif name.startswith("@details.") and isinstance(at, Section):
            yield (*_details_of(at, ways, raw), *name.split(".")[1:])
        elif not name.startswith("@"):
            yield (*ways[height].place, *name.split("."))


class _Mentions:
    """Clears what no row is read of and what yet names somebody."""

    def __init__(self, out: Forgotten, sorting: _Sorting) -> None:
        self._out = out
        self._sorting = sorting
        self._has_any = False

    def clear(self, root: Any) -> bool:
        """Take the smallest parts that name what is forgotten out of a reply; whether there were any."""
        self._cleared(root, ())
        return self._has_any

    def _cleared(self, value: Any, place: Place) -> Any:
        if self._sorting.is_read(place) and not isinstance(value, dict):
            return value
        if isinstance(value, list):
            for index, inner in enumerate(value):
                found = self._cleared(inner, (*place, index))
                value[index] = {CUT: True} if found is REMOVED else found
            return value
        if isinstance(value, dict):
            return self._cleared_object(value, place)
        is_named = isinstance(value, str) and self._out.is_named_in(json.dumps(value))
        return self._note_cut() if is_named else value

    def _cleared_object(self, value: dict[str, Any], place: Place) -> Any:
        is_around = place in self._sorting.around
        for key in list(value):
            inner, way = value[key], (*place, key)
            if self._sorting.is_read(way):
                continue
            if self._is_id(key, inner):
                self._note_cut()
                if not is_around:
                    return REMOVED  # the object is about it
                del value[key]
            elif (found := self._cleared(inner, way)) is REMOVED:
                if not is_around and not isinstance(inner, (dict, list)):
                    return REMOVED
                del value[key]
            else:
                value[key] = found
        return value

    def _is_id(self, key: str, value: Any) -> bool:
        """Whether a key says whose id stands there, and it is that of what is forgotten."""
        kind = kind_of_key(key)
        if key == "user" and isinstance(value, dict):
            kind, value = "user", value.get("id")
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        return bool(kind) and type(number) is int and (kind, number) in self._out.roots

    def _note_cut(self) -> Any:
        self._has_any = True
        return REMOVED
