"""Arguments are checked before any request; errors name the valid choices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crawler.clock import newest, now, today
from crawler.endpoints import url
from crawler.endpoints.params import ArgumentRules
from crawler.endpoints.rankings import CONTENTS
from crawler.errors import BadArgument
from crawler.evidence.next_page import CoveredPage, next_page
from crawler.model.page import Outcome
from crawler.planning.plan import plan
from crawler.tables.rankings import MODE_CODES


def targets(family: str = "rankings", *, allow_r18: bool = False, **arguments: str) -> list[Any]:
    return plan(family, arguments, ArgumentRules(allow_r18, now()), night="2026-11-23")


def test_every_mode_is_asked_for_with_each_of_its_contents(subtests: pytest.Subtests) -> None:
    for mode in MODE_CODES:
        with subtests.test(mode=mode):
            planned = targets(mode=mode, content=",".join(CONTENTS[mode]), allow_r18=True)
            assert [target.params["content"] for target in planned] == list(CONTENTS[mode])


def test_a_range_is_every_day_newest_first() -> None:
    days = [target.params["date"] for target in targets(date="2024-02-27..2024-03-01")]
    assert days == ["20240301", "20240229", "20240228", "20240227"]


def test_an_open_range_is_the_newest_and_every_day_that_is_due() -> None:
    first = newest() - timedelta(days=3)
    days = [target.params["date"] for target in targets(date=f"{first}..")]
    assert days == ["", *(f"{first + timedelta(days=n):%Y%m%d}" for n in (3, 2, 1, 0))]
    assert [target.params["date"] for target in targets(date=f"{today()}..")] == [""]


def test_without_arguments_the_newest_daily_ranking_is_asked_for() -> None:
    (target,) = targets()
    assert dict(target.params) == {"mode": "daily", "content": "all", "date": ""}
    address = url(target, "https://www.pixiv.net", "ja")
    assert address == "https://www.pixiv.net/ranking.php?format=json&mode=daily&content=all&p=1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "hourly"}, "Valid: daily, weekly"),
        ({"mode": "rookie", "content": "ugoira"}, "mode=rookie has no content=ugoira. Valid: all, illust, manga"),
        ({"content": "novel"}, "Valid: all, illust, ugoira, manga"),
        ({"date": "yesterday"}, "Valid: latest, YYYY-MM-DD"),
        ({"date": "2024-02-30"}, "is no date"),
        ({"date": "2007-09-12"}, "outside 2007-09-13"),
        ({"date": "2100-01-01"}, "today in Japan"),
        ({"date": "2024-02-06..2024-02-01"}, "ends before it begins"),
        ({"mode": "daily_ai", "date": "2022-10-30"}, "begins on 2022-10-31"),
        ({"mode": "daily_r18"}, "-s ALLOW_R18=1"),
        ({"modes": "daily"}, "takes no argument modes. Did you mean mode? Valid: content, date, mode, p, endpoints"),
        ({"endpoints": "wrong"}, "Valid: ranking"),
        ({"mode": ""}, "empty value"),
    ],
)
def test_a_wrong_argument_names_the_valid_ones(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(BadArgument) as error:
        targets(**arguments)
    assert message in str(error.value)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(BadArgument, match="-a illust_id="):
        targets("artworks")


def test_r18_works_are_not_asked_for_until_switched_on() -> None:
    for family, arguments in (("commissions", {}), ("feeds", {}), ("search", {"word": "空"})):
        for allow_r18, mode in ((False, "safe"), (True, "all")):
            planned = targets(family, allow_r18=allow_r18, **arguments)
            # With a session pixiv refuses mode=safe for the home feed, whose ordinary page is all.
            asked = {
                target.params["mode"]
                for target in planned
                if "mode" in target.params and target.endpoint != "top_illust"
            }
            assert asked == {mode}
    with pytest.raises(BadArgument, match="valid without: safe"):
        targets("commissions", mode="r18")


def test_what_changes_nightly_is_covered_by_night_and_a_ranking_of_a_day_for_ever() -> None:
    works = targets("artworks", endpoints="artwork", illust_id="1,2")
    assert [target.night for target in works] == ["2026-11-23"] * 2
    assert targets(date="2024-02-06")[0].night == ""
    assert targets(date="latest")[0].night == "2026-11-23"


def covered(*digests: int) -> dict[int, CoveredPage]:
    return {page: CoveredPage(Outcome.COMPLETE, page + 1, "", digest) for page, digest in enumerate(digests, 1)}


def test_a_list_that_repeats_its_page_is_not_followed() -> None:
    found = next_page(covered(1, 2, 2), 1)
    assert (found.page, found.outcome) == (3, Outcome.FAILED)
    assert "repeats the one before" in found.message
