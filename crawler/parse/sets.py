"""Sets that a response lists completely: a list holds its owner's set if the owner stands outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.reply import step
from crawler.parse.declared import ReplyReader
from crawler.parse.element import Element, enclosing, locate, reason_of
from crawler.parse.rows import RowReader
from crawler.tables.naming import kind_of

SetRow = dict[str, Any]
"""A row of member_sets, without `complete_at` where pages of a list are taken together."""


def sets_of_reply(endpoint: Endpoint, reader: RowReader, body: Element, params: Mapping[str, str]) -> list[SetRow]:
    """The sets that one response lists in full at the place of an `At`, empty ones included."""
    at, columns = reader.at, _around(reader)
    # A set that the request names spans all pages, so one page cannot call it complete.
    if endpoint.paging.param is not None:
        columns = [column for column in columns if column not in at.given]
    if not columns or any(params.get(name) for name in at.part_if):
        return []
    found = {}
    around = enclosing(body, at.path, is_null_empty=at.is_null_empty)
    # What a list holds is read of an element of it; so is whose it is, also where it holds none.
    for member in (*(Element(None, one) for one in around), *_left_out(at, body)):
        if any(map(reason_of, member.chain()[:-1])):
            continue  # a blank row's empty list says nothing
        for column in columns:
            owner = _given(reader, column, params) or reader.number(column, member)
            if owner is not None:
                found[column, owner] = _row(at, column, owner, params)
    return list(found.values())


def _left_out(at: At, body: Element) -> list[Element]:
    """Owners of which the map at a place says nothing, though it is there: theirs are empty."""
    outer = at.path.partition("{}")[0]
    if not at.owners_at or step(body.value, outer) is None:
        return []
    return [
        Element(None, Element(None, container="{}", key=owner.raw.get("id"))) for owner in locate(body, at.owners_at)
    ]


def sets_of_list(reader: ReplyReader, params: Mapping[str, str]) -> list[SetRow]:
    """The sets that the pages of a list contain in full together."""
    if reader.endpoint.paging.param is None:
        return []
    return [
        _row(rows.at, column, owner, params)
        for rows in reader.rows
        if not any(params.get(name) for name in rows.at.part_if)
        for column in _around(rows)
        if (owner := _given(rows, column, params)) is not None
    ]


def _around(reader: RowReader) -> list[str]:
    """The owner columns that stand outside of the list at a place; none where there is no list."""
    at = reader.at
    is_listed = at.path.endswith(("[]", "{}"))
    if not is_listed or at.row.set_complete_at is not None:
        return []
    return [column for column in at.row.set_owners if column in at.given or reader.outward(column)[1]]


def _given(reader: RowReader, column: str, params: Mapping[str, str]) -> Any:
    """The owner that the request names."""
    if column not in reader.at.given:
        return None
    return reader.given[column](params[reader.at.given[column]])


def _row(at: At, column: str, owner: int, params: Mapping[str, str]) -> SetRow:
    table, variant = at.row.__tablename__, at.row.set_variant
    known = {**at.fixed, **{name: params.get(param, "") for name, param in at.given.items()}}
    return {
        "set_name": f"{table}.{column}",
        "owner_id": owner,
        "variant": known.get(variant, "") if variant else "",
        "params": "",
        "night": "",
        "owner_kind": kind_of(table, column),
    }


class CompleteSets:
    """The sets that a response lists in full: where several places list one set, all of them must."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], list[dict[tuple[Any, ...], SetRow] | None]] = {}

    def add(self, reader: RowReader, rows: list[SetRow], *, is_refused: bool) -> None:
        """Add the sets of a place. is_refused: a member was rejected; it is not past, so no set is complete."""
        sets = {tuple(row.values()): row for row in rows}
        place = self._places.setdefault((reader.table, _owner_path(reader)), [])
        place.append(None if is_refused else sets)

    def rows(self, at: int) -> Iterator[SetRow]:
        """The rows of member_sets, as of a moment."""
        for places in self._places.values():
            if None in places:
                continue
            first, *others = places
            for key, row in (first or {}).items():
                if all(key in (other or {}) for other in others):
                    yield {**row, "complete_at": at}


def _owner_path(reader: RowReader) -> str:
    """Return the path of the owner whose set a place lists: so many steps up as its spellings say."""
    at = reader.at
    up = max((reader.outward(column)[0] for column in at.row.set_owners), default=0)
    parts = at.path.split(".")
    return ".".join(parts[: len(parts) - up]) if up else at.path
