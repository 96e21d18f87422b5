"""Judge a response: data, or one of the many ways in which pixiv says no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from crawler.clock import JST
from crawler.endpoints.model import Endpoint
from crawler.endpoints.reply import is_there, step
from crawler.errors import TooDeep
from crawler.model.page import Outcome, Reply, storable
from crawler.model.target import Target
from crawler.parse.element import WAS, is_numbered
from crawler.words import status_in_words


@dataclass(frozen=True)
class Verdict:
    """Verdict on a response. body is there if outcome is COMPLETE.

    is_session_refused, is_block, is_unread: see `Page`.
    was: what the page said before something was taken out of the kept reply.
    """

    outcome: Outcome
    message: str = ""
    body: Any = None
    is_counted_miss: bool = False
    is_session_refused: bool = False
    is_block: bool = False
    is_unread: bool = False
    was: Mapping[str, Any] | None = None


A_PAGE = "pixiv sent a web page instead of data: it blocks this machine for now, or is out of order"


def judge(endpoint: Endpoint, target: Target, reply: Reply) -> Verdict:
    """Separate facts from errors by route, status and shape; texts are localised and never matched."""
    why = reply.unread
    if not why:
        try:
            return _judge(endpoint, target, reply)
        except TooDeep as error:
            why = str(error)
    return Verdict(Outcome.FAILED, f"cannot be read: {why}", is_unread=True)


def _judge(endpoint: Endpoint, target: Target, reply: Reply) -> Verdict:
    status = reply.status
    if status == 200:
        return _judge_body(endpoint, target, reply)
    if 300 <= status < 400:
        if "login" in reply.location or "return_to" in reply.location:
            return _refuse(endpoint, target, reply, "redirected to the login page")
        return Verdict(Outcome.FAILED, f"redirected to {reply.location or 'nowhere'} ({status})")
    if status == 404:
        return _judge_missing(endpoint, target, reply)
    # All of pixiv's own refusals are JSON; a web page with the same status is a block of this machine.
    if status == 401 or (status in (400, 403) and load(reply.body) is not None):
        # pixiv answers 400 to a bad request and to a missing login alike, so only the route can tell.
        if status == 401 or endpoint.policy.wants_session(target.params):
            return _refuse(endpoint, target, reply, f"refused ({status})")
        # Closed comments answer 400 for ever; the proof endpoint tells that from a bad request.
        is_no = status == 400 and endpoint.policy.proof is not None
        return Verdict(
            Outcome.FAILED, f"refused as a bad request ({status})", is_counted_miss=is_no, is_block=status == 403
        )
    if status == 403:
        return Verdict(Outcome.FAILED, f"{A_PAGE} (403)", is_block=True)
    return Verdict(Outcome.FAILED, status_in_words(status))


def _refuse(endpoint: Endpoint, target: Target, reply: Reply, how: str) -> Verdict:
    """A response that wants somebody to log in: needed where nobody did, a failure where one had."""
    # Asked first: with a session the refusal is about the session, whatever the route needs.
    if reply.has_session:
        message = f"the session that was given does not serve here: {how}"
        return Verdict(Outcome.FAILED, message, is_session_refused=True)
    if endpoint.policy.wants_session(target.params):
        return Verdict(Outcome.NEEDS_SESSION, f"needs a session: {how}")
    return Verdict(Outcome.FAILED, f"{how}, though it needs no session")


def _judge_body(endpoint: Endpoint, target: Target, reply: Reply) -> Verdict:
    root = load(reply.body)
    if not isinstance(root, dict):
        if "html" in reply.content_type or reply.body.lstrip()[:1] == b"<":
            return Verdict(Outcome.FAILED, A_PAGE, is_block=True)
        return Verdict(Outcome.FAILED, "pixiv sent unreadable JSON", is_unread=True)
    error = root.get("error")
    # `error` is true, a text or absent, and comes with status 200 as well.
    if error:
        if endpoint.policy.wants_session(target.params):
            return _refuse(endpoint, target, reply, "pixiv answered with an error (status 200)")
        return Verdict(Outcome.FAILED, "pixiv answered with an error (status 200)")
    body = root.get(endpoint.reply.body) if endpoint.reply.body else root
    if body == [] and not endpoint.reply.is_list:
        body = {}  # PHP's empty object
    if not isinstance(body, list if endpoint.reply.is_list else dict):
        return Verdict(Outcome.FAILED, f"no answer: {endpoint.reply.body or 'the response'} is not of its known shape")
    was = root.get(WAS)
    if isinstance(was, dict):
        return Verdict(Outcome.COMPLETE, body=body, was=was)  # it was complete when it came
    missing = missing_parts(endpoint, body)
    if missing:
        return Verdict(Outcome.FAILED, f"no answer: {missing}")
    for path, name in endpoint.reply.echoes.items():
        requested = str(target.page) if name == endpoint.paging.param else target.params.get(name)
        if requested and str(step(body, path)) != requested:
            value = step(body, path)
            return Verdict(Outcome.FAILED, f"requested {name}={requested}, got {path}={value!r}")
    return Verdict(Outcome.COMPLETE, body=body)


def missing_parts(endpoint: Endpoint, body: Any) -> str:
    """Return what a body lacks to be an answer of the endpoint; "" for nothing."""
    if body == {} and endpoint.paging.ends_empty:
        return ""
    for path, mark in endpoint.reply.must_hold:
        value = step(body, path)
        if value is None and mark in ("[]", "{}") and _is_in_empty(body, path):
            value = []
        if mark == "?":
            why = "" if is_there(body, path) else "is missing"
        elif not mark:
            why = "is missing" if value is None else ""
        else:
            why = _missing_elements(value, mark)
        if why:
            return f"{path or 'the response'} {why}{_instead(body, path)}"
    return ""


def _is_in_empty(body: Any, path: str) -> bool:
    """Return True if a path leads through PHP's [] in the place of an empty object."""
    way = path.split(".")
    return any(step(body, ".".join(way[:length])) == [] for length in range(1, len(way)))


def _missing_elements(value: Any, mark: str) -> str:
    """Return why a value is not the list or map that must be there."""
    is_map = mark.startswith("{")
    is_of_shape = isinstance(value, list) or is_numbered(value)
    if is_map:
        is_of_shape = isinstance(value, dict) or value == []  # PHP's empty object
    if not is_of_shape:
        return "is missing" if value is None else f"is no {'map' if is_map else 'list'}"
    return "is empty" if "+" in mark and not value else ""


SHOWN_KEYS = 12


def _instead(body: Any, path: str) -> str:
    """The keys that are there beside the place of one that is missing: it may be renamed."""
    around = step(body, path.rpartition(".")[0])
    if not isinstance(around, dict) or path.rpartition(".")[2] in around:
        return ""
    keys = sorted(around)
    more = ", …" if len(keys) > SHOWN_KEYS else ""
    return f"; there are {', '.join(keys[:SHOWN_KEYS])}{more}" if keys else "; there is nothing"


def _judge_missing(endpoint: Endpoint, target: Target, reply: Reply) -> Verdict:
    # pixiv says 404 in JSON, so a web page is a block and proves nothing about the thing.
    if load(reply.body) is None:
        return Verdict(Outcome.FAILED, f"{A_PAGE} (404)", is_block=True)
    if endpoint.policy.wants_session(target.params) and not reply.has_session:
        return Verdict(Outcome.NEEDS_SESSION, "not shown without a session (404)")
    if not endpoint.names_a_thing:
        return Verdict(Outcome.FAILED, "there is no such address any more (404)")
    if target.page > 1:
        return Verdict(
            Outcome.FAILED, "not found (404), though the page before says that it follows", is_counted_miss=True
        )
    if endpoint.policy.on_missing is not Outcome.NOT_YET:
        return Verdict(endpoint.policy.on_missing, "not found (404)")
    try:
        on = date.fromisoformat(target.params.get("date", ""))
    except ValueError:
        return Verdict(Outcome.NOT_YET, "not found (404)")
    # By the response's own time, not the clock: a replay must judge it as the crawl did.
    requested_on = datetime.fromtimestamp(reply.observed_at // 1_000_000_000, JST).date()
    if requested_on <= on + timedelta(days=1):
        return Verdict(Outcome.NOT_YET, "not published yet: a day appears about noon JST of the next")
    return Verdict(Outcome.NOT_YET, "not found (404); unavailable once another night confirms it", is_counted_miss=True)


DEEPEST = 100
"""Containers within containers that are read: all that walks a response may recurse so far, wherever it
is called from. Known responses have 8."""


def load(body: bytes) -> Any:
    """The JSON value with text that every database takes, or None where it is none. Raises TooDeep."""
    try:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            # The slow way takes lone surrogates, which orjson refuses with all of the reply.
            value = json.loads(body.decode("utf-8", "replace"))
            is_clean = False
        else:
            # orjson refuses lone surrogates, so an escaped NUL is the one thing left that PostgreSQL refuses.
            is_clean = b"\\u0000" not in body
    except RecursionError:
        raise TooDeep(DEEPEST) from None
    except ValueError:
        return None
    # First: _clean and all later readers recurse, so a value that is too deep must be refused here.
    _check_depth(value)
    return value if is_clean else _clean(value)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if type(outer) in CONTAINERS
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in CONTAINERS
        ]
        if not level:
            return
    raise TooDeep(DEEPEST)


CONTAINERS = (dict, list)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(entry) for key, entry in value.items()}
    return value
