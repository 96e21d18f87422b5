"""References between tables. There are no foreign keys, because responses come in any order."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.tables.metadata import METADATA

HOMES: Mapping[str, str] = {
    "artwork_id": "artworks",
    "user_id": "users",
    "tag_id": "tags",
    "novel_id": "novels",
    "ranking_id": "rankings",
    "request_id": "commission_requests",
    "plan_id": "commission_plans",
    "comment_id": "comments",
    "listing_id": "listings",
    "crawl_id": "crawls",
}
"""The table whose rows an id names, by the end of the column's name."""
PAGES: Mapping[str, str] = {"artworks": "/artworks/{}", "users": "/users/{}", "novels": "/novel/show.php?id={}"}
"""The page of pixiv that shows a thing, by table: below the site's address."""


def target(table: str, column: str) -> str | None:
    """The table that a column names a row of; None: it names none, or its own.

    >>> target("follows", "followed_user_id"), target("artworks", "artwork_id"), target("novels", "series_id")
    ('users', None, 'novel_series')
    """
    series = "novel_series" if table.startswith("novel") else "series"
    for ending, home in (*HOMES.items(), ("series_id", series)):
        if column == ending or column.endswith(f"_{ending}"):
            return None if table == home else home
    return None


def relations() -> list[tuple[str, str, str]]:
    """Table, column and the table it names, for all tables."""
    return [
        (name, column.name, home)
        for name, table in METADATA.tables.items()
        for column in table.columns
        if (home := target(name, column.name)) is not None
    ]
