"""Requests and times of files that others recorded, as their names and bodies say them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from crawler.clock import JST, MOST_OFF, SITE_BEGAN, now
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Endpoint
from crawler.endpoints.reply import step
from crawler.errors import BadArgument, choices
from crawler.model.target import Target

SUFFIX = re.compile(r"\.(jsonl?|ndjson)(\.gz)?$", re.IGNORECASE)
"""Ends of names of files that hold JSON, packed or not."""
_FIELD = re.compile(r"\{([\w.]+)(?::([^{}]*))?\}")


@dataclass(frozen=True)
class Naming:
    """Rules by which a file's name and body say what was requested, and when.

    params: values, in which {stem}, {name}, named groups of `pattern`, and values of the response ({body.id}) are filled in.
    """

    entry: str
    endpoint: Endpoint
    params: Mapping[str, str]
    pattern: re.Pattern[str] | None
    seen_at: str
    source: str

    @classmethod
    def of(cls, entry: str, pattern: str | None, seen_at: str, source: str) -> Naming:
        """As the command line says it. Raises BadArgument."""
        name, _, query = entry.partition("?")
        if name not in ENDPOINTS:
            raise BadArgument(f"--as {name}: no endpoint. {choices(name, ENDPOINTS)}")
        params = dict(parse_qsl(query, keep_blank_values=True))
        endpoint = ENDPOINTS[name]
        valid = [*endpoint.request.params, *filter(None, [endpoint.paging.param])]
        for param in params:
            if param not in valid:
                raise BadArgument(f"--as {entry}: {name} takes no {param}. {choices(param, valid)}")
        if seen_at == "published" and not endpoint.is_dated:
            raise BadArgument("--seen-at published goes with --as ranking: others are of no day")
        try:
            compiled = re.compile(pattern) if pattern else None
        except re.error as error:
            raise BadArgument(f"--name {pattern}: {error}") from None
        naming = cls(entry, endpoint, params, compiled, seen_at, source)
        if not (seen_at in ("mtime", "published") or _FIELD.search(seen_at)):
            try:
                naming.seen(Path(), {}, {})  # a time: refused now, not at each file
            except (ValueError, OverflowError) as error:
                raise BadArgument(f"--seen-at {seen_at}: {error}") from None
        return naming

    @property
    def about(self) -> dict[str, str]:
        """Description that is saved with the run."""
        pattern = self.pattern.pattern if self.pattern else ""
        said = {"as": self.entry, "name": pattern, "seen_at": self.seen_at, "source": self.source}
        return {name: value for name, value in said.items() if value}

    def fields(self, file: Path) -> dict[str, str]:
        """Return the fields of a file's name. Raises ValueError if it does not match."""
        found = {"stem": SUFFIX.sub("", file.name), "name": file.name}
        if self.pattern is not None:
            match = self.pattern.search(file.name)
            if match is None:
                raise ValueError(f"its name does not match {self.pattern.pattern}")
            found |= {name: value or "" for name, value in match.groupdict().items()}
        return found

    def target(self, fields: Mapping[str, str], body: Any) -> Target:
        """Return the target of a response; a ranking states it itself. Raises ValueError and BadArgument."""
        given = {name: _filled(value, fields, body) for name, value in self.params.items()}
        if self.endpoint.is_dated and isinstance(body, dict):
            said = {name: str(body[name]) for name in ("mode", "content", "date") if body.get(name)}
            given = {**said, **given}
            given.setdefault("p", str(body.get("page") or 1))
        name = self.endpoint.paging.param or ""
        paged = {name: given.pop(name)} if name in given else {}
        page = self.endpoint.paging.page_of(paged, given)
        if page is None or page < 1:
            raise ValueError(f"no page begins at {name}={paged.get(name)}")
        return Target(self.endpoint.name, self.endpoint.request.complete(given), page)

    def seen(self, file: Path, fields: Mapping[str, str], params: Mapping[str, str], body: Any = None) -> int:
        """Return when a response was seen, milliseconds since 1970. Raises ValueError, OverflowError and BadArgument."""
        at = self._seen(file, fields, params, body)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at_ms = checked_time(int(at.timestamp() * 1000))
        if params.get("date") and f"{at.astimezone(JST):%Y-%m-%d}" < _dashed(params["date"]):
            raise ValueError(f"of {_dashed(params['date'])}, and seen before that day, {at}")
        return at_ms

    def _seen(self, file: Path, fields: Mapping[str, str], params: Mapping[str, str], body: Any) -> datetime:
        if self.seen_at == "mtime":
            return datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if self.seen_at == "published":
            if not params.get("date"):
                raise ValueError("the response has no date")
            day = date.fromisoformat(params["date"]) + timedelta(days=1)
            # Noon of the next day in Japan: about then pixiv publishes the ranking of a day.
            return datetime.combine(day, time(12), JST)
        if (match := _FIELD.fullmatch(self.seen_at)) and match[2]:
            return datetime.strptime(_filled(f"{{{match[1]}}}", fields, body), match[2])  # noqa: DTZ007  # by who calls
        text = _filled(self.seen_at, fields, body)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise BadArgument(
                f"--seen-at {self.seen_at}: mtime, published, a time as 2024-02-07T03:00:00Z, or '{{group:%Y%m%d}}'"
            ) from None


def checked_time(at_ms: int) -> int:
    """A time at which a response may have been seen, milliseconds since 1970. Raises ValueError."""
    if not SITE_BEGAN.timestamp() * 1000 <= at_ms <= now().timestamp() * 1000 + MOST_OFF * 1000:
        shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
        raise ValueError(f"seen at {shown:%Y-%m-%d %H:%M}: before the site began, or still to come")
    return at_ms


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day.isdecimal() else day


def _filled(text: str, fields: Mapping[str, str], body: Any) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if "." in name:
            found = step(body, name)
            # True is an int in Python, and no id, page or date.
            if not isinstance(found, str | int) or isinstance(found, bool):
                raise ValueError(f"{{{name}}}: the response has no such value")
            return str(found)
        if name not in fields:
            raise BadArgument(f"{{{name}}}: no such part of a name. {choices(name, fields)}")
        return fields[name]

    return _FIELD.sub(value, text)
