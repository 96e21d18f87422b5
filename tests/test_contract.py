"""Every endpoint keeps one contract: its address, its pages, its rows, its errors, its session.

The replies are the stand-in's. What they become is in tests/expected/, written with
`--write-expected` and then read by a person.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from crawler.endpoints import ENDPOINTS, FAMILIES, recognise
from crawler.endpoints.paging import Single
from crawler.items.page import Ask, Outcome, Page
from crawler.parse import parse
from crawler.request.build import url
from standin.server import ROBOTS, Standin, running
from tests import replies
from tests.conftest import ROOT
from tests.moments import MOMENTS

EXPECTED = Path(__file__).with_name("expected")
NOW = datetime(2026, 10, 8, 4, tzinfo=UTC)
NIGHT = "2026-10-08"
SESSION = "5001_abcdefgh"
WORK, USER = "5177200", "1100"
UGOIRA = "5177211"

ADDRESSES: dict[str, tuple[dict[str, str], str]] = {
    "ranking": ({"date": "20261007"}, "/ranking.php?format=json&mode=daily&content=all&date=20261007&p=1"),
    "novel_ranking": ({}, "/ajax/ranking/novel?mode=daily&p=1"),
    "search_top": ({"word": "空/海"}, "/ajax/search/top/%E7%A9%BA%2F%E6%B5%B7?"),
    "search_artworks": ({"word": "空", "scd": "2026-10-01", "ecd": "2026-10-07"}, "/ajax/search/artworks/%E7%A9%BA?type=all&order=date_d&mode=all&s_mode=s_tag_full&scd=2026-10-01&ecd=2026-10-07&p=1"),
    "search_illustrations": ({"word": "空", "ratio": "0.5", "wlt": "1000"}, "/ajax/search/illustrations/%E7%A9%BA?type=illust_and_ugoira&order=date_d&mode=all&s_mode=s_tag_full&wlt=1000&ratio=0.5&p=1"),
    "search_manga": ({"word": "空", "work_lang": "ja"}, "/ajax/search/manga/%E7%A9%BA?type=manga&order=date_d&mode=all&s_mode=s_tag_full&work_lang=ja&p=1"),
    "follow_latest": ({}, "/ajax/follow_latest/illust?mode=all&p=1"),
    "mypixiv_latest": ({}, "/ajax/mypixiv_latest/illust?p=1"),
    "watch_list_manga": ({}, "/ajax/watch_list/manga?p=1"),
    "live_following": ({}, "/ajax/sketch/live/following?"),
    "top_illust": ({}, "/ajax/top/illust?mode=all"),
    "new_illusts": ({}, "/ajax/illust/new?limit=20&type=illust&r18=false&lastId=0"),
    "commission_overview": ({}, "/ajax/commission/page/request?"),
    **{
        f"commission_{kind}_{work}": ({}, f"/ajax/commission/page/request/{kind}/{work}?mode=all&p=1")
        for kind, works in {
            "complete": ("illust", "manga", "ugoira"),
            "creators": ("illust", "manga", "ugoira"),
            "in_progress": ("all", "illust", "manga", "ugoira"),
        }.items()
        for work in works
    },
    "artwork": ({"illust_id": WORK}, f"/ajax/illust/{WORK}?"),
    "artwork_pages": ({"illust_id": WORK}, f"/ajax/illust/{WORK}/pages?"),
    "artwork_comments": ({"illust_id": WORK}, f"/ajax/illusts/comments/roots?illust_id={WORK}&offset=0&limit=50"),
    "artwork_comment_replies": ({"comment_id": f"{WORK}009"}, f"/ajax/illusts/comments/replies?comment_id={WORK}009&page=1"),
    "artwork_recommendations": ({"illust_id": WORK}, f"/ajax/illust/{WORK}/recommend/init?limit=18"),
    "artwork_ugoira": ({"illust_id": UGOIRA}, f"/ajax/illust/{UGOIRA}/ugoira_meta?"),
    "series": ({"series_id": "31"}, "/ajax/series/31?p=1"),
    "user": ({"user_id": USER}, f"/ajax/user/{USER}?"),
    "user_full": ({"user_id": USER}, f"/ajax/user/{USER}?full=1"),
    "user_profile_all": ({"user_id": USER}, f"/ajax/user/{USER}/profile/all?"),
    "user_illusts": ({"user_id": USER, "ids": f"{WORK},{UGOIRA}"}, f"/ajax/user/{USER}/illusts?ids%5B%5D={WORK}&ids%5B%5D={UGOIRA}"),
    "user_works_latest": ({"user_id": USER}, f"/ajax/user/{USER}/works/latest?"),
    "user_following": ({"user_id": USER}, f"/ajax/user/{USER}/following?rest=show&offset=0&limit=100"),
    "user_followers": ({"user_id": "5001"}, "/ajax/user/5001/followers?offset=0&limit=100"),
    "user_bookmarks": ({"user_id": USER}, f"/ajax/user/{USER}/illusts/bookmarks?tag=&rest=show&offset=0&limit=100"),
    "tag": ({"tag": "空+海"}, "/ajax/search/tags/%E7%A9%BA%2B%E6%B5%B7?"),
    "tag_stories": ({"tag": "空"}, "/ajax/stories/tag_stories?tag=%E7%A9%BA"),
    "discovery_artworks": ({}, "/ajax/discovery/artworks?mode=all&limit=60"),
    "discovery_users": ({}, "/ajax/discovery/users?limit=20"),
    "discovery_artworks_meta": ({}, "/ajax/discovery/artworks/meta?mode=all"),
    "discovery_users_meta": ({}, "/ajax/discovery/users/meta?mode=all"),
    "user_extra": ({}, "/ajax/user/extra?"),
    "dashboard_home": ({}, "/ajax/dashboard/home?"),
    "dashboard_settings": ({}, "/ajax/dashboard/settings?"),
    "dashboard_request_strategy": ({}, "/ajax/dashboard/works/illust/request_strategy?"),
    "webpush": ({}, "/ajax/webpush?"),
    "notifications": ({}, "/ajax/notification?"),
    "linked_service_tumeng": ({}, "/ajax/linked_service/tumeng?page=1"),
}  # fmt: skip
"""What is given, and the address that is asked, as `../shared/endpoints.md` documents it."""

PAGES = {
    "search_artworks": 2, "follow_latest": 3, "new_illusts": 31, "artwork_comments": 2,
    "user_following": 2, "user_bookmarks": 3, "series": 2, "search_illustrations": 7,
    "search_manga": 7, "ranking": 10,
    **{name: 2 for name in ADDRESSES if name.startswith("commission_c") and "overview" not in name},
    **{name: 2 for name in ADDRESSES if name.startswith("commission_in")},
}  # fmt: skip
"""How many pages the stand-in has of a list; one of all others."""

SEARCH = "type order mode s_mode wlt wgt hlt hgt ratio tool scd ecd blt bgt p"
PARAMETERS = {
    "ranking": "mode content date p",
    "search_artworks": SEARCH, "search_illustrations": SEARCH, "search_manga": f"{SEARCH} work_lang",
    "follow_latest": "mode p", "mypixiv_latest": "p", "watch_list_manga": "p", "top_illust": "mode",
    "new_illusts": "lastId limit type r18",
    **{name: "mode p" for name in ADDRESSES if name.startswith(("commission_c", "commission_i"))},
    "artwork_comments": "illust_id offset limit", "artwork_recommendations": "limit",
    "user_full": "full", "user_following": "offset limit rest tag",
    "user_followers": "offset limit", "user_bookmarks": "tag offset limit rest",
    "tag_stories": "tag", "discovery_artworks": "mode limit", "discovery_users": "limit",
    "discovery_artworks_meta": "mode", "discovery_users_meta": "mode",
    "linked_service_tumeng": "page",
}  # fmt: skip
"""The documented parameters besides those of the path."""

NEEDS_SESSION = {
    "follow_latest", "mypixiv_latest", "watch_list_manga", "live_following", "top_illust",
    "new_illusts", "user_following", "user_followers", "user_bookmarks", "discovery_artworks",
    "discovery_users", "discovery_artworks_meta", "discovery_users_meta", "user_extra",
    "dashboard_home", "dashboard_settings", "dashboard_request_strategy", "webpush",
    "notifications", "linked_service_tumeng",
}  # fmt: skip

every = pytest.mark.parametrize("name", sorted(ENDPOINTS))


@pytest.fixture(scope="module")
def site() -> Iterator[Standin]:
    with running(Standin(generate=True, now=NOW, robots=ROBOTS)) as served:
        yield served


def ask_of(name: str, page: int = 1) -> Ask:
    endpoint = ENDPOINTS[name]
    params = endpoint.request.complete(ADDRESSES[name][0])
    return Ask(name, params, page, endpoint.night_of(params, NIGHT))


def read(address: str, session: str = SESSION) -> tuple[int, bytes]:
    """Status and body of an address on loopback."""
    asked = Request(address, headers={"Cookie": f"PHPSESSID={session}"})  # noqa: S310  # loopback
    try:
        with urlopen(asked) as answered:  # noqa: S310
            status, body, headers = answered.status, answered.read(), answered.headers
    except HTTPError as error:
        with error:
            status, body, headers = error.code, error.read(), error.headers
    return status, gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def fetch(site: Standin, ask: Ask, session: str = SESSION) -> Page:
    address = url(ask, site.url)
    status, body = read(address, session)
    return parse(ask, replies.reply(address, body, status=status, has_session=bool(session)))


def test_every_endpoint_stands_in_the_contract() -> None:
    assert set(ADDRESSES) == set(ENDPOINTS)


@every
def test_an_endpoint_is_asked_for_as_documented(name: str) -> None:
    asked = url(ask_of(name), "https://www.pixiv.net")
    path, _, query = ADDRESSES[name][1].partition("?")
    assert urlsplit(asked).path == path
    assert urlsplit(asked).query == query


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_documented_parameter_is_accepted_under_its_name(name: str) -> None:
    endpoint = ENDPOINTS[name]
    taken = {*endpoint.request.params, *filter(None, [endpoint.paging.param])}
    assert set(PARAMETERS[name].split()) <= taken


@every
def test_the_address_of_an_endpoint_is_recognised_as_its_ask(name: str) -> None:
    ask = ask_of(name)
    assert recognise(url(ask, "https://www.pixiv.net", "ja"), NIGHT) == ask


@every
def test_a_reply_becomes_its_expected_rows_with_nothing_refused_or_unknown(
    name: str, site: Standin, request: pytest.FixtureRequest
) -> None:
    page = fetch(site, ask_of(name))
    assert page.outcome is Outcome.COMPLETE, page.message
    assert page.refused == []
    assert [sight.path for sight in page.paths if not sight.is_declared] == []
    file = EXPECTED / f"{name}.json"
    told = json.dumps(summary(page), ensure_ascii=False, indent=1, default=str) + "\n"
    if request.config.getoption("--write-expected"):
        file.write_text(told, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == told


def summary(page: Page) -> dict[str, Any]:
    """What a page told: by table how many rows, the first and the last; sections of listings."""
    tables = {
        table: {"rows": len(rows), "first": _plain(rows[0]), "last": _plain(rows[-1])}
        for table, rows in sorted(page.rows.items())
    }
    sections = Counter(row["section"] for row in page.rows.get("listing_entries", ()))
    return {"sections": dict(sections), "tables": tables}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MOMENTS}


@every
def test_an_endpoint_pages_as_declared(name: str, site: Standin) -> None:
    page: int | None = 1
    seen: list[int] = []
    while page is not None:
        seen.append(page)
        assert len(seen) < 40
        page = fetch(site, ask_of(name, page)).next_page
    assert len(seen) == PAGES.get(name, 1), f"the stand-in has {len(seen)} pages: say so in PAGES"


ERRORS = {
    "bad request": (400, b'{"error":true,"message":"x","body":[]}'),
    "dead session": (401, b'{"error":true,"message":"x","body":[]}'),
    "forbidden": (403, b'{"error":true,"message":"x","body":[]}'),
    "blocked": (403, b"<!DOCTYPE html>"),
    "gone": (404, b'{"error":true,"message":"","body":[]}'),
    "broken": (500, b'{"error":true}'),
    "error with 200": (200, b'{"error":true,"message":"x","body":[]}'),
    "text for an error": (200, b'{"error":"x"}'),
    "a page": (200, b"<html></html>"),
    "nothing": (200, b""),
    "half": (200, b'{"error":false,"body":{"a"'),
    "a list": (200, b"[]"),
    "another shape": (200, b'{"error":false,"message":"","body":"x"}'),
}


@every
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_never_taken_for_facts(name: str, error: str) -> None:
    status, body = ERRORS[error]
    ask = ask_of(name)
    page = parse(ask, replies.reply(url(ask, "https://www.pixiv.net"), body, status=status))
    assert page.outcome is not Outcome.COMPLETE
    assert page.next_page is None
    assert set(page.rows) <= {"artworks"}
    assert all(set(row) == {"artwork_id", "state"} for row in page.rows.get("artworks", ()))


@every
def test_an_endpoint_needs_the_session_that_it_says(name: str, site: Standin) -> None:
    ask = ask_of(name)
    needs = ENDPOINTS[name].policy.login != "no"
    assert needs == (name in NEEDS_SESSION)
    outcome = fetch(site, ask, session="").outcome
    assert outcome is (Outcome.NEEDS_SESSION if needs else Outcome.COMPLETE)


@every
def test_an_entry_says_how_its_list_goes_on(name: str) -> None:
    paging = ENDPOINTS[name].paging
    assert (paging.param is None) == (type(paging) is Single)
    assert bool(paging.paths) == (paging.param is not None)


def test_the_entry_that_contributing_shows_keeps_the_rules() -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    for block in shown:
        ast.parse(block)
    (entry,) = [block for block in shown if block.startswith("Endpoint(")]
    assert len(entry.splitlines()) <= 15


def test_an_entry_is_fifteen_lines_or_fewer_and_a_spider_sixty() -> None:
    for file in (ROOT / "crawler/endpoints").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Endpoint":
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= 15, f"{file.name}:{node.lineno} has {lines} lines"
    for name in FAMILIES:
        assert len((ROOT / f"crawler/spiders/{name}.py").read_text().splitlines()) <= 60
