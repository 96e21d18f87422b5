"""Which rows and columns are not for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, Text, and_, cast, literal, or_, select

from crawler.endpoints import ENDPOINTS
from crawler.tables.metadata import METADATA
from crawler.tables.relations import relations

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
        # A key with @account is of what one account was shown.
        conditions.append(columns["params"].not_like("%@account=%"))
    if table.name == "crawls":
        conditions.append(columns["spider"] != "account")
    if table.name == "member_sets":
        conditions.append(columns["set_name"].not_like("bookmark_tags.%"))
    conditions += _of_public_works(table)
    if table.name in HIDDEN:
        hidden = columns[HIDDEN[table.name]]
        # NULL is no "hide", but `<>` alone would drop it: a NULL comparison is not true.
        conditions.append(or_(hidden.is_(None), hidden != "hide"))
    return and_(*conditions) if conditions else None


RESTRICTED = (1, 2)
"""Visibility of works that are shown to friends (mypixiv) alone, or to nobody but their author."""


def _of_public_works(table: Table) -> Iterator[Any]:
    """Leave out rows of works that are not for everybody, whichever table they are in."""
    if "visibility" in table.columns:
        visibility = table.columns["visibility"]
        # A row without a visibility is public: NOT IN of NULL is NULL, which would drop it.
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
