"""Whole crawls of the families: what follows from what, windows, throttling, sessions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import create, reading
from crawler.archive.due.forecast import forecast
from crawler.endpoints import ENDPOINTS, FAMILIES
from crawler.endpoints.model import Asker
from standin import fake_works
from standin.moving import Moving
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import Crawl, rows
from tests.contract import UGOIRA, arguments_of
from tests.test_archive import dump, store

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
REFUSED_400 = b'{"error":true,"message":"","body":[]}'
NOW = datetime(2026, 10, 8, 4, tzinfo=UTC)
FIRST = fake_works.FIRST_ID + fake_works.number_of(date(2026, 10, 5)) * fake_works.WORKS_A_DAY


@pytest.fixture(autouse=True)
def now(standin: Standin) -> None:
    standin.now = NOW
    standin.robots = ""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_archived_whole_with_nothing_refused_or_unknown(crawl: Any, url: str, family: str) -> None:
    done = crawl(family, PIXIV_PHPSESSID=SESSION, ALLOW_R18="1", **arguments_of(family))
    assert done.returncode == 0, done.stderr
    covered = rows(url, "SELECT DISTINCT endpoint FROM coverage WHERE outcome = 'complete'")
    assert {name for (name,) in covered} == {endpoint.name for endpoint in FAMILIES[family]}
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("complete",)]
    assert rows(url, "SELECT * FROM dead_letters") == []
    assert rows(url, "SELECT endpoint, path FROM drift WHERE NOT is_declared") == []


def test_the_works_of_a_user_take_a_request_for_the_ids_and_one_for_sixty_works(
    crawl: Any, standin: Standin, url: str
) -> None:
    ids = {str(FIRST + place): None for place in range(253)}
    body = {"error": False, "message": "", "body": {"illusts": ids, "manga": [], "novels": []}}
    standin.faults.append(Fault("/profile/all", None, body=json.dumps(body).encode()))
    asked = {"endpoints": "user_profile_all,user_illusts", "user_id": "1100"}
    done = crawl("users", **asked)
    assert done.returncode == 0, done.stderr
    assert len(standin.targets) == 6
    assert rows(url, "SELECT count(*) FROM artworks WHERE title IS NOT NULL") == [(253,)]
    standin.hits.clear()
    crawl("users", **asked)
    assert standin.targets == []


def test_replies_to_comments_and_frames_of_moving_pictures_are_followed(crawl: Any, standin: Standin, url: str) -> None:
    done = crawl("artworks", illust_id=UGOIRA)
    assert done.returncode == 0, done.stderr
    assert rows(url, "SELECT count(*) FROM ugoira_frames") == [(12,)]
    roots = int(UGOIRA) % 130
    answered = len([place for place in range(roots) if place % 9 == 0])
    assert rows(url, "SELECT count(*) FROM comments WHERE parent_id IS NULL") == [(roots,)]
    assert rows(url, "SELECT count(*) FROM comments WHERE parent_id IS NOT NULL") == [(2 * answered,)]


def test_an_endpoint_that_follows_another_needs_it_or_its_arguments(crawl: Any) -> None:
    done = crawl("artworks", endpoints="artwork_comment_replies", illust_id="1")
    assert done.returncode == 2
    assert "-a comment_id=…, or endpoints=artwork_comments,artwork_comment_replies" in done.stderr


PERIOD = {"endpoints": "search_artworks", "word": "空", "scd": "2026-01-01", "ecd": "2026-06-30"}


def found_by_the_site(standin: Standin) -> int:
    from standin.routes import Asked  # noqa: PLC0415
    from standin.search import found  # noqa: PLC0415

    asked = Asked(1, ("空",), PERIOD, date(2026, 10, 7), None)
    return len(found(asked, "空", (0, 1, 2)))


def test_a_search_past_the_cap_is_halved_until_every_work_is_found(crawl: Any, standin: Standin, url: str) -> None:
    done = crawl("search", **PERIOD)
    assert done.returncode == 0, done.stderr
    expected = found_by_the_site(standin)
    assert expected > 1_000
    told = "SELECT count(DISTINCT artwork_id) FROM listing_entries WHERE section = 'works'"
    assert rows(url, told) == [(expected,)]
    lists = rows(url, "SELECT params, total, is_complete FROM v_lists")
    assert {
        bool(is_complete)
        for params, _, is_complete in lists
        if "ecd=2026-06-30&mode=safe&order=date_d&s_mode=s_tag_full&scd=2026-01-01" in params
    } == {False}
    assert all(bool(is_complete) is (total <= 590) for _, total, is_complete in lists)
    standin.hits.clear()
    again = crawl("search", **PERIOD)
    assert again.returncode == 0, again.stderr
    assert standin.targets == []


def test_a_search_without_a_period_says_what_it_cannot_have(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("p=1(&|$)", 1, body=search(total=9_000, last=1)))
    done = crawl("search", endpoints="search_artworks", word="空")
    assert done.returncode == 0, done.stderr
    assert "of 9,000 works the site shows 59: give scd and ecd to have all" in done.stderr


def search(total: int, last: int, ids: int = 1) -> bytes:
    data = [{"id": str(FIRST + place), "title": "題", "tags": []} for place in range(ids)]
    listed = {"data": data if total else [], "total": total, "lastPage": last}
    around = {"popular": {}, "relatedTags": [], "tagTranslation": []}
    return json.dumps({"error": False, "body": {"illustManga": listed, **around}}).encode()


def test_nothing_found_is_believed_when_two_nights_find_nothing_and_others_are_answered(
    crawl: Any, standin: Standin, url: str
) -> None:
    standin.faults.append(Fault("/search/artworks/%E7%A9%BA", None, body=search(0, 0)))
    asked = {"endpoints": "search_artworks", "pages": "1"}
    first, again = crawl("search", **asked, word="空"), crawl("search", **asked, word="空")
    assert "1 not published yet" in first.stderr
    assert "1 not published yet" in again.stderr, "throttling looks the same"
    crawl("search", **asked, word="海")
    standin.days_ahead = 1
    second = crawl("search", **asked, word="空", CLOCK_SHIFT="1")
    assert "1 absent" in second.stderr
    assert (first.returncode, second.returncode) == (0, 0)


def test_nothing_found_after_works_were_found_is_throttling_and_never_believed(
    crawl: Any, standin: Standin, url: str
) -> None:
    asked = {"endpoints": "search_artworks", "word": "空", "refetch": "1", "THROTTLE_PAUSE": "0"}
    assert crawl("search", **asked).returncode == 0
    before = rows(url, "SELECT count(*) FROM listings WHERE total > 0")
    standin.faults.append(Fault("/search/artworks/", None, body=search(0, 0)))
    asked.pop("refetch")
    standin.now = datetime(2026, 10, 8, 5, tzinfo=UTC)
    rows_after: list[int] = []
    for _ in range(3):
        # Another night asks again; its zeros are not taken for truth however often they come.
        done = crawl("search", **asked, refetch="1")
        rows_after.append(done.returncode)
    assert rows(url, "SELECT count(*) FROM listings WHERE total > 0") == before
    assert rows(url, "SELECT outcome FROM coverage WHERE page = 1") == [("complete",)]


def test_a_search_whose_last_work_was_deleted_is_believed_after_three_nights(crawl: Any, standin: Standin) -> None:
    asked = {"endpoints": "search_artworks", "pages": "1", "THROTTLE_PAUSE": "0"}
    assert crawl("search", **asked, word="空").returncode == 0
    standin.faults.append(Fault("/search/artworks/%E7%A9%BA", None, body=search(0, 0)))
    told = []
    for night in range(1, 5):
        standin.days_ahead = night
        told.append(crawl("search", **asked, word="空", CLOCK_SHIFT=f"{night}"))
        crawl("search", **asked, word="海", CLOCK_SHIFT=f"{night}")
    assert [done.returncode for done in told] == [1, 1, 1, 0]
    assert "nothing found on 3 nights on which other searches were answered" in told[-1].stderr


def test_nothing_found_on_a_later_page_is_a_failure(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("p=2(&|$)", None, body=search(0, 0)))
    done = crawl("search", endpoints="search_artworks", word="空")
    assert done.returncode == 1
    assert "is 0 after a page of works" in done.stderr


def test_windows_that_tell_fewer_works_than_the_whole_are_a_failure(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("scd=2026-01-01&ecd=2026-0[1-5]-..&p=1", None, body=search(3, 1, 3)))
    done = crawl("search", **PERIOD)
    assert done.returncode == 1
    assert "its windows contain" in done.stderr


def test_what_needs_a_session_is_not_tried_without_one(crawl: Any, standin: Standin, url: str) -> None:
    done = crawl("discovery")
    assert done.returncode == 0
    assert "4 skipped (a logged-in session is needed)" in done.stderr
    assert standin.targets == []
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("needs_session",)]


def test_followers_are_asked_of_the_sessions_own_account_alone(crawl: Any, standin: Standin) -> None:
    done = crawl("users", endpoints="user_followers", user_id="1100,5001", PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 0, done.stderr
    assert "the session is of 5001" in done.stderr
    assert [target.split("?")[0] for target in standin.targets] == ["/ajax/user/5001/followers"]


@pytest.mark.parametrize("is_dead", [False, True])
@pytest.mark.promise("Expired session")
def test_a_session_is_dead_only_where_a_route_that_is_surely_live_refuses_it_too(
    crawl: Any, standin: Standin, url: str, is_dead: bool
) -> None:
    if is_dead:
        standin.dead_sessions.add(SESSION)
    else:
        standin.faults.append(Fault("bookmarks", times=None, status=400, body=REFUSED_400))
    done = crawl("users", endpoints="user_bookmarks", user_id="1100,1101", PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 1
    assert ("Session expired" in done.stderr) is is_dead
    assert rows(url, "SELECT session FROM crawls") == [("refused" if is_dead else "served",)]
    assert sum("/ajax/user/extra" in target for target in standin.targets) == 1


def test_a_dead_session_is_found_out_by_the_newest_ranking_too(crawl: Any, standin: Standin, url: str) -> None:
    standin.dead_sessions.add(SESSION)
    given = {"mode": "daily_r18", "ALLOW_R18": "1", "PIXIV_PHPSESSID": SESSION}
    standin.faults.append(Fault("daily_r18", times=None, status=403, body=REFUSED_400))
    done = crawl("rankings", **given)
    assert "Session expired" in done.stderr
    standin.dead_sessions.clear()
    assert "Session expired" not in crawl("rankings", **given).stderr


def test_no_route_is_asked_without_lang(crawl: Any, standin: Standin) -> None:
    done = crawl("users", endpoints="user_bookmarks", user_id="1100", PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 0, done.stderr
    # Bookmarks answer 400 without it to accounts in English.
    assert all("lang=ja" in target for target in standin.targets)


@pytest.mark.parametrize("is_dead", [False, True])
def test_the_doctor_says_whether_the_session_lives_and_whose_it_is(
    scrapy: Crawl, standin: Standin, is_dead: bool
) -> None:
    if is_dead:
        standin.dead_sessions.add(SESSION)
    done = scrapy("status", "doctor", "--check", PIXIV_BASE_URL=standin.url, PIXIV_PHPSESSID=SESSION)
    assert done.returncode == (1 if is_dead else 0), done.stdout
    told = "dead: log in again" if is_dead else "alive, of account 5001; its R-18: on, without R-18G"
    assert told in done.stdout
    assert sum("/touch/" in target for target in standin.targets) == 1


def test_a_work_that_is_gone_keeps_its_row_and_gains_a_state_with_times(crawl: Any, standin: Standin, url: str) -> None:
    asked = {"endpoints": "artwork", "illust_id": f"{FIRST}"}
    crawl("artworks", **asked)
    standin.faults.append(Fault(f"/ajax/illust/{FIRST}", None, status=404, body=b'{"error":true}'))
    done = crawl("artworks", **asked, refetch="1")
    assert "1 absent" in done.stderr
    ((state, title),) = rows(url, f"SELECT state, title FROM artworks WHERE artwork_id = {FIRST}")
    assert state == "not_found"
    assert title
    former = f"SELECT value, present FROM v_artwork_history WHERE artwork_id = {FIRST} AND field = 'state'"
    assert rows(url, former) == [("visible", "not_found")]


@pytest.mark.parametrize(
    ("change", "restriction"),
    [({"isLoginOnly": True}, "login_only"), ({"urls": {"thumb": None, "original": None}}, "restricted"), ({}, None)],
)
def test_what_a_works_own_page_withholds_is_kept_whatever_lists_show(
    engine: Engine, change: dict[str, Any], restriction: str | None
) -> None:
    store(engine, replies.detail_page(5, **change))
    store(engine, replies.list_page(replies.thumbnail(5), at_ms=1_790_000_000_001))
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT restriction, state FROM artworks WHERE artwork_id = 5").all()
        former = connection.exec_driver_sql("SELECT field FROM artwork_history").all()
    assert [tuple(row) for row in found] == [(restriction, "visible")]
    assert former == []


def test_the_session_of_another_account_is_asked_for_what_is_its_own(crawl: Any, standin: Standin, url: str) -> None:
    for session in (SESSION, "6002_abcdefABCDEF0123456789abcdefAB"):
        standin.hits.clear()
        asked = {"endpoints": "user_extra", "PIXIV_PHPSESSID": session}
        assert crawl("account", **asked).returncode == 0
        assert len(standin.targets) == 1
        crawl("account", **asked)
        assert len(standin.targets) == 1
    assert rows(url, "SELECT params FROM account_snapshots ORDER BY 1") == [("@account=5001",), ("@account=6002",)]


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("search", {"word": "空", "scd": "2026-01-01", "ecd": "2026-04-30"}),
        ("users", {"user_id": "1100"}),
        ("artworks", {"illust_id": f"{UGOIRA},1"}),
        ("feeds", {}),
        ("account", {}),
    ],
)
def test_replaying_a_family_gives_the_same_facts(
    crawl: Any, scrapy: Crawl, url: str, tmp_path: Path, family: str, given: dict[str, str]
) -> None:
    session = {} if family == "search" else {"PIXIV_PHPSESSID": SESSION}
    crawl(family, **given, **session)
    other = f"sqlite:///{tmp_path}/other.db"
    done = scrapy("replay", ARCHIVE_URL=other)
    assert done.returncode == 0, done.stderr
    engines = [create(url), create(other)]
    # What brought no reply (no session, robots.txt) is a fact of the crawl, not of a reply.
    for engine in engines:
        with engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM coverage WHERE outcome IN ('needs_session', 'forbidden')")
    live, replayed = (dump(engine) for engine in engines)
    for engine in engines:
        engine.dispose()
    assert replayed == live


def test_a_feed_that_repeats_its_page_is_at_its_end(crawl: Any, standin: Standin) -> None:
    body = {
        "page": {"ids": [FIRST], "isLastPage": False, "tags": []},
        "users": [],
        "thumbnails": {"illust": [replies.thumbnail(FIRST)]},
        "tagTranslation": [],
    }
    told = json.dumps({"error": False, "message": "", "body": body}).encode()
    standin.faults.append(Fault("/follow_latest/", None, body=told))
    asked = {"endpoints": "follow_latest", "PIXIV_PHPSESSID": SESSION}
    assert crawl("feeds", **asked).returncode == 0
    assert len(standin.targets) == 2
    standin.hits.clear()
    assert crawl("feeds", **asked).returncode == 0
    assert standin.targets == []


def test_a_search_that_repeats_a_page_before_its_last_is_a_failure(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("/search/artworks/", None, body=search(400, 7, 3)))
    done = crawl("search", endpoints="search_artworks", word="空")
    assert done.returncode == 1
    assert "repeats the one before" in done.stderr


def test_a_search_page_without_works_is_not_complete(crawl: Any, standin: Standin) -> None:
    standin.faults.append(Fault("p=2(&|$)", None, body=search(400, 7, 0)))
    done = crawl("search", endpoints="search_artworks", word="空")
    assert done.returncode == 1
    assert "an empty page that says more follows" in done.stderr


def test_a_comment_whose_replies_are_gone_has_none(crawl: Any, standin: Standin) -> None:
    empty = b'{"error":false,"message":"","body":[]}'
    standin.faults.append(Fault("/comments/replies", None, body=empty))
    done = crawl("artworks", illust_id=f"{FIRST}", PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 0, done.stderr


def test_a_window_that_was_throttled_is_asked_until_it_tells(crawl: Any, standin: Standin, url: str) -> None:
    throttled = Fault("scd=2026-0[56]-..&ecd=2026-06-30", None, body=search(0, 0))
    standin.faults.append(throttled)
    for _ in range(3):
        assert crawl("search", **PERIOD, THROTTLE_PAUSE="0").returncode == 1
    standin.faults.clear()
    done = crawl("search", **PERIOD)
    assert done.returncode == 0, done.stderr
    told = "SELECT count(DISTINCT artwork_id) FROM listing_entries WHERE section = 'works'"
    assert rows(url, told) == [(found_by_the_site(standin),)]


def test_asking_a_halved_search_again_takes_no_more_requests(crawl: Any, standin: Standin) -> None:
    crawl("search", **PERIOD)
    first = len(standin.targets)
    standin.hits.clear()
    assert crawl("search", **PERIOD, refetch="1").returncode == 0
    assert len(standin.targets) == first


def test_a_list_that_moves_faster_than_it_is_read_is_named_and_ends_with_1(crawl: Any, standin: Standin) -> None:
    totals = itertools.count(9_000, -1)

    def fall(root: Any, query: Mapping[str, str]) -> Any:
        root["body"]["page"]["total"] = next(totals)
        return root

    standin.faults.append(Fault("/ajax/series/", None, change=fall))
    done = crawl("artworks", endpoints="series", series_id="31")
    assert done.returncode == 1
    assert "it moved while it was read, faster than it can be read" in done.stderr
    assert len(standin.targets) < 40
    standin.faults.clear()
    assert crawl("artworks", endpoints="series", series_id="31").returncode == 0


def test_a_list_without_a_total_is_said_to_be_one_that_nobody_can_know(crawl: Any, standin: Standin) -> None:
    standin.moving = Moving(1, count=100)
    done = crawl("commissions", endpoints="commission_complete_illust")
    assert done.returncode == 0, done.stderr
    assert "cannot know: commission_complete_illust" in done.stderr


def test_paging_begins_where_the_user_says(crawl: Any, standin: Standin) -> None:
    crawl("commissions", endpoints="commission_complete_illust", p="2")
    assert [target.partition("p=")[2][:1] for target in standin.targets] == ["2"]
    standin.hits.clear()
    crawl("artworks", endpoints="artwork_comments", illust_id=f"{FIRST + 70}", offset="50", limit="25")
    asked = [target.partition("offset=")[2].partition("&lang")[0] for target in standin.targets]
    assert asked == ["50&limit=25", "74&limit=25"], "a page begins with the last of the one before"


def test_a_feed_that_ended_by_repeating_or_by_its_bound_is_not_forecast(crawl: Any, standin: Standin, url: str) -> None:
    asked = {"endpoints": "new_illusts", "PIXIV_PHPSESSID": SESSION}
    assert crawl("feeds", **asked).returncode == 0
    assert len(standin.targets) == 5
    engine = create(url)
    ((night, params),) = rows(url, "SELECT DISTINCT night, params FROM coverage")
    told = dict(part.split("=") for part in params.split("&") if not part.startswith("@"))
    target = ENDPOINTS["new_illusts"].target(told, 1, night, Asker("session", "ja", "5001"))
    with reading(engine) as connection:
        assert [due.requests for due in forecast(connection, [target])] == [0]
    engine.dispose()
