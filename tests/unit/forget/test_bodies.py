"""Redaction of captured responses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from crawler.forget.bodies import redact, redact_unread
from crawler.model.page import Page
from crawler.parse.element import CUT
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
    left = load(redact(target, reply, SEVEN))
    assert left["contents"][0] == {CUT: True}
    assert left["contents"][1]["illust_id"] == 2


def test_a_reply_that_names_nobody_stays_the_very_same_bytes() -> None:
    target = replies.ranking_target()
    reply = replies.reply("https://www.pixiv.net/", ranking(replies.work(user_id=8)))
    assert redact(target, reply, SEVEN) is reply.body


def test_a_list_that_lost_a_member_of_others_is_no_complete_set() -> None:
    tags = [{"tag": "空", "userId": "8"}, {"tag": "海", "userId": "8", "authorId": "7"}]
    body = replies.detail(4, userId="8", tags={"authorId": "8", "tags": tags})
    target = replies.artwork_target(4)
    reply = replies.reply(f"{replies.BASE}/ajax/illust/4", body)

    def sets(page: Page) -> list[str]:
        return [row["set_name"] for row in page.rows["member_sets"]]

    assert sets(parse(target, reply)) == ["artwork_tag_authors.artwork_id"]
    page = parse(target, replace(reply, body=redact(target, reply, SEVEN)))
    assert [row["tag_id"] for row in page.rows["artwork_tag_authors"]]
    assert sets(page) == []


def test_of_a_reply_of_which_no_row_is_read_the_smallest_object_that_names_somebody_goes() -> None:
    root = {"a": {"userId": "7", "x": 1}, "b": [{"user_id": 8}, {"user_id": 7}], "c": "/users/7"}
    left = json.loads(redact_unread(json.dumps(root).encode(), SEVEN))
    assert left == {"b": [{"user_id": 8}, {CUT: True}], "c": "/users/0"}
    assert redact_unread(b"<a href='/users/7'>", SEVEN) == b"<a href='/users/0'>"
    kept = json.dumps({"user_id": 8}).encode()
    assert redact_unread(kept, SEVEN) is kept
