"""When a job is due: a cron expression in systemd's words, in a crontab of another zone, and its next times. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.errors import JobError

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def next_times(when: str, zone: str, now: datetime, count: int) -> list[datetime]:
    """The next times that a cron expression means in a zone."""
    return list(islice(CronSim(when, now.astimezone(ZoneInfo(zone))), count))


def on_calendar(when: str, zone: str) -> str:
    """A cron expression as systemd's OnCalendar. Raises JobError for one that systemd cannot say.

    >>> on_calendar("40 12 * * *", "Asia/Tokyo"), on_calendar("*/15 3 1,15 * *", "UTC")
    ('*-*-* 12:40:00 Asia/Tokyo', '*-*-1,15 3:0/15:00 UTC')
    >>> on_calendar("30 3 * * 1-5", "Asia/Tokyo")
    'Mon..Fri *-*-* 3:30:00 Asia/Tokyo'
    """
    minute, hour, day, month, weekday = when.split()
    if day != "*" and weekday != "*":
        raise JobError(
            f"when = {when!r}: a day of the month or a weekday, not both: cron takes either"
        )
    days = "" if weekday == "*" else f"{_weekdays(when, weekday)} "
    date = f"*-{_field(when, month)}-{_field(when, day)}"
    return f"{days}{date} {_field(when, hour)}:{_field(when, minute)}:00 {zone}"


def _field(when: str, text: str) -> str:
    found = []
    for part in text.split(","):
        span, _, step = part.partition("/")
        if not re.fullmatch(r"\*|\d+(-\d+)?", span) or (step and not step.isdecimal()):
            raise JobError(f"when = {when!r}: {part} has no form in systemd; write it in numbers")
        start = ("0" if step else "*") if span == "*" else span.replace("-", "..")
        found.append(f"{start}/{step}" if step else start)
    return ",".join(found)


def _weekdays(when: str, text: str) -> str:
    def name(number: str) -> str:
        if not number.isdecimal() or int(number) > len(WEEKDAYS):
            raise JobError(f"when = {when!r}: {number} is no weekday from 0 (Sunday) to 6")
        return WEEKDAYS[int(number) % len(WEEKDAYS)]

    return ",".join("..".join(name(one) for one in part.split("-")) for part in text.split(","))


def in_zone(when: str, zone: str, own: tzinfo, now: datetime) -> str:
    """A cron expression of a zone in the machine's own, as crontab wants it.

    Raises JobError where that is no one line: an hour that is a list, a day of the month.

    >>> from datetime import UTC
    >>> in_zone("40 12 * * *", "Asia/Tokyo", UTC, datetime(2024, 2, 6, tzinfo=UTC))
    '40 3 * * *'
    >>> in_zone("30 3 * * 1", "Asia/Tokyo", UTC, datetime(2024, 2, 6, tzinfo=UTC))
    '30 18 * * 0'
    """
    minute, hour, day, month, weekday = when.split()
    (due,) = next_times(when, zone, now, 1)
    there = due.astimezone(own)
    if due.utcoffset() == there.utcoffset():
        return when
    if not (minute.isdecimal() and hour.isdecimal() and day == month == "*"):
        raise JobError(
            f"when = {when!r} in {zone} is no one line in this machine's zone: give `zone` the machine's own"
        )
    shift = (there.date() - due.date()) // timedelta(days=1)
    if weekday != "*":
        if not all(one.isdecimal() for one in weekday.split(",")):
            raise JobError(f"when = {when!r}: name weekdays one by one, as 1,2,3")
        weekday = ",".join(str((int(one) + shift) % 7) for one in weekday.split(","))
    return f"{there.minute} {there.hour} * * {weekday}"
