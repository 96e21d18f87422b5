"""Named coercions: one JSON value to one column value, or UNKNOWN where it says nothing."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from crawler.clock import JST


class Sentinel(Enum):
    """Special values of a column, in addition to values."""

    UNKNOWN = "unknown"
    NULL = "null"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that does not fit its column, and why."""

    reason: str


UNKNOWN: Final = Sentinel.UNKNOWN
NULL: Final = Sentinel.NULL

KINDS = {0: "illust", 1: "manga", 2: "ugoira"}
INT64_MAX = 2**63 - 1


def hash63(text: str) -> int:
    """A 63-bit hash, the same in every archive: SHA-256, first eight bytes, sign bit cleared."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") & INT64_MAX


def number(value: Any) -> Any:
    """An integer, also as text; PHP's false and null are NULL, "" is UNKNOWN.

    Raises ValueError for anything else or beyond 64 bits.

    >>> number("12"), number(False) is NULL, number("") is UNKNOWN
    (12, True, True)
    """
    if type(value) is not int:
        if value is None or value is False:
            return NULL
        if value == "":
            return UNKNOWN
        is_whole = isinstance(value, float) and value.is_integer()
        if not is_whole and not (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value)):
            raise ValueError("not a whole number")
        value = int(value)
    if not -INT64_MAX <= value <= INT64_MAX:
        raise ValueError("beyond 64 bits")
    return value


def real(value: Any) -> Any:
    """A number, also as text; null and false are NULL. Raises ValueError for anything else."""
    if value is None or value is False:
        return NULL
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        found = float(value)
        if math.isfinite(found):
            return found
    raise ValueError("not a number")


def text(value: Any) -> Any:
    """A string; null and false are NULL. Raises ValueError for other types."""
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return NULL
    raise ValueError("not a text")


def flag(value: Any) -> Any:
    """A boolean, also as 0/1, "0"/"1" or "false"/"true"; null is NULL. Raises ValueError otherwise."""
    if isinstance(value, bool):
        return value
    if value is None:
        return NULL
    # 1.0 == 1, but a number with a point is no spelling of a flag.
    if value in (0, 1, "0", "1", "false", "true") and not isinstance(value, float):
        return value in (1, "1", "true")
    raise ValueError("not true or false")


_JAPANESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?: (\d{1,2}):(\d{2}))?")


def instant(value: Any) -> Any:
    """A UTC instant from ISO text, Japanese text, zone-less text (both JST) or Unix seconds.

    1970 and before is a blank, not a date: UNKNOWN. Raises ValueError for other forms.

    >>> print(instant("2024年02月06日 09:00"), instant("2024-02-06T09:00:00"), instant(1707177600))
    2024-02-06 00:00:00+00:00 2024-02-06 00:00:00+00:00 2024-02-06 00:00:00+00:00
    >>> instant("1970-01-01T00:00:00+09:00") is UNKNOWN
    True
    """
    if value is None or value is False:
        return NULL
    if value == "":
        return UNKNOWN
    try:
        moment = _moment(value)
    except (OverflowError, OSError, TypeError, ValueError):
        raise ValueError("not an instant") from None
    return moment.replace(microsecond=0) if moment.year > 1970 else UNKNOWN


def _moment(value: Any) -> datetime:
    # Not isinstance: True is an int, too.
    if type(value) is int:
        # A withheld row says -32400: 1970, and so a blank.
        return datetime.fromtimestamp(max(value, 0), UTC)
    japanese = _JAPANESE.fullmatch(value)
    if japanese:
        year, month, day_of_month, hour, minute = (int(part or 0) for part in japanese.groups())
        moment = datetime(year, month, day_of_month, hour, minute, tzinfo=JST)
    else:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=JST)
    return moment.astimezone(UTC)


def published(value: Any) -> Any:
    """Read when a work was first published: an instant, or a ranking row that says it in two keys.

    `date` is that to the minute; `illust_upload_timestamp`, the last upload to the second, is the
    same event where it lies in the same minute (so for all of 128 works that lists contain too).
    """
    if not isinstance(value, Mapping):
        return instant(value)
    first, last = instant(value.get("date", "")), value.get("illust_upload_timestamp")
    if isinstance(first, datetime) and type(last) is int and last > 0:
        # Bounded: a time past the year 9999 would raise, and the first publication would be lost with it.
        uploaded = datetime.fromtimestamp(min(last, 2**33), UTC)
        if uploaded.replace(second=0) == first:
            return uploaded
    return first


def day(value: Any) -> Any:
    """A date from `20240206`, `2024-02-06` or `2024年2月6日`; null and false are NULL.

    Raises ValueError.

    >>> print(day("20240206"), day("2024年2月6日"))
    2024-02-06 2024-02-06
    """
    if value is None or value is False:
        return NULL
    if isinstance(value, str) and re.fullmatch(r"\d{8}|\d{4}-\d{2}-\d{2}", value):
        return date.fromisoformat(value)
    if isinstance(value, str) and (japanese := _JAPANESE.fullmatch(value)):
        year, month, day_of_month = map(int, japanese.groups()[:3])
        return date(year, month, day_of_month)
    raise ValueError("not a date")


_ENGLISH = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}), (\d{4})")
_FORMS = re.compile(rf"{_JAPANESE.pattern}|\d{{4}}[-/]?\d{{2}}[-/]?\d{{2}}|{_ENGLISH.pattern}")


def last_day(text: str) -> date | None:
    """The last date that a text for people names, None where it names none.

    >>> print(last_day("2024年2月5日 - 2024年2月6日"), last_day("Feb 6, 2024"), last_day("today"))
    2024-02-06 2024-02-06 None
    """
    found = None
    for match in _FORMS.finditer(text):
        with suppress(ValueError):
            if english := _ENGLISH.fullmatch(match[0]):
                found = datetime.strptime(" ".join(english.groups()), "%b %d %Y").date()  # noqa: DTZ007  # a date
            else:
                found = day(match[0].replace("/", "-"))
    return found


def title(value: Any) -> Any:
    """A work's title; pixiv requires one, so a blank is UNKNOWN."""
    # NULL is true, so this is for "" only.
    return text(value) or UNKNOWN


def work_kind(value: Any) -> Any:
    """`illust`, `manga` or `ugoira` from 0, 1, 2. Raises ValueError for a new kind."""
    found = number(value)
    if isinstance(found, Sentinel):
        return found
    if found not in KINDS:
        raise ValueError(f"unknown kind of work {found}; known: {KINDS}")
    return KINDS[found]


def image_url(value: Any) -> Any:
    """An image address; a stand-in picture for a withheld one (`limit_…`) is UNKNOWN."""
    found = text(value)
    if isinstance(found, str) and (not found or "/limit_" in found):
        return UNKNOWN
    return found


def tag_id(value: Any) -> Any:
    """A tag's key from its name. Raises ValueError where the name is no text."""
    name = text(value)
    if not isinstance(name, str) or not name:
        raise ValueError("not a tag name")
    return _hash_of_name(name)


# Most tags of a page were on the page before, and each is read for two tables.
_hash_of_name = lru_cache(maxsize=20_000)(hash63)


def tag_names(value: Any) -> list[str] | None:
    """The names of a tag list in either shape: texts, or `{"tags": [{"tag": …}]}`.

    >>> tag_names(["空"]), tag_names({"tags": [{"tag": "空"}]}), tag_names("空")
    (['空'], ['空'], None)
    """
    listed = value.get("tags") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        return None
    found = [entry.get("tag") if isinstance(entry, dict) else entry for entry in listed]
    names = [name for name in found if isinstance(name, str)]
    return names if len(names) == len(found) else None


def tag_list(value: Any) -> Any:
    """Tag names in order as a JSON list. Raises ValueError where they are not a list of names."""
    if value is None:
        return UNKNOWN
    names = tag_names(value)
    if names is None:
        raise ValueError("not a list of tags")
    return json.dumps(names, ensure_ascii=False)


def _flags(value: Any) -> dict[str, Any] | None:
    if value == [] or value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("not an object of flags")
    return value


def original_flag(value: Any) -> Any:
    """Read if a work is marked original: a flag, or the `original` of `illust_content_type`."""
    if isinstance(value, (dict, list)):
        flags = _flags(value)
        return UNKNOWN if not flags or "original" not in flags else flag(flags["original"])
    return flag(value)


def sexual_level(value: Any) -> Any:
    """The `sexual` number of `illust_content_type`, 0 to 2."""
    flags = _flags(value)
    return UNKNOWN if not flags or "sexual" not in flags else number(flags["sexual"])


def content_flags(value: Any) -> Any:
    """The names of the true flags of `illust_content_type`, sorted, one space between.

    >>> content_flags({"sexual": 0, "violent": True, "furry": False, "bl": True})
    'bl violent'
    """
    flags = _flags(value)
    if not flags:
        return UNKNOWN
    return " ".join(sorted(name for name, on in flags.items() if on is True))


def attributes(value: Any) -> Any:
    """The set `attr`, sorted."""
    found = text(value)
    return " ".join(sorted(found.split())) if isinstance(found, str) else found


def positive(value: Any) -> Any:
    """An id: a whole number whose 0 means nothing (removed works name user 0)."""
    found = number(value)
    return UNKNOWN if found == 0 else found


def day_or_false(value: Any) -> Any:
    """A date, or false for none; null means nothing."""
    return UNKNOWN if value is None else day(value)


def zero_is_null(value: Any) -> Any:
    """A number whose 0 means none."""
    found = number(value)
    return NULL if found == 0 else found


def as_is(value: Any) -> Any:
    """Take a value that the parser found itself."""
    return value


def json_object(value: Any) -> Any:
    """An object as one canonical text; PHP's [] is an empty one."""
    return json_text({} if value == [] else value)


def json_text(value: Any) -> Any:
    """Any JSON value as one canonical text; null means nothing."""
    if value is None:
        return UNKNOWN
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def json_digest(value: Any) -> Any:
    """A 63-bit hash of any JSON value."""
    return hash63(str(json_text(value)))


def label(value: Any) -> Any:
    """A name or an id as text."""
    return str(value) if type(value) is int else text(value)


def member(*names: str) -> Callable[[Any], Any]:
    """A coercion that takes one number out of an object; false, null and [] are NULL.

    A number in the object's place is taken as it is.

    >>> member("seriesId")({"seriesId": "31"}), member("seriesId")(False) is NULL
    (31, True)
    """

    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return next((number(value[name]) for name in names if name in value), UNKNOWN)
        return NULL if value == [] else number(value)

    return read
