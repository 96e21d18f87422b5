"""The cohort: so many ids a day, drawn by chance of the day's span of ids."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Date, bindparam, func, insert, select, text

from crawler.archive.wanted import tracking
from crawler.clock import JST, today
from crawler.forget.suppressions import is_forgotten
from crawler.tables.artworks import Artwork
from crawler.tables.cohort import CohortDraw

DAYS = 7
"""Days back for which a missed draw is made up."""
IDS = 3_000_000
"""Distance below the greatest ID in which a day's works are looked for: a month of them, several times over."""


def to_request(connection: Connection, at: datetime) -> list[int]:
    """The ids of the cohort of which the site has said nothing yet, the days that are missing drawn first.

    IDs of days long past are left to scheduled re-checks, which have a budget.
    """
    for one in tracking.listed(connection, "cohort"):
        draw(connection, at, one.pages or 0)
    found = connection.execute(
        text(
            "SELECT c.artwork_id FROM cohort c LEFT JOIN v_own_pages o ON o.artwork_id = c.artwork_id"
            " WHERE o.answered_moment IS NULL AND c.drawn_on >= :since ORDER BY c.artwork_id"
        ).bindparams(bindparam("since", today(at) - timedelta(days=4 * DAYS), Date))
    )
    return [artwork_id for (artwork_id,) in found]


def draw(connection: Connection, at: datetime, count: int) -> None:
    """Draw ids of the days whose span is known and of which none was drawn; the day is the seed, whoever draws."""
    of_days = select(CohortDraw.drawn_on, CohortDraw.first_id, CohortDraw.last_id).distinct()
    drawn = {day: (first, last) for day, first, last in connection.execute(of_days)}
    for day in (today(at) - timedelta(days=back) for back in range(DAYS, 0, -1)):
        span = None if day in drawn else span_of(connection, day)
        if span is None:
            continue
        # What is archived since may have moved a day's end: no id is of two days.
        first = max([span[0], *(last + 1 for other, (_, last) in drawn.items() if other < day)])
        last = min([span[1], *(begin - 1 for other, (begin, _) in drawn.items() if other > day)])
        if first > last:
            continue
        drawn[day] = first, last
        rng = random.Random(f"cohort:{day}")  # noqa: S311  # no secret: anybody may draw the same
        ids = rng.sample(range(first, last + 1), min(count, last - first + 1))
        drawn_of_a_day = {"drawn_on": day, "first_id": first, "last_id": last}
        drawn_of_a_day |= {"draw_count": len(ids), "drawn_at": time.time_ns()}
        # The same ids are drawn of a day again where all of it was forgotten.
        rows = [
            {"artwork_id": key, **drawn_of_a_day}
            for key in sorted(ids)
            if not is_forgotten(connection, {"illust_id": str(key)})
        ]
        if rows:
            connection.execute(insert(CohortDraw), rows)


def span_of(connection: Connection, day: date) -> tuple[int, int] | None:
    """The ids of a day in Japan, as far as archived works show them; None where its begin or end does not show.

    Ids grow with time: the day's begin after the last of the day before, and end with the last before the next day's.
    """
    begin = datetime(day.year, day.month, day.day, tzinfo=JST).astimezone(UTC)
    end = begin + timedelta(days=1)
    # A row without a date may be of an id that is no work: a mistyped one, which would be the newest for ever.
    is_dated = Artwork.created_at.is_not(None)
    greatest = connection.scalar(select(func.max(Artwork.artwork_id)).where(is_dated))
    if greatest is None:
        return None
    near = Artwork.artwork_id > greatest - IDS
    before, last = (
        connection.scalar(
            select(func.max(Artwork.artwork_id)).where(
                near, Artwork.created_at >= edge - timedelta(days=1), Artwork.created_at < edge
            )
        )
        for edge in (begin, end)
    )
    is_past = connection.scalar(select(func.count()).where(near, Artwork.created_at >= end))
    # Without a work of the day before, ids of that day would be taken for this one's.
    return (before + 1, last) if before and last and last > before and is_past else None
