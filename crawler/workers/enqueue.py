"""Queue the pieces of a job, or captures to be replayed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procrastinate.exceptions import AlreadyEnqueued
from scrapy.settings import Settings
from sqlalchemy import Connection, Engine, func, insert, select

from crawler.archive import job_runs
from crawler.archive.database.engine import reading, writing
from crawler.errors import JobError
from crawler.fetch.run import Run
from crawler.jobs.model import Job
from crawler.jobs.model import title as title_of
from crawler.places import command
from crawler.planning.arguments import NothingGiven, resolved
from crawler.planning.plan import rules_of
from crawler.tables.jobs import QueuedRun, QueuedTask
from crawler.words import clean, counted
from crawler.workers import app as queue
from crawler.workers.pieces import Piece, cut
from crawler.workers.tasks import CRAWL, REPLAY, REPLAYS

if TYPE_CHECKING:
    from procrastinate import App

FIRST, USUAL, LAST = 10, 0, -10
"""Priorities: a job at its time, a job that somebody queued, a backfill."""
HOUR = 3_600_000_000_000
MOST_REPLAYS = 64
"""Tasks into which captures are cut: enough for all workers, and few enough that starting them costs little."""
RUN, TASK = QueuedRun.__table__.c, QueuedTask.__table__.c


def enqueue_job(job: Job, settings: Settings, due_at: int | None = None) -> int:
    """Queue a job's pieces for workers, and say how many; returns the exit status. Raises Unusable.

    due_at: the moment that its schedule said, in nanoseconds since 1970; each is queued once.
    """
    if job.budget:
        raise JobError(f"{job.name} says budget = {job.budget}, which is held by one process: run it without --enqueue")
    url, now, run_id = settings["ARCHIVE_URL"], time.time_ns(), Run.begin("job", {}).crawl_id
    priority = LAST if job.piece else USUAL if due_at is None else FIRST
    rows = [
        piece._asdict()
        | {
            "run_id": run_id,
            "place": place,
            "task": _hash(piece.spider, piece.arguments, piece.queue),
            "arguments": json.dumps(dict(piece.arguments)),
            "priority": priority,
        }
        for place, piece in enumerate(pieces_of(job, settings))
    ]
    with queue.ready(url) as engine:
        with reading(engine) as connection:
            counts = json.dumps(job_runs.counts(connection))
        run = {
            "run_id": run_id,
            "job": job.name,
            "due_at": due_at or now,
            "queued_at": now,
            "window_count": len(rows),
            "wait_until": int(now + job.wait_hours * HOUR),
            "counts": counts,
            "send_summary": job.send_summary,
        }
        with engine.connect() as connection, writing(connection):  # no other machine queues meanwhile
            # Asked again under the lock: another worker may have queued it since it was found due.
            if due_at is not None and is_queued(connection, job.name, due_at):
                return 0
            connection.execute(insert(QueuedRun).values(run))
            if rows:
                connection.execute(insert(QueuedTask), rows)
        # After the commit: it reads the tasks over a connection of its own.
        new = fill_queue(engine, url)
    print(
        f"{job.name}: {counted(len(rows), 'task')} for workers, {new:,} of them new in the queue:"
        f" {command('worker')} does them, {command('status queue')} shows them"
    )
    return 0


def pieces_of(job: Job, settings: Settings) -> list[Piece]:
    """The pieces of all steps, in their order."""
    found: list[Piece] = []
    for step in job.steps:
        try:
            arguments = resolved(step.arguments, settings["ARCHIVE_URL"], is_plan=False)
        except NothingGiven:
            continue
        # A step that names nobody is for whom queues it.
        account = step.account or str(settings.get("PIXIV_ACCOUNT") or "")
        pieces = cut(step.spider, arguments, rules_of(settings), account, is_own=bool(step.account))
        found += [piece._replace(is_optional=step.is_optional) for piece in pieces]
    return found


def fill_queue(engine: Engine, url: str) -> int:
    """Queue every task that is to be done and in no queue; returns how many.

    The tables say what is to be done, and the queue follows them: whoever dies between the two, or empties the queue,
    loses nothing.
    """
    with queue.make(url, is_synchronous=True).open() as app, engine.connect() as connection, writing(connection):
        # In this order: a task that ends in between is queued once more, and finds nothing due.
        columns = (TASK.task, TASK.spider, TASK.arguments, TASK.queue, TASK.priority)
        open_tasks = select(*columns).where(TASK.ended_at.is_(None)).order_by(TASK.run_id, TASK.place)
        rows = connection.execute(open_tasks).all()
        if not rows:
            return 0
        there = _locks_of(app, CRAWL)
        new = 0
        for row in rows:
            # Of its priority: a backfill's task that waits is not what a nightly waits for.
            lock = f"{row.task} {row.priority}"
            arguments = json.loads(row.arguments)
            given = {"task": row.task, "spider": row.spider, "arguments": arguments}
            if lock not in there:
                there.add(lock)
                new += _defer(app, CRAWL, row.queue, lock, given, row.priority)
    return new


def enqueue_captures(url: str, files: Sequence[Path]) -> int:
    """Queue captures for workers that parse; returns the exit status. Raises Unusable."""
    each = max(1, -(-len(files) // MOST_REPLAYS))
    parts = [list(map(str, files[at : at + each])) for at in range(0, len(files), each)]
    with (
        queue.ready(url) as engine,
        queue.make(url, is_synchronous=True).open() as app,
        engine.connect() as connection,
        writing(connection),
    ):
        there = _locks_of(app, REPLAY)
        missing = [part for part in parts if _hash(part) not in there]
        new = sum(_defer(app, REPLAY, REPLAYS, _hash(part), {"files": part}, USUAL) for part in missing)
    print(
        f"{counted(len(files), 'file')} in {counted(len(parts), 'task')}, {new:,} of them new in the queue:"
        f" {command('worker --replay')} does them, on as many machines as see the same files"
    )
    return 0


def _locks_of(app: App, task: str) -> set[str | None]:
    """The queueing locks of tasks that wait or are under way."""
    jobs = app.job_manager.list_jobs(task=task)
    return {job.queueing_lock for job in jobs if job.status in ("todo", "doing")}


def _defer(app: App, task: str, name: str, lock: str, arguments: dict[str, Any], priority: int) -> bool:
    job = app.configure_task(task, queue=name, priority=priority, queueing_lock=lock)
    try:
        job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def is_queued(connection: Connection, job: str, due_at: int) -> bool:
    """Return True if a run of a job that was due then was queued."""
    there = select(RUN.run_id).where(RUN.job == job, RUN.due_at == due_at)
    return connection.execute(there).first() is not None


def open_runs(connection: Connection) -> Sequence[Any]:
    """The runs that are not summed up."""
    return connection.execute(QueuedRun.__table__.select().where(RUN.ended_at.is_(None))).all()


def tasks_left(connection: Connection, run_id: str) -> tuple[int, int]:
    """Number of tasks of a run that have not ended, and when the last one ended (nanoseconds since 1970, or 0)."""
    left = func.count().filter(TASK.ended_at.is_(None))
    counted_of = select(left, func.coalesce(func.max(TASK.ended_at), 0)).where(TASK.run_id == run_id)
    return tuple(connection.execute(counted_of).one())


def title(args: Mapping[str, Any]) -> str:
    """A task in a line. args: those of Procrastinate's job."""
    if "files" in args:
        return clean(f"{counted(len(args['files']), 'file')} from {args['files'][0]}")
    return clean(title_of(args["spider"], args["arguments"]))


def _hash(*parts: Any) -> str:
    of = json.dumps(parts, sort_keys=True, default=dict)
    return hashlib.sha256(of.encode()).hexdigest()[:32]
