"""Figures in words."""

from __future__ import annotations


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
