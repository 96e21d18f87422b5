"""How a search past its cap is cut."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.archive.due.lists import SearchLength
from crawler.endpoints import ENDPOINTS
from crawler.model.target import Target
from crawler.planning.search_splits import SearchPart, first_of
from crawler.planning.search_windows import cut, is_beyond, is_short, is_windowed, shown


def search(**params: str) -> Target:
    endpoint = ENDPOINTS["search_illustrations"]
    return endpoint.target(endpoint.request.complete({"word": "空", **params}), 1, "2026-10-08")


def length(total: int, last_page: int | None = 10, held: int = 60) -> SearchLength:
    return SearchLength(total=total, last_page=last_page, held=held)


def test_a_search_is_beyond_its_cap_where_its_last_page_is_one() -> None:
    assert is_windowed(search())
    assert shown(search(), length(5_000)) == 600
    assert is_beyond(search(), length(5_000))
    assert not is_beyond(search(), length(500, last_page=9))
    assert not is_beyond(search(), length(600, last_page=9)), "totals are off by a few"


def test_a_search_without_a_period_is_not_cut() -> None:
    assert cut(search(), length(5_000)) is None


def test_a_period_is_cut_into_as_many_days_as_it_takes_and_no_day_is_left_out() -> None:
    split = cut(search(scd="2026-01-01", ecd="2026-03-31"), length(2_000))
    assert split is not None
    assert split.kind == "days"
    spans = [(part.params["scd"], part.params["ecd"]) for part in split.parts]
    assert spans[0][0] == "2026-01-01"
    assert spans[-1][1] == "2026-03-31"
    for (_, end), (begin, _) in zip(spans, spans[1:], strict=False):
        assert (date.fromisoformat(begin) - date.fromisoformat(end)).days == 1
    assert first_of(split) == [SearchPart(part) for part in split.parts]


def test_a_period_without_an_end_ends_with_the_night_of_the_crawl() -> None:
    split = cut(search(scd="2026-10-01"), length(2_000))
    assert split is not None
    assert split.parts[-1].params["ecd"] == "2026-10-08"


@pytest.mark.parametrize(
    ("given", "total", "kind"),
    [
        ({}, 900, "end"),
        ({}, 2_000, "type"),
        ({"type": "illust"}, 2_000, "ratio"),
        ({"type": "illust", "ratio": "0.5"}, 2_000, "width"),
    ],
)
def test_a_day_is_cut_by_the_cheapest_that_is_left(given: dict[str, str], total: int, kind: str) -> None:
    split = cut(search(scd="2026-10-01", ecd="2026-10-01", **given), length(total))
    assert split is not None
    assert split.kind == kind
    assert (first_of(split) == []) == (kind == "end")


@pytest.mark.parametrize(("total", "found", "short"), [(100, 97, False), (100, 96, True), (1_000, 990, False)])
def test_a_few_works_may_come_or_go_between_two_requests(total: int, found: int, short: bool) -> None:
    assert is_short(total, found) is short
