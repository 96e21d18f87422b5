"""Sources of a column: the spellings of row classes, parsed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.endpoints.reply import ABSENT, descend
from crawler.parse.element import WAS, Element, reason_of, restriction_of


class Source(ABC):
    """Source of a value: one spelling of a column, parsed."""

    text: str
    """Name of the source in errors."""
    up = 0
    """Number of elements outwards that it is read."""
    key: str | None = None
    """The one key of the element that it reads; None for anything else."""
    first_key: str | None = None
    """A key of the element without which there is nothing; None: that cannot be said."""

    @abstractmethod
    def find(self, element: Element) -> Any:
        """The JSON value that an element has under this spelling, ABSENT for none."""

    def find_all(self, elements: Sequence[Element]) -> list[Any]:
        """Return the result of `find` for each element."""
        return list(map(self.find, elements))


class Keys(Source):
    """`a.b`: a key and those below it. `a.b&c`: several together, as an object, where the first is."""

    def __init__(self, spelling: str) -> None:
        self.paths = tuple(tuple(path.split(".")) for path in spelling.split("&"))
        self.text = ".".join(self.paths[0])
        self.first_key = self.paths[0][0]
        self.key = spelling if self.paths == ((spelling,),) else None

    def find(self, element: Element) -> Any:
        first, *others = self.paths
        value = descend(element.raw, first)
        if value is ABSENT or not others:
            return value
        found = {path[-1]: descend(element.raw, path) for path in self.paths}
        return {name: value for name, value in found.items() if value is not ABSENT}


class MapKey(Source):
    """`@key`: the key of an element of a map."""

    text = "@key"

    def find(self, element: Element) -> Any:
        return ABSENT if element.key is None else element.key


class Index(Source):
    """`@index`: the number of an element in its list or map."""

    text = "@index"

    def find(self, element: Element) -> Any:
        return ABSENT if element.around is None else element.index


class Plain(Source):
    """`@value`: an element that is no object."""

    text = "@value"

    def find(self, element: Element) -> Any:
        return element.value if element.keys is None else ABSENT


class Itself(Source):
    """`@all`: the element as it came; of a body, without what other rows of the endpoint read."""

    text = "@all"

    def __init__(self, elsewhere: Collection[str]) -> None:
        """elsewhere: the keys of a body that other rows read."""
        self._elsewhere = elsewhere

    def find(self, element: Element) -> Any:
        if not element.is_object or element.around is not None:
            return element.value
        return {key: value for key, value in element.raw.items() if key != WAS and key not in self._elsewhere}


class Details(Source):
    """`@details.a`: what the map beside the list of a section holds on an element, by its id."""

    def __init__(self, spelling: str, details: str) -> None:
        """details: the path of the map, from what encloses the list."""
        self.text = f"@details.{spelling}"
        self.path = tuple(spelling.split("."))
        self.details = tuple(details.split(".")) if details else ()

    def find(self, element: Element) -> Any:
        if element.around is None or not self.details:
            return ABSENT
        key = element.raw.get("id") if element.is_object else element.value
        return descend(element.around.raw, (*self.details, str(key), *self.path))


class State(Source):
    """`@state`: `visible`, or why a work is withheld."""

    text = "@state"

    def find(self, element: Element) -> Any:
        reason = reason_of(element)
        return (reason or "visible") if reason or "title" in element.raw else ABSENT


class Restriction(Source):
    """`@restriction`: what a work's own page withholds."""

    text = "@restriction"

    def find(self, element: Element) -> Any:
        is_work = "title" in element.raw or reason_of(element)
        return restriction_of(element.raw) if is_work else ABSENT


@dataclass
class Outside(Source):
    """`^.a`: what encloses an element, and has a value under another spelling."""

    inner: Source
    up: int

    @property
    def text(self) -> str:  # type: ignore[override]  # read only
        return "^." * self.up + self.inner.text

    def find(self, element: Element) -> Any:
        return self.find_all([element])[0]

    def find_all(self, elements: Sequence[Element]) -> list[Any]:
        around: Sequence[Element | None] = elements
        for _ in range(self.up):
            around = [None if one is None else one.around for one in around]
        values: list[Any] = []
        before, value = None, ABSENT
        for one in around:
            # Elements of one list have the same element around them.
            if one is not before:
                before, value = one, ABSENT if one is None else self.inner.find(one)
            values.append(value)
        return values


SPECIAL: dict[str, type[Source]] = {source.text: source for source in (MapKey, Index, Plain, State, Restriction)}


def compiled(spelling: str, details: str = "", elsewhere: Collection[str] = ()) -> Source:
    """The source that a spelling of a row class names; see `Field.names` for the language.

    details, elsewhere: see `Details` and `Itself`.

    >>> compiled("^.^.illustId").find(Element("x", Element({}, Element({"illustId": 7}))))
    7
    >>> compiled("urls.thumb").find(Element({"urls": {"thumb": "t"}}))
    't'
    >>> compiled("@key").find(Element({}, Element({}), "tags", "{}", "空"))
    '空'
    >>> compiled("date&second").find(Element({"date": "2024-01-01", "second": 5}))
    {'date': '2024-01-01', 'second': 5}
    """
    inner = spelling.removesuffix("?")
    up = 0
    while inner.startswith("^."):
        inner, up = inner[2:], up + 1
    name, _, below = inner.partition(".")
    if name in SPECIAL:
        source = SPECIAL[name]()
    elif name == "@all":
        source = Itself(elsewhere)
    elif name == "@details":
        source = Details(below, details)
    else:
        source = Keys(inner)
    return Outside(source, up) if up else source
