"""What users may give, and what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.endpoints.params import ANY, LATEST, ArgumentRules, Days, Ids
from crawler.errors import BadArgument

NOON = ArgumentRules(allow_r18=False, now=datetime(2026, 10, 8, 3, 0, tzinfo=UTC))  # noon in Japan
DAYS = Days(date(2007, 9, 13))


def test_an_open_range_ends_with_the_newest_ranking_that_is_due() -> None:
    assert DAYS.parse("date", "2026-10-06..", NOON) == [LATEST, "20261007", "20261006"]
    before = ArgumentRules(allow_r18=False, now=datetime(2026, 10, 8, 2, 59, tzinfo=UTC))
    assert DAYS.parse("date", "2026-10-06..", before) == [LATEST, "20261006"]


def test_what_an_address_holds_is_read_whatever_the_day() -> None:
    assert DAYS.read("date", "20991231") == ["20991231"]


@pytest.mark.parametrize("text", ["", "0", "x", "5,,6", "-1"])
def test_an_id_is_a_whole_number_above_zero(text: str) -> None:
    with pytest.raises(BadArgument):
        Ids().parse("illust_id", text, ANY)
