"""How a search past its cap is cut."""

from __future__ import annotations

from crawler.archive.due.lists import SearchLength
from crawler.endpoints import ENDPOINTS
from crawler.model.target import Target
from crawler.planning.search_windows import cut


def search(**params: str) -> Target:
    endpoint = ENDPOINTS["search_illustrations"]
    return endpoint.target(endpoint.request.complete({"word": "空", **params}), 1, "2026-10-08")


def length(total: int, last_page: int | None = 10, held: int = 60) -> SearchLength:
    return SearchLength(total=total, last_page=last_page, held=held)


def test_a_period_without_an_end_ends_with_the_night_of_the_crawl() -> None:
    split = cut(search(scd="2026-10-01"), length(2_000))
    assert split is not None
    assert split.parts[-1].params["ecd"] == "2026-10-08"
