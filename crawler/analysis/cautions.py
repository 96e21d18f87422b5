"""What a question of one's own may compute wrongly: read off the columns that it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Column, Connection, Table
from sqlglot import Dialect, exp, parse_one
from sqlglot.errors import SqlglotError

from crawler.archive.queries import Query, answered
from crawler.archive.view_columns import view_meanings
from crawler.archive.views import definitions
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING, Meaning, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.row import Base, Entity


def cautions(connection: Connection, query: Query) -> list[str]:
    """A line for each column that is easily misread, or known of a part of the rows alone."""
    parsed = _parsed(query.sql, connection.dialect.name)
    if parsed is None:
        return []
    said = dict.fromkeys(_warnings(parsed))
    return [*ratios(query.sql, connection.dialect.name), *said, *_shares(connection, query, parsed)]


def ratios(sql: str, dialect: str = "sqlite") -> list[str]:
    """A line for each division of a count over a ranking's own span by one over all time, or the other way round."""
    parsed = _parsed(sql, dialect)
    if parsed is None:
        return []
    made = _made(parsed)
    found = []
    for division in parsed.find_all(exp.Div):
        above, below = (_windows(side, made, parsed) for side in (division.left, division.right))
        if (OF_THE_RANKING in above and CUMULATIVE in below) or (
            CUMULATIVE in above and OF_THE_RANKING in below
        ):
            found.append(
                f"a count of {OF_THE_RANKING} against one of {CUMULATIVE}: {division.sql()}"
            )
    return found


def _parsed(sql: str, dialect: str) -> exp.Expr | None:
    """A statement as a tree; None where it is in nobody's SQL: then the database says so."""
    try:
        return parse_one(
            sql, read=Dialect.get_or_raise("postgres" if dialect == "postgresql" else dialect)
        )
    except SqlglotError:
        return None


def _made(parsed: exp.Expr) -> dict[str, set[str]]:
    """The columns that each name of a statement's own is made of."""
    made: dict[str, set[str]] = defaultdict(set)
    for alias in parsed.find_all(exp.Alias):
        made[alias.alias] |= {column.name for column in alias.this.find_all(exp.Column)}
    return made


def _windows(side: exp.Expr, made: dict[str, set[str]], parsed: exp.Expr) -> set[str]:
    """Over which spans the counts of an expression run, through names made of them."""
    names, seen = {column.name for column in side.find_all(exp.Column)}, set[str]()
    while names - seen:
        new = names - seen
        seen |= new
        names |= {inner for name in new for inner in made.get(name, ())}
    return {
        meaning.window for name in names for meaning, _ in _named(parsed, name) if meaning.window
    }


def _named(parsed: exp.Expr, name: str) -> Iterator[tuple[Meaning, Column[object] | None]]:
    """What a column's name means in the tables and views that a statement reads, and where it is stored."""
    for table in {table.name for table in parsed.find_all(exp.Table)}:
        home = METADATA.tables.get(table)
        if home is not None and name in home.columns:
            yield meaning_of(home.columns[name]), home.columns[name]
        elif name in view_meanings().get(table, {}):
            inner = _parsed(definitions("sqlite")[table], "sqlite")
            stored = next((own for _, own in _named(inner, name)), None) if inner else None
            yield view_meanings()[table][name], stored


def _warnings(parsed: exp.Expr) -> Iterator[str]:
    for name in _columns(parsed):
        for meaning, _ in _named(parsed, name):
            if meaning.warning:
                yield f"{name}: {meaning.warning}"


def _columns(parsed: exp.Expr) -> list[str]:
    return list(dict.fromkeys(column.name for column in parsed.find_all(exp.Column)))


def _shares(connection: Connection, query: Query, parsed: exp.Expr) -> Iterator[str]:
    """Of each column of an entity that is not known everywhere: of how many."""
    entities = {
        str(mapper.local_table)
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Entity)
    }
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in _columns(parsed):
        for _, column in _named(parsed, name):
            home = None if column is None else column.table
            if (
                column is not None
                and column.nullable
                and isinstance(home, Table)
                and home.name in entities
            ):
                wanted[home.name].append(name)
    for table, several in wanted.items():
        names = list(dict.fromkeys(several))
        counts = ", ".join(f"count({name})" for name in names)
        ((of, *known),) = answered(
            connection, query, f"SELECT count(*), {counts} FROM {table}", {}
        ).rows
        for name, had in zip(names, known, strict=True):
            if had < of:
                yield f"{name} known for {had:,} of {of:,} {table} of the archive"
