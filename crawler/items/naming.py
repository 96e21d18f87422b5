"""Which columns name whom: what belongs to a person or a work is found by it, and stays out with it.

A row that names what is forgotten is forgotten too, and so is what that row is about: the works of
a user, the comments below a work. A number in a row about something else (a series' newest work)
is no more than a number, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from crawler.items.row import Base

Thing = tuple[str, int]
"""A kind and an id: ("user", 11)."""

ASKED_KINDS = ("user", "artwork")
"""What can be asked to be forgotten; the other kinds follow from these."""

KINDS: Mapping[str, str] = {
    "user_id": "user",
    "creator_user_id": "user",
    "fan_user_id": "user",
    "followed_user_id": "user",
    "reply_to_user_id": "user",
    "artwork_id": "artwork",
    "response_artwork_id": "artwork",
    "novel_id": "novel",
    "series_id": "series",
    "novels.series_id": "novel_series",
    "novel_series.series_id": "novel_series",
    "request_id": "request",
    "plan_id": "plan",
    "comment_id": "comment",
    "parent_id": "comment",
    "root_comment_id": "comment",
    "bookmark_id": "bookmark",
    "listing_id": "listing",
}
"""The kind of thing that a column names, by its name or by table and name."""

NO_ONE = frozenset(
    {
        "tag_id", "child_tag_id", "article_id", "story_id", "stamp_id", "group_id", "ranking_id",
        "notification_id", "booth_id", "youtube_id", "sketch_live_id", "record_id", "crawl_id",
        # Numbers in rows about something else.
        "post_work_id", "first_artwork_id", "latest_artwork_id", "current_plan_id", "thing_id",
        "root_id", "commission_request_id", "choice_id",
        # Of a set: whose it is, its row says beside it.
        "owner_id",
    }
)  # fmt: skip
"""Columns of ids that name nobody and no work."""

ABOUT: Mapping[str, tuple[str, str]] = {
    "users": ("user", "user_id"),
    "artworks": ("artwork", "artwork_id"),
    "novels": ("novel", "novel_id"),
    "series": ("series", "series_id"),
    "novel_series": ("novel_series", "series_id"),
    "commission_requests": ("request", "request_id"),
    "commission_plans": ("plan", "plan_id"),
    "comments": ("comment", "comment_id"),
    "bookmarks": ("bookmark", "bookmark_id"),
    "listings": ("listing", "listing_id"),
}
"""The tables whose rows are about a thing: its kind and the column of its id."""

PARAMS: Mapping[str, str] = {
    "user_id": "user",
    "@account": "user",
    "illust_id": "artwork",
    "series_id": "series",
    "comment_id": "comment",
}
"""The parameters of a request that name a thing, which its answer is about."""

OWNED: Mapping[str, tuple[str, str]] = {"member_sets": ("owner_kind", "owner_id")}
"""Tables whose rows say of what kind the thing is that they name: the columns of kind and id."""

TEXTS: Mapping[str, tuple[str, ...]] = {
    "listing_entries": ("detail",),
    "account_snapshots": ("body",),
    "notifications": ("content", "link_url"),
}
"""Columns with a piece of a reply, which may name a person or a work in its text."""

_NAMED = re.compile(
    r"""
    "(?P<key>\w+)"\s*:\s*"?(?P<value>\d{1,19})\b       # "userId": "7"
    | "user"\s*:\s*\{\s*"id"\s*:\s*"?(?P<user>\d{1,19})\b   # "user": {"id": "7"
    | \\?/(?P<kind>users|artworks)\\?/(?P<linked>\d{1,19})\b   # a link, as PHP escapes it too
    | \b(?P<asked>illust_id|member\.php\?id)=(?P<of>\d{1,19})\b
    """,
    re.VERBOSE,
)


@cache
def naming(table: str) -> tuple[tuple[str, str], ...]:
    """The columns of a table that name things, each with the kind."""
    found = []
    for column in Base.metadata.tables[table].columns:
        kind = KINDS.get(f"{table}.{column.name}") or KINDS.get(column.name)
        if kind is not None:
            found.append((column.name, kind))
    return tuple(found)


def kind_of(table: str, column: str) -> str:
    """The kind of thing that a column holds the id of: `tag` where it names nobody and no work."""
    return KINDS.get(f"{table}.{column}") or KINDS.get(column) or "tag"


def named_by(params: Mapping[str, str]) -> Iterator[Thing]:
    """The things that a request asks about."""
    for name, kind in PARAMS.items():
        value = params.get(name, "")
        if value.isdecimal():
            yield kind, int(value)


def read_params(key: str) -> dict[str, str]:
    """The parameters of a canonical text, as coverage and listings keep them."""
    pairs = (part.partition("=") for part in key.split("&") if part)
    return {name: value for name, _, value in pairs}


def named_in(text: str) -> Iterator[Thing]:
    """The users and works that a piece of a reply names: by a key that says whose id it is, or a link.

    A bare `"id"` may be anybody's.
    """
    for found in _NAMED.finditer(text):
        if found["linked"]:
            yield found["kind"].removesuffix("s"), int(found["linked"])
        elif found["of"]:
            yield "artwork" if found["asked"] == "illust_id" else "user", int(found["of"])
        elif found["user"]:
            yield "user", int(found["user"])
        else:
            spelled = found["key"].lower().replace("_", "")
            if spelled.endswith(("userid", "authorid")):
                yield "user", int(found["value"])
            elif spelled.endswith(("illustid", "workid", "artworkid")):
                yield "artwork", int(found["value"])


class Forgotten:
    """Things that stay out of the archive, each with its root: what somebody asked for."""

    def __init__(self, roots: Mapping[Thing, Thing]) -> None:
        self.roots = dict(roots)

    def __bool__(self) -> bool:
        return bool(self.roots)

    def is_about(self, params: Mapping[str, str]) -> bool:
        """Whether a request asks about what is forgotten."""
        return self._first(named_by(params)) is not None

    def is_told_in(self, text: str | None) -> bool:
        """Whether a piece of a reply names what is forgotten."""
        return self._told_in(text) is not None

    def named(self, table: str, row: Mapping[str, Any]) -> Thing | None:
        """A forgotten thing that a row names, or None where it may stay."""
        for column, kind in naming(table):
            if (kind, row.get(column)) in self.roots:
                return kind, row[column]
        if table in OWNED:
            owner = tuple(row.get(column) for column in OWNED[table])
            if owner in self.roots:
                return owner
        if "params" in row:
            return self._first(named_by(read_params(row["params"])))
        found = (self._told_in(row.get(column)) for column in TEXTS.get(table, ()))
        return next(filter(None, found), None)

    def sift(
        self, rows: Mapping[str, list[dict[str, Any]]]
    ) -> tuple[dict[str, list[dict[str, Any]]], dict[Thing, Thing]]:
        """The rows that may stay; and the things that proved to be forgotten too, with roots.

        These belong to `self` from now on.
        """
        kept = dict(rows)
        more: dict[Thing, Thing] = {}
        is_settled = False
        while not is_settled:
            is_settled = True
            for table, told in kept.items():
                staying = []
                for row in told:
                    named = self.named(table, row)
                    if named is None:
                        staying.append(row)
                        continue
                    kind, column = ABOUT.get(table, ("", ""))
                    about = (kind, row.get(column))
                    if kind and about[1] is not None and about not in self.roots:
                        self.roots[about] = more[about] = self.roots[named]  # type: ignore[index]  # not None
                        is_settled = False
                if len(staying) < len(told):
                    kept[table] = staying
        return {name: told for name, told in kept.items() if told}, more

    def _first(self, named: Iterator[Thing]) -> Thing | None:
        return next((thing for thing in named if thing in self.roots), None)

    def _told_in(self, text: str | None) -> Thing | None:
        return self._first(named_in(text or ""))
