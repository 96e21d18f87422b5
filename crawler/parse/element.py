"""The elements of a response: the JSON values at a row path, each with its place and what it withholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from crawler.endpoints.model import steps
from crawler.tables.read import NULL, UNKNOWN

Raw = Mapping[str, Any]
CUT = "isForgotten"
"""Marks the place of an object that was redacted in a captured response."""
WAS = "beforeForgetting"
"""The key of a redacted response under which its page is described as it was (see crawler/forget/bodies.py)."""
NOTHING: Raw = MappingProxyType({})


class Element:
    """A JSON value of a response at a row path.

    raw: the value where it is an object, else an empty one; keys: its keys, None if it is none. around: the element that encloses it,
    None for the body. name: the key of `around` that leads to it, or to the list or map that holds it; "":
    `around` is that list or map. container: `[]` in a list, `{}` in a map, else "". key: its key in a
    map, else None. index: its number in its list or map. is_wrong: of another shape than expected here.
    noted: why it is withheld, once that was worked out.
    """

    __slots__ = ("around", "container", "index", "is_wrong", "key", "keys", "name", "noted", "raw", "value")

    def __init__(
        self,
        value: Any,
        around: Element | None = None,
        name: str = "",
        container: str = "",
        key: str | None = None,
        index: int = 0,
        *,
        is_wrong: bool = False,
    ) -> None:
        self.value = value
        self.raw: Raw = value if type(value) is dict else NOTHING
        self.keys: tuple[str, ...] | None = tuple(value) if type(value) is dict else None
        self.around = around
        self.name = name
        self.container = container
        self.key = key
        self.index = index
        self.is_wrong = is_wrong
        self.noted: Any = NOTHING  # not itself: a circle would wait for the collector

    @property
    def is_object(self) -> bool:
        """Return True if the value is an object."""
        return self.raw is not NOTHING

    @property
    def place(self) -> str:
        """Path of the element as people read it: `contents[3].tags[0]`."""
        if self.around is None:
            return ""
        place = self.around.place
        for key in (self.name or None, None if self.container == "[]" else self.key):
            if key is not None:
                place += f".{key}" if place else key
        return f"{place}[{self.index}]" if self.container == "[]" else place

    def chain(self) -> list[Element]:
        """Return the enclosing elements, the body first, and the element itself."""
        chain = [self]
        while chain[0].around is not None:
            chain.insert(0, chain[0].around)
        return chain


def is_cut(value: Any) -> bool:
    """Return True if a value is the place of an element that was taken out."""
    return isinstance(value, dict) and value.get(CUT) is True


def is_numbered(value: Any) -> bool:
    """Return True if an object is PHP's way to send a list with holes: every key a number."""
    return isinstance(value, dict) and bool(value) and all(name.isdecimal() for name in value)


@cache
def _steps(path: str) -> tuple[tuple[str, str], ...]:
    return tuple(steps(path))


def locate(body: Element, path: str) -> list[Element]:
    """The elements of a response at a row path, in order.

    null, false, and PHP's [] where an object is expected are none; advertisements, and what was taken
    out, neither: they keep their place.

    >>> [found.place for found in locate(Element({"works": [{"tags": ["a"]}, {}]}), "works[].tags[]")]
    ['works[0].tags[0]']
    """
    found = [body]
    for name, container in _steps(path):
        found = [inner for around in found for inner in _inside(around, name, container)]
    return found


def _inside(around: Element, name: str, container: str) -> Iterator[Element]:
    # A container in a container has no name of its own: the element is the container.
    value: Any = around.raw.get(name) if name else around.value
    # PHP sends a list with holes as an object whose keys are numbers.
    if container == "[]" and is_numbered(value):
        value = list(value.values())
    if container == "[]" and isinstance(value, list):
        for index, entry in enumerate(value):
            if type(entry) is dict and (entry.get("isAdContainer") or entry.get(CUT) is True):
                continue
            yield Element(entry, around, name, container, None, index)
    elif container == "{}" and isinstance(value, dict):
        for index, (key, entry) in enumerate(value.items()):
            if not is_cut(entry):
                yield Element(entry, around, name, container, key, index)
    elif not container and isinstance(value, dict):
        yield Element(value, around, name)
    elif value and value is not True:
        yield Element(value, around, name, is_wrong=True)


def enclosing(body: Element, path: str, *, is_null_empty: bool = False) -> list[Element]:
    """Return the elements that enclose the lists or maps at a row path, also those of empty ones.

    Where there is no list or map, or something else in its place, there is nothing. is_null_empty:
    whether a null in its place is an empty one.
    """
    before, _, last = path.rpartition(".")
    name = last.rstrip("[]{}")
    containers = last[len(name) :]
    parents = locate(body, before)
    if len(containers) > 2:  # a container in a container
        parents = locate(body, path[: -len("[]")])
        name = ""
    found = []
    for parent in parents:
        value: Any = parent.raw.get(name) if name else parent.value
        is_list = isinstance(value, list) or is_numbered(value)
        is_list |= is_null_empty and value is None and name in parent.raw
        if is_list or (containers.endswith("{}") and isinstance(value, dict)):
            found.append(parent)
    return found


def withheld_reason(raw: Raw) -> str | None:
    """Return why a work's row is blank: as stated, or "unknown" by its evidence (no title, or a date of 1970)."""
    reason = raw.get("mask_reason") or raw.get("maskReason")
    if reason:
        return str(reason)
    uploaded = raw.get("illust_upload_timestamp", 1)
    is_blank = raw.get("title") == "" or (isinstance(uploaded, int) and uploaded < 0)
    is_epoch = str(raw.get("createDate", "")).startswith("1970-")
    return "unknown" if is_blank or is_epoch else None


def reason_of(element: Element) -> str | None:
    """`withheld_reason` of an element, worked out once: rows, states and checks want it."""
    if element.noted is NOTHING:
        element.noted = withheld_reason(element.raw)
    reason: str | None = element.noted
    return reason


def restriction_of(raw: Raw) -> Any:
    """Return what a work's own page withholds: `login_only`, `restricted` (no image), NULL for nothing.

    UNKNOWN where the row is no such page.
    """
    urls = raw.get("urls")
    if not isinstance(urls, dict) or "original" not in urls:
        return UNKNOWN
    if raw.get("isLoginOnly") is True:
        return "login_only"
    return NULL if any(urls.values()) else "restricted"
