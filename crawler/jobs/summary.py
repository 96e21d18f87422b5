"""The morning after: what a job's run brought, what is to be looked at, in lines for a person."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import Settings
from sqlalchemy import Connection

from crawler.archive import job_runs
from crawler.archive.database.engine import archive_url, opened, reading
from crawler.archive.due.ranking_days import HOLE_DAYS, RankingDays, ranking_days
from crawler.archive.status_queries import session_refused_by
from crawler.clock import newest
from crawler.errors import ArchiveError
from crawler.jobs.calendar import next_times
from crawler.jobs.step import NOT_BEGUN
from crawler.model.page import Outcome
from crawler.places import ROOT, command
from crawler.tables.codes import NO_BEGINNING, OK, TROUBLE
from crawler.words import counted, duration

DAY = 86_400
FULL_WITHIN = 30
"""Days: sooner than that a disk that will be full is worth a word."""
LATE = timedelta(days=2)
"""For so long a ranking may be missing before it is worth one."""
LATELY = timedelta(days=HOLE_DAYS)


@dataclass(frozen=True)
class Morning:
    """Content of a summary. alerts: what somebody should look at, however the steps ended."""

    brought: Mapping[str, int]
    holes: int
    alerts: tuple[str, ...]


def look(connection: Connection, before: Mapping[str, int], settings: Settings) -> Morning:
    """Return what was added since, and what needs attention. before: `job_runs.counts` when the run began."""
    now = job_runs.counts(connection)
    brought = {name: now[name] - before.get(name, 0) for name in now}
    rankings = ranking_days(connection)
    alerts = [*_late(rankings), *_full(connection, settings)]
    refused_by = session_refused_by(connection)
    if refused_by:
        alerts.insert(
            0, "your pixiv session has expired: log in again and replace the PHPSESSID in PIXIV_PHPSESSID_FILE"
        )
    if brought["unknown paths"] > 0:
        alerts.append(
            f"{counted(brought['unknown paths'], 'change')} in pixiv's responses new to this version: {command('status drift')}"
        )
    if brought["refused rows"] > 0:
        alerts.append(f"{counted(brought['refused rows'], 'row')} rejected: {command('status dead')}")
    return Morning(brought, sum(ranking.due() for ranking in rankings), tuple(alerts))


def _late(rankings: Sequence[RankingDays]) -> list[str]:
    """Rankings that were followed until lately and have not appeared for two days."""
    found = []
    for ranking in rankings:
        held = [on for on, how in ranking.days.items() if how == Outcome.COMPLETE]
        if ranking.is_followed and held and newest() - LATELY <= max(held) <= newest() - LATE:
            found.append(f"{ranking.mode} {ranking.content} has not appeared since {max(held)}")
    return found


def _full(connection: Connection, settings: Settings) -> list[str]:
    """The disk, where it will be full soon at the rate at which the archive grew so far."""
    captures = Path(ROOT, settings["CAPTURE_DIR"])
    url = archive_url(settings["ARCHIVE_URL"])
    files = [path for path in captures.rglob("*.gz") if path.is_file()]
    if url.get_backend_name() == "sqlite" and url.database:
        files.append(Path(url.database))
    used = sum(path.stat().st_size for path in files if path.exists())
    days = max((time.time_ns() - job_runs.first_crawl_at(connection)) / 1e9 / DAY, 1)
    free = shutil.disk_usage(next(path for path in (captures, *captures.parents) if path.exists())).free
    left = free / max(used / days, 1)
    return [f"the disk will be full in {left:.0f} days at this rate"] if left < FULL_WITHIN else []


@dataclass(frozen=True)
class JobSummary:
    """Summary of a job's run: the row of `job_runs`, the text that is printed and sent, the exit status.

    end: how it ended, in a line. failed: what failed, with reasons. after: what happens next, if it failed.
    unread: why the archive cannot be read: then there is no `morning`.
    """

    job: str
    run_id: str
    started_at: int
    finished_at: int
    status: int
    end: str
    failed: tuple[str, ...] = ()
    requests: int = 0
    rows: int = 0
    """Rows that its crawls saved, new or not."""
    morning: Morning | None = None
    unread: str = ""
    after: tuple[str, ...] = ()

    @property
    def is_trouble(self) -> bool:
        """Return True if somebody should look at it, although it may have ended well."""
        return bool(self.status or self.unread or (self.morning and self.morning.alerts))

    @property
    def outcome(self) -> str:
        """End of the run, as `job_runs` has it."""
        if self.status == NOT_BEGUN:
            return NO_BEGINNING
        return TROUBLE if self.is_trouble else OK

    def as_row(self) -> dict[str, Any]:
        """The columns of `job_runs` but `is_unsent`."""
        return {
            "run_id": self.run_id,
            "job": self.job,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "outcome": self.outcome,
            "request_count": self.requests,
            "summary": self.as_text(),
        }

    def as_text(self) -> str:
        """The text: how it ended stands first if it failed, so that it is read first, else last."""
        if self.morning is None:
            return f"{self.job}: {self.unread}\n{self.end}" if self.unread else self.end
        brought = ", ".join(f"{count:,} {name}" for name, count in self.morning.brought.items() if count > 0)
        requests = counted(self.requests, "request")
        seconds = duration((self.finished_at - self.started_at) / 1e9)
        figures = f"{requests} in {seconds}; {counted(self.morning.holes, 'ranking day')} missing"
        details = [f"- {line}" for line in (*self.failed, *self.morning.alerts)]
        if self.after:
            saved = brought or (counted(self.rows, "row") if self.rows else "")
            saved = f"Saved: {saved}" if saved else "Nothing archived"
            lines = (f"{self.job} {self.end}", f"{saved}, nothing lost. {figures}.")
            return "\n".join((*lines, *details, *self.after))
        return "\n".join((f"{self.job}: {brought or 'nothing new'}", figures, *details, self.end))


def sum_up(settings: Settings, ended: JobSummary, before: Mapping[str, int]) -> JobSummary:
    """Complete a summary by what the archive says: what came since, and what is to be looked at.

    before: `job_runs.counts` when it began.
    """
    try:
        with opened(settings["ARCHIVE_URL"]) as engine, reading(engine) as connection:
            morning = look(connection, before, settings)
    except ArchiveError as error:
        return replace(ended, unread=str(error), status=ended.status or 1)
    end = ended.end
    if not ended.status and morning.alerts:
        end = f"WARNING: {counted(len(morning.alerts), 'thing')} to check"
    return replace(ended, morning=morning, end=end)


def what_next(job: str, when: str | None, zone: str) -> tuple[str, ...]:
    """Return when a failed job runs again, and what to type."""
    now_by = f"Run now: {command(f'job run {job}')}"
    if when is not None:
        (due,) = next_times(when, zone, datetime.now(UTC), 1)
        now_by = f"Next automatic run, if it is installed: {due:%Y-%m-%d %H:%M} ({zone}). {now_by}"
    return (now_by, f"If it keeps failing: {command('status doctor')}")
