"""Where rows sit in a reply: the raw objects at a path, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.endpoints.model import steps

Raw = Mapping[str, Any]
PLACES = frozenset({"^", "@key", "@index", "@value"})
WRONG = "@wrong"
"""Marks a value of another shape where rows were expected."""
CUT = "isForgotten"
"""Marks the place of an element that was taken out of a kept reply."""
WAS = "beforeForgetting"
"""A key of a reply from which something was taken out: what its page said, and where
something stays of an element that held a row which is out (`cuts`)."""

Way = tuple[str | int, ...]
"""A place in a reply: keys, and indexes of lists, PHP's lists with holes among them."""


def shown(way: Way) -> str:
    """A way as `locate` writes a place."""
    text = ""
    for step in way:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def is_cut(value: Any) -> bool:
    """Whether a value is the place of an element that was taken out."""
    return isinstance(value, dict) and value.get(CUT) is True


def locate(body: Raw, path: str) -> list[tuple[str, Raw]]:
    """The raw objects at a row path, each with its place in the reply.

    Each carries what encloses it as `^` and its place as `@key` or `@index`; one that is no object
    is in `@value`. null, false, and PHP's [] where an object is expected are no rows; ads, and what was taken out,
    neither: they keep their place.
    """
    found: list[tuple[str, Raw]] = [("", body)]
    for key, container in steps(path):
        found = [inner for place, raw in found for inner in _inside(place, raw, key, container)]
    return found


def enclosing(body: Any, path: str, *, is_null_empty: bool = False) -> list[Raw]:
    """What encloses the lists or maps at a row path, as an element of each would see it.

    Where there is no list or map, or something else in its place, there is nothing. is_null_empty:
    whether a null in its place is an empty one.
    """
    before, _, last = path.rpartition(".")
    key = last.rstrip("[]{}")
    containers = last[len(key) :]
    parents = locate(body, before)
    if len(containers) > 2:  # a container in a container
        parents = locate(body, path[: -len("[]")])
        key = ""
    found: list[Raw] = []
    for _, raw in parents:
        value: Any = raw.get(key) if key else raw
        if not key and isinstance(raw, dict):
            value = raw.get("@value", raw)
        is_list = isinstance(value, list) or is_numbered(value)
        is_list |= is_null_empty and value is None and isinstance(raw, dict) and key in raw
        if is_list or (containers.endswith("{}") and isinstance(value, dict)):
            found.append({"^": raw})
    return found


def _inside(place: str, raw: Raw, key: str, container: str) -> Iterator[tuple[str, Raw]]:
    # A container in a container has no key of its own: the element is the container.
    value: Any = raw.get(key) if key else raw
    if not key and isinstance(raw, dict):
        value = raw.get("@value", raw)
    here = f"{place}.{key}" if place and key else place or key
    if container == "[]" and is_numbered(value):
        value = list(value.values())
    if container == "[]" and isinstance(value, list):
        for index, entry in enumerate(value):
            if not (isinstance(entry, dict) and (entry.get("isAdContainer") or is_cut(entry))):
                yield f"{here}[{index}]", _element(entry, {"@index": index, "^": raw})
    elif container == "{}" and isinstance(value, dict):
        named = ((name, entry) for name, entry in value.items() if name not in PLACES)
        for index, (name, entry) in enumerate(named):
            if is_cut(entry):
                continue
            yield (
                (f"{here}.{name}" if here else name),
                _element(entry, {"@key": name, "@index": index, "^": raw}),
            )
    elif not container and isinstance(value, dict):
        yield here, _element(value, {"@index": 0, "^": raw})
    elif value and value is not True:
        yield here, {WRONG: value}


def _element(entry: Any, around: dict[str, Any]) -> Raw:
    """An element with its place; one that is no object is in `@value`."""
    return {**entry, **around} if isinstance(entry, dict) else {"@value": entry, **around}


def is_numbered(value: Any) -> bool:
    """Whether an object is PHP's way to send a list with holes: every key a number."""
    return isinstance(value, dict) and bool(value) and all(name.isdecimal() for name in value)
