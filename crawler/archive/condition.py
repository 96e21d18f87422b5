"""The archive's condition: what is there, what is missing, what changed, what was refused."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select, text

from crawler.archive import absence, tracking
from crawler.archive.tracking import Followed
from crawler.clock import newest
from crawler.items.ask import read_params
from crawler.items.reply import Outcome
from crawler.tables.provenance import Capture, Coverage, Crawl, DeadLetter, Drift
from crawler.tables.rankings import Ranking, RankingPage

BEGUN = "begun"
MISSING = "missing"
COUNTED = ("artworks", "users", "tags", "rankings", "ranking_entries", "listings", "captures")
REFUSED, SERVED = "refused", "served"
HOLE_DAYS = 31
"""More missing days in a row are no missed nights: nobody requested them."""


@dataclass
class RankingDays:
    """One ranking, day by day, once all its days are known.

    days: `complete`, `begun` or an outcome, of the days known.
    """

    mode: str
    content: str
    days: dict[date, str] = field(default_factory=dict)
    evidence: dict[date, str] = field(default_factory=dict)
    """Why days are absent."""
    is_followed: bool = True
    """Whether days after the last that is held are due: not where only others go on."""
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
        """How a day is; `missing` where nothing is known of it."""
        return self.days.get(on, MISSING)

    def count(self, *hows: str, since: date | None = None) -> int:
        """Days from the first (or a later one) to the last that are so."""
        first = max(self.first, since or date.min)
        span = (self.last - first).days + 1
        return sum(self.of(first + timedelta(days=n)) in hows for n in range(span))

    def holes(self, since: date | None = None) -> tuple[int, int]:
        """Days that are due, and days that nobody requested, it seems.

        Due: begun or failed ones, missing ones after the last that is held (of a ranking that is
        followed), and between held ones where no more than HOLE_DAYS in a row are missing. Of one that is
        tracked from a day on, all that are missing since.
        """
        due = unasked = missing = 0
        on, last = max(self.first, since or date.min), self.last
        while on <= last:
            how = self.of(on)
            if how == MISSING:
                missing += 1
            else:
                is_hole = missing <= HOLE_DAYS or self.wanted_from is not None
                due += missing if is_hole else 0
                unasked += 0 if is_hole else missing
                missing = 0
                due += how in (BEGUN, Outcome.FAILED)
            on += timedelta(days=1)
        is_due = self.is_followed or missing <= HOLE_DAYS
        return (due + missing, unasked) if is_due else (due, unasked + missing)

    def due(self, since: date | None = None) -> int:
        """Days that should be complete and are not."""
        return self.holes(since)[0]


def ranking_days(
    connection: Connection, *, mode: str | None = None, content: str | None = None
) -> list[RankingDays]:
    """Every ranking that was ever requested, by mode and content."""
    found: dict[tuple[str, str], RankingDays] = {}

    def of(key: tuple[str, str]) -> dict[date, str]:
        return found.setdefault(key, RankingDays(*key)).days

    covered = select(Coverage.params, Coverage.outcome, Coverage.message).where(
        Coverage.endpoint == "ranking", Coverage.page == 1, Coverage.outcome != Outcome.COMPLETE
    )
    for params, outcome, message in connection.execute(covered):
        named = read_params(params)
        if "date" in named:
            on, key = date.fromisoformat(named["date"]), (named["mode"], named["content"])
            of(key)[on] = outcome
            if outcome == Outcome.ABSENT:
                found[key].evidence[on] = message or ""
    tracked = {one.name: one for one in tracking.listed(connection, "ranking")}
    enough = _has_enough(connection, tracked)
    stored = select(
        Ranking.ranking_id, Ranking.mode, Ranking.content, Ranking.ranking_on, Ranking.is_complete,
        Ranking.prev_on, Ranking.next_on, Ranking.last_seen_at,
    ).order_by(Ranking.mode, Ranking.content, Ranking.ranking_on)  # fmt: skip
    before: Any = None
    for row in connection.execute(stored):
        if row.mode is not None and row.content is not None and row.ranking_on is not None:
            key = (row.mode, row.content)
            is_there = row.is_complete or row.ranking_id in enough
            of(key)[row.ranking_on] = str(Outcome.COMPLETE) if is_there else BEGUN
            if before is not None and (before.mode, before.content) == key:
                _pass_over(found[key], before, row)
            before = row
    held = [on for ranking in found.values() for on in ranking.days]
    if held and max(held) >= newest() - timedelta(days=HOLE_DAYS):
        for ranking in found.values():
            last = max(ranking.days)
            ranking.is_followed = last >= newest() - timedelta(days=HOLE_DAYS)
    if tracked:
        _apply(found, tracked)
    wanted = [
        ranking
        for ranking in found.values()
        if mode in (None, ranking.mode) and content in (None, ranking.content)
    ]
    return sorted(wanted, key=lambda ranking: (ranking.mode, ranking.content))


def _has_enough(connection: Connection, tracked: Mapping[str, Followed]) -> set[int]:
    """The rankings of which as many pages are there as are wanted."""
    found: set[int] = set()
    for one in tracked.values():
        if one.pages is not None:
            mode, content = one.name.split(" ")
            pages = (
                select(RankingPage.ranking_id)
                .join(Ranking, Ranking.ranking_id == RankingPage.ranking_id)
                .where(
                    Ranking.mode == mode, Ranking.content == content, RankingPage.page <= one.pages
                )
                .group_by(RankingPage.ranking_id)
                .having(func.count(RankingPage.page.distinct()) >= one.pages)
            )
            found.update(connection.scalars(pages))
    return found


def _apply(found: dict[tuple[str, str], RankingDays], tracked: Mapping[str, Followed]) -> None:
    """Measure rankings by what is wanted of them: those that are not tracked are not followed."""
    for ranking in found.values():
        ranking.is_followed = f"{ranking.mode} {ranking.content}" in tracked
    for name, one in tracked.items():
        mode, content = name.split(" ")
        ranking = found.setdefault((mode, content), RankingDays(mode, content))
        ranking.wanted_from = one.first_on or (None if ranking.days else newest())


def _pass_over(ranking: RankingDays, earlier: Any, later: Any) -> None:
    """Note the days between two rankings that name each other: they were never ranked."""
    if later.ranking_on - earlier.ranking_on > timedelta(days=1) and absence.are_agreed(
        earlier, later
    ):
        why = f"{earlier.ranking_on} and {later.ranking_on} name each other as neighbours"
        for passed in range(1, (later.ranking_on - earlier.ranking_on).days):
            on = earlier.ranking_on + timedelta(days=passed)
            ranking.days[on] = str(Outcome.ABSENT)
            ranking.evidence[on] = why


def coverage_counts(connection: Connection) -> Sequence[Any]:
    """Pages by endpoint and outcome, with the newest night requested."""
    return connection.execute(
        select(Coverage.endpoint, Coverage.outcome, func.count(), func.max(Coverage.night))
        .group_by(Coverage.endpoint, Coverage.outcome)
        .order_by(Coverage.endpoint, Coverage.outcome)
    ).all()


def failed_tonight(connection: Connection) -> int:
    """How many pages of the newest night, and of no night, failed and are still due."""
    counted = select(func.count()).select_from(Coverage).where(*_is_failed())
    return int(connection.scalar(counted) or 0)


def failed_pages(connection: Connection, most: int) -> Sequence[Any]:
    """These pages, the newest first, with what was said of them."""
    columns = (
        Coverage.endpoint, Coverage.params, Coverage.page, Coverage.message, Coverage.last_at,
    )  # fmt: skip
    listed = select(*columns).where(*_is_failed()).order_by(Coverage.last_at.desc()).limit(most)
    return connection.execute(listed).all()


def _is_failed() -> tuple[Any, ...]:
    newest_night = select(func.max(Coverage.night)).scalar_subquery()
    return Coverage.outcome == Outcome.FAILED, Coverage.night.in_([newest_night, ""])


def session_refused_by(connection: Connection) -> str | None:
    """The newest run that shows what became of a session, where the site did not take it; else None.

    Runs that requested nothing that needs one show nothing. What is older than two weeks is past.
    """
    since = time.time_ns() - 14 * 86_400 * 1_000_000_000
    newest_run = connection.execute(
        select(Crawl.crawl_id, Crawl.session)
        .where(Crawl.session.in_((SERVED, REFUSED)), Crawl.started_at > since)
        .order_by(Crawl.started_at.desc())
        .limit(1)
    ).first()
    is_refused = newest_run is not None and newest_run.session == REFUSED
    return newest_run.crawl_id if newest_run is not None and is_refused else None


@dataclass(frozen=True)
class Losses:
    """What was lost since paths changed: refused rows, failed pages, known paths that are not sent any more."""

    refused: int
    failed: int
    ended: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing that was stored before is missing since."""
        return not (self.refused or self.failed or self.ended)


def losses(connection: Connection, found: Sequence[Change]) -> Losses:
    """What the endpoints whose changes are news have lost since those were first seen."""
    news = [change for change in found if change.is_news]
    endpoints = sorted({change.endpoint for change in news})
    since = min((change.seen_moment for change in news), default=0)
    refused = connection.scalar(
        select(func.count())
        .select_from(DeadLetter)
        .where(DeadLetter.endpoint.in_(endpoints), DeadLetter.observed_at >= since)
    )
    failed = connection.scalar(
        select(func.count())
        .select_from(Coverage)
        .where(
            Coverage.endpoint.in_(endpoints), Coverage.outcome == Outcome.FAILED,
            Coverage.last_at >= since,
        )
    )  # fmt: skip
    ended = {
        f"{change.endpoint} {path}"
        for change in found
        if change.what == "ended" and change.endpoint in endpoints
        for path in change.paths
    }
    return Losses(int(refused or 0), int(failed or 0), tuple(sorted(ended)))


@dataclass(frozen=True)
class Change:
    """Paths of an endpoint that changed together. since: ranking date, else None."""

    endpoint: str
    what: str
    since: date | None
    seen_at: str
    paths: tuple[str, ...]
    seen_moment: int = 0

    @property
    def is_news(self) -> bool:
        """Whether somebody should look: the project does not know it."""
        return self.what == "undeclared"


def changes(connection: Connection) -> list[Change]:
    """What changed in the replies, oldest first: paths that began or ended on one day together."""
    grouped: dict[tuple[str, str, date | None, str], list[tuple[str, str]]] = {}
    begun = {
        (endpoint, path, kind): at
        for endpoint, path, kind, at in connection.execute(
            select(Drift.endpoint, Drift.path, Drift.json_type, Drift.first_seen_at)
        )
    }
    moments: dict[tuple[str, str, date | None, str], int] = {}
    listed = connection.execute(
        text(
            "SELECT endpoint, what, first_on, last_on, first_seen_at, last_seen_at, path, json_type"
            " FROM v_drift ORDER BY endpoint, path, json_type"
        )
    )
    for endpoint, what, first_on, last_on, first_at, last_at, path, json_type in listed:
        on, at = (last_on, last_at) if what == "ended" else (first_on, first_at)
        day = date.fromisoformat(on) if isinstance(on, str) else on
        # Of what has no ranking date, what was first seen in one run belongs together.
        key = (endpoint, what, day, str(at)[:10] if day is None else "")
        grouped.setdefault(key, []).append((f"{path} ({json_type})", str(at)))
        moment = begun[endpoint, path, json_type]
        moments[key] = min(moment, moments.get(key, moment))
    found = [
        Change(
            key[0], key[1], key[2], min(at for _, at in paths)[:19], tuple(p for p, _ in paths),
            moments[key],
        )
        for key, paths in grouped.items()
    ]  # fmt: skip
    return sorted(found, key=lambda change: (change.since or date.max, change.seen_at))


def dead_letters(connection: Connection) -> Sequence[Any]:
    """Refused rows by endpoint, table and error: how many, when first and last seen, one of them."""
    newest_of = func.max(DeadLetter.observed_at)
    grouped = (
        select(
            DeadLetter.endpoint, DeadLetter.table_name, DeadLetter.error, func.count().label("total"),
            func.min(DeadLetter.observed_at).label("first_at"), newest_of.label("last_at"),
            func.min(DeadLetter.path).label("path"), func.min(DeadLetter.fragment).label("fragment"),
        )
        .group_by(DeadLetter.endpoint, DeadLetter.table_name, DeadLetter.error)
        .order_by(newest_of.desc())
    )  # fmt: skip
    return connection.execute(grouped).all()


def dead_places(connection: Connection) -> list[tuple[int, str]]:
    """The replies that hold refused rows: moment and file, by file and place in it."""
    found = connection.execute(
        select(Capture.observed_at, Capture.file)
        .where(Capture.observed_at.in_(select(DeadLetter.observed_at)))
        .order_by(Capture.file, Capture.file_offset)
    )
    return [(observed_at, file) for observed_at, file in found]


def last_crawls(connection: Connection, most: int) -> Sequence[Any]:
    """The newest runs."""
    return connection.execute(
        select(
            Crawl.crawl_id, Crawl.spider, Crawl.arguments, Crawl.session, Crawl.outcome,
            Crawl.page_count, Crawl.row_count,
        )
        .order_by(Crawl.started_at.desc(), Crawl.crawl_id)
        .limit(most)
    ).all()  # fmt: skip


def sizes(connection: Connection) -> dict[str, int]:
    """Rows of the tables that say how much is there."""
    return {
        name: int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() or 0)
        for name in COUNTED
    }
