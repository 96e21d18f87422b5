"""The date in Japan, and how far this machine's clock is from pixiv's: moments and run dates depend on it.

Read the time at the edges, and hand it to pure functions.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
SITE_BEGAN: Final = datetime(2007, 9, 10, tzinfo=UTC)
"""No work is older, and nobody saw a response before."""
MOST_OFF = 600.0
"""Seconds beyond which no response is read: a fact of tomorrow would stand against all of today's."""

DIGITS = 9


def now() -> datetime:
    """The present moment, by this machine's clock."""
    return datetime.now(UTC)


def today(at: datetime | None = None) -> date:
    """The date in Japan. at: a moment; None: now."""
    return (at or now()).astimezone(JST).date()


def newest(at: datetime | None = None) -> date:
    """The newest day whose ranking is due: day D appears about noon (Japan) of D+1."""
    return ((at or now()).astimezone(JST) - timedelta(days=1, hours=12)).date()


def night_of(moment: int) -> str:
    """The date in Japan of a moment, nanoseconds since 1970."""
    return f"{datetime.fromtimestamp(moment // 1_000_000_000, JST):%Y-%m-%d}"


def ahead(date: bytes | None, age: bytes | None, now: float) -> float | None:
    """By how many seconds the clock was ahead when a response came; None where it does not say.

    Below 0: behind. What a cache kept may be as old as it says, and never newer.
    """
    sent = read_http_date(date)
    if sent is None:
        return None
    off = now - sent
    seconds = (age or b"").decode("latin-1").strip()
    if off > 0 and seconds.isdecimal() and len(seconds) <= DIGITS:
        return max(off - int(seconds), 0.0)
    return off


def read_http_date(value: bytes | None) -> float | None:
    """Seconds since 1970 of an HTTP date; None for what is none. One without a zone is in UTC."""
    try:
        at = parsedate_to_datetime((value or b"").decode("latin-1"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
