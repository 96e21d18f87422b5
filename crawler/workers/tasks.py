"""The tasks of Procrastinate: a piece of a job step, captures to be replayed, and looking after the queue."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from procrastinate import App, JobContext, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from crawler.errors import GivenUp, NotDone

logger = logging.getLogger(__name__)

CRAWL, REPLAY, LOOK_AFTER = "crawl", "replay", "look_after"
REPLAYS, HOUSEKEEPING = "replay", "housekeeping"
"""Queues: of captures, for which workers need neither the site nor a session; of what all workers look after."""
AGAIN = RetryStrategy(max_attempts=6, exponential_wait=4, retry_exceptions={NotDone})
"""A task that failed is tried again after 4, 16, 64 … seconds: the last time after an hour and eight minutes."""
EVERY_5_SECONDS = "* * * * * */5"


def is_last_try(job: Job) -> bool:
    """Return True if a task that fails now, or whose worker is gone, is given up."""
    return AGAIN.get_retry_decision(exception=NotDone(), job=job) is None


async def crawl(context: JobContext, task: str, spider: str, arguments: dict[str, str]) -> None:
    """A piece of a job step. task: the rows of `queued_tasks` that it belongs to."""
    worker = context.additional_context["worker"]
    await release_orphans(context)
    try:
        wait = await worker.crawl(task, spider, arguments)
    except Exception as error:
        if isinstance(error, GivenUp) or is_last_try(context.job):
            await worker.give_up(task, str(error))
        if isinstance(error, (NotDone, GivenUp)):
            raise
        logger.exception("A task fails: %s", spider)
        # Only NotDone is tried again (AGAIN).
        raise NotDone(repr(error)) from error
    if wait is not None:
        await put_off(context, wait)


async def replay(context: JobContext, files: list[str]) -> None:
    """Captures, archived one after another."""
    await release_orphans(context)
    try:
        wait = await context.additional_context["worker"].replay(files)
    except NotDone:
        raise
    except Exception as error:
        logger.exception("A replay fails: %s", files[0])
        raise NotDone(repr(error)) from error
    if wait is not None:
        await put_off(context, wait)


async def look_after(context: JobContext, timestamp: int) -> None:
    """Tasks of dead workers, jobs that are due, runs that have ended."""
    await context.additional_context["worker"].look_after(context.app)


def register(app: App) -> None:
    """Give an app its tasks. Not as a Blueprint: a process has several apps, and a Blueprint belongs to one."""
    app.task(name=CRAWL, retry=AGAIN, pass_context=True)(crawl)
    app.task(name=REPLAY, retry=AGAIN, pass_context=True)(replay)
    # Once over all machines. What it does may be late: nothing is caught up by it alone.
    each = app.task(name=LOOK_AFTER, queue=HOUSEKEEPING, queueing_lock=LOOK_AFTER, pass_context=True)(look_after)
    app.periodic(cron=EVERY_5_SECONDS)(each)


async def put_off(context: JobContext, seconds: float) -> None:
    """Queue the task under way once more, for later. Not by a retry: nothing has failed, and tries are for what fails."""
    job = context.job
    options: dict[str, Any] = {
        "queue": job.queue,
        "priority": job.priority,
        "queueing_lock": job.queueing_lock,
        "schedule_in": {"seconds": int(seconds)},
    }
    # Somebody has queued it again meanwhile.
    with suppress(AlreadyEnqueued):
        await context.app.configure_task(job.task_name, **options).defer_async(**job.task_kwargs)


async def release_orphans(context: JobContext) -> None:
    """Release tasks that the queue says this worker is doing, and that it is not: it does one at a time.

    If the database was away when the end of a task was to be noted, the task would be under way for ever, and it would
    keep the same task from being queued again.
    """
    manager = context.app.job_manager
    for job in await manager.list_jobs_async(status="doing", worker_id=context.job.worker_id):
        if job.id != context.job.id:
            logger.warning("The end of a task was not noted: it is queued again (%s)", job.task_name)
            try:
                await manager.retry_job(job)
            except ConnectorException:  # the same task waits already
                await manager.finish_job(job, Status.FAILED, delete_job=True)
