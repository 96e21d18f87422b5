"""Compare this machine's clock with pixiv's, because moments and run dates depend on it."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from scrapy.http import Response

MOST_OFF = 600.0
"""Seconds beyond which no response is read: a fact of tomorrow would stand against all of today's."""

DIGITS = 9


def ahead(response: Response, now: float) -> float | None:
    """By how many seconds the clock was ahead when a response came; None where it does not say.

    Below 0: behind. What a cache kept may be as old as it says, and never newer.
    """
    sent = read_http_date(response.headers.get("Date"))
    if sent is None:
        return None
    off = now - sent
    age = (response.headers.get("Age") or b"").decode("latin-1").strip()
    if off > 0 and age.isdecimal() and len(age) <= DIGITS:
        return max(off - int(age), 0.0)
    return off


def read_http_date(value: bytes | None) -> float | None:
    """Seconds since 1970 of an HTTP date; None for what is none. One without a zone is in UTC."""
    try:
        at = parsedate_to_datetime((value or b"").decode("latin-1"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
