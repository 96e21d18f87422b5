"""A reply becomes rows, each on its own; what cannot be read is named, never lost or guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.endpoints import ENDPOINTS, recognise
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from crawler.tables import read
from tests import replies

JST_NOON = 1_707_274_800_000
"""2024-02-07 12:00 in Japan, in milliseconds."""


def ranking_reply(body: Any, target: Target | None = None, **fields: Any) -> Page:
    return parse(target or replies.ranking_target(), replies.reply("u", body, **fields))


def row(page: Page, table: str, place: int = 0) -> dict[str, Any]:
    return page.rows[table][place]


def test_a_ranking_row_tells_rank_work_author_and_counts() -> None:
    page = replies.ranking_page(replies.work(5, 3, yes_rank=0))
    entry = row(page, "ranking_entries")
    assert (entry["rank"], entry["artwork_id"], entry["previous_rank"]) == (3, 5, None)
    assert (entry["rating_count"], entry["view_count"]) == (29, 150)
    work = row(page, "artworks")
    assert (work["kind"], work["page_count"], work["user_id"]) == ("illust", 4, 7)
    assert work["uploaded_at"] == datetime(2024, 2, 4, 15, 2, 9, tzinfo=UTC)


def test_a_withheld_row_keeps_its_place_and_tells_nothing_else() -> None:
    page = replies.ranking_page(replies.work(5, 3, **replies.WITHHELD))
    assert row(page, "ranking_entries")["mask_reason"] == "login_only"
    work = {"artwork_id": 5, "user_id": 7, "state": "login_only"}
    assert row(page, "artworks") == {**work, "tags_seen_at": page.observed_at}
    assert row(page, "users") == {"user_id": 7}
    assert not page.refused


def test_a_blank_row_without_a_reason_is_withheld_too() -> None:
    blank = {key: value for key, value in replies.WITHHELD.items() if key != "mask_reason"}
    page = replies.ranking_page(replies.work(5, 3, **blank))
    assert row(page, "artworks")["state"] == "unknown"
    assert "title" not in row(page, "artworks")


def test_a_row_that_does_not_fit_is_refused_with_its_path_and_fragment() -> None:
    page = replies.ranking_page(replies.work(1, 1) | {"rank": "first"}, replies.work(2, 2))
    (refused,) = page.refused
    assert (refused.table, refused.path) == ("ranking_entries", "contents[0]")
    assert refused.error == "rank: not a whole number"
    assert '"illust_id":1' in refused.fragment
    assert [entry["artwork_id"] for entry in page.rows["ranking_entries"]] == [2]


def test_a_second_row_of_one_rank_is_refused_not_dropped() -> None:
    page = replies.ranking_page(replies.work(1, 1), replies.work(2, 1))
    (refused,) = page.refused
    assert refused.error == "ranking_id, rank: another row of this response has it"
    assert [entry["artwork_id"] for entry in page.rows["ranking_entries"]] == [1]


def test_latest_takes_the_day_that_the_reply_states() -> None:
    page = ranking_reply(replies.ranking(), replies.ranking_target(date=""))
    assert page.target.params["date"] == replies.DAY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": "20240101"}, "requested date=20240206"),
        ({"mode": "weekly"}, "requested mode=daily"),
        ({"page": 2}, "requested p=1"),
        ({"contents": []}, "contents is empty"),
        ({"contents": {"a": {}}}, "contents is no list"),
        ({"next": None}, "next is null"),
        ({"next": 1}, "next is 1 on page 1"),
        ({"next": "2"}, "next is '2'"),
    ],
)
def test_a_reply_to_another_question_stores_nothing(change: dict[str, Any], message: str) -> None:
    page = ranking_reply(replies.ranking(**change))
    assert page.outcome is Outcome.FAILED
    assert message in page.message
    assert not page.rows


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"error": True, "message": "", "body": []}, Outcome.FAILED),
        (200, b"<html>wait</html>", Outcome.FAILED),
        (200, b'{"contents": [', Outcome.FAILED),
        (200, b"", Outcome.FAILED),
        (200, b"[" * 100_000, Outcome.FAILED),
        (302, b"", Outcome.FAILED),
        (403, b"<html>no</html>", Outcome.FAILED),
        (500, b"", Outcome.FAILED),
        (429, b"", Outcome.FAILED),
        (404, {"error": "ランキング集計の範囲外です"}, Outcome.NOT_YET),
    ],
)
def test_errors_are_told_apart_by_status_and_shape(status: int, body: Any, outcome: Outcome) -> None:
    assert ranking_reply(body, status=status).outcome is outcome


@pytest.mark.parametrize("told", ["20249999", "20070101", "x", 5, None])
def test_an_answer_to_latest_of_an_impossible_day_is_refused(told: Any) -> None:
    page = ranking_reply(replies.ranking(date=told), replies.ranking_target(date=""))
    assert page.outcome is Outcome.FAILED


def test_a_later_page_that_is_gone_does_not_end_the_list() -> None:
    page = ranking_reply({"error": "x"}, replies.ranking_target("20240101", page=3), status=404)
    assert page.outcome is Outcome.FAILED
    assert page.is_counted_miss, "it speaks against the page before"


def test_an_empty_page_that_says_more_follows_is_not_followed() -> None:
    body = replies.commission(page={"requestIds": [], "pager": {"hasNextPage": True, "page": 1}})
    page = parse(replies.COMMISSION_TARGET, replies.reply("u", body))
    assert page.outcome is Outcome.FAILED


def test_a_page_with_a_rejected_row_is_partial_and_keeps_the_others() -> None:
    page = ranking_reply(replies.ranking(replies.work(), {"rank": 2}))
    assert page.outcome is Outcome.PARTIAL
    assert page.lost == page.message == "ranking_entries: 1 of 2 rows rejected"
    assert len(page.rows["ranking_entries"]) == 1
    whole = ranking_reply(replies.ranking(replies.work(1, 1), replies.work(2, 2)))
    assert whole.outcome is Outcome.COMPLETE


def test_rows_of_another_shape_are_refused_not_passed_over() -> None:
    body = replies.commission(illustSeries={"x": {"id": "5"}})
    page = parse(replies.COMMISSION_TARGET, replies.reply("u", body))
    assert ("series", "illustSeries") in [refused[:2] for refused in page.refused]


def test_an_address_that_narrows_the_answer_is_not_taken_for_the_plain_one() -> None:
    plain = "https://www.pixiv.net/ajax/follow_latest/illust?mode=all&p=1&lang=ja"
    assert recognise(plain, "n") is not None
    assert recognise(f"{plain}&tag=x", "n") is None


def test_null_tags_leave_the_rest_of_a_work_alone() -> None:
    page = replies.list_page(replies.thumbnail(1, tags=None))
    assert page.rows["artworks"][0]["title"] == "題"
    assert "tags" not in page.rows["artworks"][0]


def test_a_list_with_holes_that_php_sends_as_an_object_is_a_list() -> None:
    body = replies.commission(users={"3": {"userId": "7", "name": "作家"}})
    page = parse(replies.COMMISSION_TARGET, replies.reply("u", body))
    assert page.rows["users"] == [{"user_id": 7, "name": "作家"}]
    assert [sight.path for sight in page.paths if not sight.is_declared] == []


def test_a_work_that_answers_for_another_is_refused() -> None:
    page = parse(replies.artwork_target(5), replies.reply("u", replies.detail(1)))
    assert page.outcome is Outcome.FAILED


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_where_a_session_is_needed_says_so(status: int) -> None:
    target = replies.ranking_target(mode="daily_r18")
    body = {"error": True, "message": "不正なリクエストです。", "body": []}
    assert ranking_reply(body, target, status=status).outcome is Outcome.NEEDS_SESSION


LOGIN = "https://accounts.pixiv.net/login?return_to=x"


def test_a_redirect_to_the_login_page_needs_a_session_where_the_endpoint_needs_one() -> None:
    target = replies.ranking_target(mode="daily_r18")
    assert ranking_reply(b"", target, status=302, location=LOGIN).outcome is Outcome.NEEDS_SESSION
    assert ranking_reply(b"", status=302, location=LOGIN).outcome is Outcome.FAILED


@pytest.mark.parametrize("status", [302, 400, 401, 403])
def test_a_session_that_was_given_and_does_not_serve_is_a_failure(status: int) -> None:
    target = replies.ranking_target(mode="daily_r18")
    body = {"error": True, "message": "x", "body": []}
    page = ranking_reply(body, target, status=status, location=LOGIN, has_session=True)
    assert page.outcome is Outcome.FAILED
    assert page.is_session_refused


@pytest.mark.parametrize(("date", "counts"), [("20240205", True), ("20240206", False), ("20240207", False)])
def test_a_404_counts_towards_absent_only_after_the_day_had_its_time(date: str, counts: bool) -> None:
    target = replies.ranking_target(date)
    page = ranking_reply({"error": "x"}, target, status=404, at_ms=JST_NOON)
    assert page.is_counted_miss is counts


def test_text_that_databases_refuse_is_cleaned() -> None:
    body = (
        b'{"error":false,"body":{"id":"1","title":"a\\u0000b\\ud800","tags":{"tags":[]},'
        b'"illustType":0,"userId":"7","viewCount":1}}'
    )
    page = parse(replies.artwork_target(), replies.reply("u", body))
    assert page.outcome is Outcome.COMPLETE
    assert "\0" not in str(page.rows)
    str(page.rows).encode()


def test_an_unknown_path_is_drift_with_a_sample() -> None:
    page = ranking_reply(replies.ranking(replies.work(1, 1, novelty={"a": 1})))
    (sight,) = [sight for sight in page.paths if not sight.is_declared]
    assert (sight.path, sight.json_type, sight.sample) == ("contents[].novelty", "object", '{"a":1}')


def test_a_retyped_path_is_a_sight_of_its_own() -> None:
    page = ranking_reply(replies.ranking(replies.work(1, 1, width="1146")))
    assert ("contents[].width", "string") in [sight[:2] for sight in page.paths]


def test_an_advertisement_is_no_row() -> None:
    page = replies.list_page({"isAdContainer": True}, replies.thumbnail(3))
    assert [work["artwork_id"] for work in page.rows["artworks"]] == [3]
    assert not page.refused


def test_an_empty_caption_is_unknown_in_a_list_and_empty_on_the_works_own_page() -> None:
    assert "caption" not in row(replies.list_page(replies.thumbnail()), "artworks")
    (own,) = [
        work for work in replies.detail_page(illustComment="", description="").rows["artworks"] if "title" in work
    ]
    assert own["caption"] == ""


@pytest.mark.parametrize(
    "path",
    [
        "robots.txt",
        "ajax/illust/old?lastId=0",
        "ajax/illust/discovery",
        "ranking.php?mode=daily",
        "ranking.php?format=json&date=abc",
        "ranking.php?format=json&mode=x",
        "ranking.php?format=json&p=99999999999999999999",
    ],
)
def test_what_is_no_ask_is_not_taken_for_one(path: str) -> None:
    assert recognise(f"https://www.pixiv.net/{path}", "") is None


def test_parameters_that_an_address_leaves_out_are_the_sites_own() -> None:
    target = recognise("https://www.pixiv.net/ranking.php?format=json&date=20240207", "n")
    assert target is not None
    assert target.key == "content=all&date=20240207&mode=daily"


def test_an_entry_is_fifteen_lines_of_facts_or_names_what_it_ignores() -> None:
    for endpoint in ENDPOINTS.values():
        assert all(reason for reason in endpoint.reply.all_ignored.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024年02月05日 00:02", datetime(2024, 2, 4, 15, 2, tzinfo=UTC)),
        ("2022-09-20 18:40:07", datetime(2022, 9, 20, 9, 40, 7, tzinfo=UTC)),
        ("2022-08-11T14:46:14+00:00", datetime(2022, 8, 11, 14, 46, 14, tzinfo=UTC)),
        ("2022-05-23T22:13:30+09:00", datetime(2022, 5, 23, 13, 13, 30, tzinfo=UTC)),
        (1707058929, datetime(2024, 2, 4, 15, 2, 9, tzinfo=UTC)),
        (-32400, read.UNKNOWN),
        ("1970年01月01日 00:00", read.UNKNOWN),
        ("", read.UNKNOWN),
        (False, read.NULL),
        (None, read.NULL),
    ],
)
def test_every_form_of_time_becomes_utc(value: Any, expected: Any) -> None:
    assert read.instant(value) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(replies.work())


@settings(max_examples=300, deadline=None)
@given(key=st.sampled_from(KEYS), value=json_values)
def test_whatever_a_value_becomes_the_row_is_stored_or_refused(key: str, value: Any) -> None:
    page = ranking_reply(replies.ranking(replies.work(1, 1) | {key: value}))
    stored = len(page.rows.get("ranking_entries", ()))
    is_rejected = any(r.is_row and r.path == "contents[0]" for r in page.refused)
    assert page.outcome is (Outcome.PARTIAL if is_rejected else Outcome.COMPLETE)
    assert stored or is_rejected
    refused = [r for r in page.refused if r.table == "ranking_entries"]
    # One optional value that does not fit is refused alone, and the row is stored.
    assert stored or refused
    assert stored <= 1
    assert len(refused) <= 1
