"""Say what a statement of one's own may compute wrongly, and of how many rows the archive knows what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, func, select
from sqlglot import exp

from crawler.analysis.hazards import OF_RANKINGS, UNKNOWN, hazards
from crawler.analysis.statement import Statement, meaning_in, read
from crawler.archive.completeness import ranking_notes
from crawler.archive.queries import Query, answered
from crawler.tables.rankings import Ranking

SIGNS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "on",
    exp.GTE: "since",
    exp.GT: "since",
    exp.LTE: "until",
    exp.LT: "until",
}


def cautions(connection: Connection, query: Query, values: Mapping[str, Any] = MappingProxyType({})) -> list[str]:
    """Return a line for each hazard, for each column that is known of some rows only, and for each ranking read.

    values: of the query's parameters.
    """
    statement = read(query.sql, connection.dialect.name)
    if statement is None:
        return []
    modes = connection.scalar(select(func.count(Ranking.mode.distinct()))) or 0
    found = [*hazards(statement, has_modes=modes > 1), *_shares(connection, query, statement)]
    if OF_RANKINGS & statement.relations.keys():
        has_tags = "v_ranking_tags" in statement.relations
        found += ranking_notes(connection, _pinned(statement, values), has_tags=has_tags)
    return list(dict.fromkeys(found))


def _pinned(statement: Statement, values: Mapping[str, Any]) -> dict[str, str]:
    """The mode, content and days that a statement reads, where it says one of each."""
    found: dict[str, set[str]] = {}
    for one in statement.tree.find_all(*SIGNS, exp.Between):
        if not isinstance(one.this, exp.Column):
            continue
        bounds = [(SIGNS.get(type(one), ""), one.expression)]
        if isinstance(one, exp.Between):
            bounds = [("since", one.args["low"]), ("until", one.args["high"])]
        for sign, side in bounds:
            value = side.this if isinstance(side, exp.Literal) else None
            if isinstance(side, exp.Placeholder):
                value = values.get(side.name.removeprefix("given_"))
            is_named = one.this.name in ("mode", "content") and isinstance(one, exp.EQ)
            name = sign if one.this.name == "ranking_on" else one.this.name if is_named else ""
            if name and value is not None:
                found.setdefault(name, set()).add(f"{value}")
    return {name: one.pop() for name, one in found.items() if len(one) == 1}


def _shares(connection: Connection, query: Query, statement: Statement) -> Iterator[str]:
    """Warn of each column that may be unknown: in how many rows of its table or view it is known."""
    wanted: dict[str, dict[str, None]] = {}
    for relation, name in statement.places:
        meaning = meaning_in(relation, name)
        if meaning is not None and (meaning.null == UNKNOWN or "NULL" in meaning.text):
            wanted.setdefault(relation, {})[name] = None
    for relation, names in wanted.items():
        counts = ", ".join(f"count({name})" for name in names)
        sql = f"SELECT count(*), {counts} FROM {relation}"
        ((of, *known),) = answered(connection, query, sql, {}).rows
        for name, had in zip(names, known, strict=True):
            if had < of:
                yield f"{name} known for {had:,} of {of:,} rows of {relation}"
