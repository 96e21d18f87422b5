"""What the spellings of columns find in an element, and where."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.endpoints.reply import ABSENT
from crawler.parse.element import Element, locate
from crawler.parse.source import compiled

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
