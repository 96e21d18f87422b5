"""One reader an endpoint: its rows, what it declares, and the places that rows are read of."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.endpoints import ENDPOINTS
from crawler.errors import NoKey
from crawler.parse.columns import Decoded
from crawler.parse.declared import Node, reader_of
from crawler.parse.drift import census, is_hollow
from crawler.parse.element import Element
from crawler.parse.rows import RowContext, RowReader, read_rows
from crawler.tables.artworks import Artwork

FACTS = RowContext({"observed_at": 1, "ranking_id": 2}, {})
WORK = {
    "illust_id": 5,
    "title": "題",
    "user_id": 7,
    "illust_type": "0",
    "illust_page_count": "1",
    "width": 10,
    "height": 20,
    "tags": ["空"],
}


def reader(table: str) -> RowReader:
    return next(rows for rows in reader_of("ranking").rows if rows.table == table)


def read(*raws: Any) -> tuple[list[dict[str, Any]], list[Any]]:
    return read_rows(reader("artworks"), [Element(raw, Element({})) for raw in raws], FACTS)


def test_every_endpoint_has_a_reader_for_each_of_its_rows(subtests: pytest.Subtests) -> None:
    for name in ENDPOINTS:
        with subtests.test(name=name):
            made = reader_of(name)
            assert len(made.rows) == len(ENDPOINTS[name].reply.all_rows) + ENDPOINTS[name].reply.has_listing
            assert made.declared.children


def test_a_row_has_what_its_element_has_and_what_the_page_knows() -> None:
    (row,), refused = read(WORK)
    assert refused == []
    assert row["artwork_id"] == 5
    assert row["kind"] == "illust"
    assert row["tags_seen_at"] == 1
    assert "caption" not in row, "what a reply does not contain is not in the row"


def test_elements_with_other_keys_are_read_by_another_plan() -> None:
    rows, _ = read(WORK, {**WORK, "illust_id": 6, "attr": "bl"}, {"illust_id": 7})
    assert [row["artwork_id"] for row in rows] == [5, 6, 7]
    assert [row.get("attributes") for row in rows] == [None, "bl", None]


def test_one_bad_value_costs_its_group_and_is_named() -> None:
    (row,), (letter,) = read({**WORK, "width": "wide"})
    assert "width" not in row
    assert letter.error == "width: not a whole number, so work is not stored"
    assert row["user_id"] == 7


def test_a_row_without_its_key_is_refused_with_the_element_as_it_came() -> None:
    rows, (letter,) = read({"title": "題"})
    assert rows == []
    assert letter.error == "artwork_id: missing"
    assert letter.fragment == '{"title":"題"}'
    (decoded,) = reader("artworks").decode([Element({"title": "題"})])
    assert isinstance(decoded, Decoded)
    assert isinstance(decoded.error, NoKey)


def test_a_withheld_row_leaves_what_is_known_as_it_is() -> None:
    (row,), _ = read({**WORK, "title": "", "tags": []})
    assert row.keys() <= {"artwork_id", "user_id", "state", "tags_seen_at"}
    assert row["state"] == "unknown"


def test_the_owner_of_a_list_is_read_of_what_encloses_it() -> None:
    tags = reader("artwork_tags")
    assert tags.number("artwork_id", Element(None, Element({"illust_id": "5"}))) == 5
    assert tags.outward("artwork_id") == (1, True)
    assert tags.ids(Element("空", Element({"illust_id": "5"})), {}) == {"artwork_id": 5}


def test_what_rows_read_is_declared_and_what_they_do_not_is_drift() -> None:
    contents: Node = reader_of("ranking").declared.children["contents"].children["[]"]
    assert set(WORK) <= contents.children.keys()
    body = {"contents": [{**WORK, "shiny": 1}], "mode": "daily"}
    undeclared = [seen.path for seen in census("ranking", body) if not seen.is_declared]
    assert undeclared == ["contents[].shiny"]


@pytest.mark.parametrize("value", [None, "", 0, False, [], {}, {"a": [{"b": None}]}])
def test_what_holds_nothing_is_hollow(value: Any) -> None:
    assert is_hollow(value)
    assert not is_hollow({"a": [{"b": 1}, value]})


def test_a_column_that_a_class_reads_is_in_one_group() -> None:
    assert reader("artworks").at.row is Artwork


def test_elements_that_are_read_together_are_read_as_each_alone() -> None:
    artworks = reader("artworks")
    blank, wide, nameless = {"title": "", "tags": []}, {"width": "wide"}, {"illust_id": None}
    raws = [WORK, *({**WORK, **change} for change in (blank, wide, nameless))]
    elements = [Element(raw, Element({})) for raw in raws]
    together = artworks.decode(elements)
    alone = [row for element in elements for row in artworks.decode([element])]
    assert [comparable(row) for row in together] == [comparable(row) for row in alone]
    first, second, third, fourth = together
    assert "title" in first
    assert "title" not in second, "a blank title says nothing"
    assert third.bad == {"width": "width: not a whole number"}
    assert "title" in third.values
    assert isinstance(fourth.error, NoKey)


def comparable(row: Any) -> Any:
    return (row.values, row.bad, str(row.error)) if isinstance(row, Decoded) else row
