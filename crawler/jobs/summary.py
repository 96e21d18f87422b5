"""The morning after: what a job's run brought, what is to be looked at, in lines for a person."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scrapy.settings import Settings
from sqlalchemy import Connection

from crawler.archive import job_runs
from crawler.archive.database.engine import archive_url
from crawler.archive.due.ranking_days import HOLE_DAYS, RankingDays, ranking_days
from crawler.archive.status import session_refused_by
from crawler.clock import newest
from crawler.extensions.words import counted, duration
from crawler.jobs.calendar import next_times
from crawler.model.reply import Outcome
from crawler.places import ROOT, command

DAY = 86_400
FULL_WITHIN = 30
"""Days: sooner than that a disk that will be full is worth a word."""
LATE = timedelta(days=2)
"""For so long a ranking may be missing before it is worth one."""
LATELY = timedelta(days=HOLE_DAYS)


@dataclass(frozen=True)
class Morning:
    """What is to be said after a run. alerts: what somebody should look at, whatever the steps came to."""

    brought: Mapping[str, int]
    holes: int
    alerts: tuple[str, ...]


def look(connection: Connection, before: Mapping[str, int], settings: Settings) -> Morning:
    """What came since, and what is to be looked at. before: `job_runs.counts` when it began."""
    now = job_runs.counts(connection)
    brought = {name: now[name] - before.get(name, 0) for name in now}
    rankings = ranking_days(connection)
    alerts = [*_late(rankings), *_full(connection, settings)]
    refused_by = session_refused_by(connection)
    if refused_by:
        alerts.insert(0, "the session died: log in again and give the new PHPSESSID")
    if brought["unknown paths"] > 0:
        alerts.append(
            f"{counted(brought['unknown paths'], 'unknown path')} in replies: {command('status drift')}"
        )
    if brought["refused rows"] > 0:
        alerts.append(
            f"{counted(brought['refused rows'], 'row')} refused: {command('status dead')}"
        )
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
    free = shutil.disk_usage(
        next(path for path in (captures, *captures.parents) if path.exists())
    ).free
    left = free / max(used / days, 1)
    return [f"the disk will be full in {left:.0f} days at this rate"] if left < FULL_WITHIN else []


def in_words(
    job: str,
    end: str,
    morning: Morning,
    steps: Sequence[str],
    seconds: float,
    requests: int,
    after: Sequence[str] = (),
) -> str:
    """The summary that is printed, kept and sent.

    end: how it ended: first where it failed, so that it is read first, else last. steps: what failed, with reasons.
    after: what happens next, where it failed.
    """
    brought = ", ".join(f"{count:,} {name}" for name, count in morning.brought.items() if count > 0)
    figures = f"{counted(requests, 'request')} in {duration(seconds)}; {counted(morning.holes, 'day')} of rankings due"
    details = [f"- {line}" for line in (*steps, *morning.alerts)]
    if after:
        saved = f"Saved: {brought}" if brought else "Nothing new was saved"
        return "\n".join(
            (f"{job} {end}", f"Nothing is lost. {saved}. {figures}.", *details, *after)
        )
    return "\n".join((f"{job}: {brought or 'nothing new'}", figures, *details, end))


def what_next(job: str, when: str | None, zone: str) -> tuple[str, ...]:
    """When a job that failed runs again, and what to type."""
    now_by = f"Run now: {command(f'job run {job}')}"
    if when is not None:
        (due,) = next_times(when, zone, datetime.now(UTC), 1)
        now_by = f"If it is scheduled, it runs again on {due:%Y-%m-%d %H:%M} ({zone}). {now_by}"
    return (now_by, f"If it keeps failing: {command('status doctor')}")
