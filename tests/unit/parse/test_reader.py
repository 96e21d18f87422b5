"""One reader an endpoint: its rows, what it declares, and the places that rows are read of."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.errors import NoKey
from crawler.parse.columns import Decoded
from crawler.parse.declared import reader_of
from crawler.parse.drift import is_hollow
from crawler.parse.element import Element
from crawler.parse.rows import RowContext, RowReader, read_rows

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


def test_elements_with_other_keys_are_read_by_another_plan() -> None:
    rows, _ = read(WORK, {**WORK, "illust_id": 6, "attr": "bl"}, {"illust_id": 7})
    assert [row["artwork_id"] for row in rows] == [5, 6, 7]
    assert [row.get("attributes") for row in rows] == [None, "bl", None]


@pytest.mark.parametrize("value", [None, "", 0, False, [], {}, {"a": [{"b": None}]}])
def test_what_holds_nothing_is_hollow(value: Any) -> None:
    assert is_hollow(value)
    assert not is_hollow({"a": [{"b": 1}, value]})


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
