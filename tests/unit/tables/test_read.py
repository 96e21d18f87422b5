"""Coercions: one JSON value to one column value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from crawler.clock import JST, newest, night_of, today
from crawler.tables import read
from crawler.tables.rankings import ranking_id
from crawler.tables.read import NULL, UNKNOWN


@pytest.mark.parametrize("value", [True, "x", 1.5, [], {}, 2**63, "9" * 25])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"whole number|64 bits"):
        read.number(value)


@pytest.mark.parametrize(
    ("coerce", "value", "found"),
    [
        (read.flag, "1", True),
        (read.flag, 0, False),
        (read.text, False, NULL),
        (read.title, "", UNKNOWN),
        (read.work_kind, "2", "ugoira"),
        (read.image_url, "https://s.pximg.net/common/images/limit_r18_360.png", UNKNOWN),
        (read.positive, "0", UNKNOWN),
        (read.zero_is_null, "0", NULL),
        (read.json_object, [], "{}"),
        (read.label, 7, "7"),
        (read.tag_list, {"tags": [{"tag": "空"}]}, '["空"]'),
        (read.original_flag, {"original": True}, True),
        (read.original_flag, [], UNKNOWN),
    ],
)
def test_a_value_is_read_as_pixiv_means_it(coerce: Any, value: Any, found: Any) -> None:
    assert coerce(value) == found


def test_a_day_ends_at_midnight_in_japan_and_a_ranking_is_due_at_noon() -> None:
    at = datetime(2026, 10, 7, 15, 0, tzinfo=UTC)
    assert today(at) == date(2026, 10, 8)
    assert newest(at) == date(2026, 10, 6)
    assert night_of(int(at.timestamp()) * 10**9) == "2026-10-08"
    assert at.astimezone(JST).hour == 0


def test_the_key_of_a_ranking_says_its_day() -> None:
    key = ranking_id("weekly", "manga", date(2024, 2, 6))
    assert key >> 9 == (date(2024, 2, 6) - date(2007, 9, 13)).days
    with pytest.raises(ValueError, match="older"):
        ranking_id("daily", "all", date(2007, 9, 12))
