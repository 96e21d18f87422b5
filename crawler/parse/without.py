"""A kept reply without what is about things that are forgotten, and with all else."""

from __future__ import annotations

import json
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.errors import TooDeep
from crawler.model.reply import Reply
from crawler.model.target import Target
from crawler.parse.cutting import Cutting, Place, cutting_of
from crawler.parse.element import WAS
from crawler.parse.envelope import load
from crawler.parse.mentions import Mentions
from crawler.parse.page import parse
from crawler.tables.naming import Forgotten


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
