"""Every endpoint from its recorded reply: nothing refused, nothing unexplained, every list in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.endpoints import ENDPOINTS, FAMILIES, recognise
from crawler.model.page import Page
from crawler.parse import parse
from standin.server import Standin, running
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import store

ACTIONS = {"bookmark_add", "like"}
SESSIONS = {"users": "43192924_abcdefgh"}
ARGUMENTS = {
    "artworks": {"illust_id": "100412238", "limit": "3"},
    "users": {"user_id": "9153585", "limit": "3"},
    "tags": {"tag": "建築船117"},
    "search": {"word": "建築船117"},
}
SECTIONS = {
    "search_top": {
        "illust": 23,
        "manga": 24,
        "novel": 8,
        "popular_recent": 7,
        "popular_permanent": 6,
        "related_tags": 16,
    },
    "search_illustrations": {"works": 59, "popular_recent": 4, "popular_permanent": 6, "related_tags": 16},
    "follow_latest": {"feed": 60},
    "top_illust": {
        "follow": 48,
        "recommend": 18,
        "recommend_by_tag": 10,
        "ranking": 100,
        "new": 36,
        "tags": 53,
        "trending_tags": 24,
        "favorite_tags": 10,
        "pixivision": 4,
        "contests": 18,
        "editors_picks": 6,
        "users": 10,
        "requests": 12,
        "user_events": 15,
        "booth_of_followed": 6,
        "lives_popular": 9,
        "booth": 6,
        "lives": 9,
    },
    "new_illusts": {"new": 20},
    "commission_overview": {
        "complete_illust": 24,
        "complete_manga": 24,
        "complete_novel": 24,
        "in_progress": 12,
        "creators": 12,
        "recent": 50,
        "recommended": 12,
        "users": 9,
    },
    "commission_complete_illust": {"complete": 24, "recommended": 36},
    "commission_creators_illust": {"creators": 48},
    "commission_in_progress_all": {"in_progress": 24},
    "artwork": {"neighbours": 17, "previous": 1, "next": 1},
    "artwork_recommendations": {"shown": 2, "next": 178},
    "user_profile_all": {"illusts": 29, "manga": 1, "series": 2, "pickup": 2},
    "user_works_latest": {"illusts": 134},
    "user_following": {"users": 3},
    "user_followers": {"users": 2},
    "user_bookmarks": {"bookmarks": 3},
    "discovery_artworks": {"recommended": 3},
    "discovery_users": {"recommended": 3},
    "dashboard_home": {"contests": 15, "anniversary": 5},
}
"""How many entries of which section each recorded listing holds."""


@pytest.fixture
def recorded(responses: Path) -> Iterator[Standin]:
    """The recorded replies; siblings without one, and what is beside the document, are generated."""
    with running(Standin(replies=responses, generate=True, robots="")) as served:
        yield served


@pytest.fixture(scope="session")
def index(responses: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((responses / "index.json").read_text())
    return read


def test_all_48_documented_endpoints_are_there(index: dict[str, Any]) -> None:
    assert len(index) == 48
    assert set(index) - ACTIONS <= set(ENDPOINTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_crawled_from_recorded_replies_stores_all_they_hold(
    scrapy: Crawl, recorded: Standin, url: str, family: str, index: dict[str, Any]
) -> None:
    names = [endpoint.name for endpoint in FAMILIES[family] if endpoint.name in index]
    given = ARGUMENTS.get(family, {})
    done = scrapy(
        "crawl",
        family,
        f"-aendpoints={','.join(names)}",
        "-apages=1",
        *(f"-a{name}={value}" for name, value in given.items()),
        PIXIV_BASE_URL=recorded.url,
        ALLOW_R18="1",
        PIXIV_PHPSESSID=SESSIONS.get(family, "1_abcdefgh"),
    )
    assert done.returncode == 0, done.stderr
    asked = dict(rows(url, "SELECT DISTINCT endpoint, outcome FROM coverage WHERE page = 1"))
    if family == "users":
        assert asked.pop("user_followers") == "forbidden"  # of another account than is asked
    assert asked == dict.fromkeys(set(names) - {"user_followers"}, "complete")
    assert rows(url, "SELECT * FROM dead_letters") == []
    assert rows(url, "SELECT endpoint, path FROM drift WHERE NOT is_declared") == []
    for name in names:
        if name in SECTIONS and name != "user_followers":
            counted = rows(
                url,
                "SELECT section, count(*) FROM listing_entries JOIN listings USING (listing_id)"
                f" WHERE endpoint = '{name}' GROUP BY section",
            )
            assert dict(counted) == SECTIONS[name], name


def recorded_page(index: dict[str, Any], responses: Path, name: str) -> Page:
    address = "https://www.pixiv.net" + index[name]["request"]
    target = recognise(address.replace("{word}", "a").replace("{tag}", "a"), "2026-10-08")
    assert target is not None
    assert target.endpoint == name
    return parse(target, replies.reply(address, (responses / index[name]["file"]).read_bytes()))


def recorded_names(index: dict[str, Any]) -> list[str]:
    return [name for name in index if index[name]["file"] and name not in ACTIONS]


def test_every_recorded_reply_is_stored_on_both_databases_with_nothing_refused(
    index: dict[str, Any], responses: Path, engine: Engine
) -> None:
    names = recorded_names(index)
    assert len(names) == 37
    for at, name in enumerate(names):
        page = recorded_page(index, responses, name)
        assert page.refused == [], name
        assert [s.path for s in page.paths if not s.is_declared] == [], name
        assert page.reply is not None
        at_own = page.observed_at + at * 1_000_000
        store(engine, replace(page, observed_at=at_own, reply=replace(page.reply, observed_at=at_own)))


def test_commission_overview_holds_its_requests_works_and_novels(
    index: dict[str, Any], responses: Path, engine: Engine
) -> None:
    page = recorded_page(index, responses, "commission_overview")
    store(engine, page)
    assert {table: count(engine, table) for table in ("commission_requests", "artworks", "novels")} == {
        "commission_requests": 84,
        "artworks": 137,
        "novels": 24,
    }
    body = json.loads((responses / "commission_overview.json").read_text())["body"]
    in_order = [
        row["request_id"]
        for row in sorted(page.rows["listing_entries"], key=lambda row: row["position"])
        if row["section"] == "in_progress"
    ]
    assert in_order == list(map(int, body["page"]["inProgressRequestIds"]))


def test_top_illust_holds_its_works_and_novels(index: dict[str, Any], responses: Path, engine: Engine) -> None:
    store(engine, recorded_page(index, responses, "top_illust"))
    assert (count(engine, "artworks"), count(engine, "novels")) == (719, 40)


def test_search_illustrations_holds_59_works_in_order_its_total_and_related_tags(
    index: dict[str, Any], responses: Path
) -> None:
    page = recorded_page(index, responses, "search_illustrations")
    slots = json.loads((responses / "search_illustrations.json").read_text())["body"]["illust"]["data"]
    works = [row for row in page.rows["listing_entries"] if row["section"] == "works"]
    assert [(row["position"], row["artwork_id"]) for row in works] == [
        (place, int(slot["id"])) for place, slot in enumerate(slots) if "id" in slot
    ]
    assert len(works) == 59
    assert page.rows["listings"][0]["total"] == 178_526
    tags = [row["label"] for row in page.rows["listing_entries"] if row["section"] == "related_tags"]
    assert len(tags) == 16


def test_artwork_comments_holds_three_with_their_times_in_utc(index: dict[str, Any], responses: Path) -> None:
    page = recorded_page(index, responses, "artwork_comments")
    body = json.loads((responses / "artwork_comments.json").read_text())["body"]
    said = [comment["commentDate"] for comment in body["comments"]]
    told = [f"{row['posted_at']:%Y-%m-%d %H:%M %Z}" for row in page.rows["comments"]]
    assert "2022-07-27 21:38" in said
    assert "2022-07-27 12:38 UTC" in told
    assert len(told) == 3
    assert {row["artwork_id"] for row in page.rows["comments"]} == {100412238}


def test_recommendations_keep_their_scores_and_reasons(index: dict[str, Any], responses: Path) -> None:
    page = recorded_page(index, responses, "artwork_recommendations")
    entries = page.rows["listing_entries"]
    assert all(row["score"] is not None and json.loads(row["reasons"]) for row in entries)


def test_user_full_holds_the_profile_its_counts_and_groups(index: dict[str, Any], responses: Path) -> None:
    page = recorded_page(index, responses, "user_full")
    assert page.rows["user_counts"][0]["following_count"] == 349
    assert len(page.rows["user_groups"]) == 4
    assert json.loads(page.rows["user_details"][0]["workspace"])["userWorkspaceTool"] == "CSP"


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)
