"""Rankings day by day: what is complete, begun, absent, due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select

from crawler.archive.wanted import tracking
from crawler.archive.wanted.tracking import Followed
from crawler.clock import newest
from crawler.model.page import Outcome
from crawler.model.target import read_params
from crawler.tables.provenance import Coverage
from crawler.tables.rankings import Ranking, RankingPage

BEGUN = "begun"
MISSING = "missing"
LATE = timedelta(days=2)
"""For so long pixiv may be late, and the nights may still bring a ranking by themselves."""
SETTLED = timedelta(days=8)
"""After so long the neighbours of an unpublished day have shown whether there is a ranking."""
HOLE_DAYS = 31
"""More missing days in a row are no missed nights: nobody requested them."""


@dataclass(eq=False)
class RankingDays:
    """One ranking, day by day, once all its days are known: `complete`, `begun` or an outcome of each."""

    mode: str
    content: str
    days: dict[date, str] = field(default_factory=dict)
    evidence: dict[date, str] = field(default_factory=dict)
    """Reasons why days are unavailable."""
    is_followed: bool = True
    """True if days after the last that is held are due: the ranking was requested when it was new, until lately."""
    wanted_from: date | None = None
    """Its first day that is wanted, where it is tracked so."""

    @cached_property
    def first(self) -> date:
        """The first day that is wanted, or complete or begun; of an archive without one, the first known."""
        if self.wanted_from is not None:
            return self.wanted_from
        held = [on for on, how in self.days.items() if how in (Outcome.COMPLETE, BEGUN)]
        return min(held or self.days)

    @cached_property
    def last(self) -> date:
        """The last day known, or the newest that is due."""
        return max([newest(), *self.days])

    def of(self, on: date) -> str:
        """Return the state of a day; `missing` if nothing is known of it."""
        return self.days.get(on, MISSING)

    def count(self, *hows: str, since: date | None = None) -> int:
        """Days from the first (or a later one) to the last that are so."""
        first = max(self.first, since or date.min)
        span = (self.last - first).days + 1
        return sum(self.of(first + timedelta(days=n)) in hows for n in range(span))

    def holes(self, since: date | None = None) -> tuple[list[date], int]:
        """Days that are due, and the number of days that nobody requested, it seems.

        Due: begun, failed or forbidden ones, unpublished ones after LATE, missing ones after the last that is held (of a ranking
        that is followed), and between held ones where no more than HOLE_DAYS in a row are missing. Of one that is
        tracked from a day on, all that are missing since.
        """
        due: list[date] = []
        missing: list[date] = []
        unasked = 0
        on, last = max(self.first, since or date.min), self.last
        while on <= last:
            how = self.of(on)
            if how == MISSING:
                missing.append(on)
            else:
                if len(missing) <= HOLE_DAYS or self.wanted_from is not None:
                    due += missing
                else:
                    unasked += len(missing)
                missing = []
                if how in (BEGUN, Outcome.FAILED, Outcome.FORBIDDEN) or (
                    how == Outcome.NOT_YET and on <= newest() - LATE
                ):
                    due.append(on)
            on += timedelta(days=1)
        return (due + missing, unasked) if self.is_followed else (due, unasked + len(missing))

    def due(self, since: date | None = None) -> int:
        """Number of days that should be complete and are not."""
        return len(self.holes(since)[0])


def ranking_days(connection: Connection, *, mode: str | None = None, content: str | None = None) -> list[RankingDays]:
    """Every ranking that was ever requested, by mode and content."""
    found: dict[tuple[str, str], RankingDays] = {}

    def of(key: tuple[str, str]) -> dict[date, str]:
        return found.setdefault(key, RankingDays(*key)).days

    asked_when_new: set[tuple[str, str]] = set()
    covered = select(Coverage.params, Coverage.outcome, Coverage.message, Coverage.last_at).where(
        Coverage.endpoint == "ranking", Coverage.page == 1, Coverage.outcome != Outcome.COMPLETE
    )
    for params, outcome, message, last_at in connection.execute(covered):
        named = read_params(params)
        if "date" in named:
            on, key = date.fromisoformat(named["date"]), (named["mode"], named["content"])
            of(key)[on] = outcome
            if _was_new(on, last_at):
                asked_when_new.add(key)
            if outcome == Outcome.ABSENT:
                found[key].evidence[on] = message or ""
    tracked = {one.name: one for one in tracking.listed(connection, "ranking")}
    enough = _has_enough(connection)
    columns = (Ranking.mode, Ranking.content, Ranking.ranking_on, Ranking.first_seen_at, Ranking.ranking_id)
    more = (Ranking.is_complete, Ranking.prev_on, Ranking.next_on, Ranking.last_seen_at)
    named_ones = (column.is_not(None) for column in columns[:3])
    stored = select(*columns, *more).where(*named_ones).order_by(*columns[:3])
    rows: Iterable[Any] = connection.execute(stored)
    complete, before = str(Outcome.COMPLETE), None
    for row in rows:
        # Unpacked, and each look only where it may change something: nineteen years of a mode are 7,000 rows.
        its_mode, its_content, on, first_seen_at, ranking_id, is_complete, *_ = row
        key = (its_mode, its_content)
        of(key)[on] = complete if is_complete or ranking_id in enough else BEGUN
        if key not in asked_when_new and _was_new(on, first_seen_at):
            asked_when_new.add(key)
        if before is not None and before[:2] == key:
            _pass_over(found[key], before, row)
        before = row
    recent = {key for key, ranking in found.items() if max(ranking.days) >= newest() - timedelta(days=HOLE_DAYS)}
    for key, ranking in found.items():
        # Where all have ended, the nights have: each is due.
        ranking.is_followed = key in asked_when_new and (key in recent or not recent)
    if tracked:
        _apply(found, tracked)
    return [found[key] for key in sorted(found) if mode in (None, key[0]) and content in (None, key[1])]


def _was_new(on: date, moment: int) -> bool:
    """Return True if a ranking was the newest, or the one before, at a moment in nanoseconds since 1970."""
    return on >= newest(datetime.fromtimestamp(moment / 1e9, UTC)) - timedelta(days=1)


def _has_enough(connection: Connection) -> set[int]:
    """The rankings of which as many pages are there as are wanted."""
    found: set[int] = set()
    for (mode, content), most in tracking.pages(connection).items():
        is_wanted = (Ranking.mode == mode, Ranking.content == content, RankingPage.page <= most)
        pages = (
            select(RankingPage.ranking_id)
            .join(Ranking, Ranking.ranking_id == RankingPage.ranking_id)
            .where(*is_wanted, RankingPage.rejected_count.is_(None))
            .group_by(RankingPage.ranking_id)
            .having(func.count(RankingPage.page.distinct()) >= most)
        )
        found.update(connection.scalars(pages))
    return found


def _apply(found: dict[tuple[str, str], RankingDays], tracked: Mapping[str, Followed]) -> None:
    """Measure rankings by what is wanted of them."""
    for name, one in tracked.items():
        mode, content = name.split(" ")
        ranking = found.setdefault((mode, content), RankingDays(mode, content))
        ranking.is_followed = True
        ranking.wanted_from = one.first_on or (None if ranking.days else newest())


def _pass_over(ranking: RankingDays, earlier: Any, later: Any) -> None:
    """Note the days between two rankings that name each other: they were never ranked."""
    if later.ranking_on - earlier.ranking_on <= timedelta(days=1):
        return
    # With all endpoints: 0.3 s of a start that an archive without gaps saves.
    from crawler.evidence.absence import are_agreed  # noqa: PLC0415

    if are_agreed(earlier, later):
        why = f"{earlier.ranking_on} and {later.ranking_on} name each other as neighbours"
        for passed in range(1, (later.ranking_on - earlier.ranking_on).days):
            on = earlier.ranking_on + timedelta(days=passed)
            ranking.days[on] = str(Outcome.ABSENT)
            ranking.evidence[on] = why
