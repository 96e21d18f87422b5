"""The census of a reply's JSON paths and types, against what its endpoint declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.blocks import UNSEEN
from crawler.endpoints.model import At, Endpoint, Section, steps
from crawler.items.listings import Listing
from crawler.items.page import PathSeen, fragment
from crawler.items.read import json_object, json_text
from crawler.items.row import Field
from crawler.parse.locate import is_cut, is_numbered
from crawler.parse.rows import ELEMENT

TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}
SAMPLE_LENGTH = 200
PATH_LENGTH = 500  # PostgreSQL indexes no text of several thousand
MEMO_LIMIT = 10_000


@dataclass
class Node:
    """A declared place in a reply. memo: key signature to what such an object holds.

    is_stored: stored as it came, with all that is below it.
    is_nullable: false stands for null here, as PHP sends it.
    is_unseen: ignored because it was always empty: a value that is not is news, of the type
        `…, filled`. unseen: the keys of such children.
    """

    path: str
    is_unseen: bool = False
    unseen: tuple[str, ...] = ()
    is_ignored: bool = False
    is_stored: bool = False
    is_nullable: bool = False
    children: dict[str, Node] = field(default_factory=dict)
    memo: dict[Any, tuple[frozenset[PathSeen], tuple[str, ...]]] = field(default_factory=dict)

    def child(self, key: str) -> Node:
        """The declared place below a key (`[]` and `{}` for elements), made where new."""
        if key not in self.children:
            dotted = key if key in ("[]", "{}") or not self.path else f".{key}"
            self.children[key] = Node(self.path + dotted)
        return self.children[key]


@cache
def declared(name: str) -> Node:
    """The places that an endpoint's entry declares: rows, columns, paging, echoes, ignored."""
    endpoint: Endpoint = ENDPOINTS[name]
    root = Node("")
    ats = endpoint.reply.all_rows
    if endpoint.reply.has_listing:
        ats = (*ats, At(Listing))
    for at in ats:
        _declare(root, at)
    for path in (*endpoint.paging.paths, *endpoint.reply.echoes, endpoint.reply.total or ""):
        _reach(root, path)
    for path in (*(path for path, _ in endpoint.reply.must_hold), *endpoint.reply.brings):
        _reach(root, path)
    for path, reason in endpoint.reply.all_ignored.items():
        node = _reach(root, path)
        node.is_ignored, node.is_unseen = True, reason == UNSEEN
    _spread(root, is_stored=False)
    return root


def _declare(root: Node, at: At) -> None:
    """The places that the rows of an `At` are read from."""
    node = _reach(root, at.path)
    for spelling, is_stored, is_nullable in _spellings(at):
        if spelling == ELEMENT:
            node.is_stored = True
        elif spelling.startswith("@details.") and isinstance(at, Section) and at.details:
            beside = ".".join(filter(None, (at.path.rpartition(".")[0], at.details)))
            _reach(root, beside + "{}." + spelling.removeprefix("@details."))
        elif not spelling.startswith(("@", "^")):
            reached = _reach(node, spelling.rstrip("?"))
            reached.is_stored |= is_stored
            reached.is_nullable |= is_nullable
    if at.when:
        _reach(node, at.when)
    for special in ("mask_reason", "maskReason") if at.row.masked else ():
        node.child(special)
    if at.path.endswith("[]"):
        node.child("isAdContainer")


def _spread(node: Node, *, is_stored: bool) -> None:
    """What is below a place that is stored as it came is stored."""
    node.is_stored |= is_stored
    node.is_ignored |= node.is_stored
    node.unseen = tuple(key for key, child in node.children.items() if child.is_unseen)
    for child in node.children.values():
        _spread(child, is_stored=node.is_stored)


def _spellings(at: At) -> Iterator[tuple[str, bool, bool]]:
    """The spellings that an `At` reads; is what they lead to stored as it came, may false be null."""
    for column in at.row.__table__.columns:
        known: Field | None = column.info.get("field")
        is_read = not at.only or column.primary_key or column.name in at.only
        if known is not None and is_read and column.name not in {*at.given, *at.fixed}:
            is_nullable = known.null and column.type.python_type is not bool
            for spelling in known.names:
                yield spelling, known.read in (json_text, json_object), is_nullable


def _reach(node: Node, path: str) -> Node:
    for key, container in steps(path):
        if key:
            node = node.child(key)
        if container:
            node = node.child(container)
    return node


def census(name: str, body: Any) -> list[PathSeen]:
    """Each path and type of a reply once; below an undeclared or ignored path nothing is listed."""
    seen: set[PathSeen] = set()
    _walk(declared(name), body, seen)
    # A path with several samples is listed with the least, whatever the order in the reply.
    unique: dict[tuple[str, str], PathSeen] = {}
    for one in sorted(seen, key=lambda one: (one.path, one.json_type, one.sample or "")):
        unique.setdefault((one.path, one.json_type), one)
    return list(unique.values())


def _type(value: Any) -> str:
    return "null" if value is None else TYPES.get(type(value), "number")


def _walk(node: Node, value: Any, seen: set[PathSeen]) -> None:
    if "[]" in node.children and is_numbered(value):
        value = list(value.values())
    if isinstance(value, dict):
        _walk_object(node, value, seen)
    elif isinstance(value, list) and "[]" in node.children:
        inner = node.children["[]"]
        value = [entry for entry in value if not is_cut(entry)]
        for json_type in {_type(entry) for entry in value}:
            seen.add(PathSeen(inner.path, json_type, True, None))
        for entry in value:
            if isinstance(entry, (dict, list)):
                _walk(inner, entry, seen)


def _walk_object(node: Node, value: dict[str, Any], seen: set[PathSeen]) -> None:
    entries = node.children.get("{}")
    if entries is not None:
        for entry in value.values():
            if is_cut(entry):
                continue
            seen.add(PathSeen(entries.path, _type(entry), True, None))
            if isinstance(entry, (dict, list)):
                _walk(entries, entry, seen)
        return
    signature = (tuple(value), tuple(map(type, value.values())))
    # Which of the values that are always empty are not, no signature shows.
    known = None if _holds_unseen(node, value) else node.memo.get(signature)
    if known is None:
        known = _describe(node, value)
        # Undeclared keys carry samples, which differ from object to object.
        if all(one.is_declared for one in known[0]) and len(node.memo) < MEMO_LIMIT:
            node.memo[signature] = known
    seen.update(known[0])
    for key in known[1]:
        _walk(node.children[key], value[key], seen)


def _holds_unseen(node: Node, value: dict[str, Any]) -> bool:
    """Whether something is there that is ignored because it was always empty."""
    return any(not is_hollow(value.get(key)) for key in node.unseen)


def is_hollow(value: Any) -> bool:
    """Whether a value holds nothing, or nothing but such values."""
    rest = [value]
    while rest:  # no recursion: replies may be deep
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
                paths.add(PathSeen(child.path, f"{_type(entry)}, filled", False, sample))
                continue
            paths.add(PathSeen(child.path, "null" if is_null else _type(entry), True, None))
            if isinstance(entry, (dict, list)) and (child.children or not child.is_ignored):
                deeper.append(key)
        elif not node.is_ignored:
            path = (f"{node.path}.{key}" if node.path else key)[:PATH_LENGTH]
            sample = fragment(entry, SAMPLE_LENGTH)
            paths.add(PathSeen(path, _type(entry), False, sample))
    return frozenset(paths), tuple(deeper)
