"""Dotted paths into JSON objects."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """The one value that says that there is none."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def step(value: Any, path: str) -> Any:
    """The value at a dotted path of objects; None where there is none.

    >>> step({"page": {"total": 7}}, "page.total"), step({"page": []}, "page.total")
    (7, None)
    """
    found = descend(value, path.split(".") if path else ())
    return None if found is ABSENT else found


def is_there(value: Any, path: str) -> bool:
    """Return True if the dotted path leads to a value, null included.

    >>> is_there({"next": None}, "next"), is_there({}, "next")
    (True, False)
    """
    return descend(value, path.split(".") if path else ()) is not ABSENT


def descend(value: Any, way: Iterable[str | int]) -> Any:
    """The value at the end of a way of keys through objects, ABSENT for none."""
    for key in way:
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value
