"""No false "OK": an answer must hold what makes it one, and be as large as the question."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import create, reading
from crawler.archive.due.following import follow
from crawler.archive.status_queries import Losses, changes, losses
from crawler.clock import night_of
from crawler.endpoints import ENDPOINTS, url
from crawler.endpoints.blocks import UNSEEN
from crawler.endpoints.model import Endpoint
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from crawler.parse.declared import reader_of
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import Crawl, rows
from tests.moments import MOMENTS
from tests.test_archive import one, store
from tests.test_contract import target_of
from tests.test_every_table import read_bodies


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    """A schema that no test here touches."""
    return emptied


AT = 1_790_000_000_000
NIGHT_MS = 86_400_000
SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
FIRST = 5_177_200

EMPTY_IS_NORMAL = {
    ("live_following", "[]"),  # nobody streams
    ("artwork_comment_replies", "{}"),  # PHP's empty object: no replies
    ("artwork_comment_replies", "[]"),
}


@pytest.fixture(scope="module")
def bodies() -> dict[str, Any]:
    return read_bodies()


def page_of(name: str, root: Any, at: int = 0, status: int = 200, **fields: Any) -> Page:
    target = target_of(name)
    address = url(target, replies.BASE)
    return parse(target, replies.reply(address, root, status=status, at_ms=AT + at, **{"has_session": True, **fields}))


def in_envelope(endpoint: Endpoint, body: Any) -> Any:
    return {"error": False, "message": "", endpoint.reply.body: body} if endpoint.reply.body else body


def facts(page: Page) -> dict[str, Any]:
    """What a page tells of the site: not what it left out."""
    return {table: told for table, told in page.rows.items() if table != "omissions"}


@pytest.mark.promise("No answer")
def test_an_empty_body_is_no_answer(subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        for body in ["{}", "[]", "null"]:
            with subtests.test(name=name, body=body):
                endpoint = ENDPOINTS[name]
                page = page_of(name, in_envelope(endpoint, json.loads(body)))
                if (name, body) in EMPTY_IS_NORMAL:
                    assert page.outcome is Outcome.COMPLETE
                else:
                    assert page.outcome is Outcome.FAILED
                    assert not facts(page)
                    assert page.next_page is None


def renamed(root: Any, endpoint: Endpoint, path: str) -> Any:
    """The same facts under another key; None where there is no key."""
    changed = copy.deepcopy(root)
    body = changed[endpoint.reply.body] if endpoint.reply.body else changed
    *way, last = path.split(".")
    for key in way:
        body = body[key]
    if not isinstance(body, dict) or last not in body:
        return None
    body[f"{last}Renamed"] = body.pop(last)
    return changed


@pytest.mark.promise("No answer")
def test_the_same_facts_under_a_renamed_key_are_no_answer(bodies: Any, subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            endpoint = ENDPOINTS[name]
            paths = [*(path for path, _ in endpoint.reply.must_hold), *endpoint.reply.echoes]
            paths += endpoint.paging.paths if endpoint.paging.param else ()
            tried = 0
            for path in filter(None, paths):
                changed = renamed(bodies[name], endpoint, path)
                if changed is None:
                    continue
                tried += 1
                page = page_of(name, changed)
                is_worked_out = path == getattr(endpoint.paging, "last", "") and endpoint.paging.total  # type: ignore[attr-defined]
                if not is_worked_out:  # a last page that is not told follows from the total
                    assert page.outcome is Outcome.FAILED, path
                    assert not facts(page)
                    assert page.message
            assert tried or not endpoint.reply.must_hold[0][0]


@pytest.mark.parametrize(
    ("family", "name", "body"),
    [
        ("users", "user_profile_all", "[]"),
        ("users", "user_works_latest", "{}"),
        ("users", "user_works_latest", "null"),
        ("artworks", "artwork_pages", "[]"),
        ("commissions", "commission_overview", "{}"),
    ],
)
@pytest.mark.promise("No answer")
def test_an_empty_answer_fails_is_still_due_and_ends_with_1(
    crawl: Any, standin: Standin, url: str, family: str, name: str, body: str
) -> None:
    standin.faults.append(Fault(".", times=None, body=f'{{"error":false,"message":"","body":{body}}}'.encode()))
    standin.faults.insert(0, Fault("robots", times=None, body=b"User-agent: *\nAllow: /\n"))
    given = {"user_id": "1100"} if family == "users" else {"illust_id": f"{FIRST}"}
    given = given if family != "commissions" else {}
    done = crawl(family, endpoints=name, **given)
    assert done.returncode == 1
    assert "no answer: " in done.stderr
    for table in ("users", "artworks", "listings", "artwork_pages", "user_works", "member_sets"):
        assert rows(url, f"SELECT count(*) FROM {table}") == [(0,)]
    standin.faults.clear()
    again = crawl(family, endpoints=name, **given)
    assert "1 complete" in again.stderr, again.stderr


def test_a_renamed_key_is_named_beside_those_that_are_there(bodies: Any) -> None:
    changed = renamed(bodies["user_profile_all"], ENDPOINTS["user_profile_all"], "illusts")
    page = page_of("user_profile_all", changed)
    assert page.message.startswith("no answer: illusts is missing; there are ")
    assert "illustsRenamed" in page.message


@pytest.mark.promise("Drift counts losses")
def test_drift_counts_what_was_lost_instead_of_promising(engine: Engine) -> None:
    store(engine, replies.ranking_page())
    store(engine, replies.ranking_page(replies.work(new="x"), date="20240207", at_ms=AT + 1))
    with reading(engine) as connection:
        assert losses(connection, changes(connection)) == Losses(0, 0, ())
    bad = replies.work(7, rank=7) | {"illust_ids": 7}
    del bad["illust_id"]
    store(engine, replies.ranking_page(bad, date="20240208", at_ms=AT + 2))
    failed = parse(replies.ranking_target("20240209"), replies.reply("u", {"content": []}, at_ms=AT + 3))
    store(engine, failed)
    with reading(engine) as connection:
        lost = losses(connection, changes(connection))
    assert lost.refused >= 2
    assert lost.failed == 1
    assert "ranking contents[].illust_id (integer)" in lost.ended


@pytest.mark.promise("Drift counts losses")
def test_status_drift_says_what_was_lost(crawl: Any, scrapy: Crawl, standin: Standin) -> None:
    def rename(root: Any, query: Mapping[str, str]) -> Any:
        for row in root["contents"]:
            row["work_number"] = row.pop("illust_id")
        return root

    crawl("rankings", date="2024-02-06", pages="1")
    standin.faults.append(Fault("20240207", times=None, change=rename))
    done = crawl("rankings", date="2024-02-07", pages="1")
    assert done.returncode == 1
    assert "with rejected rows or columns" in done.stderr
    told = scrapy("status", "drift").stdout
    assert "Lost since: " in told
    assert "rows rejected" in told
    assert "No row" not in told


def batch(told: Mapping[str, Any], at: int = 0, ids: str = "1,2,3,4,5") -> Page:
    target = Target("user_illusts", {"user_id": "7", "ids": ids}, 1, night_of((AT + at) * 1_000_000))
    body = {"error": False, "message": "", "body": told}
    return parse(target, replies.reply("u", body, at_ms=AT + at, crawl_id=f"{at}"))


@pytest.mark.promise("Missing IDs")
def test_an_answer_says_which_of_the_ids_it_left_out(engine: Engine) -> None:
    page = batch({"1": replies.thumbnail(1), "3": None, "5": replies.thumbnail(5)})
    assert page.outcome is Outcome.COMPLETE
    assert page.omitted == 3
    store(engine, page)
    with reading(engine) as connection:
        told = connection.exec_driver_sql("SELECT artwork_id, first_missed_at FROM omissions ORDER BY 1").all()
    assert [tuple(row) for row in told] == [(key, page.observed_at) for key in (2, 3, 4)]


@pytest.mark.parametrize("told", [{}, [], dict.fromkeys("12345")])
@pytest.mark.promise("Missing IDs")
def test_an_answer_with_none_of_the_ids_is_a_failure(told: Any) -> None:
    page = batch(told)
    assert page.outcome is Outcome.FAILED
    assert "the response has none of the 5 requested ids" in page.message
    assert not facts(page)


@pytest.mark.promise("Missing IDs")
def test_ids_that_were_left_out_are_asked_for_ever_more_rarely_and_then_no_more(engine: Engine) -> None:
    listed = {"illusts": {"1": None, "2": None}, "manga": [], "novels": []}
    asked = []
    for night in range(100):
        at = night * NIGHT_MS
        target = Target("user_profile_all", {"user_id": "7"}, 1, night_of((AT + at) * 1_000_000))
        body = {"error": False, "message": "", "body": listed}
        store(engine, parse(target, replies.reply("u", body, at_ms=AT + at)))
        with reading(engine) as connection:
            (unit,) = follow(connection, ENDPOINTS["user_illusts"], target)
        if unit.params["ids"] == "1,2":
            asked.append(night)
            store(engine, batch({"1": replies.thumbnail(1)}, at + 1, unit.params["ids"]))
            with reading(engine) as connection:
                assert follow(connection, ENDPOINTS["user_illusts"], target) == [unit], "the same batch"
    assert asked == [0, 1, 2, 4, 8, 16, 32]


def test_the_summary_counts_what_answers_left_out(crawl: Any, standin: Standin) -> None:
    def leave_out(root: Any, query: Mapping[str, str]) -> Any:
        root["body"].pop(next(iter(root["body"])))
        return root

    standin.faults.append(Fault(r"/illusts\?ids", times=None, change=leave_out))
    done = crawl("users", endpoints="user_profile_all,user_illusts", user_id="1100")
    assert done.returncode == 0, done.stderr
    assert "1 ID of those requested missing in the responses" in done.stderr


@pytest.mark.promise("Expired session")
def test_a_dead_session_is_a_failure_and_the_first_line(crawl: Any, scrapy: Crawl, standin: Standin) -> None:
    standin.dead_sessions.add(SESSION)
    done = crawl("feeds", endpoints="follow_latest", PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 1
    summary = done.stderr[done.stderr.index("Session expired") :]
    assert "feeds: 1" in summary
    checked = scrapy("status", "--check")
    assert checked.returncode == 1
    assert "Session expired" in checked.stdout
    standin.dead_sessions.clear()
    assert crawl("feeds", endpoints="follow_latest", PIXIV_PHPSESSID=SESSION).returncode == 0
    assert "Session expired" not in scrapy("status", "--check").stdout


def test_without_a_session_what_needs_one_is_named_and_no_failure(crawl: Any) -> None:
    done = crawl("feeds", endpoints="follow_latest")
    assert done.returncode == 0
    assert "1 skipped (a logged-in session is needed)" in done.stderr
    assert done.stderr.rstrip().endswith("SKIPPED"), "no success, for nothing was archived"


@pytest.mark.parametrize("session", ["", SESSION])
@pytest.mark.promise("Expired session")
def test_a_public_ranking_that_redirects_to_the_login_page_is_a_failure(
    crawl: Any, standin: Standin, session: str
) -> None:
    login = {"Location": "https://accounts.pixiv.net/login?return_to=x"}
    standin.faults.append(Fault("/ranking.php", times=None, status=302, headers=login))
    done = crawl("rankings", date="2024-02-06", pages="1", PIXIV_PHPSESSID=session)
    assert done.returncode == 1
    assert "1 failed" in done.stderr


@pytest.mark.parametrize("text", ["", "\n", "  \n"])
@pytest.mark.promise("Expired session")
def test_an_empty_session_file_is_no_missing_session(
    scrapy: Crawl, standin: Standin, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "session"
    file.write_text(text)
    file.chmod(0o600)
    asked = ("crawl", "feeds", "-aendpoints=follow_latest")
    done = scrapy(*asked, PIXIV_BASE_URL=standin.url, PIXIV_PHPSESSID_FILE=str(file))
    assert done.returncode == 2
    assert "is empty" in done.stderr
    assert standin.targets == []


def test_the_home_feed_is_asked_for_its_ordinary_page_without_r18_too(crawl: Any, standin: Standin) -> None:
    assert crawl("feeds", endpoints="top_illust", PIXIV_PHPSESSID=SESSION).returncode == 0
    assert "mode=all" in standin.targets[0]


@pytest.mark.parametrize(
    ("family", "given", "path", "change"),
    [
        ("tags", {"endpoints": "tag", "tag": "空"}, "/search/tags/", "pixpedia"),
        ("artworks", {"endpoints": "artwork", "illust_id": f"{FIRST}"}, f"illust/{FIRST}", "width"),
        ("users", {"endpoints": "user_full", "user_id": "1100"}, "/user/1100", "premium"),
    ],
)
@pytest.mark.promise("Missing rows")
def test_a_row_that_was_asked_for_by_name_and_does_not_fit_is_not_ok(
    crawl: Any, standin: Standin, family: str, given: dict[str, str], path: str, change: str
) -> None:
    def spoil(root: Any, query: Mapping[str, str]) -> Any:
        body = root["body"]
        if change == "pixpedia":
            body["pixpedia"]["id"] = ["77"]
        else:
            body[change] = {"of": "another type"}
        return root

    standin.faults.append(Fault(path, times=None, change=spoil))
    done = crawl(family, **given)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "with rejected rows or columns: see ./run status dead" in last
    assert "Run the same" not in last, "another run mends nothing"


@pytest.mark.parametrize("key", ["rating_count", "view_count", "title", "user_id", "tags", "url"])
def test_a_key_that_is_missing_in_every_row_is_not_ok(key: str) -> None:
    changed = [{f"{key}s": work.pop(key), **work} for work in (replies.work(1, 1), replies.work(2, 2))]
    assert replies.ranking_page(*changed).lost
    withheld = replies.work(1, 1) | replies.WITHHELD
    assert not replies.ranking_page(withheld, replies.work(2, 2)).lost


def brought() -> list[tuple[str, str]]:
    return [(name, path) for name, endpoint in ENDPOINTS.items() for path in endpoint.reply.brings]


@pytest.mark.promise("Missing rows")
def test_what_a_reply_is_asked_for_is_missed_where_nothing_has_it(bodies: Any, subtests: pytest.Subtests) -> None:
    for name, path in brought():
        with subtests.test(name=name, path=path):
            assert not page_of(name, bodies[name]).lost
            changed = copy.deepcopy(bodies[name])
            holders = [changed[ENDPOINTS[name].reply.body] if ENDPOINTS[name].reply.body else changed]
            *way, last = path.split(".")
            for key in way:
                plain = key.rstrip("[]")
                inner = [holder[plain] if plain else holder for holder in holders]
                holders = [each for one in inner for each in one] if key.endswith("[]") else inner
            for holder in holders:
                holder.pop(last)
            assert bool(page_of(name, changed).lost) == bool(holders)


def rename_rank(root: Any, query: Mapping[str, str]) -> Any:
    for row in root["contents"]:
        row["place"] = row.pop("rank")
    return root


@pytest.mark.promise("Rejected targets")
def test_a_ranking_of_rejected_rows_is_partial_everywhere_and_requested_on_three_nights(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    standin.faults.append(Fault("/ranking", times=None, change=rename_rank))
    asked = {"date": "2024-02-06"}
    first = crawl("rankings", **asked)
    assert first.returncode == 1
    assert "1 partial (rows rejected)" in first.stderr
    assert len(standin.targets) == 10, "its other pages are saved, for a later version to read"
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("partial",)]
    assert rows(url, "SELECT entry_count, is_complete FROM rankings") == [(0, 0)]
    assert rows(url, "SELECT count(*) FROM ranking_pages WHERE rejected_count > 40") == [(10,)]
    for part in ((), ("coverage",), ("dead",)):
        assert scrapy("status", *part, "--check").returncode == 1
    assert "0 complete, 1 due" in scrapy("status", "coverage").stdout
    assert "daily/all: ranks none of 500, 1 of 1 days" in scrapy("sql", "ranking-panel").stdout
    for night, count in ((0, 0), (1, 10), (1, 0), (2, 10), (3, 0), (9, 0)):
        standin.hits.clear()
        standin.days_ahead = night
        crawl("rankings", **asked, CLOCK_SHIFT=str(night))
        assert len(standin.targets) == count, f"night {night}"


@pytest.mark.promise("Rejected targets")
def test_a_ranking_of_rejected_rows_is_complete_once_a_response_fits(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    def spoil(root: Any, query: Mapping[str, str]) -> Any:
        root["contents"][2]["rank"] = "third"
        return root

    standin.faults.append(Fault("p=2", times=1, change=spoil))
    assert crawl("rankings", date="2024-02-06").returncode == 1
    ((count, is_complete),) = rows(url, "SELECT entry_count, is_complete FROM rankings")
    assert not is_complete
    standin.hits.clear()
    standin.days_ahead = 1
    assert crawl("rankings", date="2024-02-06", CLOCK_SHIFT="1").returncode == 0
    assert len(standin.targets) == 1
    assert rows(url, "SELECT entry_count, is_complete FROM rankings") == [(count + 1, 1)]
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("complete",)]
    before = rows(url, "SELECT * FROM ranking_pages ORDER BY 1, 2, 3")
    scrapy("replay")
    assert rows(url, "SELECT * FROM ranking_pages ORDER BY 1, 2, 3") == before


def test_a_ranking_that_is_read_again_with_a_rejected_row_is_read_to_its_end(crawl: Any, standin: Standin) -> None:
    assert crawl("rankings", date="2024-02-06").returncode == 0
    standin.hits.clear()

    def spoil(root: Any, query: Mapping[str, str]) -> Any:
        root["contents"][2]["rank"] = "third"
        return root

    standin.faults.append(Fault("p=1&|p=1$", times=None, change=spoil))
    assert crawl("rankings", date="2024-02-06", refetch="1").returncode == 1
    assert len(standin.targets) == 10


def test_a_rejected_row_of_somebody_who_is_forgotten_keeps_nothing_partial(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    def spoil(root: Any, query: Mapping[str, str]) -> Any:
        root["contents"][2] |= {"rank": "third", "user_id": 999777}
        return root

    standin.faults.append(Fault("/ranking", times=None, change=spoil))
    assert crawl("rankings", date="2024-02-06", pages="1").returncode == 1
    assert scrapy("forget", "user", "999777", "--yes").returncode == 0
    done = scrapy("replay")
    assert done.returncode == 0, done.stderr
    assert rows(url, "SELECT outcome FROM coverage") == [("complete",)]
    assert rows(url, "SELECT count(*) FROM dead_letters") == [(0,)]


def test_a_feed_that_repeats_its_last_page_ends_though_a_row_is_rejected(crawl: Any, standin: Standin) -> None:
    def repeat(root: Any, query: Mapping[str, str]) -> Any:
        body = root["body"]
        body["page"]["isLastPage"] = False
        body["thumbnails"]["illust"][0]["id"] = "no number"
        return root

    standin.faults.append(Fault("follow_latest", times=None, change=repeat))
    crawl("feeds", endpoints="follow_latest", PIXIV_PHPSESSID=SESSION)
    assert len(standin.targets) < 40


@pytest.mark.promise("Rejected targets")
def test_rejected_rows_that_fit_by_now_make_a_ranking_complete_by_replay(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    crawl("rankings", date="2024-02-06")
    whole = rows(url, "SELECT entry_count, is_complete FROM rankings")
    engine = create(url)
    with engine.begin() as connection:
        # As an older parser would have left it: the rows of a page fit by now.
        for change in (
            "INSERT INTO dead_letters SELECT seen_at, 'ranking_entries', 'contents[0]', 'ranking', 'rank: missing', '{}' FROM ranking_pages WHERE page = 3",
            "DELETE FROM ranking_entries WHERE seen_at IN (SELECT seen_at FROM ranking_pages WHERE page = 3)",
            "UPDATE ranking_pages SET rejected_count = 50 WHERE page = 3",
            "UPDATE rankings SET entry_count = 450, is_complete = 0",
            "UPDATE captures SET outcome = 'partial' WHERE observed_at IN (SELECT observed_at FROM dead_letters)",
            "UPDATE coverage SET outcome = 'partial', last_outcome = 'partial', completed_at = NULL WHERE page = 3",
        ):
            connection.exec_driver_sql(change)
    engine.dispose()
    assert scrapy("status", "--check").returncode == 1
    assert scrapy("replay", "--dead").returncode == 0
    assert rows(url, "SELECT entry_count, is_complete FROM rankings") == whole
    assert rows(url, "SELECT DISTINCT outcome FROM coverage") == [("complete",)]


@pytest.mark.promise("Rejected targets")
def test_a_rejected_row_of_what_was_requested_makes_every_endpoints_page_partial(
    bodies: Any, subtests: pytest.Subtests
) -> None:
    for name, endpoint in ENDPOINTS.items():
        main = {path + mark.replace("+", "") for path, mark in endpoint.reply.must_hold if mark}
        needed = {
            reader.at.path
            for reader in reader_of(name).rows
            if reader.required and not (reader.takes_plain or reader.at.optional or reader.at.when)
        }
        for path in sorted(needed & main):
            *way, last = path.split(".")
            changed = copy.deepcopy(bodies[name])
            holder = changed[endpoint.reply.body] if endpoint.reply.body else changed
            for key in way:
                holder = holder[key]
            listed = holder if last == "[]" else holder.get(last.removesuffix("[]"))
            if not listed:
                continue
            with subtests.test(name=name, path=path):
                assert page_of(name, changed).outcome is Outcome.COMPLETE
                listed[0] = ["no row"]
                assert page_of(name, changed).outcome is Outcome.PARTIAL


def test_an_address_that_names_no_thing_and_is_gone_is_a_failure(bodies: Any) -> None:
    error = {"error": True, "message": "", "body": []}
    for name, endpoint in ENDPOINTS.items():
        outcome = page_of(name, error, status=404).outcome
        assert (outcome is Outcome.FAILED) == (not endpoint.names_a_thing), name


def test_php_sends_a_list_in_the_place_of_an_empty_object(bodies: Any) -> None:
    changed = copy.deepcopy(bodies["mypixiv_latest"])
    changed["body"] |= {"page": {"ids": [], "isLastPage": True, "tags": []}, "thumbnails": []}
    assert page_of("mypixiv_latest", changed).outcome is Outcome.COMPLETE


def test_a_search_of_all_kinds_that_finds_nothing_of_any_is_not_believed_at_once(bodies: Any) -> None:
    changed = copy.deepcopy(bodies["search_top"])
    for kind in ("illust", "manga", "novel"):
        changed["body"][kind] = {"data": [], "total": 0}
    assert page_of("search_top", changed).outcome is Outcome.NOT_YET
    changed["body"]["manga"]["total"] = 5
    assert page_of("search_top", changed).outcome is Outcome.COMPLETE


@pytest.mark.parametrize("change", [{"mode": "weekly"}, {"date": "2026年1月1日"}])
def test_a_novel_ranking_that_was_not_asked_for_is_no_answer(change: Any) -> None:
    body = {"display_a": {"rank_a": [{"id": 1, "rank": 1}]}, "date": "2026年6月21日", "mode": "daily"}
    target = Target("novel_ranking", {"mode": "daily", "date": "20260621", "p": "1"}, 1, "n")
    for told, outcome in (({}, Outcome.COMPLETE), (change, Outcome.FAILED)):
        root = {"error": False, "body": {**body, **told}}
        assert parse(target, replies.reply("u", root)).outcome is outcome


def test_a_run_that_needs_no_session_does_not_clear_the_refusal(crawl: Any, scrapy: Crawl, standin: Standin) -> None:
    standin.dead_sessions.add(SESSION)
    crawl("feeds", endpoints="follow_latest", PIXIV_PHPSESSID=SESSION)
    crawl("rankings", date="2024-02-06", pages="1", PIXIV_PHPSESSID=SESSION)
    assert "Session expired" in scrapy("status").stdout


def test_the_private_list_of_another_user_is_not_asked_for(crawl: Any, standin: Standin) -> None:
    asked = {"endpoints": "user_bookmarks", "user_id": "1100", "rest": "hide"}
    done = crawl("users", **asked, PIXIV_PHPSESSID=SESSION)
    assert "1 forbidden" in done.stderr
    assert standin.targets == []


@pytest.mark.promise("Absence needs evidence")
def test_an_outage_that_begins_in_a_run_and_lasts_makes_nothing_absent(crawl: Any, standin: Standin, url: str) -> None:
    gone = {"times": None, "status": 404, "body": b'{"error":"x"}'}
    asked = {"date": "2024-01-01..2024-01-10", "pages": "1"}
    standin.faults[:] = [Fault("date=2024010[1-8]", **gone)]
    crawl("rankings", **asked)
    standin.days_ahead = 1
    standin.faults[:] = [Fault("/ranking", **gone)]
    assert crawl("rankings", **asked, CLOCK_SHIFT="1").returncode == 0
    outcomes = rows(url, "SELECT DISTINCT outcome FROM coverage WHERE params LIKE '%2024010%'")
    assert ("absent",) not in outcomes
    standin.faults.clear()
    assert "8 complete" in crawl("rankings", **asked, CLOCK_SHIFT="1").stderr


def test_what_an_asker_was_not_told_another_is_asked_for(engine: Engine) -> None:
    for night in (0, 10, 40):
        store(engine, batch({"1": replies.thumbnail(1)}, night * NIGHT_MS, "1,2"))
    listed = {"illusts": {"1": None, "2": None}, "manga": [], "novels": []}
    for asker, ids in (("", "1"), ("session", "1,2")):
        at = AT + 60 * NIGHT_MS
        target = Target("user_profile_all", {"user_id": "7"}, 1, night_of(at * 1_000_000), "", asker)
        body = {"error": False, "message": "", "body": listed}
        store(engine, parse(target, replies.reply(f"u{asker}", body, at_ms=at)))
        with reading(engine) as connection:
            (unit,) = follow(connection, ENDPOINTS["user_illusts"], target)
        assert unit.params["ids"] == ids


def test_a_work_that_was_shown_in_between_is_asked_for_anew(engine: Engine) -> None:
    store(engine, batch({"1": replies.thumbnail(1)}, 0, "1,2"))
    store(engine, batch({key: replies.thumbnail(int(key)) for key in "12"}, 5 * NIGHT_MS, "1,2"))
    store(engine, batch({"1": replies.thumbnail(1)}, 40 * NIGHT_MS, "1,2"))
    at = AT + 41 * NIGHT_MS
    target = Target("user_profile_all", {"user_id": "7"}, 1, night_of(at * 1_000_000))
    listed = {"illusts": {"1": None, "2": None}, "manga": [], "novels": []}
    body = {"error": False, "message": "", "body": listed}
    store(engine, parse(target, replies.reply("u", body, at_ms=at)))
    with reading(engine) as connection:
        (unit,) = follow(connection, ENDPOINTS["user_illusts"], target)
    assert unit.params["ids"] == "1,2"


FILLED: dict[str, tuple[Any, str]] = {
    "comicPromotion": ({"userId": "7", "title": "本", "workUrl": "u", "magazine": "m"}, "listing_entries"),
    "request": ({"requestId": "5", "creatorUserId": "7", "fanUserId": "9"}, "commission_requests"),
    "pollData": (
        {"question": "?", "total": 3, "choices": {"1": {"id": 1, "text": "a", "count": 3}}},
        "artwork_poll_choices",
    ),
    "imageResponseData": ([{"workId": "21", "title": "t", "userId": "8"}], "artwork_responses"),
    "imageResponseOutData": ([{"workId": "22", "title": "t", "userId": "8"}], "artwork_responses"),
    "contestData": ({"title": "c", "url": "u", "icon": "i"}, "listing_entries"),
    "contestBanners": ([{"title": "c"}], "listing_entries"),
}


@pytest.mark.parametrize("key", FILLED)
@pytest.mark.promise("Always empty so far")
def test_what_a_works_own_page_filled_in_is_in_a_table(engine: Engine, key: str) -> None:
    value, table = FILLED[key]
    page = replies.detail_page(1, **{key: value})
    store(engine, page)
    (count,) = one(engine, f"SELECT count(*) FROM {table}")
    assert count == 1
    assert [sight.path for sight in page.paths if not sight.is_declared] == []


def test_a_works_request_names_its_fan_in_either_shape(engine: Engine) -> None:
    request = {"requestId": "5", "creatorUserId": "7", "fanUserId": "9"}
    fan = {"userId": "9", "userName": "依頼主", "profileImg": "https://i.pximg.net/f.png"}
    store(engine, replies.detail_page(1, request={"request": request, "fan": fan, "creator": fan}))
    store(engine, replies.detail_page(2, at_ms=AT + 1, request={**request, "requestId": "6"}))
    with reading(engine) as connection:
        told = connection.exec_driver_sql(
            "SELECT d.artwork_id, r.fan_user_id, u.name FROM artwork_details d"
            " JOIN commission_requests r ON r.request_id = d.commission_request_id"
            " LEFT JOIN users u ON u.user_id = r.fan_user_id ORDER BY 1"
        ).all()
    assert [tuple(row) for row in told] == [(1, 9, "依頼主"), (2, 9, "依頼主")]


def unseen() -> list[tuple[str, str]]:
    return [
        (name, path)
        for name, endpoint in ENDPOINTS.items()
        for path, reason in endpoint.reply.all_ignored.items()
        if reason == UNSEEN
    ]


@pytest.mark.promise("Always empty so far")
def test_what_was_always_empty_is_drift_once_it_is_not(bodies: Any, subtests: pytest.Subtests) -> None:
    for name, path in unseen():
        for value in [{"a": 1}, ["x"], [[{"b": "c"}]]]:
            with subtests.test(name=name, path=path, value=value):
                changed = copy.deepcopy(bodies[name])
                endpoint = ENDPOINTS[name]
                holder = changed[endpoint.reply.body] if endpoint.reply.body else changed
                *way, last = path.split(".")
                for key in way:
                    plain = key.rstrip("[]{}")
                    if key.endswith("[]"):
                        holder[plain] = holder.get(plain) or [{}]
                        holder = holder[plain][0]
                    else:
                        holder = holder.setdefault(plain, {})
                for hollow, is_news in (([], False), ({"a": [], "b": None}, False), (value, True)):
                    holder[last] = hollow
                    page = page_of(name, changed)
                    news = [sight for sight in page.paths if not sight.is_declared]
                    assert bool(news) == is_news, (hollow, news)
                    assert all(sight.sample for sight in news)


@pytest.mark.parametrize("name", ["series", "watch_list_manga", "follow_latest", "dashboard_home"])
def test_what_replies_carry_empty_side_by_side_is_no_drift(name: str, bodies: Any) -> None:
    changed = copy.deepcopy(bodies[name])
    body = changed["body"]
    empty = {"requests": [], "novelSeries": [], "illustSeries": [], "users": [], "tagTranslation": []}
    changed["body"] = {**empty, **body}
    thumbnails = {"novel": [], "novelSeries": [], "novelDraft": [], "collection": []}
    changed["body"]["thumbnails"] = {**thumbnails, **body.get("thumbnails", {})}
    page = page_of(name, changed)
    assert page.outcome is Outcome.COMPLETE, page.message
    assert [sight.path for sight in page.paths if not sight.is_declared] == []


@pytest.mark.promise("Access levels")
def test_a_search_read_without_a_session_is_asked_again_with_one(crawl: Any, standin: Standin) -> None:
    asked = {"endpoints": "search_artworks", "word": "空", "pages": "1"}
    for more in (
        {},
        {"PIXIV_PHPSESSID": SESSION},
        {"PIXIV_PHPSESSID": SESSION, "PIXIV_PREMIUM": "1"},
        {"PIXIV_LANG": "en"},
    ):
        standin.hits.clear()
        assert crawl("search", **asked, **more).returncode == 0
        assert len(standin.targets) == 1, more
        crawl("search", **asked, **more)
        assert len(standin.targets) == 1, "the same asker asks nothing twice"


@pytest.mark.promise("Access levels")
def test_a_ranking_that_is_archived_is_archived_for_every_asker(crawl: Any, standin: Standin) -> None:
    asked = {"date": "2024-02-06", "pages": "1"}
    crawl("rankings", **asked)
    standin.hits.clear()
    for more in ({"PIXIV_PHPSESSID": SESSION}, {"PIXIV_LANG": "en"}):
        assert crawl("rankings", **asked, **more).returncode == 0
    assert standin.targets == []


def test_what_is_absent_can_be_asked_for_again(crawl: Any, scrapy: Crawl, standin: Standin) -> None:
    missing = Fault("20240207", times=None, status=404, body=b'{"error":"x"}')
    standin.faults.append(missing)
    asked = {"date": "2024-02-06..2024-02-08", "pages": "1"}
    for night in (0, 1):
        standin.days_ahead = night
        crawl("rankings", **asked, CLOCK_SHIFT=str(night))
    calendar = scrapy("status", "coverage").stdout
    assert "absent 2024-02-07: not found on " in calendar
    standin.faults.clear()
    standin.hits.clear()
    done = crawl("rankings", **asked, refetch="absent", CLOCK_SHIFT="1")
    assert "1 complete" in done.stderr, done.stderr
    assert len(standin.targets) == 1
    wrong = crawl("rankings", **asked, refetch="x")
    assert wrong.returncode == 2
    assert "1 (all), absent" in wrong.stderr


@pytest.mark.promise("First ranking of a mode")
def test_the_years_before_a_modes_first_ranking_cost_a_request_or_two(crawl: Any, standin: Standin) -> None:
    def begin(root: Any, query: Mapping[str, str]) -> Any:
        return {**root, "prev_date": False}

    standin.faults += [
        Fault("20240210", times=None, change=begin),
        Fault("2024010|2024011|2024012|2024013|2024020", times=None, status=404, body=b'{"error":"x"}'),
    ]
    asked = {"date": "2024-01-01..2024-02-12", "pages": "1"}
    counts = []
    for night in (0, 1, 2):
        standin.days_ahead = night
        standin.hits.clear()
        done = crawl("rankings", **asked, CLOCK_SHIFT=str(night))
        assert done.returncode == 0
        counts.append(len(standin.targets))
    assert counts == [3 + 1, 1, 0], "the day before it; then the first itself; then nothing"
    assert "40 absent" in done.stderr


@pytest.mark.promise("Closed comments")
def test_closed_comments_are_settled_by_what_the_work_says(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    def close(root: Any, query: Mapping[str, str]) -> Any:
        root["body"]["commentOff"] = 1
        return root

    no = b'{"error":true,"message":"x","body":[]}'
    standin.faults += [
        Fault("comments/roots", times=None, status=400, body=no),
        Fault(rf"/illust/{FIRST}\?", times=None, change=close),
    ]
    done = crawl("artworks", endpoints="artwork,artwork_comments", illust_id=f"{FIRST}")
    assert done.returncode == 0, done.stderr
    assert "its author has closed the comments" in done.stderr
    assert [target for target in standin.targets if "comments" in target] == []


@pytest.mark.promise("Closed comments")
def test_a_400_for_the_comments_of_a_work_that_is_there_is_no_failure(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    no = b'{"error":true,"message":"x","body":[]}'
    standin.faults.append(Fault("comments/roots", times=None, status=400, body=no))
    asked = {"endpoints": "artwork_comments", "illust_id": f"{FIRST}"}
    done = crawl("artworks", **asked)
    assert done.returncode == 0, done.stderr
    assert len(standin.targets) == 2, "the comments, and the work's own page as the proof"
    assert rows(url, "SELECT outcome FROM coverage WHERE endpoint = 'artwork_comments'") == [("absent",)]
    assert "0 pages failed" in scrapy("status").stdout
    standin.hits.clear()
    assert crawl("artworks", **asked).returncode == 0
    assert standin.targets == []


def test_a_400_for_the_comments_of_a_work_that_is_not_there_is_a_failure(crawl: Any, standin: Standin) -> None:
    no = b'{"error":true,"message":"x","body":[]}'
    standin.faults.append(Fault("/illust", times=None, status=400, body=no))
    done = crawl("artworks", endpoints="artwork_comments", illust_id=f"{FIRST}")
    assert done.returncode == 1


def test_a_work_is_read_without_the_keys_that_are_kept_for_compatibility(bodies: Any) -> None:
    """pixiv may drop them: id, title and description say the same."""
    whole = page_of("artwork", bodies["artwork"])
    changed = copy.deepcopy(bodies["artwork"])
    for key in ("illustId", "illustTitle", "illustComment"):
        del changed["body"][key]
    without = page_of("artwork", changed)
    assert without.outcome is Outcome.COMPLETE, without.message
    assert not without.lost
    assert not without.refused
    assert {table: plain_rows(rows) for table, rows in without.rows.items()} == {
        table: plain_rows(rows) for table, rows in whole.rows.items()
    }


def plain_rows(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in MOMENTS} for row in rows]


@pytest.mark.parametrize("key", ["is_howto", "isHowto"])
def test_a_key_of_a_work_is_known_wherever_short_works_stand(bodies: Any, key: str, subtests: pytest.Subtests) -> None:
    for name, path in short_works():
        changed = copy.deepcopy(bodies[name])
        body = changed[ENDPOINTS[name].reply.body] if ENDPOINTS[name].reply.body else changed
        works = list(found_at(body, path.removesuffix("[]").removesuffix("{}").split(".")))
        with subtests.test(name=name, path=path):
            for work in works:
                work[key] = True
            page = page_of(name, changed)
            assert [seen.path for seen in page.paths if not seen.is_declared] == []
            assert len([row for row in page.rows.get("artwork_details", ()) if row.get("is_howto")]) >= bool(works)


def short_works() -> list[tuple[str, str]]:
    return [
        (name, at.path)
        for name, endpoint in ENDPOINTS.items()
        for at in endpoint.reply.all_rows
        if at.row.__tablename__ == "artwork_details" and at.when == "is_howto"
    ]


def found_at(value: Any, way: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of a list or map that a path of keys leads to."""
    for key in way:
        value = value.get(key.removesuffix("[]")) if isinstance(value, dict) else None
    inner = value.values() if isinstance(value, dict) else value or ()
    yield from (one for one in inner if isinstance(one, dict) and "id" in one)
