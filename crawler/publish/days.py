"""The days of each ranking, with how deep each is read: for a release's report of gaps and the calendar of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from sqlalchemy import Boolean, Connection, Date, text

DAYS = """
SELECT mode, content, ranking_on, prev_on, coalesce(depth, 0) AS depth, rank_total, coalesce(is_complete, FALSE) AS is_complete
FROM v_rankings
ORDER BY mode, content, ranking_on
"""
Span = tuple[date, date]
"""The first and the last of some days in a row."""


class Day(NamedTuple):
    """A ranking day as it is stored. before: the ranking's day before it, as pixiv says."""

    on: date
    before: date | None
    depth: int
    ranks: int | None
    is_complete: bool

    @property
    def extent(self) -> str:
        """How deep it is read."""
        return "all ranks" if self.is_complete else f"{self.depth} of {self.ranks or '?'} ranks"


def days_of(connection: Connection) -> Mapping[tuple[str, str], Sequence[Day]]:
    """The stored days by mode and content, in order."""
    typed = text(DAYS).columns(ranking_on=Date, prev_on=Date, is_complete=Boolean)
    rows = connection.execute(typed).all()
    return {key: [Day(*row[2:]) for row in some] for key, some in groupby(rows, key=lambda row: (row[0], row[1]))}


def missing(days: Sequence[Day]) -> list[Span]:
    """The days between stored ones that are not there. Where a ranking names the day before it, there was none."""
    return [
        (one.on + timedelta(1), other.on - timedelta(1))
        for one, other in pairwise(days)
        if other.before != one.on and (other.on - one.on).days > 1
    ]


def spans(days: Sequence[Day]) -> Mapping[str, list[Span]]:
    """The stored days in a row that are read to the same depth, by depth."""
    found: dict[str, list[Span]] = {}
    for day in days:
        several = found.setdefault(day.extent, [])
        is_next = several and several[-1][1] == day.on - timedelta(1)
        several.append((several.pop()[0] if is_next else day.on, day.on))
    return found
