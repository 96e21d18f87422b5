"""What names somebody in a reply, though no row is read of it."""

from __future__ import annotations

import json
from typing import Any

from crawler.parse.cutting import REMOVED, Cutting, Place
from crawler.parse.element import CUT
from crawler.tables.naming import Forgotten, kind_of_key


class Mentions:
    """Clears what no row is read of and what yet names somebody."""

    def __init__(self, out: Forgotten, cutting: Cutting) -> None:
        self._out = out
        self._cutting = cutting
        self._has_any = False

    def clear(self, root: Any) -> bool:
        """Take the smallest parts that name what is forgotten out of a reply; whether there were any."""
        self._cleared(root, ())
        return self._has_any

    def _cleared(self, value: Any, place: Place) -> Any:
        if self._cutting.is_read(place) and not isinstance(value, dict):
            return value
        if isinstance(value, list):
            for index, inner in enumerate(value):
                found = self._cleared(inner, (*place, index))
                value[index] = {CUT: True} if found is REMOVED else found
            return value
        if isinstance(value, dict):
            return self._cleared_object(value, place)
        is_named = isinstance(value, str) and self._out.is_named_in(json.dumps(value))
        return self._note_cut() if is_named else value

    def _cleared_object(self, value: dict[str, Any], place: Place) -> Any:
        is_around = place in self._cutting.around
        for key in list(value):
            inner, way = value[key], (*place, key)
            if self._cutting.is_read(way):
                continue
            if self._is_id(key, inner):
                self._note_cut()
                if not is_around:
                    return REMOVED  # the object is about it
                del value[key]
            elif (found := self._cleared(inner, way)) is REMOVED:
                if not is_around and not isinstance(inner, (dict, list)):
                    return REMOVED
                del value[key]
            else:
                value[key] = found
        return value

    def _is_id(self, key: str, value: Any) -> bool:
        """Whether a key says whose id stands there, and it is that of what is forgotten."""
        kind = kind_of_key(key)
        if key == "user" and isinstance(value, dict):
            kind, value = "user", value.get("id")
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        return bool(kind) and type(number) is int and (kind, number) in self._out.roots

    def _note_cut(self) -> Any:
        self._has_any = True
        return REMOVED
