"""Meanings of columns: for docs/reference/tables.md, PostgreSQL's comments, releases and pages, from one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column

from crawler.tables.codes import Codes

CUMULATIVE = "all since publication"
OF_THE_RANKING = "the ranking's own span"
NEVER_CONTAINED = "no response has contained it"
"""Meaning of NULL in a column that does not say otherwise."""

WINDOW_WARNING = (
    "never divide rating_count by view_count: one counts the ranking's own span, the other all since publication"
)
LOOK_WARNING = "no ranking carries it: known for works that another list, or their own page, has shown"


@dataclass(frozen=True)
class Meaning:
    """Meaning of a column's values.

    text: in a few words. unit: what it is counted or written in. window: over which span a count runs.
    null: what NULL means; "": there is none. warning: the wrong use that is near. codes: its values.
    """

    text: str
    unit: str = ""
    window: str = ""
    null: str = ""
    warning: str = ""
    codes: Codes = field(default_factory=dict, hash=False)

    def as_text(self) -> str:
        """All of it in one paragraph.

        >>> Meaning("pages", unit="count", null="no response has contained it").as_text()
        'pages. Unit: count. NULL: no response has contained it.'
        """
        unit = f"{self.unit}, {self.window}" if self.unit and self.window else self.unit
        values = "; ".join(f"{key} = {say}" for key, say in self.codes.items())
        said = {"Unit": unit, "Values": values, "NULL": self.null, "Warning": self.warning}
        return ". ".join([self.text, *(f"{name}: {say}" for name, say in said.items() if say)]) + "."


MOMENT = "moment: nanoseconds since 1970, its last six digits of the response's digest"
SHARED: Mapping[str, str] = {
    "first_seen_at": "time of the first response that shows it",
    "last_seen_at": "time of the newest response that shows it",
    "observed_at": "time of the response: captures.observed_at",
    "seen_at": "time of the response: captures.observed_at",
    "artwork_id": "the work: pixiv.net/artworks/…",
    "user_id": "the user: pixiv.net/users/…",
    "novel_id": "the novel",
    "tag_id": "the tag: 63-bit hash of its name, the same in every archive",
    "series_id": "the series",
    "request_id": "the commissioned request",
    "plan_id": "the plan of a creator",
    "comment_id": "the comment",
    "ranking_id": "day, mode and content in one number: rankings.ranking_id",
    "listing_id": "the list snapshot: the time of its response",
    "crawl_id": "the run: when it began, and a few random digits",
    "endpoint": "the endpoint's name, as `-a endpoints=` takes it",
    "params": "the request's parameters, sorted, as in a query string",
    "night": "date in Japan that the list is of; empty: valid for ever",
    "field": "the column whose former value this is",
    "value": "what the column held, as text",
    "value_digest": "63-bit hash of value",
    "lang": "language: ja, en, ko, zh, zh_tw; romaji for readings",
    "title": "as its author wrote it",
    "section": "which list of the response, by its path",
    "position": "place in the list",
    "bookmark_count": "users who have bookmarked it, in public or not",
    "like_count": "likes (いいね)",
    "view_count": "views",
    "response_count": "works that answer it (image responses)",
    "rank": "place in the ranking, from 1",
    "rating_count": "likes within the ranking's own span",
    "is_unlisted": "reached only by its address",
    "is_original": "marked as original work, not fan art",
    "page_count": "pages with an image each",
    "created_at": "when it was published",
    "updated_at": "when it was last changed",
    "cover_url": "its cover image",
    "icon_url": "its icon",
    "thumbnail_url": "a small image, some 250 pixels",
    "original_url": "the image as uploaded; needs a Referer to fetch",
    "proposal": "what the fan wishes, as text",
    "proposal_html": "what the fan wishes, as HTML",
    "description": "what is offered, as text",
    "description_html": "what is offered, as HTML",
    "vote_count": "votes",
    "page": "from 1",
    "x_restrict": "age limit",
    "visibility": "who may see it",
    "ai_type": "whether made with AI, as its author says",
    "state": "whether it is shown",
    "total": "how many the site says there are",
    "url": "address",
    "width": "of the first page",
    "height": "of the first page",
}
"""Columns that mean the same in every table."""


def completed(column: Column[Any], given: Mapping[str, Any], null_is_value: bool) -> Meaning:
    """The meaning of a column: what it says of itself, what all of its name are, what its type says.

    given: what its declaration says. null_is_value: a response may say that there is none.
    """
    unknown = f"there is none, or {NEVER_CONTAINED}" if null_is_value else NEVER_CONTAINED
    own = {"unit": _unit(column), "null": unknown if column.nullable else "", **given}
    return Meaning(column.comment or SHARED.get(column.name, ""), **own)


def meaning_of(column: Column[Any]) -> Meaning:
    """The meaning of a column of a table of the archive."""
    found: Meaning = column.info["meaning"]
    return found


def _unit(column: Column[Any]) -> str:
    name, kind = column.name, column.type.python_type
    if kind in UNITS_OF_TYPES:
        return UNITS_OF_TYPES[kind]
    if kind is int and name.endswith(("_at", "listing_id")):
        return MOMENT
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


UNITS_OF_TYPES: Mapping[type, str] = {bool: "yes or no", datetime: "time in UTC", date: "date in Japan"}
UNITS: Mapping[str, str] = {
    "_count": "count",
    "_id": "id",
    "_url": "address",
    "width": "pixels",
    "height": "pixels",
    "digest": "hash",
    "position": "place",
    "rank": "place",
}
