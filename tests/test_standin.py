"""The stand-in is like pixiv where it matters: sizes, shapes by date, works that live on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from crawler.endpoints.rankings import CONTENTS, PAGES, first_day, usual_pages
from standin import fake_works, rankings

LAST = date(2026, 10, 7)
DAY = date(2026, 10, 1)


def rows(day: date = DAY, mode: str = "daily", *, last: date = LAST) -> dict[int, dict[str, Any]]:
    """A whole ranking by artwork."""
    found: dict[int, dict[str, Any]] = {}
    page: int | bool = 1
    while page:
        root = rankings.reply(1, mode, "all", day, int(page), last)
        assert root is not None
        found |= {row["illust_id"]: row for row in root["contents"]}
        page = root["next"]
    return found


def test_a_seed_always_makes_the_same_ranking_and_another_seed_another() -> None:
    first = rankings.reply(1, "daily", "all", DAY, 1, LAST)
    fake_works.uploaded_on.cache_clear()
    rankings.order.cache_clear()
    assert rankings.reply(1, "daily", "all", DAY, 1, LAST) == first
    assert rankings.reply(2, "daily", "all", DAY, 1, LAST) != first


def test_every_mode_and_content_has_its_true_size(subtests: pytest.Subtests) -> None:
    for mode, content in [(one, content) for one in CONTENTS for content in CONTENTS[one]]:
        with subtests.test(mode=mode, content=content):
            day = max(DAY, first_day(mode))
            root = rankings.reply(1, mode, content, day, 1, max(LAST, day))
            assert root is not None
            kind = {"illust": "0", "manga": "1", "ugoira": "2"}.get(content)
            assert all(kind in (None, row["illust_type"]) for row in root["contents"])
            if content != "ugoira":
                assert -(-root["rank_total"] // 50) == PAGES[mode]


def test_a_work_is_renamed_withheld_or_deleted_in_time_and_a_gap_is_left() -> None:
    later = LAST + timedelta(days=500)
    now, then = rows(last=DAY), rows(last=later)
    gone = set(now) - set(then)
    renamed = [k for k in then if then[k]["title"] not in (now[k]["title"], "")]
    withheld = [k for k in then if "mask_reason" in then[k] and "mask_reason" not in now[k]]
    assert gone
    assert renamed
    assert withheld
    assert all(then[k]["rank"] == now[k]["rank"] for k in then)


def test_the_first_ranking_is_of_2007_and_names_none_before_it() -> None:
    root = rankings.reply(1, "daily", "all", date(2007, 9, 13), 1, LAST)
    assert root is not None
    assert root["prev_date"] is False
    assert rankings.reply(1, "daily", "all", date(2007, 9, 12), 1, LAST) is None
    assert rankings.reply(1, "daily_ai", "all", date(2022, 10, 30), 1, LAST) is None


def test_the_usual_pages_of_a_mode_are_those_that_the_site_has() -> None:
    known = {mode: (set(CONTENTS[mode]), usual_pages({"mode": mode, "content": "all"})) for mode in CONTENTS}
    assert known == {mode: (set(contents), pages) for mode, (contents, pages) in rankings.MODES.items()}
    began = {mode: first_day(mode) for mode in CONTENTS if first_day(mode) > rankings.FIRST}
    assert began.items() <= rankings.FIRST_OF.items()
