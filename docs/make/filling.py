"""Endpoints that fill a column, computed from their entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import At, Section
from crawler.tables.listings import Listing
from crawler.tables.row import fields_of

Filling = Mapping[tuple[str, str], tuple[str, ...]]


@cache
def filled_by() -> Filling:
    """The names of endpoints by table and column; a column that the archive itself writes has none."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, endpoint in ENDPOINTS.items():
        for at in endpoint.reply.all_rows:
            for column in _read(at):
                found[at.row.__tablename__, column].add(name)
            if isinstance(at, Section):
                for column in fields_of(Listing):
                    found[Listing.__tablename__, column].add(name)
    return {place: tuple(sorted(names)) for place, names in found.items()}


def _read(at: At) -> set[str]:
    """The columns that a place of rows fills."""
    key = {column.name for column in at.row.__table__.primary_key}
    fields = fields_of(at.row)
    constant = {name for name, field in fields.items() if field.constant}
    spelt = {name for name, field in fields.items() if field.names}
    wanted = spelt & {*at.only} if at.only else spelt
    return (wanted | key | constant | {*at.given, *at.fixed}) & fields.keys()
