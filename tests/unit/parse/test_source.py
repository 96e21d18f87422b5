"""What the spellings of columns find in an element, and where."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.endpoints.reply import ABSENT
from crawler.parse.element import Element, locate, restriction_of, withheld_reason
from crawler.parse.source import compiled
from crawler.tables.read import NULL, UNKNOWN

BODY = {"id": 9, "works": [{"id": 1, "urls": {"thumb": "t"}, "tags": ["空"]}], "more": {"1": {"score": 0.5}}}


def element(path: str) -> Element:
    return locate(Element(BODY), path)[0]


@pytest.mark.parametrize(
    ("spelling", "path", "found"),
    [
        ("id", "works[]", 1),
        ("urls.thumb", "works[]", "t"),
        ("urls.large", "works[]", ABSENT),
        ("^.id", "works[]", 9),
        ("^.^.id", "works[].tags[]", 9),
        ("^.^.^.id", "works[].tags[]", ABSENT),
        ("@value", "works[].tags[]", "空"),
        ("@value", "works[]", ABSENT),
        ("@index", "works[].tags[]", 0),
        ("@key", "more{}", "1"),
        ("@key", "works[]", ABSENT),
        ("@all", "more{}", {"score": 0.5}),
        ("id&urls", "works[]", {"id": 1, "urls": {"thumb": "t"}}),
        ("date&id", "works[]", ABSENT),
        ("id?", "works[]", 1),
    ],
)
def test_a_spelling_finds_its_value(spelling: str, path: str, found: Any) -> None:
    assert compiled(spelling).find(element(path)) == found


def test_details_are_what_the_map_beside_the_list_holds_on_an_element() -> None:
    assert compiled("@details.score", "more").find(element("works[]")) == 0.5
    assert compiled("@details.score").find(element("works[]")) is ABSENT


def test_a_body_as_it_came_is_without_what_other_rows_read() -> None:
    assert compiled("@all", elsewhere={"works", "more"}).find(Element(BODY)) == {"id": 9}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"title": "題"}, None),
        ({"title": ""}, "unknown"),
        ({"illust_upload_timestamp": -32400, "title": "x"}, "unknown"),
        ({"createDate": "1970-01-01T00:00:00+00:00"}, "unknown"),
        ({"maskReason": "r18"}, "r18"),
    ],
)
def test_a_blank_row_says_why_it_is_withheld(raw: dict[str, Any], reason: str | None) -> None:
    assert withheld_reason(raw) == reason


def test_a_works_own_page_says_what_it_withholds_and_a_list_says_nothing_of_it() -> None:
    assert restriction_of({"urls": {"original": "x"}}) is NULL
    assert restriction_of({"urls": {"original": None}}) == "restricted"
    assert restriction_of({"urls": {"original": None}, "isLoginOnly": True}) == "login_only"
    assert restriction_of({"title": "題"}) is UNKNOWN
