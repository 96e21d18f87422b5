"""What workers look after every few seconds: stalled windows, jobs that are due, runs that have ended."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cronsim import CronSim
from scrapy.settings import Settings
from sqlalchemy import Engine, update

from crawler.archive import job_runs
from crawler.archive.engine import opened, reading, writing
from crawler.errors import CrawlerError, JobError
from crawler.extensions.words import clean
from crawler.jobs import command, notify
from crawler.jobs.file import Job, load
from crawler.jobs.morning import in_words, look
from crawler.places import ROOT
from crawler.queue.app import SCHEMA
from crawler.queue.enqueue import enqueue_job, is_left, is_queued, open_runs
from crawler.tables.jobs import QueuedRun

if TYPE_CHECKING:
    from procrastinate import App

logger = logging.getLogger(__name__)

ENDED_HOURS, CLEARING = 14 * 24, 3600.0
"""How long ended windows stay, and seconds between two looks for them."""
LATE = timedelta(days=2)
"""A due moment that is older is let pass: the next one catches up by coverage."""


class Care:
    """Looks after the queue. scheduled: jobs of JOB_DIR that are queued when they are due."""

    def __init__(self, settings: Settings, scheduled: list[str]) -> None:
        """Raises JobError for a job that is none, or without a time."""
        self._settings = settings
        self._clear_at = 0.0
        self._jobs = [self._load(name) for name in scheduled]

    def _load(self, name: str) -> Job:
        job = load(Path(ROOT, self._settings["JOB_DIR"]), name)
        if job.when is None:
            raise JobError(f"{name} says no `when`: it cannot be scheduled")
        return job

    async def look_after(self, app: App) -> None:
        """One look. What fails is said, and the next look tries again."""
        for stalled in await app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=self._settings.getfloat("WORKER_STALLED")
        ):
            logger.warning(
                "A worker is no more: its window is queued again (%s)", stalled.task_kwargs
            )
            await app.job_manager.retry_job(stalled)
        for step in (self._queue_due, self.sum_up):
            await asyncio.to_thread(self._safely, step)
        if time.monotonic() > self._clear_at:
            await app.job_manager.delete_old_jobs(nb_hours=ENDED_HOURS, include_failed=True)
            self._clear_at = time.monotonic() + CLEARING

    def _safely(self, step: Callable[[], None]) -> None:
        try:
            step()
        except CrawlerError as error:
            logger.error("%s", clean(str(error)))  # noqa: TRY400  # no bug: one line

    def _queue_due(self) -> None:
        now = datetime.now(UTC)
        for job in self._jobs:
            due = last_due(job, now)
            if due is None:
                continue
            with opened(self._settings["ARCHIVE_URL"]) as engine:
                is_new = not is_queued(engine, job.name, _moment(due))
            if is_new:
                logger.info("%s is due since %s: queued", job.name, f"{due:%Y-%m-%d %H:%M}")
                folder = Path(ROOT, self._settings["JOB_DIR"])
                tonight = command.read_job(folder, job.name, (), self._settings, is_queued=True)
                enqueue_job(tonight, self._settings, _moment(due))

    def sum_up(self) -> None:
        """Keep and send the summaries of runs of which no window is left. Raises CrawlerError."""
        with opened(self._settings["ARCHIVE_URL"]) as engine:
            for run in open_runs(engine):
                with reading(engine) as connection:
                    if is_left(connection, run.run_id):
                        continue
                self._end(engine, run)

    def _end(self, engine: Engine, run: Any) -> None:
        """Sum a run up, once over all machines."""
        table, now = QueuedRun.__table__.c, time.time_ns()
        with reading(engine) as connection:
            failed = _failed(connection, run.run_id)
            morning = look(connection, json.loads(run.counts), self._settings)
            # All that was requested since, by whomever.
            requested = "SELECT count(*) FROM captures WHERE observed_at >= %s"
            requests = int(connection.exec_driver_sql(requested, (run.queued_at,)).scalar() or 0)
        is_trouble = bool(failed or morning.alerts)
        end = f"INCOMPLETE: {len(failed)} of {run.window_count} windows failed" if failed else "OK"
        seconds = (now - run.queued_at) / 1e9
        text = in_words(run.job, end, morning, failed, seconds, requests)
        with engine.connect() as connection, writing(connection):
            ended = update(QueuedRun).where(table.run_id == run.run_id, table.ended_at.is_(None))
            if not connection.execute(ended.values(ended_at=now)).rowcount:
                return
            row = {
                "run_id": run.run_id, "job": run.job, "started_at": run.queued_at, "finished_at": now,
                "outcome": "trouble" if is_trouble else "ok", "request_count": requests, "summary": text,
            }  # fmt: skip
            job_runs.record(connection, row)
        logger.info("%s", text)
        wanted = next((job.send_summary for job in self._jobs if job.name == run.job), "trouble")
        if wanted == "always" or (wanted == "trouble" and is_trouble):
            notify.send(f"pixiv archive: {run.job}: {'trouble' if is_trouble else 'ok'}", text)
        if not failed:
            notify.beat()


def last_due(job: Job, now: datetime) -> datetime | None:
    """The newest moment at which a job was due; None where that is long ago."""
    assert job.when is not None
    found = None
    for moment in CronSim(job.when, (now - LATE).astimezone(ZoneInfo(job.zone))):
        if moment > now:
            break
        found = moment
    return found


def _failed(connection: Any, run_id: str) -> list[str]:
    """The windows of a run that were given up, in lines."""
    rows = connection.exec_driver_sql(
        f"SELECT args->>'spider', args->'arguments' FROM {SCHEMA}.procrastinate_jobs"
        " WHERE args->>'run_id' = %s AND status = 'failed' ORDER BY id LIMIT 20",
        (run_id,),
    )
    return [
        f"{spider} {' '.join(f'{name}={value}' for name, value in arguments.items())}: given up"
        for spider, arguments in rows
    ]


def _moment(when: datetime) -> int:
    return int(when.timestamp()) * 1_000_000_000
