"""The date in Japan. Read it at the edges, and hand it to pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
SITE_BEGAN: Final = datetime(2007, 9, 10, tzinfo=UTC)
"""No work is older, and nobody saw a response before."""


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
