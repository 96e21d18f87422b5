"""`./run status queue`: what waits, what is under way, what was given up, who works."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.archive.database.engine import opened, reading
from crawler.clock import JST
from crawler.console.show import table
from crawler.places import command
from crawler.words import counted
from crawler.workers.app import AT_WORK, PRESENT, SCHEMA, address, make
from crawler.workers.enqueue import open_runs, tasks_left, title
from crawler.workers.tasks import HOUSEKEEPING

SHOWN = 20

WORKERS = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, %s)
"""


def show(url: str) -> bool:
    """Print the queue. Returns True if no task is given up, and somebody works if work waits."""
    # For its refusal alone: SQLite does not know the SQL below.
    address(url)
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        # To look makes nothing: the tables come with the first that is queued.
        there = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.procrastinate_jobs')")
        if there.scalar() is None:
            print(f"Nothing was ever queued here: {command('job run NAME --enqueue')}")
            return True
        at_work, present = (
            {name.removeprefix(kind) for name in connection.exec_driver_sql(WORKERS, (kind,)).scalars()}
            for kind in (AT_WORK, PRESENT)
        )
        workers, standing_by = len(at_work), len(present - at_work)
        paces = list(connection.exec_driver_sql("SELECT site, account, last_at, not_before_at FROM paces"))
        runs = [(run, *tasks_left(connection, run.run_id)) for run in open_runs(connection)]
    with make(url, is_synchronous=True).open() as app:
        queues = [one for one in app.job_manager.list_queues() if one["name"] != HOUSEKEEPING]
        given_up = list(app.job_manager.list_jobs(status="failed"))
    headings = ("queue", "waits", "under way", "given up")
    table(headings, [(one["name"], one["todo"], one["doing"], one["failed"]) for one in queues])
    print(f"{counted(workers, 'worker')} at work{f', {standing_by} standing by' if standing_by else ''}")
    for site, account, last_at, not_before_at in paces:
        print(_pace(site, account, last_at, not_before_at))
    for run, left, _ in runs:
        print(
            f"under way: {run.job}, queued {_time(run.queued_at)}, {left:,} of {counted(run.window_count, 'task')} left"
        )
    for job in given_up[-SHOWN:]:
        print(f"given up ({job.queue}): {title(job.task_kwargs)}")
    if given_up:
        print(f"To try one again: {command('worker shell')}, then: retry NUMBER")
    waits = sum(one["todo"] for one in queues)
    if waits and not workers:
        print(f"No worker is there for what waits ({counted(waits, 'task')}): {command('worker')}")
    return not given_up and (workers > 0 or not waits)


def _pace(site: str, account: str, last_at: int, not_before_at: int) -> str:
    whose = account or "all accounts"
    now = datetime.now(UTC).timestamp()
    paused = f", pauses until {_time(not_before_at)}" if not_before_at / 1e9 > now else ""
    return f"rate limit of {site} for {whose}: last request {_time(last_at)}{paused}"


def _time(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment / 1e9, JST):%Y-%m-%d %H:%M:%S} Japan time"
