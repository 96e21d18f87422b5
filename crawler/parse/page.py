"""One response to one Page."""

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
from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.params import NO_ID
from crawler.endpoints.reply import is_there, step
from crawler.model.page import Outcome, Page, PathSeen, Refused, Reply
from crawler.model.target import Target
from crawler.parse.declared import ReplyReader, reader_of
from crawler.parse.drift import census
from crawler.parse.element import Element, is_cut, locate, reason_of
from crawler.parse.envelope import judge
from crawler.parse.rows import RowContext, read_rows
from crawler.parse.sets import CompleteSets, sets_of_list, sets_of_reply
from crawler.tables.provenance import REDACTED
from crawler.tables.read import hash63

ZERO = "nothing found; believed once another night confirms it, because throttling looks the same"
NOT_FOUND = "not_found"
"""State of a work that answers 404: deleted, private, or not shown to this session."""


def parse(target: Target, reply: Reply) -> Page:
    """All that a response contains. Never raises: what cannot be read is in outcome and refused."""
    try:
        return _parse(target, reply)
    except Exception as error:  # noqa: BLE001  # one odd response costs itself, not those behind it
        *_, place = traceback.extract_tb(error.__traceback__)
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        message = f"cannot be read: {type(error).__name__} at {where}: {error}"
        return Page(target, Outcome.FAILED, reply.observed_at, message, reply, is_unread=True)


def _parse(target: Target, reply: Reply) -> Page:
    endpoint = ENDPOINTS[target.endpoint]
    verdict = judge(endpoint, target, reply)
    if verdict.outcome is not Outcome.NOT_YET:
        # A miss is that of who requested it; what is answered, and what went wrong, is of everyone.
        target = endpoint.answered_to_all(target)
    page = Page(
        target=target,
        outcome=verdict.outcome,
        observed_at=reply.observed_at,
        message=verdict.message,
        reply=reply,
        is_counted_miss=verdict.is_counted_miss,
        is_session_refused=verdict.is_session_refused,
        is_block=verdict.is_block,
        is_unread=verdict.is_unread,
    )
    if verdict.outcome is Outcome.ABSENT and endpoint.policy.marked_missing:
        table, key, name = endpoint.policy.marked_missing
        return replace(page, rows={table: [{key: int(target.params[name]), "state": NOT_FOUND}]})
    if verdict.outcome is not Outcome.COMPLETE:
        return page
    body = verdict.body
    if endpoint.reply.answers:
        page, body = _note_omissions(endpoint, page, body, is_redacted=verdict.was is not None)
        if page.outcome is Outcome.FAILED:
            return page
    return _read_body(endpoint, replace(page, is_cut=verdict.was is not None), body, verdict.was)


def _read_body(endpoint: Endpoint, page: Page, body: Any, was: Mapping[str, Any] | None) -> Page:
    """The page with all that its body contains. was: see `Verdict`."""
    target = page.target
    # A redacted response was complete when it came, so its emptied list is no sign of throttling.
    if was is None and _is_zero(endpoint, body):
        if target.page == 1:
            return _nothing_found(page)
        message = f"{endpoint.reply.total} is 0 after a page of works"
        return replace(page, outcome=Outcome.FAILED, message=message, is_empty_answer=True)
    try:
        params = _answered(endpoint, target, body)
        target = replace(target, params=params, night=endpoint.night_of(params, target.night))
        page = replace(page, target=target)
        # A list that lost elements no longer says which page comes next, so the note in it does.
        if was is not None:
            page = replace(page, next_page=was["next_page"])
        else:
            after = endpoint.paging.next(body, target.page, params, _held(endpoint, body))
            if after is None and _counts_without_showing(endpoint, target, body):
                return _nothing_found(page)
            page = replace(page, next_page=after)
        facts = row_context(endpoint, target, page, body)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return replace(page, outcome=Outcome.FAILED, message=message, next_page=None)
    read = _read(reader_of(endpoint.name), page, body, facts)
    read = replace(read, subject_on=_subject(target.params))
    if was is not None:
        return _redacted(read, was)
    if endpoint.main_list is not None and _is_empty(body, endpoint.main_list):
        missing = _missing_facts(endpoint, page, body)
        if missing:
            subject = read.subject_on
            return replace(page, outcome=Outcome.FAILED, message=missing, next_page=None, subject_on=subject)
    return replace(read, content_digest=_digest(endpoint, read), paths=census(endpoint.name, body))


def _nothing_found(page: Page) -> Page:
    """A page that shows nothing, as one of a throttled site does."""
    return replace(page, outcome=Outcome.NOT_YET, message=ZERO, is_counted_miss=True, is_empty_answer=True)


def _held(endpoint: Endpoint, body: Any) -> int | None:
    """Return the number of elements in a page's list, without advertisements; None: there is no list."""
    if endpoint.main_list is None:
        return None
    listed = step(body, endpoint.main_list.rpartition("[]")[0])
    if not isinstance(listed, list):
        return None
    return sum(not (isinstance(one, dict) and one.get("isAdContainer")) for one in listed)


def _note_omissions(endpoint: Endpoint, page: Page, body: Any, *, is_redacted: bool) -> tuple[Page, Any]:
    """Note the ids of a batch that the answer leaves out; an answer with none of them is none.

    Returns the page, and the body without those that are there as null.
    """
    requested = page.target.params[endpoint.reply.answers or ""].split(",")
    requested = [key for key in requested if key != NO_ID]
    answers = body if isinstance(body, dict) else {}
    omitted = [key for key in requested if answers.get(key) is None]
    there = {key: answers[key] for key in answers if answers[key] is not None}
    if not omitted:
        return page, there
    at = page.observed_at
    rows = [
        {
            "endpoint": endpoint.name,
            "artwork_id": int(key),
            "asker": page.target.asker,
            "user_id": int(page.target.params.get("user_id") or 0) or None,
            "first_missed_at": at,
            "last_missed_at": at,
        }
        for key in omitted
    ]
    page = replace(page, omitted=len(omitted), rows={"omissions": rows})
    # A redacted batch may have lost all of its ids to `forget`, and was an answer all the same.
    if len(omitted) == len(requested) and not is_redacted:
        message = f"the response has none of the {len(requested)} requested ids"
        page = replace(page, outcome=Outcome.FAILED, message=message)
    return page, there


def _is_empty(body: Any, path: str) -> bool:
    """Return True if a list has no elements, not even some that were taken out of the kept reply."""
    listed = step(body, path.rpartition("[]")[0])
    has_gaps = isinstance(listed, list) and any(map(is_cut, listed))
    return not has_gaps and not locate(Element(body), path)


def _is_zero(endpoint: Endpoint, body: Any) -> bool:
    """Return True if a search says that it found nothing, as a throttled one does too."""
    paths = (endpoint.reply.total, *endpoint.reply.zeros)
    # Totals come as numbers or as text, depending on the route.
    return endpoint.reply.total is not None and all(str(step(body, path or "")) == "0" for path in paths)


def _counts_without_showing(endpoint: Endpoint, target: Target, body: Any) -> bool:
    """Return True if a list of one page shows none of those that it counts.

    All of them may have left; a site that is throttled shows none either.
    """
    if not endpoint.paging.has_gaps or endpoint.main_list is None or target.page > 1:
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
    """Return why a page whose list is empty cannot be believed; "" if it can."""
    if page.next_page is not None and not endpoint.paging.has_gaps:
        return "an empty page that says more follows"
    if endpoint.reply.total is not None and page.target.page == 1:
        return f"no works, though {endpoint.reply.total} is {step(body, endpoint.reply.total)}"
    return ""


def _answered(endpoint: Endpoint, target: Target, body: Any) -> dict[str, str]:
    """The parameters, those left to the site (`latest`) as it answered them."""
    params = {name: value for name, value in target.params.items() if value}
    for path, name in endpoint.reply.echoes.items():
        if name in endpoint.request.params and name not in params:
            value = step(body, path)
            if not isinstance(value, str) or not value:
                raise ValueError(f"{path} is missing: which {name} is this?")
            params[name] = value
    # What the site fills in is checked like what a user gives.
    return endpoint.request.complete(params)


def _redacted(page: Page, was: Mapping[str, Any]) -> Page:
    """Return the page of a redacted response as it was before, without the sets that lack rows: nobody in them is past."""
    paths = [PathSeen(path, kind, known, None) for path, kind, known in was["paths"]]
    page = replace(page, content_digest=was["content_digest"], lost="", paths=paths)
    # Until version 0.1 an element that lost rows stayed in part: rows of these tables are rejected there.
    cut = {table for _, tables in was.get("cuts", ()) for table in tables}
    if cut:
        refused = [letter for letter in page.refused if letter.table not in cut]
        page = replace(page, outcome=Outcome.COMPLETE, message="", refused=refused)
    incomplete = cut.union(was.get("incomplete", ()))
    if not incomplete:
        return page
    sets = [row for row in page.rows.get("member_sets", ()) if _table_of(row) not in incomplete]
    letters = [
        Refused(table, "", REDACTED, "", {})
        for table in {_table_of(row) for row in page.list_sets}.intersection(incomplete)
    ]
    return replace(page, rows={**page.rows, "member_sets": sets}, refused=[*page.refused, *letters])


def _table_of(member_set: Mapping[str, Any]) -> str:
    return str(member_set["set_name"]).partition(".")[0]


def row_context(endpoint: Endpoint, target: Target, page: Page, body: Any) -> RowContext:
    """Return what is known of a page apart from its elements."""
    constants = {
        "observed_at": page.observed_at,
        "endpoint": target.endpoint,
        "params": target.key,
        "night": target.night,
        "page": target.page,
        "is_last": page.next_page is None,
        "next_page": page.next_page,
        **{name: make(body, target.params) for name, make in endpoint.reply.constants.items()},
    }
    return RowContext(constants, target.params)


def _subject(params: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(params.get("date", ""))
    except ValueError:
        return None


def _read(reader: ReplyReader, page: Page, body: Any, facts: RowContext) -> Page:
    """The page with its rows, those that were rejected, and the sets that it lists in full."""
    endpoint, params = reader.endpoint, page.target.params
    located: dict[str, list[Element]] = {}
    found = {table: list(rows) for table, rows in page.rows.items()}
    outcome, message, lost_for = page.outcome, page.message, ""
    rejected_rows: list[Refused] = []
    sets = CompleteSets()
    for rows_at in reader.rows:
        at = rows_at.at
        if at.path not in located:
            located[at.path] = elements_at(body, at.path)
        rows, refused = read_rows(rows_at, located[at.path], facts)
        if rows:
            found.setdefault(rows_at.table, []).extend(rows)
        rejected_rows.extend(refused)
        count = len(located[at.path])
        if refused and (not lost_for or outcome is Outcome.COMPLETE):
            rejected = sum(row.is_row for row in refused)
            # Of several, none of which fits entirely, something has changed; one alone may be odd.
            is_all = count > 1 and len({row.path for row in refused}) >= count
            lost = _loss(endpoint, at, rejected, count, is_all=is_all)
            lost_for = lost or lost_for
            if lost and rejected:
                outcome, message = Outcome.PARTIAL, lost
        if at.row.set_owners:
            members = sets_of_reply(endpoint, rows_at, Element(body), params)
            sets.add(rows_at, members, is_refused=bool(refused))
    if complete := list(sets.rows(page.observed_at)):
        found["member_sets"] = complete
    return replace(
        page,
        outcome=outcome,
        message=message,
        rows=found,
        refused=rejected_rows,
        list_sets=sets_of_list(reader, params),
        lost=lost_for or _lost_key(endpoint, body, located),
    )


def elements_at(body: Any, path: str) -> list[Element]:
    """The elements of a body at the path of an `At`."""
    if is_cut(body):
        return []
    # A body that is a list says nothing of itself.
    return locate(Element(body if path or isinstance(body, dict) else {}), path)


@cache
def _element_and_key(path: str) -> tuple[str, str]:
    """The path of the elements that have a key, and the key: `works[]` and `title`."""
    found = re.fullmatch(r"(?:(.*(?:\[\]|\{\}))\.)?([^\[\]{}]+)", path)
    assert found, f"{path} leads to no key"
    return found[1] or "", found[2]


def _lost_key(endpoint: Endpoint, body: Any, located: dict[str, list[Element]]) -> str:
    """A key for whose sake a response is requested, and that nothing it shows has; "" for none."""
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
