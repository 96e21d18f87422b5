"""Queue the windows of a job, or captures to be replayed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.settings import Settings
from sqlalchemy import Connection, Engine, insert, text

from crawler.archive import job_runs
from crawler.archive.engine import reading, writing
from crawler.extensions.words import counted
from crawler.jobs.file import Job
from crawler.queue import app as queue
from crawler.queue.tasks import CRAWL, FIRST, LAST, REPLAY, REPLAYS, USUAL, defer
from crawler.queue.windows import Window, windows
from crawler.request.given import NothingGiven, resolved
from crawler.request.plan import rules_of
from crawler.request.run import Run
from crawler.tables.jobs import QueuedRun

if TYPE_CHECKING:
    from procrastinate import App


def enqueue_job(job: Job, settings: Settings, due_at: int | None = None) -> int:
    """Queue a job's windows for workers, and say how many; returns the exit status. Raises Unusable.

    due_at: the moment that its schedule said, in nanoseconds since 1970; each is queued once.
    """
    url, now = settings["ARCHIVE_URL"], time.time_ns()
    with queue.ready(url) as engine, _alone(engine, job.name):
        if due_at is not None and is_queued(engine, job.name, due_at):
            return 0
        found, run_id = windows_of(job, settings), Run.begin("job", {}).crawl_id
        priority = LAST if job.gives_way else FIRST if job.when else USUAL
        with reading(engine) as connection:
            counts = json.dumps(job_runs.counts(connection))
        with queue.make(url, is_synchronous=True).open() as app:
            new = sum(queue_window(app, window, run_id, priority) for window in found)
        # Last: who dies before leaves it to be queued by another, and what waits already waits once.
        row = {
            "run_id": run_id, "job": job.name, "due_at": due_at or now, "queued_at": now,
            "window_count": len(found), "counts": counts,
        }  # fmt: skip
        if new or due_at is not None:
            with engine.connect() as connection, writing(connection):
                connection.execute(insert(QueuedRun).values(row))
    print(
        f"{job.name}: {counted(new, 'window')} queued, {len(found) - new:,} queued before:"
        " scrapy worker drains them, scrapy status queue shows them"
    )
    return 0


@contextmanager
def _alone(engine: Engine, job: str) -> Iterator[None]:
    """Within, no other machine queues the job."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = text("SELECT pg_advisory_lock(hashtext(:job))")
        connection.execute(key, {"job": f"queue {job}"})
        try:
            yield
        finally:
            connection.execute(
                text("SELECT pg_advisory_unlock(hashtext(:job))"), {"job": f"queue {job}"}
            )


def is_queued(engine: Engine, job: str, due_at: int) -> bool:
    """Whether a run of a job that was due then was queued."""
    table = QueuedRun.__table__.c
    with reading(engine) as connection:
        there = QueuedRun.__table__.select().where(table.job == job, table.due_at == due_at)
        return connection.execute(there).first() is not None


def windows_of(job: Job, settings: Settings) -> list[Window]:
    """The windows of all steps, in their order."""
    found: list[Window] = []
    for step in job.steps:
        try:
            arguments = resolved(step.arguments, settings["ARCHIVE_URL"])
        except NothingGiven:
            continue
        found += windows(step.spider, arguments, rules_of(settings), step.account)
    return found


def queue_window(app: App, window: Window, run_id: str, priority: int) -> bool:
    """Queue a window, unless it waits already; whether it was queued."""
    digest = _digest(
        json.dumps([window.spider, dict(window.arguments), window.queue], sort_keys=True)
    )
    arguments: dict[str, Any] = {
        "spider": window.spider, "arguments": dict(window.arguments), "run_id": run_id,
    }  # fmt: skip
    return defer(app, CRAWL, window.queue, arguments, priority=priority, queueing_lock=digest)


def enqueue_captures(settings: Settings, files: Sequence[Path]) -> int:
    """Queue captures for workers that parse, one each; returns the exit status. Raises Unusable."""
    url = settings["ARCHIVE_URL"]
    with queue.ready(url), queue.make(url, is_synchronous=True).open() as app:
        new = sum(
            defer(app, REPLAY, REPLAYS, {"file": str(file)}, queueing_lock=_digest(str(file)))
            for file in map(Path.resolve, files)
        )
    print(
        f"{counted(new, 'file')} queued, {len(files) - new:,} queued before: scrapy worker --replay"
        " drains them, on as many machines as see the same files"
    )
    return 0


def is_left(connection: Connection, run_id: str) -> bool:
    """Whether windows of a run wait or are under way."""
    left = connection.exec_driver_sql(
        f"SELECT 1 FROM {queue.SCHEMA}.procrastinate_jobs WHERE args->>'run_id' = %s"
        " AND status IN ('todo', 'doing') LIMIT 1",
        (run_id,),
    )
    return left.first() is not None


def open_runs(engine: Engine) -> list[Any]:
    """The runs that have not ended."""
    table = QueuedRun.__table__
    with reading(engine) as connection:
        return list(connection.execute(table.select().where(table.c.ended_at.is_(None))))


def _digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()[:32]
