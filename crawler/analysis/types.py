"""Types of a result's columns: read off the statement, as the tables declare them, whatever the database returns."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache

from sqlglot import Dialect, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from crawler.archive.columnar import TYPES
from crawler.archive.views import definitions
from crawler.tables.metadata import METADATA

_KINDS = (
    (exp.DataType.INTEGER_TYPES, int),
    (exp.DataType.REAL_TYPES, float),
    (exp.DataType.TEXT_TYPES, str),
    ({exp.DataType.Type.BOOLEAN}, bool),
    ({exp.DataType.Type.DATE}, date),
    (exp.DataType.TEMPORAL_TYPES, datetime),
)


PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")


@cache
def _schema() -> MappingSchema:
    """The columns of all tables and views, with their types."""
    schema = MappingSchema(dialect="sqlite")
    for name, table in METADATA.tables.items():
        columns = {c.name: TYPES[c.type.python_type] for c in table.columns}
        schema.add_table(name, columns, dialect="sqlite")
    for name, sql in definitions("sqlite").items():  # a view that others read comes before them
        types = types_of(sql, "sqlite", schema)
        columns = {column: TYPES[kind or str] for column, kind in types.items()}
        schema.add_table(name, columns, dialect="sqlite")
    return schema


def qualified(sql: str, dialect: str) -> exp.Expr | None:
    """Return a statement whose columns say of which relation they are; None where it is in nobody's SQL."""
    try:
        return _qualified(sql, dialect, _schema())
    except SqlglotError:
        return None


def _qualified(sql: str, dialect: str, schema: MappingSchema) -> exp.Expr:
    spoken = "postgres" if dialect == "postgresql" else dialect
    # A parameter may have the name of a keyword: `:on`.
    plain = PARAMETER.sub(":given_\\1", sql.rstrip().rstrip(";"))
    parsed = parse_one(plain, read=Dialect.get_or_raise(spoken))
    return qualify(parsed, schema=schema, dialect=spoken, validate_qualify_columns=False, quote_identifiers=False)


def types_of(sql: str, dialect: str, schema: MappingSchema | None = None) -> dict[str, type | None]:
    """Return the types of a result's columns by name, in order; None where the statement does not say.

    None of them: the statement is in nobody's SQL. dialect: sqlite or postgresql. schema: of the archive, unless given.
    """
    schema = _schema() if schema is None else schema
    spoken = "postgres" if dialect == "postgresql" else dialect
    try:
        annotated = annotate_types(_qualified(sql, dialect, schema), schema=schema, dialect=spoken)
    except SqlglotError:
        return {}
    selects = annotated.selects if isinstance(annotated, exp.Query) else []
    names = [one.alias_or_name for one in selects]
    # A sum of truths is a number, though its parts are truths.
    is_counted = any(
        part.type is not None and part.type.is_type("boolean")
        for node in annotated.find_all(exp.Sum, exp.Add, exp.Sub, exp.Mul)
        for part in (node, node.this)
    )
    return {
        one.alias_or_name: _kind(one, is_counted=is_counted) for one in selects if names.count(one.alias_or_name) == 1
    }


def _kind(column: exp.Expr, *, is_counted: bool) -> type | None:
    found = column.type
    if found is None:
        return None
    kind = next((kind for types, kind in _KINDS if found.this in types), None)
    return None if kind is bool and is_counted else kind
