"""Due times of a job: the times of a cron expression, before and after now, and the expression in systemd's words. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.errors import JobError

LATE = timedelta(days=2)
"""A due moment that is older is let pass: the next one catches up by coverage."""
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def next_times(when: str, zone: str, now: datetime, count: int) -> list[datetime]:
    """The next times that a cron expression means in a zone."""
    return list(islice(CronSim(when, now.astimezone(ZoneInfo(zone))), count))


def last_due(when: str, zone: str, now: datetime) -> datetime | None:
    """The newest time that a cron expression meant; None where that is long ago."""
    until = now + timedelta(microseconds=1)  # a time that is now counts
    found = next(CronSim(when, until.astimezone(ZoneInfo(zone)), reverse=True))
    return found if found > now - LATE else None


def on_calendar(when: str, zone: str) -> str:
    """A cron expression as systemd's OnCalendar. Raises JobError for one that systemd cannot say.

    >>> on_calendar("40 12 * * *", "Asia/Tokyo"), on_calendar("*/15 3 1,15 * *", "UTC")
    ('*-*-* 12:40:00 Asia/Tokyo', '*-*-1,15 3:0/15:00 UTC')
    >>> on_calendar("30 3 * * 1-5", "Asia/Tokyo")
    'Mon..Fri *-*-* 3:30:00 Asia/Tokyo'
    """
    minute, hour, day, month, weekday = when.split()
    if day != "*" and weekday != "*":
        raise JobError(f"when = {when!r}: a day of the month or a weekday, not both: cron takes either")
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
        # Cron takes 7 for Sunday as well as 0.
        return WEEKDAYS[int(number) % len(WEEKDAYS)]

    return ",".join("..".join(name(one) for one in part.split("-")) for part in text.split(","))
