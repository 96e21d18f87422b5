"""The places of a response that its endpoint's entry declares, as a tree, compiled once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.blocks import UNSEEN
from crawler.endpoints.model import At, Endpoint, steps
from crawler.model.page import PathSeen
from crawler.parse.rows import RowReader
from crawler.parse.source import Details, Itself, Keys
from crawler.tables.listings import Listing
from crawler.tables.read import json_object, json_text


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


def _declare(root: Node, reader: RowReader) -> None:
    """The places that rows are read from."""
    at = reader.at
    node = _reach(root, at.path)
    types = {one.name: one.type.python_type for one in at.row.__table__.columns}
    for column in reader.columns:
        field = reader.fields[column.column]
        is_stored = field.read in (json_text, json_object)
        # PHP sends false for null, but in a column of booleans false is a value.
        is_nullable = field.null and types[column.column] is not bool
        for source in column.sources:
            if isinstance(source, Itself):
                node.is_stored = True
            elif isinstance(source, Details) and source.details:
                around = ".".join(filter(None, (at.path.rpartition(".")[0], *source.details)))
                _reach(root, ".".join((around + "{}", *source.path)))
            elif isinstance(source, Keys):
                for path in source.paths:
                    reached = _reach(node, ".".join(path))
                    reached.is_stored |= is_stored
                    reached.is_nullable |= is_nullable
    if at.when:
        _reach(node, at.when)
    for special in ("mask_reason", "maskReason") if at.row.masked else ():
        node.child(special)
    if at.path.endswith("[]"):
        node.child("isAdContainer")


def _spread(node: Node, *, is_stored: bool) -> None:
    """Mark all below a place that is stored as it came as stored."""
    node.is_stored |= is_stored
    node.is_ignored |= node.is_stored
    node.unseen = tuple(key for key, child in node.children.items() if child.is_unseen)
    for child in node.children.values():
        _spread(child, is_stored=node.is_stored)


def _reach(node: Node, path: str) -> Node:
    for key, container in steps(path):
        if key:
            node = node.child(key)
        if container:
            node = node.child(container)
    return node


class ReplyReader:
    """The readers of an endpoint's rows, and the places that they and the entry declare.

    rows: one an `At` of the entry, in order; a listing last.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        ats = endpoint.reply.all_rows
        if endpoint.reply.main_section:
            ats = (*ats, At(Listing))
        self.rows = tuple(RowReader(endpoint, at) for at in ats)

    @cached_property
    def declared(self) -> Node:
        """The tree of places: rows, columns, paging, what must be there, what is ignored; see parse/drift.py."""
        root, reply = Node(""), self.endpoint.reply
        for reader in self.rows:
            _declare(root, reader)
        must_hold = (path for path, _ in reply.must_hold)
        for path in (*self.endpoint.paging.paths, *reply.echoes, reply.total or "", *must_hold, *reply.brings):
            _reach(root, path)
        for path, reason in reply.all_ignored.items():
            node = _reach(root, path)
            node.is_ignored, node.is_unseen = True, reason == UNSEEN
        _spread(root, is_stored=False)
        return root


@cache
def reader_of(name: str) -> ReplyReader:
    """The reader of an endpoint. Not made when its entry is imported: most commands read no reply."""
    return ReplyReader(ENDPOINTS[name])
