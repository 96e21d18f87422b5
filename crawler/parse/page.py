"""One reply to one Page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import At, Endpoint, Section
from crawler.endpoints.paging import step
from crawler.items.listings import Listing
from crawler.items.page import Ask, Outcome, Page, Reply
from crawler.items.read import hash63
from crawler.parse.drift import census
from crawler.parse.envelope import judge
from crawler.parse.locate import Raw, is_cut, locate
from crawler.parse.rows import ELSEWHERE, PARAMS, read_rows

MOMENTS = frozenset(
    ("observed_at", "listing_id", "seen_at", "first_seen_at", "last_seen_at", "tags_seen_at")
)
ZERO = "nothing found; believed when another run finds nothing too, for throttling looks the same"
NOT_FOUND = "not_found"
"""State of a work that answers 404: deleted, private, or not shown to this session."""


def parse(ask: Ask, reply: Reply) -> Page:
    """All that a reply tells. Never raises: what cannot be read is in outcome and refused."""
    endpoint = ENDPOINTS[ask.endpoint]
    verdict = judge(endpoint, ask, reply)
    page = Page(
        ask=ask,
        outcome=verdict.outcome,
        observed_at=reply.observed_at,
        message=verdict.message,
        reply=reply,
        is_counted_miss=verdict.is_counted_miss,
    )
    if verdict.outcome is Outcome.ABSENT and endpoint.gone:
        table, key, name = endpoint.gone
        page.rows = {table: [{key: int(ask.params[name]), "state": NOT_FOUND}]}
    if verdict.outcome is not Outcome.COMPLETE:
        return page
    body = verdict.body
    if _is_zero(endpoint, body):
        page.is_counted_miss = ask.page == 1
        page.is_empty_answer = True
        page.outcome = Outcome.NOT_YET if ask.page == 1 else Outcome.FAILED
        page.message = ZERO if ask.page == 1 else f"{endpoint.total} is 0 after a page of works"
        return page
    try:
        params = _answered(endpoint, ask, body)
        night = endpoint.night_of(params, ask.night)
        page.ask = ask = replace(ask, params=params, night=night)
        page.next_page = endpoint.paging.next(body, ask.page, params)
        constants = constants_of(endpoint, ask, page, body)
    except (KeyError, TypeError, ValueError) as error:
        page.outcome, page.next_page = Outcome.FAILED, None
        page.message = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return page
    page.subject_on = _subject(ask.params)
    _read(endpoint, page, body, constants)
    if endpoint.main_list is not None and _is_empty(body, endpoint.main_list):
        lack = _lack(endpoint, page, body)
        if lack:
            page.outcome, page.message = Outcome.FAILED, lack
            page.next_page, page.rows, page.refused = None, {}, []
            return page
    page.is_barren = endpoint.due is not None and _main_table(endpoint) not in page.rows
    page.sights = census(endpoint.name, body)
    if endpoint.main_list is not None:
        page.content_digest = _digest(endpoint, page)
    return page


def _is_empty(body: Any, path: str) -> bool:
    """Whether a list has no elements, not even some that were taken out of the kept reply."""
    listed = step(body, path.rpartition("[]")[0])
    has_gaps = isinstance(listed, list) and any(map(is_cut, listed))
    return not has_gaps and not locate(body, path)


def _is_zero(endpoint: Endpoint, body: Any) -> bool:
    """Whether a search says that it found nothing, as a throttled one does too."""
    return endpoint.total is not None and str(step(body, endpoint.total)) == "0"


def _digest(endpoint: Endpoint, page: Page) -> int | None:
    """A hash of what the list of a page holds, in order; None where that is nothing."""
    listing = [at for at in endpoint.all_rows if at.path == endpoint.main_list]
    main = next((at for at in listing if isinstance(at, Section)), listing[0])
    told = page.rows.get(main.row.__tablename__, [])
    if isinstance(main, Section):
        told = [entry for entry in told if entry["section"] == main.name]
    if not told:
        return None
    names = [column.name for column in main.row.__table__.columns if column.name not in MOMENTS]
    return hash63(json.dumps([[entry.get(n) for n in names] for entry in told], default=str))


def _lack(endpoint: Endpoint, page: Page, body: Any) -> str:
    """Why a page whose list is empty cannot be believed; "" where it can."""
    if page.next_page is not None:
        return "an empty page that says more follows"
    if endpoint.total is not None and page.ask.page == 1:
        return f"no works, though {endpoint.total} is {step(body, endpoint.total)}"
    return ""


def _main_table(endpoint: Endpoint) -> str:
    """The table of what is due."""
    listed = (at for at in endpoint.all_rows if at.path == f"{endpoint.due}[]")
    main = next(listed, next(at for at in endpoint.all_rows if not at.path))
    return str(main.row.__tablename__)


def _answered(endpoint: Endpoint, ask: Ask, body: Any) -> dict[str, str]:
    """The parameters, those left to the site (`latest`) as it answered them."""
    params = {name: value for name, value in ask.params.items() if value}
    for path, name in endpoint.echoes.items():
        if name in endpoint.params and name not in params:
            told = step(body, path)
            if not isinstance(told, str) or not told:
                raise ValueError(f"{path} is missing: which {name} is this?")
            params[name] = told
    # What the site fills in is checked like what a user gives.
    return endpoint.complete(params)


def constants_of(endpoint: Endpoint, ask: Ask, page: Page, body: Any) -> Mapping[str, Any]:
    """The facts of the whole page that its rows take over."""
    return {
        "observed_at": page.observed_at,
        "endpoint": ask.endpoint,
        "params": ask.key,
        "night": ask.night,
        "page": ask.page,
        "is_last": page.next_page is None,
        PARAMS: ask.params,
        ELSEWHERE: endpoint.keys_elsewhere,
        **{name: make(body, ask.params) for name, make in endpoint.constants.items()},
    }


def _subject(params: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(params.get("date", ""))
    except ValueError:
        return None


def _read(endpoint: Endpoint, page: Page, body: Raw, constants: Mapping[str, Any]) -> None:
    located: dict[str, list[tuple[str, Raw]]] = {}
    ats = list(endpoint.all_rows)
    if endpoint.has_listing:
        ats.append(At(Listing))
    for at in ats:
        if at.path not in located:
            # A body that is a list tells nothing of itself.
            is_bare = not at.path and not isinstance(body, dict)
            located[at.path] = locate({} if is_bare else body, at.path)
        rows, refused = read_rows(at, located[at.path], constants)
        if rows:
            page.rows.setdefault(at.row.__tablename__, []).extend(rows)
        page.refused.extend(refused)
