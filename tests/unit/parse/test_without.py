"""What is left of a kept reply when something in it is forgotten."""

from __future__ import annotations

import json
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.parse.cutting import Cutting, cutting_of
from crawler.parse.element import CUT
from crawler.parse.envelope import load
from crawler.parse.page import parse
from crawler.parse.without import Mentions, without, without_mentions
from crawler.tables.naming import Forgotten
from tests import replies

SEVEN = Forgotten({("user", 7): frozenset({("user", 7)})})


def ranking(*works: dict[str, Any]) -> bytes:
    return json.dumps(replies.ranking(*works)).encode()


def test_a_reply_without_a_forgotten_artist_has_all_other_rows() -> None:
    mine = replies.work(1, user_id=7, rank=1)
    other = replies.work(2, user_id=8, rank=2)
    target, reply = (replies.ranking_target(), replies.reply("https://www.pixiv.net/", ranking(mine, other)))
    left = load(without(target, reply, SEVEN))
    assert left["contents"][0] == {"tags": ["空", "海"]}, "tags are nobody's"
    assert left["contents"][1]["illust_id"] == 2


def test_a_reply_that_names_nobody_stays_the_very_same_bytes() -> None:
    target = replies.ranking_target()
    reply = replies.reply("https://www.pixiv.net/", ranking(replies.work(user_id=8)))
    assert without(target, reply, SEVEN) is reply.body


def test_elements_that_go_and_that_stay_are_known_by_their_places() -> None:
    body = ranking(replies.work(1, user_id=7), replies.work(2, user_id=8, rank=2))
    target, reply = replies.ranking_target(), replies.reply("https://www.pixiv.net/", body)
    found = cutting_of(ENDPOINTS["ranking"], parse(target, reply), load(body), SEVEN, ())
    assert ("contents", 0) in found.about
    assert ("contents", 1) in found.untouched
    assert found.is_read(("contents", 1, "title"))


def test_of_a_reply_of_which_no_row_is_read_the_smallest_part_that_names_somebody_goes() -> None:
    root = {"a": {"userId": "7", "x": 1}, "b": [{"user_id": 8}, {"user_id": 7}], "c": "/users/7"}
    assert Mentions(SEVEN, Cutting(around={()})).clear(root)
    assert root == {"b": [{"user_id": 8}, {CUT: True}]}
    assert without_mentions(b"<a href='/users/7'>", SEVEN) != b"<a href='/users/7'>"
    kept = json.dumps({"user_id": 8}).encode()
    assert without_mentions(kept, SEVEN) is kept
