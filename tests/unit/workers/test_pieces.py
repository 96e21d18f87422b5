"""Steps cut into pieces: all that was wanted, once, in pieces of a useful size."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.endpoints.params import ArgumentRules
from crawler.errors import BadArgument
from crawler.planning.plan import plan
from crawler.workers.pieces import IDS, PUBLIC, SESSION, cut, queue_of

RULES = ArgumentRules(allow_r18=True, now=datetime(2024, 3, 5, 12, tzinfo=UTC))
MODES = ("daily", "weekly", "rookie")


def arguments_of(spider: str, **given: str) -> list[dict[str, str]]:
    return [dict(piece.arguments) for piece in cut(spider, given, RULES)]


def test_a_month_of_one_mode_is_a_piece_and_the_newest_comes_first() -> None:
    found = arguments_of("rankings", mode="daily,weekly", date="2024-01-30..2024-02-02")
    assert found == [
        {"mode": "daily", "date": "2024-02-01..2024-02-02"},
        {"mode": "weekly", "date": "2024-02-01..2024-02-02"},
        {"mode": "daily", "date": "2024-01-30..2024-01-31"},
        {"mode": "weekly", "date": "2024-01-30..2024-01-31"},
    ]


def test_the_newest_ranking_is_a_piece_of_its_own() -> None:
    found = arguments_of("rankings", mode="daily", date="2024-03-01..")
    assert [one["date"] for one in found] == ["latest", "2024-03-01..2024-03-04"]


def test_some_ids_are_a_piece_and_what_else_was_given_stays() -> None:
    ids = [str(number) for number in range(1, 2 * IDS + 2)]
    found = arguments_of("users", user_id=",".join(ids), endpoints="user_full", pages="2")
    assert [len(one["user_id"].split(",")) for one in found] == [IDS, IDS, 1]
    assert all((one["endpoints"], one["pages"]) == ("user_full", "2") for one in found)


def test_a_day_before_today_is_the_day_when_it_was_queued() -> None:
    (piece,) = arguments_of("search", word="空", endpoints="search_artworks", scd="today-1", ecd="today-1")
    assert (piece["scd"], piece["ecd"]) == ("2024-03-04", "2024-03-04")


@pytest.mark.parametrize(
    ("spider", "given", "queue"),
    [
        ("rankings", {"mode": "daily", "date": "2024-02-06"}, PUBLIC),
        ("rankings", {"mode": "daily_r18", "date": "2024-02-06"}, SESSION),
        ("feeds", {"endpoints": "follow_latest"}, queue_of("")),
    ],
)
def test_who_may_request_it_says_the_queue(spider: str, given: dict[str, str], queue: str) -> None:
    assert [piece.queue for piece in cut(spider, given, RULES)] == [queue]


def test_a_named_account_has_a_queue_of_its_own() -> None:
    (piece,) = cut("feeds", {"endpoints": "follow_latest"}, RULES, "ann")
    assert piece.queue == queue_of("ANN") == queue_of("ann")


def test_a_wrong_argument_is_named_before_anything_is_queued() -> None:
    with pytest.raises(BadArgument, match="mode=dayly"):
        cut("rankings", {"mode": "dayly"}, RULES)


@settings(max_examples=40, deadline=None)
@given(
    modes=st.lists(st.sampled_from(MODES), min_size=1, unique=True),
    first=st.dates(date(2023, 11, 1), date(2024, 3, 4)),
    days=st.integers(0, 70),
)
def test_pieces_together_are_what_was_wanted_each_unit_once(modes: list[str], first: date, days: int) -> None:
    span = f"{first}..{min(first + timedelta(days=days), date(2024, 3, 4))}"
    wanted = {"mode": ",".join(modes), "date": span}
    units = [target.key for target in plan("rankings", wanted, RULES, night="")]
    found = [
        target.key
        for piece in cut("rankings", wanted, RULES)
        for target in plan("rankings", piece.arguments, RULES, night="")
    ]
    assert sorted(found) == sorted(units)
