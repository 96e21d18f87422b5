"""What users may give, and what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.endpoints.actions import ACTIONS
from crawler.endpoints.model import ANYONE, Policy, RequestSpec
from crawler.endpoints.params import ANY, LATEST, ArgumentRules, Choice, Days, Ids
from crawler.endpoints.reply import HELD
from crawler.errors import BadArgument

NOON = ArgumentRules(allow_r18=False, now=datetime(2026, 10, 8, 3, 0, tzinfo=UTC))  # noon in Japan
DAYS = Days(date(2007, 9, 13))


def test_an_open_range_ends_with_the_newest_ranking_that_is_due() -> None:
    assert DAYS.parse("date", "2026-10-06..", NOON) == [LATEST, "20261007", "20261006"]
    before = ArgumentRules(allow_r18=False, now=datetime(2026, 10, 8, 2, 59, tzinfo=UTC))
    assert DAYS.parse("date", "2026-10-06..", before) == [LATEST, "20261006"]


@pytest.mark.parametrize("text", ["2007-09-12", "2026-10-09", "yesterday", "2026-10-03..2026-10-01"])
def test_a_day_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        DAYS.parse("date", text, NOON)


def test_what_an_address_holds_is_read_whatever_the_day() -> None:
    assert DAYS.read("date", "20991231") == ["20991231"]


def test_a_word_that_asks_for_r18_works_is_refused_until_they_are_switched_on() -> None:
    mode = Choice(("daily", "daily_r18"), "daily", r18=frozenset({"daily_r18"}))
    with pytest.raises(BadArgument, match="switched off"):
        mode.parse("mode", "daily_r18", NOON)
    assert mode.parse("mode", "daily,daily_r18", ANY) == ["daily", "daily_r18"]


@pytest.mark.parametrize("text", ["", "0", "x", "5,,6", "-1"])
def test_an_id_is_a_whole_number_above_zero(text: str) -> None:
    with pytest.raises(BadArgument):
        Ids().parse("illust_id", text, ANY)


def test_an_address_with_parameters_in_its_path_is_recognised() -> None:
    spec = RequestSpec("/ajax/illust/{illust_id}/pages", {"illust_id": Ids()})
    found = spec.match_path("/ajax/illust/77/pages")
    assert found
    assert found["illust_id"] == "77"
    assert not spec.match_path("/ajax/illust/77/other")


def test_a_policy_that_says_nothing_needs_no_session() -> None:
    assert not Policy().wants_session({})
    assert ANYONE.kind == ""


@pytest.mark.parametrize(
    ("held", "path", "mark"), [("a.b", "a.b", ""), ("a[+]", "a", "[+]"), ("a{}", "a", "{}"), ("a?", "a", "?")]
)
def test_what_must_be_held_is_a_path_and_a_mark(held: str, path: str, mark: str) -> None:
    found = HELD.fullmatch(held)
    assert found
    assert (found[1], found[2]) == (path, mark)


def test_a_like_cannot_be_undone_and_a_bookmark_can() -> None:
    assert not ACTIONS["like"].can_be_undone
    assert ACTIONS["bookmark"].can_be_undone
