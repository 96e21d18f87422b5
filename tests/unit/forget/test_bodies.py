"""Redaction of captured responses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crawler.forget.bodies import redact, redact_unread
from crawler.forget.requests import erase_target
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse.element import CUT, WAS
from crawler.parse.envelope import load
from crawler.parse.page import parse
from crawler.tables.naming import Forgotten
from tests import replies

SEVEN = Forgotten({("user", 7): frozenset({("user", 7)})})


def ranking(*works: dict[str, Any]) -> bytes:
    return json.dumps(replies.ranking(*works)).encode()


def test_a_reply_without_a_forgotten_artist_has_all_other_rows() -> None:
    mine = replies.work(1, user_id=7, rank=1)
    other = replies.work(2, user_id=8, rank=2)
    target, reply = (replies.ranking_target(), replies.reply("https://www.pixiv.net/", ranking(mine, other)))
    left = load(redact(target, reply, SEVEN)[0])
    assert left["contents"][0] == {CUT: True}
    assert left["contents"][1]["illust_id"] == 2


def test_a_reply_that_names_nobody_stays_the_very_same_bytes() -> None:
    target = replies.ranking_target()
    reply = replies.reply("https://www.pixiv.net/", ranking(replies.work(user_id=8)))
    assert redact(target, reply, SEVEN)[0] is reply.body


@pytest.mark.promise("Redacted captures")
def test_a_list_that_lost_a_member_of_others_is_no_complete_set() -> None:
    tags = [{"tag": "空", "userId": "8"}, {"tag": "海", "userId": "8", "authorId": "7"}]
    body = replies.detail(4, userId="8", tags={"authorId": "8", "tags": tags})
    target = replies.artwork_target(4)
    reply = replies.reply(f"{replies.BASE}/ajax/illust/4", body)

    def sets(page: Page) -> list[str]:
        return [row["set_name"] for row in page.rows["member_sets"]]

    assert sets(parse(target, reply)) == ["artwork_tag_authors.artwork_id"]
    page = parse(target, replace(reply, body=redact(target, reply, SEVEN)[0]))
    assert [row["tag_id"] for row in page.rows["artwork_tag_authors"]]
    assert sets(page) == []


def test_of_a_reply_of_which_no_row_is_read_the_smallest_object_that_names_somebody_goes() -> None:
    root = {"a": {"userId": "7", "x": 1}, "b": [{"user_id": 8}, {"user_id": 7}], "c": "/users/7"}
    left = json.loads(redact_unread(json.dumps(root).encode(), SEVEN))
    assert left == {"b": [{"user_id": 8}, {CUT: True}], "c": "/users/0"}
    assert redact_unread(b"<a href='/users/7'>", SEVEN) == b"<a href='/users/0'>"
    kept = json.dumps({"user_id": 8}).encode()
    assert redact_unread(kept, SEVEN) is kept


def test_a_rejected_column_of_the_page_costs_nobody_else_a_row() -> None:
    body = {**replies.ranking(replies.work(1, user_id=7), replies.work(2, 2, user_id=8)), "rank_total": "many"}
    target, reply = replies.ranking_target(), replies.reply("https://www.pixiv.net/", body)
    assert parse(target, reply).refused, "the fragment of the rejected column is the whole response"
    page = parse(target, replace(reply, body=redact(target, reply, SEVEN)[0]))
    assert [row["artwork_id"] for row in page.rows["ranking_entries"]] == [2]


def test_a_page_that_names_somebody_at_its_top_stays_a_page() -> None:
    body = {**replies.ranking(replies.work(2, user_id=8)), "viewerUserId": "7", "viewer": {"userId": 7, "name": "x"}}
    target, reply = replies.ranking_target(), replies.reply("https://www.pixiv.net/", body)
    before = parse(target, reply)
    redacted = redact(target, reply, SEVEN)[0]
    assert not {"viewerUserId", "viewer"} & load(redacted).keys()
    page = parse(target, replace(reply, body=redacted))
    assert (page.outcome, page.rows, page.next_page) == (before.outcome, before.rows, before.next_page)


def test_a_batch_loses_the_ids_of_works_that_it_shows_to_be_forgotten() -> None:
    target = Target("user_illusts", {"user_id": "8", "ids": "4,5"}, 1, "2026-09-21")
    mine, other = (replies.detail(key, userId=user)["body"] for key, user in ((4, "7"), (5, "8")))
    reply = replies.reply(f"{replies.BASE}/x", {"error": False, "body": {"4": mine, "5": other}})
    body, named = redact(target, reply, SEVEN)
    assert ("artwork", 4) in named.roots
    erased = erase_target(target, named.is_out)
    assert erased.params["ids"] == "5"
    page = parse(erased, replace(reply, body=body))
    assert page.outcome is Outcome.COMPLETE
    assert [row["artwork_id"] for row in page.rows["artworks"]] == [5]
    assert "omissions" not in page.rows


def test_a_response_that_version_0_1_redacted_is_read_without_what_it_lost() -> None:
    body = replies.ranking(replies.work(1, user_id=7), replies.work(2, 2, user_id=8))
    target = replies.ranking_target()
    before = parse(target, replies.reply("https://www.pixiv.net/", body))
    body["contents"][0] = {"tags": ["空"]}
    cut = ["artworks", "artwork_tags", "ranking_entries", "users"]
    body[WAS] = {
        "cuts": [[["contents", 0], cut]],
        "content_digest": before.content_digest,
        "next_page": before.next_page,
        "paths": [[seen.path, seen.json_type, seen.is_declared] for seen in before.paths],
    }
    page = parse(target, replies.reply("https://www.pixiv.net/", body))
    assert (page.outcome, page.refused) == (Outcome.COMPLETE, [])
    assert [row["artwork_id"] for row in page.rows["ranking_entries"]] == [2]
    assert page.content_digest == before.content_digest
