"""Redact captured responses: remove the smallest JSON objects that name a forgotten user or work.

A marker takes the place of a removed object, so positions in lists stay the same. What the page said as
a whole (next page, digest, paths) is noted under a key of its own, so coverage and drift stay the same.
Rows of others that were read from a removed object are lost to a later rebuild.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from operator import is_
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Section
from crawler.endpoints.reply import step
from crawler.errors import TooDeep
from crawler.model.page import Page, Reply
from crawler.model.target import Target
from crawler.parse.declared import reader_of
from crawler.parse.element import CUT, WAS, Element
from crawler.parse.envelope import load
from crawler.parse.page import elements_at, parse, row_context
from crawler.parse.rows import read_rows
from crawler.tables.naming import HELD_BY_PAGE, Forgotten, kind_of, kind_of_key

REMOVED = object()
"""Stands for a value that names what is forgotten."""


def redact(target: Target, reply: Reply, out: Forgotten) -> tuple[bytes, Forgotten]:
    """Return the body of a response without the objects that name what is forgotten, and what that is.

    The response may show that works are a forgotten user's: they are forgotten, too. The body is the very same bytes
    if it names nothing of it.
    """
    page = parse(target, reply)
    if not page.outcome.is_read:
        return redact_unread(reply.body, out), out
    # A copy: sift() adds what this page shows to be forgotten too, and the next page must not depend on it.
    own = Forgotten(out.roots)
    # Before anything is cut: only the whole page says which works are a forgotten user's.
    expected, _ = own.sift(page.rows)
    root = load(reply.body)
    before = root.get(WAS, {})
    is_cut = _cut_elements(page, root, own)
    redacted = _redacted(root, own, page_levels=2 if ENDPOINTS[page.target.endpoint].reply.body else 1)
    if redacted is root and not is_cut:
        return reply.body, own
    root = redacted
    root[WAS] = {
        **before,
        "content_digest": page.content_digest,
        "next_page": page.next_page,
        "paths": [
            [seen.path, seen.json_type, seen.is_declared]
            for seen in page.paths
            if own.numbers.isdisjoint(seen.path.split("."))
        ],
        "incomplete": [],
    }
    kept, _ = own.sift(parse(page.target, replace(reply, body=_dump(root))).rows)
    lost = {table for table, rows in expected.items() if len(kept.get(table, ())) < len(rows)}
    lost |= {letter.table for letter in page.refused}  # a set with a rejected row was not complete before, either
    root[WAS]["incomplete"] = sorted(lost.union(before.get("incomplete", ())))
    return _dump(root), own


def redact_unread(body: bytes, out: Forgotten) -> bytes:
    """Redact a response of which no row is read; of one that is not JSON, the numbers by which it names."""
    try:
        root = load(body)
    except TooDeep:
        root = None
    if not isinstance(root, (dict, list)):
        # Bytes that are no UTF-8 have to come out as they went in.
        text = body.decode("utf-8", "surrogateescape")
        redacted = out.redacted(text)
        return body if redacted == text else redacted.encode("utf-8", "surrogateescape")
    redacted = _redacted(root, out)
    if redacted is root:
        return body
    return _dump({CUT: True} if redacted is REMOVED else redacted)


def _cut_elements(page: Page, root: dict[str, Any], out: Forgotten) -> bool:
    """Remove the elements whose rows name what is forgotten; return True if there were any."""
    endpoint = ENDPOINTS[page.target.endpoint]
    name = endpoint.reply.body
    body = root[name] if name else root
    context = row_context(endpoint, page.target, page, body)
    named: list[Element] = []
    has_any = False
    for reader in reader_of(endpoint.name).rows:
        at = reader.at
        for element in elements_at(body, at.path):
            rows, refused = read_rows(reader, [element], context)
            # Of a rejected row only its IDs: its fragment may be the whole response.
            known = [*rows, *(letter.ids for letter in refused)]
            if any(_is_named(reader.table, row, out) for row in known):
                named.append(element)
            if isinstance(at, Section) and at.details and element.around is not None:
                details, kind = step(element.around.value, at.details), kind_of(reader.table, at.of)
                # A list of the keys: entries are deleted in the loop. PHP writes an empty map as [].
                for key in list(details) if isinstance(details, dict) else ():
                    if key.isdecimal() and (kind, int(key)) in out.roots:
                        del details[key]
                        has_any = True
    for element in named:
        if element.around is not None:
            _remove(element, out)
        elif name:
            root[name] = {CUT: True}
        else:
            root.clear()
            root[CUT] = True
    return has_any or bool(named)


def _is_named(table: str, row: Mapping[str, Any], out: Forgotten) -> bool:
    """Return True if a row itself names what is forgotten.

    That its request does (by params, or the list snapshot that is named by them) does not count: the address is
    redacted, and the archive leaves such rows out by it.
    """
    own = {column: value for column, value in row.items() if column != "params"}
    return any(kind != HELD_BY_PAGE for kind, _ in out.names(table, own))


def _remove(element: Element, out: Forgotten) -> None:
    """Remove an element from what encloses it. In lists and maps, a marker keeps its place."""
    assert element.around is not None
    around: Any = element.around.value
    if not element.container:
        if element.name:
            around.pop(element.name, None)
        else:  # in the place of a list in a list or map: that one goes
            _remove(element.around, out)
        return
    holding = around.get(element.name) if element.name else around
    if isinstance(holding, list):
        holding[element.index] = {CUT: True}
    elif isinstance(holding, dict):
        entries = list(holding.items())
        key, _ = entries[element.index]
        entries[element.index] = (_unnamed(key, element.index, out) if element.key else key), {CUT: True}
        holding.clear()
        holding.update(entries)


def _unnamed(key: str, index: int, out: Forgotten) -> str:
    """Return a key of a map, or one that stands for it if it is an id of what is forgotten."""
    return f"@{index}" if key in out.numbers else key


def _redacted(value: Any, out: Forgotten, page_levels: int = 0) -> Any:
    """Return a JSON value without the objects that name what is forgotten; itself if there are none.

    REMOVED for an object that names it itself. In texts, 0 takes the place of an ID. page_levels: so many of the outermost
    objects are the page: these lose the key that names somebody, and stay.
    """
    if isinstance(value, str):
        text = out.redacted(value)
        return value if text == value else text
    if isinstance(value, list):
        found = [_redacted(inner, out) for inner in value]
        # By identity: an equal copy would count as a change, and rewrite a record that names nobody.
        if all(map(is_, found, value)):
            return value
        return [{CUT: True} if inner is REMOVED else inner for inner in found]
    if not isinstance(value, dict):
        return value
    named = {key for key, inner in value.items() if _is_id(key, inner, out)}
    if named and not page_levels:
        return REMOVED
    entries = {
        key: REMOVED if key in named else _redacted(inner, out, max(page_levels - 1, 0)) for key, inner in value.items()
    }
    if all(entries[key] is value[key] for key in entries):
        return value
    # A map by ids keeps the places of its entries, like a list.
    return {
        _unnamed(key, index, out) if inner is REMOVED else key: {CUT: True} if inner is REMOVED else inner
        for index, (key, inner) in enumerate(entries.items())
        if inner is not REMOVED or key.isdecimal()
    }


def _is_id(key: str, value: Any, out: Forgotten) -> bool:
    """Return True if a key says whose id its value is, and that one is forgotten."""
    kind = kind_of_key(key)
    if key == "user" and isinstance(value, dict):
        kind, value = "user", value.get("id")
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    # Not isinstance: True equals 1, and is nobody's ID.
    return bool(kind) and type(number) is int and (kind, number) in out.roots


def _dump(root: Any) -> bytes:
    try:
        return json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate, which only an escape can say
        return json.dumps(root).encode()
