"""Which sets a reply lists in full, empty ones included."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.endpoints.reply import steps
from crawler.parse.declared import reader_of
from crawler.parse.element import Element
from crawler.parse.rows import RowReader
from crawler.parse.sets import CompleteSets, sets_of_list, sets_of_reply


def pages_of_a_work() -> RowReader:
    return reader_of("artwork_pages").rows[0]


def listed(body: Any, params: dict[str, str]) -> list[dict[str, Any]]:
    made = reader_of("artwork_pages")
    return sets_of_reply(made.endpoint, pages_of_a_work(), Element(body), params)


@pytest.mark.parametrize("body", [[], [{"width": 1}]])
def test_the_pages_of_a_work_are_listed_in_full_also_where_there_are_none(body: Any) -> None:
    (found,) = listed(body, {"illust_id": "5"})
    assert (found["set_name"], found["owner_id"]) == ("artwork_pages.artwork_id", 5)


def test_a_set_of_which_a_member_did_not_fit_is_not_listed_in_full() -> None:
    rows = listed([{}], {"illust_id": "5"})
    sets = CompleteSets()
    sets.add(pages_of_a_work(), rows, is_refused=False)
    assert [row["complete_at"] for row in sets.rows(9)] == [9]
    torn = CompleteSets()
    torn.add(pages_of_a_work(), rows, is_refused=True)
    assert list(torn.rows(9)) == []


def test_the_pages_of_a_list_hold_a_set_together_unless_they_are_narrowed() -> None:
    made = reader_of("user_bookmarks")
    assert sets_of_list(made, {"user_id": "7", "rest": "show"})
    assert sets_of_list(made, {"user_id": "7", "rest": "show", "tag": "空"}) == []


def test_a_row_path_is_taken_in_steps() -> None:
    assert list(steps("a[].b{}{}")) == [("a", "[]"), ("b", "{}"), ("", "{}")]
