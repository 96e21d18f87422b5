"""What workers look after every few seconds: stalled windows, jobs that are due, runs that have ended."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procrastinate.exceptions import ConnectorException
from scrapy.settings import Settings
from sqlalchemy import Connection, Engine, update

from crawler.archive import job_runs
from crawler.archive.database.engine import opened, reading, writing
from crawler.errors import CrawlerError, JobError
from crawler.extensions.words import clean, counted
from crawler.jobs import command, notify
from crawler.jobs.calendar import last_due
from crawler.jobs.ends import is_wanted, send_waiting, tell_failure
from crawler.jobs.file import load
from crawler.jobs.model import Job
from crawler.jobs.summary import in_words, look
from crawler.places import ROOT
from crawler.tables.jobs import QueuedRun
from crawler.workers.app import SCHEMA
from crawler.workers.enqueue import enqueue_job, is_queued, left_of, open_runs, title

if TYPE_CHECKING:
    from procrastinate import App

logger = logging.getLogger(__name__)

DEADLINE = 24 * 3600
"""Seconds after which a run is summed up with windows that nobody drains: silence would look like a good night."""
SHOWN = 20
ENDED_HOURS, CLEARING = 14 * 24, 3600.0
"""How long ended windows stay, and seconds between two looks for them."""


class Care:
    """Looks after the queue. scheduled: jobs of JOB_DIR that are queued when they are due."""

    def __init__(self, settings: Settings, scheduled: list[str]) -> None:
        """Raises JobError for a job that is none, or without a time."""
        self._settings = settings
        self._clear_at = 0.0
        self._said = ""
        self._jobs = [self._load(name) for name in scheduled]

    def _load(self, name: str) -> Job:
        job = load(Path(ROOT, self._settings["JOB_DIR"]), name)
        if job.when is None:
            raise JobError(f"{name} says no `when`: it cannot be scheduled")
        return job

    async def look_after(self, app: App) -> None:
        """One look. What fails is said, and the next look tries again."""
        await self._revive(app)
        steps: list[Callable[[], None]] = [partial(self._queue_due, job) for job in self._jobs]
        for step in (*steps, self.sum_up):
            await asyncio.to_thread(self._safely, step)
        if time.monotonic() > self._clear_at:
            await app.job_manager.delete_old_jobs(nb_hours=ENDED_HOURS, include_failed=True)
            self._clear_at = time.monotonic() + CLEARING

    async def _revive(self, app: App) -> None:
        """Queue the windows again of workers that are no more."""
        stalled = self._settings.getfloat("WORKER_STALLED")
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled):
            try:
                await app.job_manager.retry_job(job)
            except ConnectorException as error:  # another worker was faster
                logger.warning("A window of a dead worker is left to the next look: %s", error)
            else:
                logger.warning(
                    "A worker is no more: its window is queued again (%s)", job.task_kwargs
                )

    @contextmanager
    def _told(self, job: Job) -> Iterator[None]:
        """Within, what keeps a job from beginning is sent like any failure, once."""
        try:
            yield
        except CrawlerError as error:
            if clean(str(error)) != self._said:
                tell_failure(self._settings, job.name, error, job.send_summary)
            raise

    def _safely(self, step: Callable[[], None]) -> None:
        try:
            step()
        except CrawlerError as error:
            self._say(clean(str(error)))
        except Exception:
            logger.exception("Looking after the queue failed")

    def _say(self, text: str) -> None:
        """Log an error once, not at each look."""
        if text != self._said:
            logger.error("%s", text)
        self._said = text

    def _queue_due(self, job: Job) -> None:
        assert job.when is not None
        due = last_due(job.when, job.zone, datetime.now(UTC))
        if due is None:
            return
        with opened(self._settings["ARCHIVE_URL"]) as engine:
            if is_queued(engine, job.name, _moment(due)):
                return
        logger.info("%s is due since %s: queued", job.name, f"{due:%Y-%m-%d %H:%M}")
        folder = Path(ROOT, self._settings["JOB_DIR"])
        with self._told(job):
            tonight = command.read_job(folder, job.name, (), self._settings, is_queued=True)
        enqueue_job(tonight, self._settings, _moment(due))

    def sum_up(self) -> None:
        """Keep and send the summaries of runs of which no window is left. Raises CrawlerError."""
        with opened(self._settings["ARCHIVE_URL"]) as engine:
            for run in open_runs(engine):
                with reading(engine) as connection:
                    left = left_of(connection, run.run_id)
                if not left or time.time_ns() - run.queued_at > DEADLINE * 1e9:
                    self._end(engine, run, left)

    def _end(self, engine: Engine, run: Any, left: Sequence[Any]) -> None:
        """Sum a run up, once over all machines. left: its windows that nobody has drained."""
        table, now = QueuedRun.__table__.c, time.time_ns()
        with reading(engine) as connection:
            given_up = _given_up(connection, run.run_id)
            morning = look(connection, json.loads(run.counts), self._settings)
            # All that was requested since, by whomever.
            requested = "SELECT count(*) FROM captures WHERE observed_at >= %s"
            requests = int(connection.exec_driver_sql(requested, (run.queued_at,)).scalar() or 0)
        undone = [f"{title(args)}: given up" for args in given_up]
        undone += [f"{title(args)}: nobody drains {name}" for name, args in left]
        end, is_trouble = "OK", bool(undone or morning.alerts)
        if undone:
            end = f"INCOMPLETE: {len(undone):,} of {run.window_count:,} windows"
        elif morning.alerts:
            end = f"OK, and {counted(len(morning.alerts), 'thing')} to look at"
        seconds = (now - run.queued_at) / 1e9
        text = in_words(run.job, end, morning, undone[:SHOWN], seconds, requests)
        with engine.connect() as connection, writing(connection):
            ended = update(QueuedRun).where(table.run_id == run.run_id, table.ended_at.is_(None))
            if not connection.execute(ended.values(ended_at=now)).rowcount:
                return
            row = {
                "run_id": run.run_id, "job": run.job, "started_at": run.queued_at, "finished_at": now,
                "outcome": "trouble" if is_trouble else "ok", "request_count": requests, "summary": text,
            }  # fmt: skip
            row["is_unsent"] = is_wanted(run.send_summary, is_trouble=is_trouble)
            job_runs.record(connection, row)
        logger.info("%s", text)
        send_waiting(engine)
        if not undone:
            notify.beat()


def _given_up(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """The windows of a run that were given up and had to be done."""
    found = connection.exec_driver_sql(
        f"SELECT args FROM {SCHEMA}.procrastinate_jobs WHERE args->>'run_id' = %s AND status = 'failed'"
        " AND NOT CAST(args->>'is_optional' AS boolean) ORDER BY id",
        (run_id,),
    )
    return list(found.scalars())


def _moment(when: datetime) -> int:
    return int(when.timestamp()) * 1_000_000_000
