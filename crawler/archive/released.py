"""Rows of tables as they are stored, in the order of their keys, without what is not for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, Text, and_, cast, collate, func, literal, or_, select

from crawler.endpoints import ENDPOINTS
from crawler.tables.metadata import METADATA
from crawler.tables.rankings import FIRST_RANKING_ON
from crawler.tables.relations import relations

BATCH = 20_000
DATABASE = "archive.duckdb"
"""The database of a release."""
BY_YEAR = ("ranking_entries", "superseded_ranking_entries", "ranking_pages")
"""Tables that are parted by the year of their ranking."""
HIDDEN = {"follows": "rest", "bookmarks": "rest", "member_sets": "variant"}
"""Tables whose rows may be seen by the account alone, and the column that says it."""


def public(table: Table) -> Any:
    """The condition of rows that are not of the session's own account."""
    own = [*filter(is_own, ENDPOINTS)]
    columns = table.columns
    conditions: list[Any] = []
    if "endpoint" in columns:
        conditions.append(columns["endpoint"].not_in(own))
    elif "listing_id" in columns:
        listings = METADATA.tables["listings"].columns
        listed = select(listings["listing_id"]).where(listings["endpoint"].not_in(own))
        conditions.append(columns["listing_id"].in_(listed))
    if "params" in columns:
        conditions.append(columns["params"].not_like("%@account=%"))
    if table.name == "crawls":
        conditions.append(columns["spider"] != "account")
    if table.name == "member_sets":
        conditions.append(columns["set_name"].not_like("bookmark_tags.%"))
    conditions += _of_public_works(table)
    if table.name in HIDDEN:
        hidden = columns[HIDDEN[table.name]]
        conditions.append(or_(hidden.is_(None), hidden != "hide"))
    return and_(*conditions) if conditions else None


RESTRICTED = (1, 2)
"""Visibility of works that are shown to friends (mypixiv) alone, or to nobody but their author."""


def _of_public_works(table: Table) -> Iterator[Any]:
    """Leave out rows of works that are not for everybody, whichever table they are in."""
    if "visibility" in table.columns:
        visibility = table.columns["visibility"]
        yield or_(visibility.is_(None), visibility.not_in(RESTRICTED))
    for of, name, home in relations():
        those = METADATA.tables[home].columns
        if of == table.name and "visibility" in those:
            (key,) = METADATA.tables[home].primary_key
            keys = select(key).where(those["visibility"].in_(RESTRICTED))
            column = table.columns[name]
            yield or_(column.is_(None), column.not_in(keys))

    works = METADATA.tables["artworks"].columns
    restricted = works["visibility"].in_(RESTRICTED)
    if "params" in table.columns:
        requested = literal("illust_id=").concat(cast(works["artwork_id"], Text))
        yield table.columns["params"].not_in(select(requested).where(restricted))
    if table.name == "member_sets":
        is_of_work = table.columns["owner_kind"] == "artwork"
        yield ~and_(is_of_work, table.columns["owner_id"].in_(select(works["artwork_id"]).where(restricted)))


def is_own(endpoint: str) -> bool:
    """Return True if what an endpoint answers is about the session's own account."""
    known = ENDPOINTS.get(endpoint)
    return known is not None and known.policy.login != "no"


BLANKED = {"crawls": {"arguments": "{}"}}
"""Columns that name what somebody wished to archive, or wishes forgotten, and what a public release has instead."""


def in_year(table: Table, year: int) -> Any:
    """The condition of rows of a year's rankings."""
    first, after = (max((date(of, 1, 1) - FIRST_RANKING_ON).days, 0) << 9 for of in (year, year + 1))
    key = table.columns["ranking_id"]
    return and_(key >= first, key < after)


def years(connection: Connection) -> list[int]:
    """The years of which there are rankings."""
    on = METADATA.tables["rankings"].columns["ranking_on"]
    found = connection.execute(select(func.min(on), func.max(on))).one()
    return [] if found[0] is None else list(range(found[0].year, found[1].year + 1))


def stored_rows(
    connection: Connection, table: Table, columns: Sequence[str], condition: Any, blanked: Mapping[str, str]
) -> Iterator[Sequence[Any]]:
    """The rows of a table by its key, in batches; texts by code point, alike on both databases.

    blanked: columns that have a text instead.
    """
    is_postgresql = connection.dialect.name == "postgresql"
    order = [
        collate(column, "C") if is_postgresql and column.type.python_type is str else column
        for column in table.primary_key
    ]
    chosen = [table.columns[name] if name not in blanked else literal(blanked[name]).label(name) for name in columns]
    statement = select(*chosen).order_by(*order)
    if condition is not None:
        statement = statement.where(condition)
    # Of the statement: of the connection it would hold for all that follows.
    found = connection.execute(statement.execution_options(yield_per=BATCH))
    yield from found.partitions(BATCH)
