"""The parameters users may give: what is valid, and how a text becomes values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crawler.clock import newest, today
from crawler.errors import BadArgument, choices
from crawler.site import id_of
from crawler.tables import naming

NO_ID = str(naming.NO_ID)
"""Stands in a kept address where the id of what is forgotten stood."""
LATEST = ""
"""The value of a date that is not sent: the site answers with its newest."""


@dataclass(frozen=True)
class ArgumentRules:
    """By what a user's arguments are read. now: when he asks: a day may be still to come."""

    allow_r18: bool
    now: datetime


# A day below the maximum: in Japan's time, nine hours ahead, the maximum itself overflows.
ANY = ArgumentRules(allow_r18=True, now=datetime.max.replace(tzinfo=UTC) - timedelta(days=1))
"""Reading of addresses and answers: valid whatever the day, and whatever is switched on."""


class Param:
    """A documented parameter."""

    usual: str | None
    """Value without the argument; "": not sent; None: it must be given."""

    def default(self, *, allow_r18: bool) -> str | None:
        """Return `usual`, or what is requested instead without R-18 works."""
        return self.usual

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        """The values a text stands for, commas or line ends between several. Raises BadArgument."""
        raise NotImplementedError

    def read(self, name: str, text: str) -> Sequence[str]:
        """The value that an address or an answer holds, whatever the day. Raises BadArgument."""
        return self.parse(name, text, ANY)

    def sent(self, name: str) -> str:
        """The name under which it is sent."""
        return name

    def pairs(self, name: str, value: str) -> list[tuple[str, str]]:
        """Return the spelling of a value in a request."""
        return [(self.sent(name), value)] if value else []


@dataclass(frozen=True)
class Choice(Param):
    """One of a few words.

    r18: those that request R-18 works; safe: what is requested instead of `usual` without them.
    """

    values: tuple[str, ...]
    usual: str
    r18: frozenset[str] = frozenset()
    safe: str | None = None

    def default(self, *, allow_r18: bool) -> str | None:
        return self.usual if allow_r18 else self.safe or self.usual

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        if not text and not self.usual:
            return [""]
        chosen = _parts(name, text)
        for value in chosen:
            if value not in self.values:
                raise BadArgument(f"{name}={value}: no such value. {choices(value, self.values)}")
            if value in self.r18 and not rules.allow_r18:
                valid = ", ".join(valid for valid in self.values if valid not in self.r18)
                raise BadArgument(
                    f"{name}={value} requests R-18 works, which are switched off"
                    f" (switch on with -s ALLOW_R18=1); valid without: {valid}"
                )
        return chosen


@dataclass(frozen=True)
class Ids(Param):
    """Ids of works, users …: whole numbers above 0."""

    usual = None

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        chosen = [id_of(value, name) for value in _parts(name, text)]
        for value in chosen:
            # 18 digits at most: every such number fits 64 bits in both databases.
            if not re.fullmatch(r"[1-9][0-9]{0,17}", value):
                raise BadArgument(f'{name} must be an ID, a whole number above 0 (got "{value}")')
        return chosen

    def read(self, name: str, text: str) -> Sequence[str]:
        return [text] if text == NO_ID else self.parse(name, text, ANY)


@dataclass(frozen=True)
class IdBatch(Ids):
    """Ids that one request requests together, as `ids[]=1&ids[]=2`; more are several requests."""

    most: int

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        return self.batches(super().parse(name, text, rules))

    def batches(self, ids: Iterable[str | int]) -> list[str]:
        """Batches of ids, ascending, commas between them."""
        # Ordered and without repetitions: the same IDs are the same request for coverage.
        ordered = sorted(set(map(int, ids)))
        starts = range(0, len(ordered), self.most)
        return [",".join(map(str, ordered[at : at + self.most])) for at in starts]

    def sent(self, name: str) -> str:
        return f"{name}[]"

    def pairs(self, name: str, value: str) -> list[tuple[str, str]]:
        return [(self.sent(name), one) for one in value.split(",")]


@dataclass(frozen=True)
class Words(Param):
    """Free text: a comma is part of it, so that line ends are between several. usual: "" where it need not be given.

    is_always_sent: also when empty.
    """

    usual: str | None = None
    is_always_sent: bool = False

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        return list(dict.fromkeys(_text(name, value) for value in text.split("\n")))

    def read(self, name: str, text: str) -> Sequence[str]:
        return [_text(name, text)]  # of an address: one value, whatever is in it

    def pairs(self, name: str, value: str) -> list[tuple[str, str]]:
        return [(name, value)] if value or self.is_always_sent else []


@dataclass(frozen=True)
class Number(Param):
    """A whole number. usual: "" where it need not be given, and is not sent."""

    least: int = 0
    most: int = 10**9
    usual: str = ""

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not self.least <= int(text) <= self.most:
            raise BadArgument(f"{name}={text}: a whole number from {self.least} to {self.most}")
        # `007` and `7` are one target.
        return [str(int(text))]


def from_today(text: str, now: datetime) -> str:
    """A day that is named from today in Japan, as a date: `today`, `today-7`; any other text as it is.

    >>> from_today("today-7", datetime(2024, 2, 6, 16, tzinfo=UTC))
    '2024-01-31'
    """
    found = re.fullmatch(r"today(?:-(\d{1,5}))?", text)
    return f"{today(now) - timedelta(days=int(found[1] or 0))}" if found else text


@dataclass(frozen=True)
class Day(Param):
    """One day, sent as `YYYY-MM-DD`; it need not be given."""

    usual = ""

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        day = from_today(text, rules.now)
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
                raise ValueError
            return [date.fromisoformat(day).isoformat()]
        except ValueError:
            raise BadArgument(f"{name}={text}: a date like 2024-02-06, or today-7") from None


@dataclass(frozen=True)
class Days(Param):
    """A day or a range of days; values are `yyyymmdd`, newest first, or LATEST.

    An open range is LATEST and every day whose ranking is due: the response to LATEST shows whether a
    newer one is there.
    """

    usual = "latest"

    first: date

    def parse(self, name: str, text: str, rules: ArgumentRules) -> Sequence[str]:
        parts = _parts(name, text)
        return list(dict.fromkeys(value for part in parts for value in self._values(name, part, rules.now)))

    def read(self, name: str, text: str) -> Sequence[str]:
        # By the clock a day may be still to come: that is for those who ask.
        if text == "latest":
            return [LATEST]
        found = self._date(name, text)
        if found < self.first:
            raise BadArgument(f"{name}: {found} is before {self.first} (the first)")
        return [f"{found:%Y%m%d}"]

    def _values(self, name: str, part: str, now: datetime) -> Iterable[str]:
        if part == "latest":
            return [LATEST]
        begin, dots, end = part.partition("..")
        start = self._day(name, begin, now)
        if not dots:
            return [f"{start:%Y%m%d}"]
        stop = self._day(name, end, now) if end else newest(now)
        if end and stop < start:
            raise BadArgument(f"{name}={part}: the range ends before it begins")
        days = (stop - start).days
        listed = [f"{stop - timedelta(days=back):%Y%m%d}" for back in range(days + 1)]
        return listed if end else [LATEST, *listed]

    @staticmethod
    def _date(name: str, text: str) -> date:
        forms = "latest, YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or YYYY-MM-DD.. (and today-7 for a day)"
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise BadArgument(f"{name}: {text!r} is no date. Valid: {forms}") from None

    def _day(self, name: str, text: str, now: datetime) -> date:
        found, last = self._date(name, from_today(text, now)), today(now)
        if not self.first <= found <= last:
            raise BadArgument(f"{name}: {found} is outside {self.first} (the first) .. {last} (today in Japan)")
        return found


def _text(name: str, value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):  # bytes of the terminal
        raise BadArgument(f"{name}={value!a}: these bytes are no text (UTF-8 is needed)")
    if not value.strip() or len(value) > 500 or "\0" in value:
        raise BadArgument(f"{name}={value!r}: a text of 1 to 500 characters")
    return value


def several(text: str) -> list[str]:
    r"""The values of a text, with commas or line ends between them.

    >>> several("daily, weekly\nrookie")
    ['daily', 'weekly', 'rookie']
    """
    return [part.strip() for part in re.split(r"[,\n]", text)]


def _parts(name: str, text: str) -> list[str]:
    parts = several(text)
    if not all(parts):
        raise BadArgument(f"{name}={text!r}: empty value")
    return list(dict.fromkeys(parts))
