"""A response as it came, the page read of it (the item), and how far its target is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from crawler.model.target import Target


class Outcome(StrEnum):
    """Outcome of one request. FAILED ends a crawl with 1, and so does a page with `lost`.

    PARTIAL: rows that the response is requested for were rejected; the others are stored.
    """

    COMPLETE = "complete"
    PARTIAL = "partial"
    NOT_YET = "not_yet"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"
    NEEDS_SESSION = "needs_session"
    FAILED = "failed"

    @property
    def is_read(self) -> bool:
        """Return True if the response was read, and what fits of it is stored."""
        return self in (Outcome.COMPLETE, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as it came, without its content coding.

    observed_at: nanoseconds since 1970, unique to the response (see `capture.moment`).
    digest: 63-bit hash of address, status and body as sent.
    unread: why the body cannot be read: then it is empty here; "" where it can.
    is_copy: read from another place than where the archive keeps its captures.
    """

    url: str
    status: int
    body: bytes
    observed_at: int
    digest: int
    content_type: str = ""
    location: str = ""
    record_id: str = ""
    file: str = ""
    file_offset: int = 0
    crawl_id: str = ""
    has_session: bool = False
    unread: str = ""
    is_copy: bool = False


PATH_LENGTH = 500
"""Characters of a path that are stored: PostgreSQL indexes no text of several thousand."""


MESSAGE_LENGTH = 500
"""Characters of a message that are kept."""


def storable(text: str) -> str:
    """A text that both databases take: without NUL, lone surrogates replaced."""
    # Through UTF-16: a pair of surrogates becomes its character, and only lone ones are replaced.
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fragment(value: Any, length: int) -> str:
    """A piece of a response as JSON, cut to a length, whatever it holds."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:length]
    except RecursionError:
        return "nested too deeply to show"


class Refused(NamedTuple):
    """A row that did not validate: a dead letter.

    ids: what it names, as far as that can be read. is_row: False where only some of its columns are not stored.
    """

    table: str
    path: str
    error: str
    fragment: str
    # Read-only, because a NamedTuple shares its default among all rows.
    ids: Mapping[str, int] = MappingProxyType({})
    is_row: bool = False


class PathSeen(NamedTuple):
    """A JSON path seen with a type."""

    path: str
    json_type: str
    is_declared: bool
    sample: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One response = one item = one transaction. Never changed: what is forgotten is left out of a copy.

    rows: column values by table name; a column that the response does not contain is not in the dict.
    subject_on: the day that the response is about (rankings).
    is_counted_miss: a response that says "not there" (a 404, a 400 with a proof, an empty search) and is evidence
        of absence; on a later page, that the page before is doubtful.
    lost: why what was requested is not stored, or not whole: the row that was requested by name, rows of its list, or
        a column of all of these.
    list_sets: the sets that the pages of this list contain in full together (rows of member_sets).
    omitted: how many of the ids that were requested the answer left out.
    is_session_refused: a session was given, and the site does not take it here.
    is_block: an answer as a machine gets that pixiv blocks: a page instead of data, or 403 where no login is needed.
    content_digest: 63-bit hash of what a page of a list holds.
    is_empty_answer: a search that says it found nothing, as a throttled one does.
    is_cut: something was taken out of the kept response, because it is forgotten.
    is_unread: the response is one that this version cannot read, not one in which the site says no.
    """

    target: Target
    outcome: Outcome
    observed_at: int
    message: str = ""
    reply: Reply | None = None
    next_page: int | None = None
    subject_on: date | None = None
    is_counted_miss: bool = False
    lost: str = ""
    omitted: int = 0
    list_sets: list[dict[str, Any]] = field(default_factory=list)
    is_session_refused: bool = False
    is_block: bool = False
    content_digest: int | None = None
    is_empty_answer: bool = False
    is_unread: bool = False
    is_cut: bool = False
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    paths: list[PathSeen] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Headers and errors may hold what PostgreSQL takes in no text.
        object.__setattr__(self, "message", storable(self.message)[:MESSAGE_LENGTH])

    @property
    def row_count(self) -> int:
        """Rows, all tables together."""
        return sum(map(len, self.rows.values()))


@dataclass(frozen=True)
class TargetProgress:
    """Progress of a target.

    page: the next page to request; None if the target has ended.
    outcome: how the target ended, or the last result of that page; None if it was never requested.
    message: the reason of the outcome.
    is_again: the page was read before, and does not fit its neighbours: the list moved.
    is_certain: no entry of the list can have been missed while it moved.
    is_bounded: more pages follow, which the user does not want.
    waits_for: another target to request first, because it may make this one unnecessary.
    """

    page: int | None
    outcome: Outcome | None
    message: str = ""
    is_again: bool = False
    is_certain: bool = True
    is_bounded: bool = False
    waits_for: Target | None = None
