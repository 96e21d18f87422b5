"""Whether this machine's clock agrees with the site's: moments and nights are made of it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from scrapy.http import Response

MOST_OFF = 600.0
"""Seconds beyond which no reply is read: a fact of tomorrow would stand against all of today's."""


def ahead(response: Response, now: float) -> float | None:
    """By how many seconds the clock was ahead when a reply came; None where it does not tell.

    Below 0: behind. What a cache kept is as old as it says.
    """
    stamp = (response.headers.get("Date") or b"").decode("latin-1")
    age = (response.headers.get("Age") or b"").decode("latin-1")
    try:
        told = parsedate_to_datetime(stamp).timestamp()
    except ValueError:
        return None
    return now - told - (int(age) if age.isdecimal() else 0)
