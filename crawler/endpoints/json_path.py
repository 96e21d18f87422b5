"""Dotted paths into JSON objects."""

from __future__ import annotations

from typing import Any

_MISSING = object()


def step(value: Any, path: str) -> Any:
    """The value at a dotted path of objects; None where there is none.

    >>> step({"page": {"total": 7}}, "page.total"), step({"page": []}, "page.total")
    (7, None)
    """
    found = _descend(value, path)
    return None if found is _MISSING else found


def is_there(value: Any, path: str) -> bool:
    """Whether the dotted path leads to a value, null included.

    >>> is_there({"next": None}, "next"), is_there({}, "next")
    (True, False)
    """
    return _descend(value, path) is not _MISSING


def _descend(value: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value
