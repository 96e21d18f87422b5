"""Parsing with drift, beside orjson and a loop written by hand for this one endpoint."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from crawler.clock import JST
from crawler.model.page import Reply
from crawler.model.target import Target
from crawler.parse import parse
from crawler.tables.read import hash63
from tests.bench.figures import Figure, in_turns, ratio

KINDS = {"0": "illust", "1": "manga", "2": "ugoira"}


def by_hand(body: bytes, at: int, key: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of a page of a ranking, as someone would write it who trusts every reply.

    They are those of `parse` (a test compares them), but nothing is checked and no drift is looked for.
    """
    root = orjson.loads(body)
    entries: list[dict[str, Any]] = []
    artworks: list[dict[str, Any]] = []
    users: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []
    artwork_tags: list[dict[str, Any]] = []
    for one in root["contents"]:
        work, user, names, flags = (one["illust_id"], one["user_id"], one["tags"], one["illust_content_type"])
        series = one["illust_series"] or None
        uploaded = datetime.fromtimestamp(one["illust_upload_timestamp"], UTC)
        created = datetime.strptime(one["date"], "%Y年%m月%d日 %H:%M").replace(tzinfo=JST)
        created = uploaded if uploaded.replace(second=0) == created else created.astimezone(UTC)
        entries.append(
            {
                "rank": one["rank"],
                "artwork_id": work,
                "previous_rank": one["yes_rank"] or None,
                "rating_count": one["rating_count"],
                "view_count": one["view_count"],
                "is_masked": one["is_masked"],
                "ranking_id": key,
                "seen_at": at,
            }
        )
        artworks.append(
            {
                "artwork_id": work,
                "user_id": user,
                "title": one["title"],
                "kind": KINDS[one["illust_type"]],
                "page_count": int(one["illust_page_count"]),
                "width": one["width"],
                "height": one["height"],
                "tags": json.dumps(names, ensure_ascii=False),
                "is_original": flags["original"],
                "is_masked": one["is_masked"],
                "book_style": int(one["illust_book_style"]),
                "sexual_level": flags["sexual"],
                "content_flags": " ".join(sorted(name for name in flags if flags[name] is True)),
                "attributes": " ".join(sorted(one["attr"].split())),
                "created_at": created,
                "uploaded_at": uploaded,
                "thumbnail_url": one["url"],
                "series_id": int(series["illust_series_id"]) if series else None,
                "series_order": int(series["illust_series_content_order"]) if series else None,
                "state": "visible",
                "tags_seen_at": at,
            }
        )
        users.append({"user_id": user, "name": one["user_name"], "image_url": one["profile_img"]})
        for place, name in enumerate(names):
            tag = hash63(name)
            tags.append({"tag_id": tag, "name": name})
            artwork_tags.append(
                {"artwork_id": work, "tag_id": tag, "position": place, "first_seen_at": at, "last_seen_at": at}
            )
    return {
        "ranking_entries": entries,
        "artworks": artworks,
        "users": users,
        "tags": tags,
        "artwork_tags": artwork_tags,
    }


def measure(found: list[tuple[Target, Reply]], rounds: int) -> Figure:
    """How fast parsing is."""

    def ours() -> float:
        begun = time.process_time()
        for target, reply in found:
            parse(target, reply)
        return time.process_time() - begun

    def bare() -> float:
        begun = time.process_time()
        for _, reply in found:
            by_hand(reply.body, reply.observed_at, 1)
        return time.process_time() - begun

    parsing, hand = in_turns((ours, bare), rounds)
    least = min(parsing) / len(found) * 1000
    return ratio(
        "parse with drift: orjson and a loop by hand / ours",
        hand,
        parsing,
        bar=0.45,
        aim=0.55,
        note=f"{least:.2f} ms a page",
    )
