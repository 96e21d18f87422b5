"""One reply to one Page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import At, Endpoint, Section
from crawler.endpoints.paging import step
from crawler.items.listings import Listing
from crawler.items.page import Ask, Outcome, Page, Reply
from crawler.parse.drift import census
from crawler.parse.envelope import judge
from crawler.parse.rows import Raw, locate, read_rows


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
    if verdict.outcome is not Outcome.COMPLETE:
        return page
    body = verdict.body
    try:
        params = _answered(endpoint, ask, body)
        night = endpoint.night_of(params, ask.night)
        page.ask = ask = replace(ask, params=params, night=night)
        page.next_page = endpoint.paging.next(body, ask.page)
        constants = _constants(endpoint, ask, page, body)
    except (KeyError, TypeError, ValueError) as error:
        page.outcome, page.next_page = Outcome.FAILED, None
        page.message = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return page
    page.subject_on = _subject(ask.params)
    _read(endpoint, page, body, constants)
    if page.next_page is not None and not _has_content(endpoint, page):
        page.outcome, page.message = Outcome.FAILED, "an empty page that says more follows"
        page.next_page, page.rows, page.refused = None, {}, []
        return page
    page.is_barren = endpoint.due is not None and _main_table(endpoint) not in page.rows
    page.sights = census(endpoint.name, body)
    return page


def _has_content(endpoint: Endpoint, page: Page) -> bool:
    """Whether the reply told anything but of itself."""
    tables = {at.row.__tablename__ for at in endpoint.all_rows if at.path}
    return bool(page.refused) or not tables.isdisjoint(page.rows)


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


def _constants(endpoint: Endpoint, ask: Ask, page: Page, body: Any) -> Mapping[str, Any]:
    return {
        "observed_at": page.observed_at,
        "endpoint": ask.endpoint,
        "params": ask.key,
        "night": ask.night,
        "page": ask.page,
        "is_last": page.next_page is None,
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
    if any(isinstance(at, Section) for at in ats):
        ats.append(At(Listing))
    for at in ats:
        if at.path not in located:
            located[at.path] = locate(body, at.path)
        rows, refused = read_rows(at, located[at.path], constants)
        if rows:
            page.rows.setdefault(at.row.__tablename__, []).extend(rows)
        page.refused.extend(refused)
