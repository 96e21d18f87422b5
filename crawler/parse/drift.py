"""The census of a response's JSON paths and types, against what its endpoint declares."""

from __future__ import annotations

from typing import Any

from crawler.model.page import PATH_LENGTH, PathSeen, fragment
from crawler.parse.declared import Node, reader_of
from crawler.parse.element import is_cut, is_numbered

TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
CONTAINERS = frozenset({dict, list})
SAMPLE_LENGTH = 200
MEMO_LIMIT = 10_000


def census(name: str, body: Any) -> list[PathSeen]:
    """Each path and type of a response once; below an undeclared or ignored path nothing is listed."""
    seen: set[PathSeen] = set()
    _walk(reader_of(name).declared, body, seen)
    # A path with several samples is listed with the least, whatever the order in the reply.
    unique: dict[tuple[str, str], PathSeen] = {}
    for one in sorted(seen, key=lambda one: (one.path, one.json_type, one.sample or "")):
        unique.setdefault((one.path, one.json_type), one)
    return list(unique.values())


def _walk(node: Node, value: Any, seen: set[PathSeen]) -> None:
    # PHP sends a list with holes as an object whose keys are numbers: the same list to the census.
    if "[]" in node.children and is_numbered(value):
        value = list(value.values())
    if isinstance(value, dict):
        _walk_object(node, value, seen)
    elif isinstance(value, list) and "[]" in node.children:
        inner, kinds = node.children["[]"], set(map(type, value))
        if dict in kinds:
            # The marker of a forgotten element is ours, not pixiv's, so it must not show as drift.
            value = [entry for entry in value if not is_cut(entry)]
            kinds = set(map(type, value))
        seen.update(PathSeen(inner.path, TYPES[kind], True, None) for kind in kinds)
        if not kinds.isdisjoint(CONTAINERS):
            for entry in value:
                if type(entry) in CONTAINERS:
                    _walk(inner, entry, seen)


def _walk_object(node: Node, value: dict[str, Any], seen: set[PathSeen]) -> None:
    entries = node.children.get("{}")
    if entries is not None:
        for entry in value.values():
            if is_cut(entry):
                continue
            seen.add(PathSeen(entries.path, TYPES[type(entry)], True, None))
            if isinstance(entry, (dict, list)):
                _walk(entries, entry, seen)
        return
    signature = (tuple(value), tuple(map(type, value.values())))
    # Which of the values that are always empty are not, no signature shows.
    has_news = any(not is_hollow(value.get(key)) for key in node.unseen)
    known = None if has_news else node.memo.get(signature)
    if known is None:
        known = _describe(node, value)
        # Undeclared keys carry samples, which differ from object to object.
        if all(one.is_declared for one in known[0]) and len(node.memo) < MEMO_LIMIT:
            node.memo[signature] = known
    seen.update(known[0])
    for key in known[1]:
        _walk(node.children[key], value[key], seen)


def is_hollow(value: Any) -> bool:
    """Return True if a value holds nothing, or nothing but such values."""
    rest = [value]
    while rest:  # no recursion: responses may be deep
        inner = rest.pop()
        if isinstance(inner, dict):
            rest.extend(inner.values())
        elif isinstance(inner, list):
            rest.extend(inner)
        elif inner not in (None, False, "", 0):
            return False
    return True


def _describe(node: Node, value: dict[str, Any]) -> tuple[frozenset[PathSeen], tuple[str, ...]]:
    paths: set[PathSeen] = set()
    deeper: list[str] = []
    for key, entry in value.items():
        child = node.children.get(key)
        if child is not None:
            is_null = child.is_nullable and isinstance(entry, bool)
            if child.is_unseen and not is_hollow(entry):
                sample = fragment(entry, SAMPLE_LENGTH)
                paths.add(PathSeen(child.path, f"{TYPES[type(entry)]}, filled", False, sample))
                continue
            paths.add(PathSeen(child.path, "null" if is_null else TYPES[type(entry)], True, None))
            if isinstance(entry, (dict, list)) and (child.children or not child.is_ignored):
                deeper.append(key)
        elif not node.is_ignored:
            path = (f"{node.path}.{key}" if node.path else key)[:PATH_LENGTH]
            sample = fragment(entry, SAMPLE_LENGTH)
            paths.add(PathSeen(path, TYPES[type(entry)], False, sample))
    return frozenset(paths), tuple(deeper)
