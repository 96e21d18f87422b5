"""Where in a reply its rows stand, and a reply without some of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from crawler.endpoints import ENDPOINTS
from crawler.items.page import Ask, Outcome, Reply
from crawler.parse.locate import CUT, is_numbered, locate
from crawler.parse.page import constants_of, parse
from crawler.parse.rows import read_rows

IsNamed = Callable[[str, Mapping[str, Any]], bool]
"""Whether a row of a table is to be left out."""


def without(ask: Ask, reply: Reply, is_named: IsNamed) -> bytes | None:
    """The body of a reply without the elements whose rows are to be left out.

    None where the whole reply is such a row; the body as it came where nothing is.
    """
    page = parse(ask, reply)
    if page.outcome is not Outcome.COMPLETE:
        return reply.body
    root = _load(reply.body)
    endpoint = ENDPOINTS[page.ask.endpoint]
    body = root[endpoint.body] if endpoint.body else root
    constants = constants_of(endpoint, page.ask, page, body)
    places: set[tuple[str | int, ...]] = set()
    for at in endpoint.all_rows:
        # A body that is a list tells nothing of itself.
        is_bare = not at.path and not isinstance(body, dict)
        for place, raw in locate({} if is_bare else body, at.path):
            rows, _ = read_rows(at, [(place, raw)], constants)
            if any(is_named(at.row.__tablename__, row) for row in rows):
                places.add(tuple(_steps(place)))
    if () in places:
        return None
    # What encloses others comes last: they are inside it still.
    for steps in sorted(places, key=len, reverse=True):
        _take_out(body, steps)
    return _dump(root) if places else reply.body


def _dump(root: Any) -> bytes:
    try:
        return json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate, which only an escape can say
        return json.dumps(root).encode()


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body.decode("utf-8", "replace"))


def _steps(place: str) -> Iterator[str | int]:
    """A place as `locate` writes it, in keys and indexes."""
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", place):
        yield int(index) if index else key


def _take_out(body: Any, steps: tuple[str | int, ...]) -> None:
    *way, last = steps
    value = body
    for step in way:
        value = _inner(value, step)
        if value is None:
            return  # what encloses it is out
    # A list keeps the place: what stands behind it keeps its position.
    if isinstance(value, list) and isinstance(last, int) and last < len(value):
        value[last] = {CUT: True}
    elif is_numbered(value) and isinstance(last, int) and last < len(value):
        value[list(value)[last]] = {CUT: True}
    elif isinstance(value, dict) and isinstance(last, str) and last.isdecimal():
        entries = list(value.items())
        value.clear()
        for place, (key, entry) in enumerate(entries):
            value.update({f"@{place}": {CUT: True}} if key == last else {key: entry})
    elif isinstance(value, dict) and isinstance(last, str):
        value.pop(last, None)


def _inner(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        if isinstance(step, int):
            return list(value.values())[step] if step < len(value) else None
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
