"""Columns that identify a user or a work, so that `forget` finds all that belongs to them.

A row that names what is forgotten is forgotten too, and so is what that row is about: the works of
a user, the comments below a work. A number in a row about something else (a series' newest work)
is no more than a number, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Self

from crawler.model.page import Refused
from crawler.model.target import read_params
from crawler.tables.row import Base

Thing = tuple[str, int]
"""A kind and an id: ("user", 11)."""

FORGETTABLE = ("user", "artwork")
"""Kinds of things that can be forgotten by ID; the other kinds follow from these."""

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
        "tag_id",
        "child_tag_id",
        "article_id",
        "story_id",
        "stamp_id",
        "group_id",
        "ranking_id",
        "notification_id",
        "run_id",
        "booth_id",
        "youtube_id",
        "sketch_live_id",
        "record_id",
        "crawl_id",
        # Numbers in rows about something else.
        "post_work_id",
        "first_artwork_id",
        "latest_artwork_id",
        "current_plan_id",
        "thing_id",
        "root_id",
        "commission_request_id",
        "choice_id",
        # The ends of a span of ids.
        "first_id",
        "last_id",
        # Of a set: whose it is, its row says beside it.
        "owner_id",
    }
)
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

OWNED: Mapping[str, tuple[str, str]] = {"member_sets": ("owner_kind", "owner_id"), "tracked": ("kind", "thing_id")}
"""Tables whose rows say of what kind the thing is that they name: the columns of kind and id."""

TEXTS: Mapping[str, tuple[str, ...]] = {
    "listing_entries": ("detail",),
    "account_snapshots": ("body",),
    "notifications": ("content", "link_url"),
}
"""Columns with a piece of a response, which may name a person or a work in its text."""

BATCHES: Mapping[str, str] = {"ids": "artwork"}
"""Parameters with several ids, of which each is one of many things that the answer is about."""

HELD_BY_PAGE = "listing"
"""The kind that only its own page names: nothing of it needs to be remembered."""

NO_ID = 0
"""Stands where the id of what is forgotten stood: nobody and nothing has it."""

_NAMED = re.compile(
    r"""
    "(?P<key>\w+)"\s*:\s*"?(?P<value>\d{1,19})\b       # "userId": "7"
    | "user"\s*:\s*\{\s*"id"\s*:\s*"?(?P<user>\d{1,19})\b   # "user": {"id": "7"
    | (?:\\?/|%2[Ff])(?P<kind>users?|artworks|illusts?)(?:\\?/|%2[Ff])(?P<linked>\d{1,19})\b   # a link,
        # as PHP escapes it and as an address within an address
    | (?:\b|%3[Ff]|%26)(?P<param>illust_id|user_id|member\.php\?id|user/details\?id)(?:=|%3[Dd])(?P<of>\d{1,19})\b
    """,
    re.VERBOSE,
)


@cache
def naming(table: str) -> tuple[tuple[str, str], ...]:
    """The columns of a table that name things, each with the kind."""
    kinds = ((column.name, kind_of(table, column.name)) for column in Base.metadata.tables[table].columns)
    return tuple((column, kind) for column, kind in kinds if kind != "tag")


def kind_of(table: str, column: str) -> str:
    """The kind of thing that a column holds the id of: `tag` where it names nobody and no work."""
    return KINDS.get(f"{table}.{column}") or KINDS.get(column) or "tag"


def named_by(params: Mapping[str, str]) -> Iterator[Thing]:
    """The things that a request is about."""
    for name, kind in PARAMS.items():
        value = params.get(name, "")
        if value.isdecimal():
            yield kind, int(value)


@cache
def _numbers() -> frozenset[str]:
    """The keys under which ids of columns stand that are no more than numbers."""
    plain: set[str] = set()
    naming_keys: set[str] = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            field = column.info.get("field")
            if field is None or not column.name.endswith("_id"):
                continue
            keys = {_plain_key(name.rpartition(".")[2].rstrip("?")) for name in field.names}
            (plain if column.name in NO_ONE else naming_keys).update(keys)
    # A key that names somebody in one table counts as a name everywhere.
    return frozenset(plain - naming_keys)


def _plain_key(key: str) -> str:
    return key.lower().replace("_", "")


def named_in(text: str) -> Iterator[Thing]:
    """The users and works that a piece of a response names: by a key that says whose id it is, or a link.

    A bare `"id"` may be anybody's, and a key whose column is no more than a number (the newest work of
    a series) is that here too.
    """
    return (thing for thing, _ in _mentions(text))


def _mentions(text: str) -> Iterator[tuple[Thing, tuple[int, int]]]:
    """Yield the things that a text names, each with the place of its ID."""
    for found in _NAMED.finditer(text):
        place = str(found.lastgroup)  # each alternative ends with the ID
        if place == "value":
            kind = kind_of_key(found["key"])
        else:
            named = found["kind"] or found["param"] or "user"
            kind = "artwork" if named.startswith(("artwork", "illust")) else "user"
        if kind:
            yield (kind, int(found[place])), found.span(place)


def kind_of_key(key: str) -> str:
    """Return the kind of thing whose ID a key of a response holds, by its name, or ""."""
    spelled = _plain_key(key)
    if spelled in _numbers():
        return ""
    if spelled.endswith(("userid", "authorid")):
        return "user"
    return "artwork" if spelled.endswith(("illustid", "workid", "artworkid")) else ""


class Forgotten:
    """Things that stay out of the archive, each with its roots: what somebody named."""

    def __init__(self, roots: Mapping[Thing, Collection[Thing]]) -> None:
        self.roots = {thing: frozenset(requested) for thing, requested in roots.items()}
        self.numbers = frozenset(str(key) for _, key in self.roots)

    @classmethod
    def of(cls, *things: Thing) -> Self:
        """Things that were named themselves."""
        return cls({thing: [thing] for thing in things})

    def __bool__(self) -> bool:
        return bool(self.roots)

    def is_out(self, thing: Thing) -> bool:
        """Return True if a thing stays out; what stands for such a thing in a kept address does, too."""
        return thing in self.roots or thing[1] == NO_ID

    def is_about(self, params: Mapping[str, str]) -> bool:
        """Return True if a request is about what is forgotten."""
        return any(map(self.is_out, named_by(params)))

    def is_named_in(self, text: str | None) -> bool:
        """Return True if a piece of a response names what is forgotten."""
        return any(thing in self.roots for thing in named_in(text or ""))

    def redacted(self, text: str) -> str:
        """A text without the ids by which it names what is forgotten."""
        parts, at = [], 0
        for thing, (begin, end) in _mentions(text):
            if thing in self.roots:
                parts += [text[at:begin], str(NO_ID)]
                at = end
        return "".join((*parts, text[at:]))

    def names(self, table: str, row: Mapping[str, Any]) -> list[Thing]:
        """The forgotten things that a row names; none where it may stay."""
        things: list[Thing] = [
            (kind, row[column]) for column, kind in naming(table) if (kind, row.get(column)) in self.roots
        ]
        if table in OWNED:
            kind, key = (row.get(column) for column in OWNED[table])
            if kind is not None and key is not None and self.is_out((kind, key)):
                things.append((kind, key))
        if "params" in row:
            things += filter(self.is_out, named_by(read_params(row["params"])))
        for column in TEXTS.get(table, ()):
            things += (thing for thing in named_in(row.get(column) or "") if thing in self.roots)
        return things

    def is_named_by(self, letter: Refused) -> bool:
        """Return True if a rejected row is about what is forgotten, as far as that can be read."""
        return bool(
            self.names(letter.table, letter.ids)
            or self.is_named_in(letter.fragment)
            # The key of a map may be an ID, and then only the path holds it.
            or not self.numbers.isdisjoint(letter.path.split("."))
        )

    def sift(
        self, rows: Mapping[str, list[dict[str, Any]]]
    ) -> tuple[dict[str, list[dict[str, Any]]], dict[Thing, frozenset[Thing]]]:
        """The rows that may stay; and what proved to be forgotten too, or for one more reason.

        These belong to `self` from now on.
        """
        none: frozenset[Thing] = frozenset()
        more: dict[Thing, frozenset[Thing]] = {}
        is_stable = False
        # A thing that proves to be forgotten may be named by rows of tables that were read before.
        while not is_stable:
            is_stable = True
            named = {table: [self.names(table, row) for row in listed] for table, listed in rows.items()}
            for table, (kind, column) in ABOUT.items():
                for row, things in zip(rows.get(table, ()), named.get(table, ()), strict=True):
                    about: Any = (kind, row.get(column))
                    new = none.union(*(self.roots.get(thing, ()) for thing in things)) - self.roots.get(about, none)
                    if new and about[1] is not None:
                        self.roots[about] = self.roots.get(about, none) | new
                        self.numbers |= {str(about[1])}
                        more[about] = more.get(about, none) | new
                        is_stable = False
        staying = {
            table: [row for row, things in zip(listed, named[table], strict=True) if not things]
            for table, listed in rows.items()
        }
        return {name: listed for name, listed in staying.items() if listed}, more
