"""A kept reply without what is about things that are forgotten, and with all else."""

from __future__ import annotations

import json
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.errors import TooDeep
from crawler.model.reply import Reply
from crawler.model.target import Target
from crawler.parse.cutting import REMOVED, Cutting, Place, cutting_of
from crawler.parse.element import CUT, WAS
from crawler.parse.envelope import load
from crawler.parse.page import parse
from crawler.tables.naming import Forgotten, kind_of_key


class Mentions:
    """Clears what no row is read of and what yet names somebody."""

    def __init__(self, out: Forgotten, cutting: Cutting) -> None:
        self._out = out
        self._cutting = cutting
        self._has_any = False

    def clear(self, root: Any) -> bool:
        """Take the smallest parts that name what is forgotten out of a reply; whether there were any."""
        self._cleared(root, ())
        return self._has_any

    def _cleared(self, value: Any, place: Place) -> Any:
        if self._cutting.is_read(place) and not isinstance(value, dict):
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
        is_around = place in self._cutting.around
        for key in list(value):
            inner, way = value[key], (*place, key)
            if self._cutting.is_read(way):
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
        """Return True if a key says whose id stands there, and it is that of what is forgotten."""
        kind = kind_of_key(key)
        if key == "user" and isinstance(value, dict):
            kind, value = "user", value.get("id")
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        return bool(kind) and type(number) is int and (kind, number) in self._out.roots

    def _note_cut(self) -> Any:
        self._has_any = True
        return REMOVED


def without(target: Target, reply: Reply, out: Forgotten) -> bytes:
    """The body of a reply without what is forgotten; the very same where it holds nothing such.

    It is judged like the rows of the archive: replay of what is returned gives the rows that stay,
    and the page's coverage and drift. An element loses what only rows that are out were read of; of
    what no row is read of, the smallest part that names somebody.
    """
    page = parse(target, reply)
    if not page.outcome.is_read:
        return without_mentions(reply.body, out)
    # What the page itself shows to belong to somebody is out with him.
    own = Forgotten(out.roots)
    own.sift(page.rows)
    root = load(reply.body)
    endpoint = ENDPOINTS[page.target.endpoint]
    top: Place = (endpoint.reply.body,) if endpoint.reply.body else ()
    cutting = cutting_of(endpoint, page, root, own, top)
    has_cuts = bool(cutting.tables or cutting.lost)
    if has_cuts:
        root = cutting.cut(root)
    if not Mentions(own, cutting).clear(root) and not has_cuts:
        return reply.body
    before = {tuple(way): tables for way, tables in root.get(WAS, {}).get("cuts", ())}
    root[WAS] = {
        "cuts": [[way, sorted(tables)] for way, tables in cutting.cuts(before)],
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
    return _dump(root) if Mentions(out, Cutting(around={()})).clear(root) else body


def _dump(root: Any) -> bytes:
    try:
        return json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate, which only an escape can say
        return json.dumps(root).encode()
