"""`./run status queue`: what waits, what is under way, what was given up, who works."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.archive.database.engine import opened, reading
from crawler.clock import JST
from crawler.console.show import table
from crawler.extensions.words import counted
from crawler.places import command
from crawler.workers.app import SCHEMA, address
from crawler.workers.enqueue import open_runs, title
from crawler.workers.tasks import HOUSEKEEPING

SHOWN = 20

OF_QUEUES = f"""
SELECT queue_name, count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
    count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()), count(*) FILTER (WHERE status = 'doing'),
    count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed')
FROM {SCHEMA}.procrastinate_jobs WHERE queue_name <> %s GROUP BY 1 ORDER BY 1
"""
GIVEN_UP = f"""
SELECT queue_name, args FROM {SCHEMA}.procrastinate_jobs WHERE status = 'failed' AND id IN (
    SELECT job_id FROM {SCHEMA}.procrastinate_events WHERE type = 'failed' AND at > now() - interval '36 hours')
ORDER BY id DESC LIMIT {SHOWN}
"""
WORKERS = f"""
SELECT count(*) FILTER (WHERE last_heartbeat > now() - make_interval(secs => %s)) FROM {SCHEMA}.procrastinate_workers
"""


def show(url: str, stalled: float) -> bool:
    """Print the queue; stalled: WORKER_STALLED. Returns whether nothing was given up for 36 hours, and somebody works where work waits."""
    address(url)
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        there = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.procrastinate_jobs')")
        if there.scalar() is None:
            print(f"Nothing was ever queued here: {command('job run NAME --enqueue')}")
            return True
        queues = list(connection.exec_driver_sql(OF_QUEUES, (HOUSEKEEPING,)))
        # A worker shows two signs: of its queues, and of what it looks after.
        workers = (int(connection.exec_driver_sql(WORKERS, (stalled,)).scalar() or 0) + 1) // 2
        given_up = list(connection.exec_driver_sql(GIVEN_UP))
        paces = list(
            connection.exec_driver_sql("SELECT site, account, last_at, not_before_at FROM paces")
        )
        runs = open_runs(engine)
    headings = ("queue", "waits", "waits to be tried again", "under way", "done", "given up")
    table(headings, [tuple(row) for row in queues])
    print(f"{counted(workers, 'worker')} at work")
    for site, account, last_at, not_before_at in paces:
        print(_pace(site, account, last_at, not_before_at))
    for run in runs:
        print(
            f"under way: {run.job}, queued {_time(run.queued_at)}, {counted(run.window_count, 'window')}"
        )
    for name, args in given_up:
        print(f"given up ({name}): {title(args)}")
    waits = sum(row[1] for row in queues)
    if waits and not workers:
        print(
            f"No worker is there for what waits ({counted(waits, 'window')}): {command('worker')}"
        )
    return not given_up and (workers > 0 or not waits)


def _pace(site: str, account: str, last_at: int, not_before_at: int) -> str:
    whose = account or "all accounts"
    now = datetime.now(UTC).timestamp()
    paused = f", pauses until {_time(not_before_at)}" if not_before_at / 1e9 > now else ""
    return f"gate of {site} for {whose}: last request {_time(last_at)}{paused}"


def _time(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment / 1e9, JST):%Y-%m-%d %H:%M:%S} Japan time"
