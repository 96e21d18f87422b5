"""Parsing with drift, beside orjson and a loop written by hand for this one endpoint."""

from __future__ import annotations

import time
from typing import Any

import orjson

from crawler.items.ask import Ask
from crawler.items.reply import Reply
from crawler.parse import parse
from crawler.tables.read import hash63
from tests.bench.figures import Figure, in_turns, ratio


def by_hand(body: bytes, at: int, key: int) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a page of a ranking, as someone would write it who trusts every reply."""
    root = orjson.loads(body)
    rows: dict[str, list[tuple[Any, ...]]] = {
        "ranking_entries": [], "artworks": [], "users": [], "tags": [], "artwork_tags": [],
    }  # fmt: skip
    for one in root["contents"]:
        work = one["illust_id"]
        rows["ranking_entries"].append(
            (key, one["rank"], work, one["yes_rank"] or None, one["rating_count"], one["view_count"], at)
        )  # fmt: skip
        rows["artworks"].append(
            (work, one["user_id"], one["title"], int(one["illust_type"]), int(one["illust_page_count"]),
             one["width"], one["height"], one["url"], one["attr"], one["illust_upload_timestamp"], at)
        )  # fmt: skip
        rows["users"].append((one["user_id"], one["user_name"], one["profile_img"], at))
        for place, name in enumerate(one["tags"]):
            tag = hash63(name)
            rows["tags"].append((tag, name))
            rows["artwork_tags"].append((work, tag, place, at, at))
    return rows


def measure(found: list[tuple[Ask, Reply]], rounds: int) -> Figure:
    """How fast parsing is."""

    def ours() -> float:
        begun = time.process_time()
        for ask, reply in found:
            parse(ask, reply)
        return time.process_time() - begun

    def bare() -> float:
        begun = time.process_time()
        for _, reply in found:
            by_hand(reply.body, reply.observed_at, 1)
        return time.process_time() - begun

    parsing, hand = in_turns((ours, bare), rounds)
    least = min(parsing) / len(found) * 1000
    return ratio(
        "parse with drift: orjson and a loop by hand / ours", hand, parsing, bar=0.45, aim=0.55,
        note=f"{least:.2f} ms a page",
    )  # fmt: skip
