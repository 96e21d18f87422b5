"""A response as it came, and what one request came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
