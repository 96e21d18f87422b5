"""The elements of a reply and where they stand."""

from __future__ import annotations

import pytest

from crawler.parse.element import CUT, Element, enclosing, is_numbered, locate, shown


def values(body: object, path: str) -> list[object]:
    return [found.value for found in locate(Element(body), path)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [{"a": {"b": [1, 2]}, "m": {"x": {"y": 3}}}]),
        ("a", [{"b": [1, 2]}]),
        ("a.b[]", [1, 2]),
        ("m{}", [{"y": 3}]),
        ("m{}{}", [3]),
        ("nothing[]", []),
    ],
)
def test_a_path_leads_to_its_elements(path: str, found: list[object]) -> None:
    assert values({"a": {"b": [1, 2]}, "m": {"x": {"y": 3}}}, path) == found


def test_an_element_knows_its_place_and_what_encloses_it() -> None:
    body = Element({"works": [{"tags": {"空": {"en": "sky"}}}]})
    (found,) = locate(body, "works[].tags{}{}")
    assert found.place == "works[0].tags.空.en"
    assert [one.value for one in found.chain()] == [body.value, {"tags": {"空": {"en": "sky"}}}, {"en": "sky"}, "sky"]


def test_a_list_with_holes_is_a_list_by_its_numbers() -> None:
    assert is_numbered({"3": "a", "7": "b"})
    assert [found.place for found in locate(Element({"l": {"3": "a", "7": "b"}}), "l[]")] == ["l[0]", "l[1]"]


def test_advertisements_and_what_was_taken_out_keep_their_places() -> None:
    listed = [{"isAdContainer": True}, {"id": 1}, {CUT: True}, {"id": 2}]
    assert [found.index for found in locate(Element({"l": listed}), "l[]")] == [1, 3]


@pytest.mark.parametrize("nothing", [None, False, True, [], ""])
def test_what_php_sends_for_nothing_is_no_element(nothing: object) -> None:
    assert values({"a": nothing}, "a") == []


def test_a_value_of_another_shape_is_an_element_that_is_wrong() -> None:
    (found,) = locate(Element({"l": "text"}), "l[]")
    assert found.is_wrong
    assert found.place == "l"


def test_an_empty_list_has_something_that_encloses_it_and_a_missing_one_has_not() -> None:
    body = Element({"works": [{"tags": []}, {}, {"tags": None}]})
    assert [found.index for found in enclosing(body, "works[].tags[]")] == [0]
    assert [found.index for found in enclosing(body, "works[].tags[]", is_null_empty=True)] == [0, 2]


def test_a_way_is_shown_as_people_write_it() -> None:
    assert shown(("a", "b", 2, "c")) == "a.b[2].c"
