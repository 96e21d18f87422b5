"""The archive's condition: what is there, what is missing, what changed, what was refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import aliased

from crawler.model.page import Outcome
from crawler.tables.cohort import CohortDraw
from crawler.tables.jobs import Acknowledgement, Tracked
from crawler.tables.provenance import REDACTED, Capture, Coverage, Crawl, DeadLetter, Drift
from crawler.tables.rankings import RankingPage

COUNTED = ("artworks", "users", "tags", "rankings", "ranking_entries", "listings", "captures")
REFUSED, SERVED = "refused", "served"
DAYS_WITHOUT_DRAW = 3
"""A day's ids are drawn when the day after shows; a night or two may be missed."""


def coverage_counts(connection: Connection) -> Sequence[Any]:
    """Pages by endpoint and outcome, with the newest night requested."""
    by = (Coverage.endpoint, Coverage.outcome)
    counted = select(*by, func.count(), func.max(Coverage.night)).group_by(*by).order_by(*by)
    return connection.execute(counted).all()


def cohort_without_draw(connection: Connection, now_ns: int) -> int:
    """Return for how many days a random sample has been tracked, or drawn last, without ids being drawn; 0: it is drawn."""
    added = connection.scalar(select(func.max(Tracked.added_at)).where(Tracked.kind == "cohort"))
    if added is None:
        return 0
    drawn = connection.scalar(select(func.max(CohortDraw.drawn_at))) or 0
    days = int((now_ns - max(added, drawn)) / 1e9 / 86_400)
    return days if days > DAYS_WITHOUT_DRAW else 0


def failed_tonight(connection: Connection, before: int | None = None) -> int:
    """Count pages of the newest run date, and of none, that failed or have rejected rows, without acknowledged ones.

    before: only those that were last requested before this moment.
    """
    since = _acknowledged_until(connection, "coverage")
    counted = select(func.count()).where(*_is_failed(), Coverage.last_at > since)
    return int(connection.scalar(counted if before is None else counted.where(Coverage.last_at < before)) or 0)


def acknowledge(connection: Connection, page: str, who: str) -> int:
    """Note that somebody has looked at all that is on a page now; returns how many things. page: a key of codes.ACKNOWLEDGED."""
    _, is_listed = ACKNOWLEDGEABLE[page]
    count = int(connection.scalar(select(func.count()).where(*is_listed())) or 0)
    if not count:
        return 0
    values = {"page": page, "acknowledged_at": time.time_ns(), "acknowledged_by": who, "item_count": count}
    connection.execute(insert(Acknowledgement).values(values))
    return count


def acknowledged(connection: Connection, page: str) -> Any:
    """The newest acknowledgement of a page; None if there is none."""
    newest_first = select(Acknowledgement.__table__).where(Acknowledgement.page == page)
    return connection.execute(newest_first.order_by(Acknowledgement.acknowledged_at.desc()).limit(1)).first()


def _acknowledged_until(connection: Connection, page: str) -> int:
    """Return the moment until which all is acknowledged; 0 if nothing is, or if more is listed of that time than was then.

    More, because a replay reads old responses again: what it finds is of their time, and new to the user.
    """
    newest_one = acknowledged(connection, page)
    if newest_one is None:
        return 0
    moment, is_listed = ACKNOWLEDGEABLE[page]
    old = select(func.count()).where(*is_listed(), moment <= newest_one.acknowledged_at)
    is_all = int(connection.scalar(old) or 0) <= newest_one.item_count
    return int(newest_one.acknowledged_at) if is_all else 0


def failed_pages(connection: Connection, most: int) -> Sequence[Any]:
    """These pages, the newest first, with what was said of them."""
    columns = (Coverage.endpoint, Coverage.params, Coverage.page, Coverage.message, Coverage.last_at)
    since = _acknowledged_until(connection, "coverage")
    listed = select(*columns).where(*_is_failed(), Coverage.last_at > since)
    return connection.execute(listed.order_by(Coverage.last_at.desc()).limit(most)).all()


def _is_failed() -> tuple[Any, ...]:
    newest_night = select(func.max(Coverage.night)).scalar_subquery()
    later = aliased(Coverage)
    # Who requests the newest ranking is answered under its day: that makes good what failed without one.
    is_made_good = (
        select(later.page)
        .where(
            Coverage.endpoint == "ranking",
            later.endpoint == Coverage.endpoint,
            later.completed_at > Coverage.last_at,
            later.params.like(func.replace(Coverage.params, "&mode=", "&date=%&mode=")),
        )
        .exists()
    )
    is_due = Coverage.outcome.in_((Outcome.FAILED, Outcome.PARTIAL))
    # "" stands for targets that do not change nightly: they stay due until they are complete.
    return is_due, Coverage.night.in_([newest_night, ""]), ~is_made_good


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
    return newest_run.crawl_id if newest_run is not None and newest_run.session == REFUSED else None


@dataclass(frozen=True)
class Losses:
    """Return what was lost since paths changed: rejected rows, failed pages, known paths that are not sent any more."""

    refused: int
    failed: int
    ended: tuple[str, ...]


def losses(connection: Connection, found: Sequence[Change]) -> Losses:
    """Return what the endpoints whose changes are news have lost since those were first seen."""
    news = [change for change in found if change.is_news]
    endpoints = sorted({change.endpoint for change in news})
    since = min((change.seen_moment for change in news), default=0)
    is_refused = (DeadLetter.endpoint.in_(endpoints), DeadLetter.observed_at >= since, DeadLetter.error != REDACTED)
    refused = connection.scalar(select(func.count()).where(*is_refused))
    is_failed = (Coverage.endpoint.in_(endpoints), Coverage.outcome == Outcome.FAILED, Coverage.last_at >= since)
    failed = connection.scalar(select(func.count()).where(*is_failed))
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
    is_acknowledged: bool = False

    @property
    def is_news(self) -> bool:
        """Return True if somebody should look: the project does not know it, and nobody has acknowledged it."""
        return self.what == "undeclared" and not self.is_acknowledged


def changes(connection: Connection) -> list[Change]:
    """Return changes in responses, oldest first: paths that began or ended on one day together."""
    grouped: dict[tuple[str, str, date | None, str, bool], list[tuple[str, str, int]]] = {}
    until = _acknowledged_until(connection, "drift")
    listed = connection.exec_driver_sql(
        "SELECT v.endpoint, v.what, v.first_on, v.last_on, v.first_seen_at, v.last_seen_at, v.path, v.json_type,"
        " d.first_seen_at FROM v_drift v JOIN drift d USING (endpoint, path, json_type)"
        " ORDER BY v.endpoint, v.path, v.json_type"
    )
    for endpoint, what, first_on, last_on, first_at, last_at, path, json_type, moment in listed:
        on, at = (last_on, last_at) if what == "ended" else (first_on, first_at)
        # SQL without SQLAlchemy's types returns dates as text on SQLite and as dates on PostgreSQL.
        day = date.fromisoformat(on) if isinstance(on, str) else on
        # Of what has no ranking date, what was first seen in one run belongs together.
        key = (endpoint, what, day, str(at)[:10] if day is None else "", moment <= until)
        grouped.setdefault(key, []).append((f"{path} ({json_type})", str(at)[:19], moment))
    found = []
    for (endpoint, what, day, _, is_acknowledged), several in grouped.items():
        paths, ats, moments = zip(*several, strict=True)
        found.append(Change(endpoint, what, day, min(ats), paths, min(moments), is_acknowledged))
    return sorted(found, key=lambda change: (change.since or date.max, change.seen_at))


def _is_rejected() -> tuple[Any, ...]:
    """Rows that were rejected, and whose page no later response has completed: at its address, or in its ranking."""
    first, later, again = aliased(Capture), aliased(Capture), aliased(DeadLetter)
    completed = select(later.observed_at).where(
        first.observed_at == DeadLetter.observed_at,
        later.endpoint == first.endpoint,
        later.params == first.params,
        later.url == first.url,
        later.outcome == Outcome.COMPLETE,
        later.observed_at > DeadLetter.observed_at,
        ~select(again.path).where(again.observed_at == later.observed_at).exists(),
    )
    rejected, whole = aliased(RankingPage), aliased(RankingPage)
    ranked = select(whole.seen_at).where(
        rejected.seen_at == DeadLetter.observed_at,
        whole.ranking_id == rejected.ranking_id,
        whole.page == rejected.page,
        whole.seen_at > DeadLetter.observed_at,
        ~select(again.path).where(again.observed_at == whole.seen_at).exists(),
    )
    return (DeadLetter.error != REDACTED, ~completed.exists(), ~ranked.exists())


ACKNOWLEDGEABLE: Mapping[str, tuple[Any, Callable[[], tuple[Any, ...]]]] = {
    "coverage": (Coverage.last_at, _is_failed),
    "drift": (Drift.first_seen_at, lambda: (~Drift.is_declared,)),
    "dead": (DeadLetter.observed_at, _is_rejected),
}
"""Times and conditions of what is listed on each page that can be acknowledged."""


def rejected_since_acknowledged(connection: Connection) -> int:
    """Count the rejected rows that nobody has acknowledged."""
    since = _acknowledged_until(connection, "dead")
    counted = select(func.count()).where(*_is_rejected(), DeadLetter.observed_at > since)
    return int(connection.scalar(counted) or 0)


def dead_letters(connection: Connection) -> Sequence[Any]:
    """Rejected rows by endpoint, table and error: how many, when first and last seen, one of them."""
    newest_of = func.max(DeadLetter.observed_at)
    by = (DeadLetter.endpoint, DeadLetter.table_name, DeadLetter.error)
    grouped = (
        select(
            *by,
            func.count().label("total"),
            func.min(DeadLetter.observed_at).label("first_at"),
            newest_of.label("last_at"),
            func.min(DeadLetter.path).label("path"),
            func.min(DeadLetter.fragment).label("fragment"),
        )
        .where(DeadLetter.error != REDACTED)
        .group_by(*by)
        .order_by(newest_of.desc())
    )
    return connection.execute(grouped).all()


def dead_places(connection: Connection) -> list[tuple[int, str]]:
    """The responses that hold rejected rows: moment and file, by file and place in it."""
    found = connection.execute(
        select(Capture.observed_at, Capture.file)
        .where(Capture.observed_at.in_(select(DeadLetter.observed_at).where(DeadLetter.error != REDACTED)))
        .order_by(Capture.file, Capture.file_offset)
    )
    return [(observed_at, file) for observed_at, file in found]


def capture_files(connection: Connection) -> list[str]:
    """The capture files that the archive was made of, below CAPTURE_DIR, the newest first."""
    return sorted(filter(None, connection.scalars(select(Capture.file).distinct())), reverse=True)


def last_crawls(connection: Connection, most: int) -> Sequence[Any]:
    """The newest runs."""
    columns = (Crawl.crawl_id, Crawl.spider, Crawl.session, Crawl.page_count, Crawl.row_count, Crawl.outcome)
    newest_first = select(*columns).order_by(Crawl.started_at.desc(), Crawl.crawl_id)
    return connection.execute(newest_first.limit(most)).all()


def sizes(connection: Connection) -> dict[str, int]:
    """Rows of the tables that say how much is there."""
    return {
        name: int(connection.exec_driver_sql(COUNTS.get(name, f"SELECT count(*) FROM {name}")).scalar() or 0)
        for name in COUNTED
    }


COUNTS = {"ranking_entries": "SELECT sum(entry_count) FROM rankings"}
"""Each ranking knows how many of its entries are stored; to count 38 million takes PostgreSQL a minute."""


def digest_at(connection: Connection, moment: int) -> int | None:
    """The digest of the response that is archived of a moment; None where there is none."""
    return connection.scalar(select(Capture.digest).where(Capture.observed_at == moment))
