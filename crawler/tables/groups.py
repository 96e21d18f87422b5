"""Groups of columns that are applied together."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.tables.row import Entity, Field, Row, grouped


def fields_of(row: type[Row]) -> dict[str, Field]:
    """The columns of a row class that responses, pages or requests fill, the key's among them."""
    return {column.name: column.info["field"] for column in row.__table__.columns if "field" in column.info}


def groups_of(row: type[Row]) -> Mapping[str, tuple[str, ...]]:
    """The columns beside the key by group: of one that names none it is the class's, or its own."""
    key = {column.name for column in row.__table__.primary_key}
    fields = {name: field for name, field in fields_of(row).items() if name not in key}
    return grouped(fields, row.group if issubclass(row, Entity) else None)
