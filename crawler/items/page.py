"""The item: all that one reply contains, with where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Self


class Outcome(StrEnum):
    """What one request came to. FAILED ends a crawl with 1, and so does a page with `lost`."""

    COMPLETE = "complete"
    NOT_YET = "not_yet"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"
    NEEDS_SESSION = "needs_session"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came, without its content coding.

    observed_at: nanoseconds since 1970, unique to the reply (see `capture.moment`).
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


@dataclass(frozen=True, slots=True)
class Ask:
    """One page of one unit of work: what was requested.

    params: canonical parameters without the page; night: JST date, "" for what never changes;
    account: whose session it is requested with, where the answer is about it, else "".
    asker: who requests, where the answer depends on it: `session`, `premium`, with `/en` for another
        language than Japanese; "": anyone, without a session.
    """

    endpoint: str
    params: Mapping[str, str]
    page: int = 1
    night: str = ""
    account: str = ""
    asker: str = ""

    @classmethod
    def of_key(cls, endpoint: str, key: str, page: int, night: str) -> Self:
        """The ask whose parameters are a canonical text, as coverage keeps it."""
        params = read_params(key)
        asker, account = params.pop("@asker", ""), params.pop("@account", "")
        return cls(endpoint, params, page, night, account, asker)

    @property
    def key(self) -> str:
        """The parameters in one canonical text, as coverage and listings keep them."""
        return canonical({**self.params, "@account": self.account, "@asker": self.asker})


def canonical(params: Mapping[str, str]) -> str:
    """Parameters sorted by name, without empty ones: `content=all&date=20240206&mode=daily`.

    A value's own `&` is `%26`, its `%` is `%25`.
    """
    return "&".join(f"{name}={_escaped(params[name])}" for name in sorted(params) if params[name])


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26")


def read_params(key: str) -> dict[str, str]:
    """The parameters of a canonical text, as coverage and listings keep them."""
    pairs = (part.partition("=") for part in key.split("&") if part)
    return {name: value.replace("%26", "&").replace("%25", "%") for name, _, value in pairs}


def storable(text: str) -> str:
    """A text that both databases take: without NUL, lone surrogates replaced."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fragment(value: Any, length: int) -> str:
    """A piece of a reply as JSON, cut to a length, whatever it holds."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:length]
    except RecursionError:
        return "nested too deeply to show"


class Refused(NamedTuple):
    """A row that did not validate: a dead letter. ids: what it names, as far as that can be read."""

    table: str
    path: str
    error: str
    fragment: str
    ids: Mapping[str, int] = MappingProxyType({})


class PathSeen(NamedTuple):
    """A JSON path seen with a type."""

    path: str
    json_type: str
    is_declared: bool
    sample: str | None


@dataclass(slots=True)
class Page:
    """One reply = one item = one transaction.

    rows: column values by table name; a column that the reply does not contain is not in the dict.
    subject_on: the day that the reply is about (rankings).
    is_counted_miss: a reply that says "not there" (a 404, a 400 with a proof, an empty search) and is evidence
        of absence; on a later page, that the page before is doubtful.
    lost: what was requested and did not fit: the row that was requested by name, or all of a list.
    list_sets: the sets that the pages of this list contain in full together (rows of member_sets).
    omitted: how many of the ids that were requested the answer left out.
    is_session_refused: a session was given, and the site does not take it.
    content_digest: 63-bit hash of what a page of a list holds.
    is_empty_answer: a search that says it found nothing, as a throttled one does.
    is_cut: something was taken out of the kept reply, because it is forgotten.
    is_unread: the reply is one that this version cannot read, not one in which the site says no.
    """

    ask: Ask
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
    content_digest: int | None = None
    is_empty_answer: bool = False
    is_unread: bool = False
    is_cut: bool = False
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    paths: list[PathSeen] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Headers and errors may hold what PostgreSQL takes in no text.
        self.message = storable(self.message)

    @property
    def row_count(self) -> int:
        """Rows, all tables together."""
        return sum(map(len, self.rows.values()))
