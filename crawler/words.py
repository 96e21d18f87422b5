"""Figures in words, and texts that do no harm."""

from __future__ import annotations

import re


def counted(count: int, one: str, several: str = "") -> str:
    """`1 reply`, `2 replies`: the plural is with an s unless given."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def duration(seconds: float) -> str:
    """Seconds in words: `3 h 5 min`, `2 min 14 s`, `4.2 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def status_in_words(status: int) -> str:
    """What pixiv says with an HTTP status that is no answer."""
    if status == 429:
        return f"pixiv asks to slow down ({status})"
    if status == 503:
        return f"pixiv is overloaded, or down for maintenance ({status})"
    return f"pixiv's servers are out of order ({status})" if status >= 500 else f"pixiv answered {status}"


# What could move a terminal's cursor, colour it or turn its text around.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """A text from a response on one line, unable to command a terminal."""
    return unable(re.sub(r"[\n\r\t]+", " ", text))


def unable(text: str) -> str:
    """A text that cannot command a terminal; its lines and tabs stay."""
    return UNSAFE.sub("�", text)
