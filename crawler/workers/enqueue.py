"""Queue the windows of a job, or captures to be replayed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scrapy.settings import Settings
from sqlalchemy import Connection, Engine, insert, text

from crawler.archive import job_runs
from crawler.archive.database.engine import reading, writing
from crawler.errors import JobError
from crawler.extensions.words import clean, counted
from crawler.fetch.run import Run
from crawler.jobs.model import Job
from crawler.jobs.model import title as title_of
from crawler.places import command
from crawler.planning.arguments import NothingGiven, resolved
from crawler.planning.plan import rules_of
from crawler.tables.jobs import QueuedRun
from crawler.workers import app as queue
from crawler.workers.tasks import CRAWL, FIRST, LAST, REPLAY, REPLAYS, USUAL
from crawler.workers.windows import Window, windows

OWN = text(
    f"UPDATE {queue.SCHEMA}.procrastinate_jobs SET args = args || CAST(:more AS jsonb),"
    " priority = greatest(priority, :priority)"
    " WHERE status IN ('todo', 'doing') AND args->>'key' = ANY(:keys) RETURNING args->>'key'"
)
"""What waits or is under way already is this run's from now on, and as urgent."""
HOUR = 3_600_000_000_000


def enqueue_job(job: Job, settings: Settings, due_at: int | None = None) -> int:
    """Queue a job's windows for workers, and say how many; returns the exit status. Raises Unusable.

    due_at: the moment that its schedule said, in nanoseconds since 1970; each is queued once.
    """
    if job.budget:
        raise JobError(
            f"{job.name} says budget = {job.budget}, which is held by one process: run it without --enqueue"
        )
    url, now = settings["ARCHIVE_URL"], time.time_ns()
    with queue.ready(url) as engine, _alone(engine, job.name):
        if due_at is not None and is_queued(engine, job.name, due_at):
            return 0
        found, run_id = windows_of(job, settings), Run.begin("job", {}).crawl_id
        priority = LAST if job.piece else USUAL if due_at is None else FIRST
        with reading(engine) as connection:
            counts = json.dumps(job_runs.counts(connection))
        more = {"run_id": run_id, "wait_until": int(now + job.wait_hours * HOUR)}
        tasks = {
            _key(window.spider, window.arguments, window.queue): (
                window.queue,
                {
                    "spider": window.spider, "arguments": dict(window.arguments),
                    "is_optional": window.is_optional,
                },
            )
            for window in found
        }  # fmt: skip
        new = put(url, engine, CRAWL, tasks, more, priority)
        # Last: who dies before leaves it to be queued by another, which takes over what waits.
        row = {
            "run_id": run_id, "job": job.name, "due_at": due_at or now, "queued_at": now,
            "window_count": len(found), "counts": counts, "send_summary": job.send_summary,
        }  # fmt: skip
        with engine.connect() as connection, writing(connection):
            connection.execute(insert(QueuedRun).values(row))
    print(
        f"{job.name}: {counted(new, 'window')} queued, {len(tasks) - new:,} queued before:"
        f" {command('worker')} drains them, {command('status queue')} shows them"
    )
    return 0


def windows_of(job: Job, settings: Settings) -> list[Window]:
    """The windows of all steps, in their order."""
    found: list[Window] = []
    for step in job.steps:
        try:
            arguments = resolved(step.arguments, settings["ARCHIVE_URL"], is_plan=False)
        except NothingGiven:
            continue
        # A step that names nobody is for whom queues it.
        account = step.account or str(settings.get("PIXIV_ACCOUNT") or "")
        cut = windows(
            step.spider, arguments, rules_of(settings), account, is_own=bool(step.account)
        )
        found += [window._replace(is_optional=step.is_optional) for window in cut]
    return found


def put(
    url: str, engine: Engine, task: str, tasks: Mapping[str, tuple[str, dict[str, Any]]],
    more: Mapping[str, Any], priority: int,
) -> int:  # fmt: skip
    """Queue tasks by their keys, in order; returns how many did not wait already, and are not under way."""
    values = {"more": json.dumps(more), "priority": priority, "keys": list(tasks)}
    with engine.begin() as connection:
        # Its triggers name their tables without a schema.
        connection.exec_driver_sql(f"SET LOCAL search_path TO {queue.SCHEMA}")
        there = set(connection.scalars(OWN, values))
    new = [key for key in tasks if key not in there]
    with queue.make(url, is_synchronous=True).open() as app:
        for key in new:
            name, arguments = tasks[key]
            job = app.configure_task(task, queue=name, priority=priority)
            job.defer(key=key, **arguments, **more)
    return len(new)


@contextmanager
def _alone(engine: Engine, job: str) -> Iterator[None]:
    """Within, no other machine queues the job."""
    lock = {"job": f"queue {job}"}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext(:job))"), lock)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtext(:job))"), lock)


def is_queued(engine: Engine, job: str, due_at: int) -> bool:
    """Whether a run of a job that was due then was queued."""
    table = QueuedRun.__table__.c
    with reading(engine) as connection:
        there = QueuedRun.__table__.select().where(table.job == job, table.due_at == due_at)
        return connection.execute(there).first() is not None


def enqueue_captures(settings: Settings, files: Sequence[Path]) -> int:
    """Queue captures for workers that parse, one each; returns the exit status. Raises Unusable."""
    url = settings["ARCHIVE_URL"]
    tasks = {_key(str(file)): (REPLAYS, {"file": str(file)}) for file in map(Path.resolve, files)}
    with queue.ready(url) as engine, _alone(engine, REPLAYS):
        new = put(url, engine, REPLAY, tasks, {}, USUAL)
    print(
        f"{counted(new, 'file')} queued, {len(tasks) - new:,} queued before: {command('worker --replay')}"
        " drains them, on as many machines as see the same files"
    )
    return 0


def left_of(connection: Connection, run_id: str) -> list[Any]:
    """The windows of a run that wait or are under way: queue and arguments."""
    found = connection.exec_driver_sql(
        f"SELECT queue_name, args FROM {queue.SCHEMA}.procrastinate_jobs WHERE args->>'run_id' = %s"
        " AND status IN ('todo', 'doing') ORDER BY id",
        (run_id,),
    )
    return list(found)


def open_runs(engine: Engine) -> list[Any]:
    """The runs that have not ended."""
    table = QueuedRun.__table__
    with reading(engine) as connection:
        return list(connection.execute(table.select().where(table.c.ended_at.is_(None))))


def title(args: Mapping[str, Any]) -> str:
    """A queued piece of work in a line."""
    return clean(args.get("file") or title_of(args["spider"], args["arguments"]))


def _key(*parts: Any) -> str:
    of = json.dumps(parts, sort_keys=True, default=dict)
    return hashlib.sha256(of.encode()).hexdigest()[:32]
