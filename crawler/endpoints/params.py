"""The parameters users may give: what is valid, and how a text becomes values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from crawler.items.read import JST

LATEST = ""
"""The value of a date that is not sent: the site answers with its newest."""


class BadArgument(ValueError):
    """An argument that cannot be used; the text names the valid ones."""


class Param(Protocol):
    """A documented parameter."""

    def default(self, *, allow_r18: bool) -> str | None:
        """What is asked for without the argument; None: it must be given."""

    def parse(self, name: str, text: str, *, allow_r18: bool) -> Sequence[str]:
        """The values a text stands for, commas between several. Raises BadArgument."""


@dataclass(frozen=True)
class Choice:
    """One of a few words.

    r18: those that ask for R-18 works; safe: what is asked for instead of `usual` without them.
    """

    values: tuple[str, ...]
    usual: str
    r18: frozenset[str] = frozenset()
    safe: str | None = None

    def default(self, *, allow_r18: bool) -> str | None:
        return self.usual if allow_r18 else self.safe or self.usual

    def parse(self, name: str, text: str, *, allow_r18: bool) -> Sequence[str]:
        chosen = _parts(name, text)
        for value in chosen:
            if value not in self.values:
                raise BadArgument(f"{name}={value}: no such value; valid: {', '.join(self.values)}")
            if value in self.r18 and not allow_r18:
                valid = ", ".join(valid for valid in self.values if valid not in self.r18)
                raise BadArgument(
                    f"{name}={value} asks for R-18 works, which are switched off"
                    f" (switch on with -s ALLOW_R18=1); valid without: {valid}"
                )
        return chosen


@dataclass(frozen=True)
class Ids:
    """Ids of works, users …: whole numbers above 0."""

    def default(self, *, allow_r18: bool) -> str | None:
        return None

    def parse(self, name: str, text: str, *, allow_r18: bool) -> Sequence[str]:
        chosen = _parts(name, text)
        for value in chosen:
            if not re.fullmatch(r"[1-9][0-9]{0,17}", value):
                raise BadArgument(
                    f"{name}={value}: ids are whole numbers of at most 18 digits, above 0"
                )
        return chosen


@dataclass(frozen=True)
class Days:
    """A day or a range of days; values are `yyyymmdd`, newest first, or LATEST.

    An open range is LATEST and every day whose ranking is due: the reply to LATEST tells whether a
    newer one is there.
    """

    first: date

    def default(self, *, allow_r18: bool) -> str | None:
        return "latest"

    def parse(self, name: str, text: str, *, allow_r18: bool) -> Sequence[str]:
        values: list[str] = []
        for part in _parts(name, text):
            values.extend(self._values(name, part))
        return list(dict.fromkeys(values))

    def _values(self, name: str, part: str) -> Iterable[str]:
        if part == "latest":
            return [LATEST]
        begin, dots, end = part.partition("..")
        start = self._day(name, begin)
        if not dots:
            return [f"{start:%Y%m%d}"]
        stop = self._day(name, end) if end else newest()
        if end and stop < start:
            raise BadArgument(f"{name}={part}: the range ends before it begins")
        days = (stop - start).days
        listed = [f"{stop - timedelta(days=back):%Y%m%d}" for back in range(days + 1)]
        return listed if end else [LATEST, *listed]

    def _day(self, name: str, text: str) -> date:
        forms = "latest, YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or YYYY-MM-DD.."
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text):
                raise ValueError
            found = date.fromisoformat(text)
        except ValueError:
            raise BadArgument(f"{name}: {text!r} is no date; valid: {forms}") from None
        newest = today()
        if not self.first <= found <= newest:
            raise BadArgument(
                f"{name}: {found} is outside {self.first} (the first) .. {newest} (today in Japan)"
            )
        return found


def today() -> date:
    """Today's date in Japan, by this machine's clock."""
    return datetime.now(JST).date()


def newest(now: datetime | None = None) -> date:
    """The newest day whose ranking is due: day D appears about noon (Japan) of D+1."""
    return ((now or datetime.now(JST)).astimezone(JST) - timedelta(days=1, hours=12)).date()


def _parts(name: str, text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise BadArgument(f"{name}={text!r}: empty value")
    return list(dict.fromkeys(parts))
