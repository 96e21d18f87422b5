"""What a question of one's own may compute wrongly: read off the columns and tables that it names."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, func, select
from sqlglot import Dialect, exp, parse_one
from sqlglot.errors import SqlglotError

from crawler.analysis.hazards import RANKED, hazards
from crawler.analysis.types import qualified
from crawler.archive.knowing import ranking_notes
from crawler.archive.queries import Query, answered
from crawler.archive.view_columns import view_meanings
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING, WINDOW_WARNING, Meaning, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.rankings import Ranking

logging.getLogger("sqlglot").setLevel(
    logging.ERROR
)  # it warns of statements that it reads as they are

TODAYS = {
    "v_ranking_history": ("title", "tags", "user_name", "ai_type", "x_restrict", "kind", "state")
}
"""Columns that say how a thing is now, beside the day of the row."""
UNKNOWN = "no reply has contained it"


def cautions(
    connection: Connection, query: Query, values: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """A line for each thing that is easily misread, or known of a part of the rows alone.

    values: of the query's parameters.
    """
    parsed = _parsed(query.sql, connection.dialect.name)
    if parsed is None:
        return []
    read = {*_relations(parsed).values()}
    found = [*ratios(query.sql, connection.dialect.name), *_moments(parsed), *_warnings(parsed)]
    found += [
        *_hazards(connection, query),
        *_todays(parsed),
        *_zones(parsed),
        *_shares(connection, query, parsed),
    ]
    if RANKED & read or "rankings" in read:
        found += ranking_notes(
            connection, _pinned(parsed, values), has_tags="v_ranking_tags" in read
        )
    return list(dict.fromkeys(found))


def _hazards(connection: Connection, query: Query) -> list[str]:
    """Return the hazards that follow from the grain of tables and the spans of counts."""
    statement = qualified(query.sql, connection.dialect.name)
    if statement is None:
        return []
    modes = select(func.count(Ranking.mode.distinct()))
    return list(hazards(statement, has_modes=(connection.scalar(modes) or 0) > 1))


def ratios(sql: str, dialect: str = "sqlite") -> list[str]:
    """A line for each division of a count over a ranking's own span by one over all time, or the other way round."""
    parsed = _parsed(sql, dialect)
    if parsed is None:
        return []
    found = []
    for division in parsed.find_all(exp.Div):
        above, below = (_made_of(parsed, side) for side in (division.left, division.right))
        spans = [
            {meaning.window for name in names for meaning in _meanings(parsed, name)}
            for names in (above, below)
        ]
        for one, other in (spans, spans[::-1]):
            if OF_THE_RANKING in one and CUMULATIVE in other:
                found.append(
                    f"{', '.join(sorted(above))} over {', '.join(sorted(below))}: a count of {OF_THE_RANKING}"
                    f" against one of {CUMULATIVE}, whose quotient means nothing"
                )
    return found


@cache
def _parsed(sql: str, dialect: str) -> exp.Expr | None:
    """A statement as a tree; None where it is in nobody's SQL: then the database says so."""
    try:
        return parse_one(
            sql, read=Dialect.get_or_raise("postgres" if dialect == "postgresql" else dialect)
        )
    except SqlglotError:
        return None


def _relations(parsed: exp.Expr) -> dict[str, str]:
    """The tables and views of the archive that a statement reads, by what it calls them: one may be read twice."""
    return {
        table.alias_or_name: table.name
        for table in parsed.find_all(exp.Table)
        if table.name in METADATA.tables or table.name in view_meanings()
    }


def _made_of(parsed: exp.Expr, side: exp.Expr) -> set[str]:
    """The columns that an expression is made of, through names that the statement makes."""
    made: dict[str, set[str]] = {}
    for alias in parsed.find_all(exp.Alias):
        made.setdefault(alias.alias, set()).update(
            column.name for column in alias.this.find_all(exp.Column)
        )
    names, seen = {column.name for column in side.find_all(exp.Column)}, set[str]()
    while names - seen:
        new = names - seen
        seen |= new
        names |= {inner for name in new for inner in made.get(name, ())}
    return names


def _meanings(parsed: exp.Expr, name: str) -> Iterator[Meaning]:
    """What a column's name means in the tables and views that a statement reads."""
    for relation in dict.fromkeys(_relations(parsed).values()):
        if (meaning := _meaning(relation, name)) is not None:
            yield meaning


def _columns(parsed: exp.Expr) -> list[str]:
    return list(dict.fromkeys(column.name for column in parsed.find_all(exp.Column)))


def _places(parsed: exp.Expr) -> Iterator[tuple[str, str]]:
    """The columns that a statement names, each with the table or view it is of: as it says, else each that has it."""
    homes = _relations(parsed)
    for column in parsed.find_all(exp.Column):
        if column.table in homes:
            yield homes[column.table], column.name
        elif not column.table:
            for relation in homes.values():
                yield relation, column.name


def _meaning(relation: str, name: str) -> Meaning | None:
    home = METADATA.tables.get(relation)
    if home is not None:
        return meaning_of(home.columns[name]) if name in home.columns else None
    return view_meanings().get(relation, {}).get(name)


def _warnings(parsed: exp.Expr) -> Iterator[str]:
    found = [
        (name, meaning)
        for relation, name in _places(parsed)
        if (meaning := _meaning(relation, name))
    ]
    spans = {meaning.window for _, meaning in found}
    for name, meaning in found:
        # Where one of the two counts stands alone, nothing can be divided.
        if meaning.warning and (
            meaning.warning != WINDOW_WARNING or {OF_THE_RANKING, CUMULATIVE} <= spans
        ):
            yield f"{name}: {meaning.warning}"


SIGNS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "on",
    exp.GTE: "since",
    exp.GT: "since",
    exp.LTE: "until",
    exp.LT: "until",
}


def _pinned(parsed: exp.Expr, values: Mapping[str, Any]) -> dict[str, str]:
    """The mode, content and days that a statement reads, where it says one of each."""
    found: dict[str, set[str]] = {}
    for one in parsed.find_all(*SIGNS, exp.Between):
        column = one.this
        if not isinstance(column, exp.Column):
            continue
        between = (("since", one.args.get("low")), ("until", one.args.get("high")))
        sides = (
            between
            if isinstance(one, exp.Between)
            else ((SIGNS.get(type(one), ""), one.expression),)
        )
        for sign, side in sides:
            name = {"ranking_on": sign, "mode": "mode", "content": "content"}.get(column.name)
            value = values.get(side.name) if isinstance(side, exp.Placeholder) else None
            if isinstance(side, exp.Literal):
                value = side.this
            if (
                name
                and value is not None
                and (name in ("on", "since", "until") or isinstance(one, exp.EQ))
            ):
                found.setdefault(name, set()).add(f"{value}")
    return {name: one.pop() for name, one in found.items() if len(one) == 1}


def _moments(parsed: exp.Expr) -> Iterator[str]:
    """Divisions of counts that two tables hold, which are of two moments."""
    homes = _relations(parsed)
    for division in parsed.find_all(exp.Div):
        sides = [
            {
                homes.get(column.table, "")
                for column in side.find_all(exp.Column)
                if _is_count(parsed, column.name)
            }
            for side in (division.left, division.right)
        ]
        if all(sides) and not sides[0] & sides[1] and "" not in sides[0] | sides[1]:
            yield (
                f"counts of {', '.join(sorted(sides[0]))} over counts of {', '.join(sorted(sides[1]))}: they are of"
                " different moments (v_looks has both of one look)"
            )


def _is_count(parsed: exp.Expr, name: str) -> bool:
    return any(meaning.unit == "count" for meaning in _meanings(parsed, name))


def _todays(parsed: exp.Expr) -> Iterator[str]:
    for relation, names in TODAYS.items():
        used = [name for name in _columns(parsed) if name in names]
        if relation in _relations(parsed).values() and used:
            yield f"{', '.join(used)} of {relation}: as they are now, not as on the ranking's day"


def _zones(parsed: exp.Expr) -> Iterator[str]:
    """Times that a function takes apart."""
    for function in parsed.find_all(exp.Func):
        if isinstance(function, (exp.AggFunc, exp.Coalesce)):
            continue
        for column in function.find_all(exp.Column):
            if column.name in ("created_at", "uploaded_at"):
                yield (
                    f"{column.name} is UTC, a ranking's day Japan's: created_on, created_hour and created_weekday of"
                    " v_artworks and v_ranking_history are Japan's"
                )


def _shares(connection: Connection, query: Query, parsed: exp.Expr) -> Iterator[str]:
    """Of each column that may be unknown: in how many rows of its table or view it is known."""
    wanted: dict[str, dict[str, None]] = {}
    for relation, name in _places(parsed):
        meaning = _meaning(relation, name)
        if meaning is not None and (meaning.null == UNKNOWN or "NULL" in meaning.text):
            wanted.setdefault(relation, {})[name] = None
    for relation, names in wanted.items():
        counts = ", ".join(f"count({name})" for name in names)
        sql = f"SELECT count(*), {counts} FROM {relation}"
        ((of, *known),) = answered(connection, query, sql, {}).rows
        for name, had in zip(names, known, strict=True):
            if had < of:
                yield f"{name} known for {had:,} of {of:,} rows of {relation}"
