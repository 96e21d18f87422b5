"""What a reply is: facts, or one of the many ways in which pixiv says no."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from crawler.endpoints.model import Endpoint
from crawler.endpoints.paging import step
from crawler.items.page import Ask, Outcome, Reply
from crawler.items.read import JST


@dataclass(frozen=True)
class Verdict:
    """What a reply came to. body is there where outcome is COMPLETE."""

    outcome: Outcome
    message: str = ""
    body: Any = None
    is_counted_miss: bool = False


def judge(endpoint: Endpoint, ask: Ask, reply: Reply) -> Verdict:
    """Tell facts from errors by route, status and shape; texts are localised and never matched."""
    status = reply.status
    if status == 200:
        return _judge_body(endpoint, ask, reply)
    if 300 <= status < 400:
        if "login" in reply.location or "return_to" in reply.location:
            return Verdict(Outcome.NEEDS_SESSION, "redirected to the login page")
        return Verdict(Outcome.FAILED, f"redirected to {reply.location or 'nowhere'} ({status})")
    if status == 404:
        return _judge_missing(endpoint, ask, reply)
    if status in (400, 401, 403) and _load(reply.body) is not None:
        if endpoint.wants_session(ask.params):
            return Verdict(Outcome.NEEDS_SESSION, f"the session is missing or dead ({status})")
        return Verdict(Outcome.FAILED, f"refused as a bad request ({status})")
    if status == 403:
        return Verdict(Outcome.FAILED, "blocked: a page instead of data (403)")
    return Verdict(Outcome.FAILED, f"the site answered {status}")


def _judge_body(endpoint: Endpoint, ask: Ask, reply: Reply) -> Verdict:
    root = _load(reply.body)
    if not isinstance(root, dict):
        is_page = "html" in reply.content_type or reply.body.lstrip()[:1] == b"<"
        return Verdict(Outcome.FAILED, "a page instead of data" if is_page else "unreadable JSON")
    error = root.get("error")
    if error:
        if endpoint.wants_session(ask.params):
            return Verdict(Outcome.NEEDS_SESSION, "the session is missing or dead")
        return Verdict(Outcome.FAILED, "an error body with status 200")
    body = root.get(endpoint.body) if endpoint.body else root
    if body == [] and not endpoint.is_list:
        body = {}  # PHP's empty object
    if not isinstance(body, list if endpoint.is_list else dict):
        return Verdict(Outcome.FAILED, f"{endpoint.body or 'the reply'} is not of its known shape")
    if endpoint.due is not None and not _is_told(endpoint, body):
        return Verdict(
            Outcome.FAILED, f"{endpoint.due} is empty or of another shape: works are due"
        )
    for path, name in endpoint.echoes.items():
        asked = str(ask.page) if name == endpoint.paging.param else ask.params.get(name)
        if asked and str(step(body, path)) != asked:
            told = step(body, path)
            return Verdict(Outcome.FAILED, f"asked for {name}={asked}, answered {path}={told!r}")
    return Verdict(Outcome.COMPLETE, body=body)


def _is_told(endpoint: Endpoint, body: Any) -> bool:
    """Whether what is due is there, as a list where the entry reads one."""
    due = step(body, endpoint.due or "")
    is_listed = any(at.path.startswith(f"{endpoint.due}[]") for at in endpoint.all_rows)
    return bool(due) and (isinstance(due, list) or not is_listed)


def _judge_missing(endpoint: Endpoint, ask: Ask, reply: Reply) -> Verdict:
    if endpoint.wants_session(ask.params) and not reply.has_session:
        return Verdict(Outcome.NEEDS_SESSION, "not shown without a session (404)")
    if ask.page > 1:
        return Verdict(
            Outcome.FAILED, "gone (404), though the page before says that it follows",
            is_counted_miss=True,
        )  # fmt: skip
    if endpoint.on_missing is not Outcome.NOT_YET:
        return Verdict(endpoint.on_missing, "not there (404)")
    try:
        on = date.fromisoformat(ask.params.get("date", ""))
    except ValueError:
        return Verdict(Outcome.NOT_YET, "not there (404)")
    asked_on = datetime.fromtimestamp(reply.observed_at // 1_000_000_000, JST).date()
    if asked_on <= on + timedelta(days=1):
        return Verdict(
            Outcome.NOT_YET, "not published yet: a day appears about noon JST of the next"
        )
    return Verdict(
        Outcome.NOT_YET, "not there (404); a second 404 makes it absent", is_counted_miss=True
    )


def _load(body: bytes) -> Any:
    """The JSON value with text that every database takes, or None where it is none."""
    try:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            # The slow way takes lone surrogates, which orjson refuses with the whole reply.
            return _clean(json.loads(body.decode("utf-8", "replace")))
        return _clean(value) if b"\\u0000" in body else value
    except (ValueError, RecursionError):
        return None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(entry) for key, entry in value.items()}
    return value
