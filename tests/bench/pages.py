"""The replies that are measured: a ranking on days in a row, with as many tags as real ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from crawler.model.page import Page, Reply
from crawler.model.target import Target
from crawler.parse import parse
from crawler.tables.rankings import FIRST_RANKING_ON
from standin import fake_works, rankings
from tests import replies

FIRST = date(2024, 9, 10)
PAGES_A_DAY = 10
TAGS_A_WORK = 6.4
"""Of 895 real days; the stand-in's works have fewer."""


def bodies(days: int, mode: str = "daily") -> list[tuple[Target, Reply]]:
    """The pages of a ranking of so many days, newest first, as a range is requested."""
    return list(islice(replies_of(FIRST + timedelta(days=days - 1), mode), days * PAGES_A_DAY))


def replies_of(newest: date, mode: str = "daily") -> Iterator[tuple[Target, Reply]]:
    """The pages of a ranking from a day back to the first there ever was."""
    for back in range((newest - FIRST_RANKING_ON).days):
        day = newest - timedelta(days=back)
        for number in range(1, PAGES_A_DAY + 1):
            body = rankings.reply(1, mode, "all", day, number, newest + timedelta(days=1))
            if body is None:  # a few of the early days have no ranking
                break
            for row in body["contents"]:
                _add_tags(row)
            target = replies.ranking_target(f"{day:%Y%m%d}", number, mode)
            data = json.dumps(body, ensure_ascii=False).encode()
            at_ms = 1_790_000_000_000 + back * PAGES_A_DAY + number - 1
            yield target, replies.reply(f"{target.key}&p={number}", data, at_ms=at_ms)


def _add_tags(row: dict[str, Any]) -> None:
    rng = random.Random(row["illust_id"])
    more = rng.randint(0, 4)
    common = [f"{fake_works.WORDS[int(15 * rng.random() ** 2)]}{rng.randrange(200)}" for _ in range(more)]
    row["tags"] = list(dict.fromkeys([*row["tags"], *common]))[:10]


def parsed(replies_of: list[tuple[Target, Reply]]) -> list[Page]:
    """The pages of replies."""
    return [parse(target, reply) for target, reply in replies_of]


def tags_a_work(found: list[Page]) -> float:
    """How many tags the works of pages have on average."""
    tags = sum(len(page.rows.get("artwork_tags", ())) for page in found)
    return tags / sum(len(page.rows.get("ranking_entries", ())) for page in found)
