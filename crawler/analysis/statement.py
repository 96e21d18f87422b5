"""Read a statement with sqlglot: which tables, views and columns of the archive it is made of."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache, cached_property

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.merge_subqueries import merge_subqueries
from sqlglot.optimizer.scope import Scope, traverse_scope

from crawler.analysis.types import qualified
from crawler.archive.view_columns import view_meanings
from crawler.tables.meaning import Meaning, meaning_of
from crawler.tables.metadata import METADATA

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of statements that it reads as they are

Place = tuple[str, str]
"""A relation, or its alias in a statement, and a column."""


class Statement:
    """A statement whose columns say of which relation they are, scope by scope."""

    def __init__(self, tree: exp.Expr) -> None:
        self.tree = tree
        self.scopes = traverse_scope(tree)
        self.relations = {
            source.name: None
            for scope in self.scopes
            for source in scope.sources.values()
            if isinstance(source, exp.Table) and columns_of(source.name)
        }

    @cached_property
    def places(self) -> dict[Place, None]:
        """The columns of the archive that the statement names, in order."""
        columns = ((scope, column) for scope in self.scopes for column in scope.find_all(exp.Column))
        return {place: None for scope, column in columns for place in origins(scope, column)}


@cache
def read(sql: str, dialect: str) -> Statement | None:
    """Return a statement, with subqueries merged where that changes nothing; None where it is in nobody's SQL."""
    tree = qualified(sql, dialect)
    if tree is None:
        return None
    try:
        return Statement(merge_subqueries(tree))
    except OptimizeError:
        return None


def origins(scope: Scope, column: exp.Column) -> set[Place]:
    """The columns of the archive that a column is made of, through subqueries that group or count."""
    source = _source(scope, column.table)
    if isinstance(source, exp.Table):
        return {(source.name, column.name)} if columns_of(source.name) else set()
    found: set[Place] = set()
    for inner in [source, *source.set_operation_scopes] if source is not None else ():
        for select in inner.expression.selects if isinstance(inner.expression, exp.Select) else ():
            if select.alias_or_name == column.name:
                found |= made_of(inner, select)
    return found


def _source(scope: Scope | None, name: str) -> exp.Table | Scope | None:
    while scope is not None and name not in scope.sources:
        scope = scope.parent
    return scope.sources[name] if scope is not None else None


def made_of(scope: Scope, expression: exp.Expr) -> set[Place]:
    """Return the columns of the archive that an expression is made of."""
    return {place for column in expression.find_all(exp.Column) for place in origins(scope, column)}


def json_columns(sql: str, dialect: str) -> set[str]:
    """The columns of a result that are a column of the archive which holds JSON."""
    statement = read(sql, dialect)
    if statement is None or not isinstance(statement.tree, exp.Select):
        return set()
    found = set()
    for select in statement.tree.selects:
        places = made_of(statement.scopes[-1], select) if isinstance(select.unalias(), exp.Column) else set()
        meanings = [meaning_in(*place) for place in places]
        if meanings and all(one and "JSON" in one.text for one in meanings):
            found.add(select.alias_or_name)
    return found


@cache
def columns_of(relation: str) -> frozenset[str]:
    """The columns of a table or view of the archive; none of what is neither."""
    table = METADATA.tables.get(relation)
    columns = table.columns.keys() if table is not None else view_meanings().get(relation, {}).keys()
    return frozenset(columns)


@cache
def meaning_in(relation: str, name: str) -> Meaning | None:
    """Return the meaning of a column of a table or view; None if there is no such column."""
    table = METADATA.tables.get(relation)
    if table is not None:
        return meaning_of(table.columns[name]) if name in table.columns else None
    meaning = view_meanings().get(relation, {}).get(name)
    if meaning is None or meaning.window:
        return meaning
    # A view that says something of its own of a column keeps the span of the tables' columns of that name.
    spans = {meaning_of(t.columns[name]).window for t in METADATA.tables.values() if name in t.columns}
    return replace(meaning, window=spans.pop()) if len(spans) == 1 else meaning
