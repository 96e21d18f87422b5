"""Maintenance by workers every few seconds: tasks of dead workers, due jobs, runs that have ended."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from scrapy.settings import Settings
from sqlalchemy import Engine, delete, func, select, update

from crawler.archive import job_runs, saved_state
from crawler.archive.database.engine import opened, reading, writing
from crawler.errors import ArchiveError, CrawlerError, JobError, ListError, Unreachable
from crawler.jobs import command, notify
from crawler.jobs.calendar import last_due
from crawler.jobs.ends import is_wanted, send_waiting, tell_failure, write_metrics_of
from crawler.jobs.model import Job, load
from crawler.jobs.step import SUMMARY
from crawler.jobs.summary import JobSummary, sum_up, what_next, where_of
from crawler.model.run_summary import RunSummary
from crawler.places import ROOT
from crawler.tables.jobs import QueuedRun, QueuedTask
from crawler.words import clean
from crawler.workers.enqueue import RUN, TASK, enqueue_job, fill_queue, is_queued, open_runs, tasks_left, title
from crawler.workers.tasks import CRAWL, is_last_try

if TYPE_CHECKING:
    from procrastinate import App

logger = logging.getLogger(__name__)

DEADLINE = 24 * 3600
"""Seconds without the end of a task, after which a run is summed up: silence would look like a good night."""
SHOWN = 20
FAILED_HOURS = 36
"""Time for which tasks that were given up can be seen, and tried again by hand."""
OFTEN = 5.0
SELDOM = 60.0
"""Seconds between two looks at what is due, and at what is rarely needed."""


class Maintenance:
    """Looks after the queue. scheduled: jobs of JOB_DIR that are queued when they are due."""

    def __init__(self, settings: Settings, scheduled: list[str]) -> None:
        """Raises JobError for a job that is none, or without a time."""
        self._settings = settings
        self._url: str = settings["ARCHIVE_URL"]
        self._seldom_at = self._due_at = 0.0
        self._said = ""
        self._failed: set[tuple[str, int]] = set()
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
        if time.monotonic() > self._seldom_at:
            await app.job_manager.delete_old_jobs(nb_hours=FAILED_HOURS, include_failed=True)
            steps += [self.fill_queue, self._send_waiting]
            self._seldom_at = time.monotonic() + SELDOM
        for step in (*steps, self.sum_up):
            await asyncio.to_thread(self._safely, step)

    def queue_due(self) -> None:
        """Queue the jobs that are due, as a worker does that stands by: whoever is at work may schedule others."""
        if time.monotonic() > self._due_at:
            self._due_at = time.monotonic() + OFTEN
            for job in self._jobs:
                self._safely(partial(self._queue_due, job))

    async def _revive(self, app: App) -> None:
        """Queue the tasks of workers that are gone again, as often as those that fail."""
        stalled = self._settings.getfloat("WORKER_STALLED")
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled):
            name = clean(str(job.task_kwargs))
            try:
                if is_last_try(job):
                    why = f"{job.attempts + 1} workers died at it"
                    logger.error("Given up, %s: %s", why, name)
                    if job.task_name == CRAWL:
                        await asyncio.to_thread(
                            note, self._url, str(job.task_kwargs["task"]), RunSummary(failures=(why,)), is_end=True
                        )
                    await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
                else:
                    await app.job_manager.retry_job(job)
                    logger.warning("A worker is gone: its task is queued again (%s)", name)
            except ConnectorException as error:  # another worker was faster
                logger.warning("A task of a dead worker is left to the next check: %s", error)

    @contextmanager
    def _told(self, job: Job, moment: int) -> Iterator[None]:
        """Within, what keeps a job from beginning is recorded and sent like any failure, once over all machines."""
        try:
            yield
        except Unreachable:
            raise  # the next look tries again
        except CrawlerError as error:
            last = None
            with suppress(ArchiveError), opened(self._url) as engine, reading(engine) as connection:
                last = job_runs.last_of(connection, job.name)
            if (last is None or last.started_at < moment) and (job.name, moment) not in self._failed:
                self._failed.add((job.name, moment))  # before: it must not be sent at each look if it cannot be sent
                tell_failure(self._settings, job.name, error, job.send_summary)
            raise

    def _safely(self, step: Callable[[], None]) -> None:
        try:
            step()
        except CrawlerError as error:
            text = clean(str(error))
            if text != self._said:  # once, not at each look
                logger.error("%s", text)  # noqa: TRY400  # no bug: one line
            self._said = text
        except Exception:
            logger.exception("Looking after the queue failed")

    def _queue_due(self, job: Job) -> None:
        assert job.when is not None
        due = last_due(job.when, job.zone, datetime.now(UTC))
        if due is None:
            return
        # Whole numbers: a float does not hold nanoseconds, and all machines must come to one key.
        moment = int(due.timestamp()) * 1_000_000_000
        with opened(self._url) as engine, reading(engine) as connection:
            last = job_runs.last_of(connection, job.name)
            if is_queued(connection, job.name, moment) or (last is not None and last.started_at >= moment):
                return
        logger.info("%s is due since %s: queued", job.name, f"{due:%Y-%m-%d %H:%M}")
        folder = Path(ROOT, self._settings["JOB_DIR"])
        with self._told(job, moment):
            tonight = command.read_job(folder, job.name, (), self._settings, is_queued=True)
            enqueue_job(tonight, self._settings, moment)
        with suppress(JobError):  # its end is called too, and says if that cannot be
            notify.beat("start")

    def fill_queue(self) -> None:
        """Queue what is to be done and in no queue. Raises ArchiveError."""
        with opened(self._url) as engine:
            lost = fill_queue(engine, self._url)
        if lost:
            logger.warning("%s tasks were in no queue: queued again", f"{lost:,}")

    def _send_waiting(self) -> None:
        with opened(self._url) as engine:
            send_waiting(engine)

    def finish(self) -> None:
        """Look once more, before a worker ends that found nothing left to do. Raises CrawlerError."""
        self.sum_up()
        self._send_waiting()

    def sum_up(self) -> None:
        """Keep and send the summaries of runs whose tasks have ended. Raises CrawlerError."""
        with opened(self._url) as engine:
            with reading(engine) as connection:
                runs = [(run, tasks_left(connection, run.run_id)) for run in open_runs(connection)]
            for run, (left, last) in runs:
                if not left or time.time_ns() - max(last, run.queued_at) > DEADLINE * 1e9:
                    self._end(engine, run)

    def _end(self, engine: Engine, run: Any) -> None:
        """Sum a run up, once over all machines."""
        with reading(engine) as connection:
            of_run = QueuedTask.__table__.select().where(TASK.run_id == run.run_id)
            tasks = connection.execute(of_run.order_by(TASK.place)).all()
        ended = sum_up(self._settings, self._summary(run, tasks), json.loads(run.counts))
        if ended.unread:
            raise Unreachable(ended.unread)  # the next look sums it up
        row = ended.as_row()
        row["is_unsent"] = is_wanted(run.send_summary, is_trouble=ended.is_trouble)
        # In one transaction: whoever dies after it leaves a message that waits.
        with engine.connect() as connection, writing(connection):
            ours = update(QueuedRun).where(RUN.run_id == run.run_id, RUN.ended_at.is_(None))
            # Only one machine changes the row; the others must record and send nothing.
            if not connection.execute(ours.values(ended_at=ended.finished_at)).rowcount:
                return
            job_runs.record(connection, row)
            connection.execute(delete(QueuedTask).where(TASK.run_id == run.run_id))
        logger.info("%s", row["summary"])
        write_metrics_of(self._settings, engine)
        # The next crawl saves it, or says why not.
        with suppress(ArchiveError, ListError, OSError):
            saved_state.save(engine, Path(ROOT, self._settings["CAPTURE_DIR"]))
        send_waiting(engine, run.run_id)
        notify.beat("fail" if ended.exit_status else "")

    def _summary(self, run: Any, tasks: Sequence[Any]) -> JobSummary:
        found = [(task, summary_of(task)) for task in tasks]
        failed: list[str] = []
        warnings: list[str] = []
        for task, summary in found:
            failure = _failure(task, summary)
            if why := failure or summary.warning:
                named = title({"spider": task.spider, "arguments": json.loads(task.arguments)})
                (failed if failure and not task.is_optional else warnings).append(f"{named}: {why}")
        status, end, after = 0, "OK", tuple[str, ...]()
        if failed:
            status, end = 1, f"INCOMPLETE: {len(failed):,} of {len(tasks):,} tasks."
            job = next((job for job in self._jobs if job.name == run.job), None)
            when, zone = (job.when, job.zone) if job else (None, "")
            after = what_next(f"{run.job} --enqueue", when, zone)
        return JobSummary(
            run.job,
            run.run_id,
            run.queued_at,
            time.time_ns(),
            status,
            end,
            where=where_of(self._settings),
            failed=tuple(failed[:SHOWN]),
            warnings=tuple(warnings[:SHOWN]),
            requests=sum(one.requests for _, one in found),
            rows=sum(one.rows for _, one in found),
            after=after,
        )


def _failure(task: Any, summary: RunSummary) -> str:
    """Return why a task is not done; "" if it is."""
    if task.ended_at is None:
        return f"no worker has done it (queue {task.queue})"
    return f"given up: {'; '.join(summary.failures)}" if summary.failures else ""


def summary_of(task: Any) -> RunSummary:
    """Return the result of the tries of a task."""
    return SUMMARY.validate_json(task.summary) if task.summary else RunSummary()


def note(url: str, task: str, summary: RunSummary, *, is_end: bool, begun_at: int | None = None) -> None:
    """Note what a try of a task came to, in every run that the task belongs to. Raises ArchiveError.

    is_end: it is done, or given up. begun_at: when the try began: runs that asked for it later want another.
    """
    with opened(url) as engine, engine.connect() as connection, writing(connection):
        ours = (TASK.run_id == RUN.run_id, TASK.task == task, TASK.ended_at.is_(None))
        for row in connection.execute(select(QueuedTask.__table__, RUN.queued_at).where(*ours)).all():
            so_far = SUMMARY.dump_json(summary_of(row).then(summary)).decode()
            is_asked = begun_at is None or row.queued_at <= begun_at
            values = {"summary": so_far} | ({"ended_at": time.time_ns()} if is_end and is_asked else {})
            this = update(QueuedTask).where(TASK.run_id == row.run_id, TASK.place == row.place)
            connection.execute(this.values(values))


def waits_until(url: str, task: str) -> int:
    """Until when the runs of a task wait for a ranking that is not published, nanoseconds since 1970."""
    with opened(url) as engine, reading(engine) as connection:
        ours = select(TASK.run_id).where(TASK.task == task, TASK.ended_at.is_(None))
        latest = select(func.max(RUN.wait_until)).where(RUN.run_id.in_(ours))
        return int(connection.execute(latest).scalar() or 0)
