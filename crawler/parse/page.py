"""One reply to one Page."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.json_path import is_there, step
from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.params import NO_ID
from crawler.items.ask import Ask
from crawler.items.page import Page, PathSeen
from crawler.items.reply import Outcome, Reply
from crawler.parse.drift import census
from crawler.parse.element import Element, is_cut, locate
from crawler.parse.envelope import judge
from crawler.parse.reply_reader import ReplyReader, reader_of
from crawler.parse.rows import RowContext, read_rows
from crawler.parse.sets import CompleteSets, sets_of_list, sets_of_reply
from crawler.parse.withheld import reason_of
from crawler.tables.read import hash63

ZERO = "nothing found; believed once another night finds nothing too, for throttling looks the same"
WAS_BESIDE_PATHS = frozenset({"cuts", "content_digest", "next_page"})
NOT_FOUND = "not_found"
"""State of a work that answers 404: deleted, private, or not shown to this session."""


MESSAGE_LENGTH = 500


def parse(ask: Ask, reply: Reply) -> Page:
    """All that a reply contains. Never raises: what cannot be read is in outcome and refused."""
    try:
        page = _parse(ask, reply)
    except Exception as error:  # noqa: BLE001  # one odd reply costs itself, not those behind it
        *_, place = traceback.extract_tb(error.__traceback__)
        file = place.filename.rpartition("/")[2]
        where = f"{file}:{place.lineno}"
        message = f"cannot be read: {type(error).__name__} at {where}: {error}"
        page = Page(ask, Outcome.FAILED, reply.observed_at, message, reply, is_unread=True)
    page.message = page.message[:MESSAGE_LENGTH]
    return page


def _parse(ask: Ask, reply: Reply) -> Page:
    endpoint = ENDPOINTS[ask.endpoint]
    verdict = judge(endpoint, ask, reply)
    page = Page(
        ask=ask,
        outcome=verdict.outcome,
        observed_at=reply.observed_at,
        message=verdict.message,
        reply=reply,
        is_counted_miss=verdict.is_counted_miss,
        is_session_refused=verdict.is_session_refused,
        is_block=verdict.is_block,
        is_unread=verdict.is_unread,
    )
    if verdict.outcome is not Outcome.NOT_YET:
        # A miss is that of who requested it; what is answered, and what went wrong, is of everyone.
        page.ask = ask = endpoint.answered_to_all(ask)
    if verdict.outcome is Outcome.ABSENT and endpoint.policy.marked_missing:
        table, key, name = endpoint.policy.marked_missing
        page.rows = {table: [{key: int(ask.params[name]), "state": NOT_FOUND}]}
    if verdict.outcome is not Outcome.COMPLETE:
        return page
    body = verdict.body
    if endpoint.reply.answers:
        body = _note_omissions(endpoint, page, body)
        if page.outcome is Outcome.FAILED:
            return page
    was = verdict.was
    page.is_cut = was is not None
    if was is None and _is_zero(endpoint, body):
        page.is_counted_miss = ask.page == 1
        page.is_empty_answer = True
        page.outcome = Outcome.NOT_YET if ask.page == 1 else Outcome.FAILED
        page.message = (
            ZERO if ask.page == 1 else f"{endpoint.reply.total} is 0 after a page of works"
        )
        return page
    try:
        params = _answered(endpoint, ask, body)
        night = endpoint.night_of(params, ask.night)
        page.ask = ask = replace(ask, params=params, night=night)
        held = _held(endpoint, body)
        page.next_page = (
            endpoint.paging.next(body, ask.page, params, held) if was is None else was["next_page"]
        )
        if was is None and page.next_page is None and _counts_without_showing(endpoint, ask, body):
            page.is_counted_miss = page.is_empty_answer = True
            page.outcome, page.message = Outcome.NOT_YET, ZERO
            return page
        facts = facts_of(endpoint, ask, page, body, was)
    except (KeyError, TypeError, ValueError) as error:
        page.outcome, page.next_page = Outcome.FAILED, None
        page.message = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return page
    page.subject_on = _subject(ask.params)
    _read(reader_of(endpoint.name), page, body, facts)
    if was is not None:
        page.content_digest, page.lost = was["content_digest"], ""
        page.paths = [PathSeen(path, kind, known, None) for path, kind, known in _paths_of(was)]
        return page
    page.content_digest = _digest(endpoint, page)
    if endpoint.main_list is not None and _is_empty(body, endpoint.main_list):
        missing = _missing_facts(endpoint, page, body)
        if missing:
            page.outcome, page.message = Outcome.FAILED, missing
            page.next_page, page.rows, page.refused, page.lost = None, {}, [], ""
            page.list_sets, page.content_digest = [], None
            return page
    page.paths = census(endpoint.name, body)
    return page


def _held(endpoint: Endpoint, body: Any) -> int | None:
    """How many elements the list of a page has, advertisements left out; None: there is no list."""
    if endpoint.main_list is None:
        return None
    listed = step(body, endpoint.main_list.rpartition("[]")[0])
    if not isinstance(listed, list):
        return None
    return sum(not (isinstance(one, dict) and one.get("isAdContainer")) for one in listed)


def _note_omissions(endpoint: Endpoint, page: Page, body: Any) -> Any:
    """Note the ids of a batch that the answer leaves out; an answer with none of them is none.

    Returns the body without those that are there as null.
    """
    requested = page.ask.params[endpoint.reply.answers or ""].split(",")
    requested = [key for key in requested if key != NO_ID]
    answers = body if isinstance(body, dict) else {}
    omitted = [key for key in requested if answers.get(key) is None]
    page.omitted = len(omitted)
    if omitted:
        at = page.observed_at
        page.rows["omissions"] = [
            {
                "endpoint": endpoint.name, "artwork_id": int(key), "asker": page.ask.asker,
                "user_id": int(page.ask.params.get("user_id") or 0) or None,
                "first_missed_at": at, "last_missed_at": at,
            }
            for key in omitted
        ]  # fmt: skip
    if requested and len(omitted) == len(requested):
        page.outcome = Outcome.FAILED
        page.message = f"answered none of the {len(requested)} ids that it was asked for"
    return {key: answers[key] for key in answers if answers[key] is not None}


def _is_empty(body: Any, path: str) -> bool:
    """Whether a list has no elements, not even some that were taken out of the kept reply."""
    listed = step(body, path.rpartition("[]")[0])
    has_gaps = isinstance(listed, list) and any(map(is_cut, listed))
    return not has_gaps and not locate(Element(body), path)


def _is_zero(endpoint: Endpoint, body: Any) -> bool:
    """Whether a search says that it found nothing, as a throttled one does too."""
    paths = (endpoint.reply.total, *endpoint.reply.zeros)
    return endpoint.reply.total is not None and all(
        str(step(body, path or "")) == "0" for path in paths
    )


def _counts_without_showing(endpoint: Endpoint, ask: Ask, body: Any) -> bool:
    """Return True if a list of one page shows none of those that it counts.

    All of them may have left; a site that is throttled shows none either.
    """
    if not endpoint.paging.has_gaps or endpoint.main_list is None or ask.page > 1:
        return False
    is_counted = any(str(step(body, path)) != "0" for path in endpoint.paging.paths)
    return is_counted and _is_empty(body, endpoint.main_list)


def _digest(endpoint: Endpoint, page: Page) -> int | None:
    """A hash of the ids that a page lists, in order; None where it lists none.

    Positions are no part of it: an advertisement moves them from one answer to the next.
    """
    if endpoint.main_list is None:
        return None
    main = endpoint.reply.main_section
    if main is not None:
        entries = page.rows.get(main.row.__tablename__, [])
        ids = [entry.get(main.of) for entry in entries if entry["section"] == main.name]
    else:
        ids = [entry["artwork_id"] for entry in page.rows.get("ranking_entries", [])]
    return hash63(json.dumps(ids)) if ids else None


def _missing_facts(endpoint: Endpoint, page: Page, body: Any) -> str:
    """Why a page whose list is empty cannot be believed; "" where it can."""
    if page.next_page is not None and not endpoint.paging.has_gaps:
        return "an empty page that says more follows"
    if endpoint.reply.total is not None and page.ask.page == 1:
        return f"no works, though {endpoint.reply.total} is {step(body, endpoint.reply.total)}"
    return ""


def _answered(endpoint: Endpoint, ask: Ask, body: Any) -> dict[str, str]:
    """The parameters, those left to the site (`latest`) as it answered them."""
    params = {name: value for name, value in ask.params.items() if value}
    for path, name in endpoint.reply.echoes.items():
        if name in endpoint.request.params and name not in params:
            value = step(body, path)
            if not isinstance(value, str) or not value:
                raise ValueError(f"{path} is missing: which {name} is this?")
            params[name] = value
    # What the site fills in is checked like what a user gives.
    return endpoint.request.complete(params)


def _paths_of(was: Mapping[str, Any]) -> Any:
    """The paths that a page had before something was taken out, under the name of whatever version."""
    return next((was[name] for name in was if name not in WAS_BESIDE_PATHS), ())


def facts_of(
    endpoint: Endpoint, ask: Ask, page: Page, body: Any, was: Mapping[str, Any] | None
) -> RowContext:
    """What is known of a page besides its elements. was: see `Verdict`."""
    constants = {
        "observed_at": page.observed_at,
        "endpoint": ask.endpoint,
        "params": ask.key,
        "night": ask.night,
        "page": ask.page,
        "is_last": page.next_page is None,
        "next_page": page.next_page,
        **{name: make(body, ask.params) for name, make in endpoint.reply.constants.items()},
    }
    cuts = {tuple(way): tables for way, tables in was["cuts"]} if was else {}
    return RowContext(constants, ask.params, cuts)


def _subject(params: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(params.get("date", ""))
    except ValueError:
        return None


def _read(reader: ReplyReader, page: Page, body: Any, facts: RowContext) -> None:
    endpoint = reader.endpoint
    located: dict[str, list[Element]] = {}
    sets = CompleteSets()
    for rows_at in reader.rows:
        at = rows_at.at
        if at.path not in located:
            located[at.path] = elements_at(body, at.path)
        rows, refused = read_rows(rows_at, located[at.path], facts)
        if rows:
            page.rows.setdefault(rows_at.table, []).extend(rows)
        page.refused.extend(refused)
        count = len(located[at.path])
        if refused and (not page.lost or page.outcome is Outcome.COMPLETE):
            rejected = sum(row.is_row for row in refused)
            # Of several, none of which fits entirely, something has changed; one alone may be odd.
            is_all = count > 1 and len({row.path for row in refused}) >= count
            lost = _loss(endpoint, at, rejected, count, is_all=is_all)
            page.lost = lost or page.lost
            if lost and rejected:
                page.outcome, page.message = Outcome.PARTIAL, lost
        if at.row.set_owners:
            members = sets_of_reply(endpoint, rows_at, Element(body), page.ask.params)
            sets.add(rows_at, members, is_refused=bool(refused))
    if complete := list(sets.rows(page.observed_at)):
        page.rows["member_sets"] = complete
    page.list_sets = sets_of_list(reader, page.ask.params)
    page.lost = page.lost or _lost_key(endpoint, body, located)


def elements_at(body: Any, path: str) -> list[Element]:
    """The elements of a body at the path of an `At`."""
    # A body that is a list says nothing of itself.
    return locate(Element(body if path or isinstance(body, dict) else {}), path)


@cache
def _element_and_key(path: str) -> tuple[str, str]:
    """The path of the elements that have a key, and the key: `works[]` and `title`."""
    found = re.fullmatch(r"(?:(.*(?:\[\]|\{\}))\.)?([^\[\]{}]+)", path)
    assert found, f"{path} leads to no key"
    return found[1] or "", found[2]


def _lost_key(endpoint: Endpoint, body: Any, located: dict[str, list[Element]]) -> str:
    """A key for whose sake a reply is requested, and that nothing it shows has; "" for none."""
    for path in endpoint.reply.brings:
        element, key = _element_and_key(path)
        if element not in located:
            located[element] = elements_at(body, element)
        shown = [found.raw for found in located[element] if not reason_of(found)]
        if shown and not any(is_there(raw, key) for raw in shown):
            return f"{path} is missing"
    return ""


def _loss(endpoint: Endpoint, at: At, rejected: int, count: int, *, is_all: bool) -> str:
    """Return why what was requested is not stored, or not whole; "" where it is.

    rejected: rows, of `count` elements, of which nothing is stored; is_all: of each something is not stored.
    """
    table = at.row.__tablename__
    if not at.path and endpoint.request.params:
        return f"{table}: the requested row was rejected"
    main = {path + mark.replace("+", "") for path, mark in endpoint.reply.must_hold if mark}
    if at.path not in main:
        return ""
    if rejected:
        return f"{table}: {rejected:,} of {count:,} rows rejected"
    return f"{table}: columns of all {count:,} rows rejected" if is_all else ""
