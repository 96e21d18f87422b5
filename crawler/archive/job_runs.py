"""Record finished job runs, with row counts before and after."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from crawler.tables.codes import OK, STOPPED, WARNING
from crawler.tables.jobs import JobEnd
from crawler.tables.provenance import REDACTED

COUNTED: Mapping[str, str] = {
    "new works": "SELECT count(*) FROM artworks",
    "ranking entries": "SELECT count(*) FROM ranking_entries",
    "list entries": "SELECT count(*) FROM listing_entries",
    "changed titles": "SELECT count(*) FROM artwork_history WHERE field = 'title'",
    "changed states": "SELECT count(*) FROM artwork_history WHERE field = 'state'",
    "refused rows": f"SELECT count(*) FROM dead_letters WHERE error <> '{REDACTED}'",
    "unknown paths": "SELECT count(*) FROM drift WHERE NOT is_declared",
}
"""Counts that a summary names."""
NOT_SAVED = frozenset({"refused rows", "unknown paths"})
"""Of these, those of what somebody should look at, not of what was saved."""


def counts(connection: Connection) -> dict[str, int]:
    """Return the present counts."""
    return {name: int(connection.exec_driver_sql(sql).scalar() or 0) for name, sql in COUNTED.items()}


AHEAD = 600_000_000_000
"""Nanoseconds by which the clock of another machine may be ahead. What ended later, ended under a wrong clock."""


def _is_past() -> ColumnElement[bool]:
    """SQL: a run that has ended by now. One from the future would keep a job from being due until then."""
    return JobEnd.finished_at <= time.time_ns() + AHEAD


def record(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep how a run ended; values: the columns of `JobEnd`."""
    connection.execute(insert(JobEnd).values(dict(values)))


def unsent(connection: Connection, since: int) -> Sequence[Any]:
    """The runs that ended after a moment whose summaries are wanted and were not sent, the newest first."""
    waiting = select(JobEnd.__table__).where(JobEnd.is_unsent.is_(True), JobEnd.finished_at > since)
    return connection.execute(waiting.order_by(JobEnd.finished_at.desc())).all()


def mark_sent(connection: Connection, run_ids: Sequence[str]) -> None:
    """Note that the summaries of these runs were sent."""
    waiting = update(JobEnd).where(JobEnd.is_unsent.is_(True), JobEnd.run_id.in_(run_ids))
    connection.execute(waiting.values(is_unsent=False))


def last_of(connection: Connection, job: str | None = None) -> Any:
    """The newest run that has ended, of a job or of any; None where there is none."""
    newest = select(JobEnd.__table__).where(_is_past()).order_by(JobEnd.finished_at.desc()).limit(1)
    return connection.execute(newest.where(JobEnd.job == job) if job else newest).first()


def names(connection: Connection) -> list[str]:
    """The jobs of which a run has ended."""
    return list(connection.scalars(select(JobEnd.job).where(_is_past()).distinct().order_by(JobEnd.job)))


def last_success(connection: Connection, job: str) -> int | None:
    """Return when a run of a job last ended with all steps done, warnings or not; None if none did."""
    done = select(func.max(JobEnd.finished_at)).where(JobEnd.job == job, _is_past(), JobEnd.outcome.in_((OK, WARNING)))
    return connection.scalar(done)


def failed_since(connection: Connection, job: str, moment: int) -> int:
    """Count the runs of a job that failed after a moment."""
    failed = select(func.count()).where(
        # A run that somebody stopped is neither a success nor a failure.
        JobEnd.job == job,
        _is_past(),
        JobEnd.finished_at > moment,
        JobEnd.outcome.not_in((OK, WARNING, STOPPED)),
    )
    return int(connection.scalar(failed) or 0)
