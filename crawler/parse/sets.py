"""Which sets a reply lists in full: a list holds its owner's set where the owner stands outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.paging import step
from crawler.items.naming import kind_of
from crawler.parse.locate import Raw, enclosing, locate
from crawler.parse.rows import decoder_at, withheld_reason

SetRow = dict[str, Any]
"""A row of member_sets, without `complete_at` where pages of a list are taken together."""


def sets_of_reply(endpoint: Endpoint, at: At, body: Any, params: Mapping[str, str]) -> list[SetRow]:
    """The sets that one reply lists in full at the place of an `At`, empty ones included."""
    if endpoint.paging.param is not None:
        columns = [column for column in _around(at) if column not in at.given]
    else:
        columns = _around(at)
    if not columns or any(params.get(name) for name in at.part_if):
        return []
    decode = decoder_at(at)
    found = {}
    for around in (*enclosing(body, at.path, is_null_empty=at.is_null_empty), *_without(at, body)):
        if _is_withheld(around):
            continue  # a blank row's empty list says nothing
        for column in columns:
            owner = _given(at, column, params) or decode.owner(column, around)
            if owner is not None:
                found[column, owner] = _row(at, column, owner, params)
    return list(found.values())


def _without(at: At, body: Any) -> list[Raw]:
    """Owners of which the map at a place says nothing, though it is there: theirs are empty."""
    outer = at.path.partition("{}")[0]
    if not at.owners_at or step(body, outer) is None:
        return []
    return [{"^": {"@key": raw.get("id")}} for _, raw in locate(body, at.owners_at)]


def _is_withheld(around: Any) -> bool:
    """Whether a list stands in a work that the reply does not show."""
    while isinstance(around, Mapping) and "^" in around:
        around = around["^"]
        if isinstance(around, Mapping) and withheld_reason(around):
            return True
    return False


def sets_of_list(endpoint: Endpoint, params: Mapping[str, str]) -> list[SetRow]:
    """The sets that the pages of a list contain in full together."""
    if endpoint.paging.param is None:
        return []
    return [
        _row(at, column, owner, params)
        for at in endpoint.reply.all_rows
        if not any(params.get(name) for name in at.part_if)
        for column in _around(at)
        if (owner := _given(at, column, params)) is not None
    ]


def _around(at: At) -> list[str]:
    """The owner columns that stand outside of the list at a place; none where there is no list."""
    is_listed = at.path.endswith(("[]", "{}"))
    if not is_listed or at.row.set_complete_at is not None:
        return []
    decode = decoder_at(at)
    return [
        column
        for column in at.row.set_owners
        if column in at.given or decode.is_spelled_around(column)
    ]


def _given(at: At, column: str, params: Mapping[str, str]) -> Any:
    """The owner that the request names."""
    if column not in at.given:
        return None
    return decoder_at(at).given[column](params[at.given[column]])


def _row(at: At, column: str, owner: int, params: Mapping[str, str]) -> SetRow:
    table, variant = at.row.__tablename__, at.row.set_variant
    known = {**at.fixed, **{name: params.get(param, "") for name, param in at.given.items()}}
    return {
        "set_name": f"{table}.{column}", "owner_id": owner,
        "variant": known.get(variant, "") if variant else "", "params": "", "night": "",
        "owner_kind": kind_of(table, column),
    }  # fmt: skip


class SetsTold:
    """The sets that a reply lists in full: where several places list one set, all of them must."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], list[dict[tuple[Any, ...], SetRow] | None]] = {}

    def add(self, at: At, rows: list[SetRow], *, is_refused: bool) -> None:
        """What a place lists. is_refused: a member did not fit; it is not past, so no set is listed in full."""
        sets = {tuple(row.values()): row for row in rows}
        place = self._places.setdefault((at.row.__tablename__, _owner_path(at)), [])
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


def _owner_path(at: At) -> str:
    """Where the owner stands whose set a place lists: so many steps up as its spellings say."""
    decode = decoder_at(at)
    steps = max((decode.height(column) for column in at.row.set_owners), default=0)
    parts = at.path.split(".")
    return ".".join(parts[: len(parts) - steps]) if steps else at.path
