"""What is queued, how it is reached, and what is shown of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from crawler.errors import GivenUp, JobError, NotDone
from crawler.fetch.session import Session
from crawler.jobs.model import Job
from crawler.model.run_summary import RunSummary
from crawler.workers import app
from crawler.workers.enqueue import enqueue_captures, enqueue_job, fill_queue
from crawler.workers.maintenance import Maintenance, note, waits_until
from crawler.workers.pieces import PUBLIC
from crawler.workers.queue_status import show
from crawler.workers.tasks import REPLAYS
from crawler.workers.worker import Worker
from tests.conftest import rows


def test_the_queue_is_in_a_schema_of_its_own_and_the_password_is_not_lost() -> None:
    conninfo, more = app.address("postgresql://me:se%40cret@host/name?options=-cstatement_timeout%3D5")
    assert conninfo == "postgresql://me:se%40cret@host/name"
    assert more == {"options": f"-cstatement_timeout=5 -csearch_path={app.SCHEMA}"}


def test_a_task_that_waits_is_not_queued_again_and_belongs_to_every_run(
    postgresql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = get_project_settings()
    settings.set("ARCHIVE_URL", postgresql)
    step = {"spider": "rankings", "mode": "daily", "date": "2024-02-06"}
    for _ in range(2):
        assert enqueue_job(Job.of("one", {"step": [step]}), settings) == 0
    assert "1 task for workers, 0 of them new in the queue" in capsys.readouterr().out
    (waiting,) = rows(postgresql, "SELECT queueing_lock, queue_name FROM procrastinate.procrastinate_jobs")
    task = waiting[0].split()[0]
    assert waiting[1] == PUBLIC
    note(postgresql, task, RunSummary(requests=3), is_end=True)
    ended = rows(postgresql, "SELECT count(DISTINCT run_id) FROM queued_tasks WHERE ended_at > 0")
    assert ended == [(2,)], "both runs have it done"
    assert not show(postgresql), "nobody works"
    assert "No worker is there for what waits (1 task)" in capsys.readouterr().out
    tables = rows(postgresql, "SELECT to_regclass('public.procrastinate_jobs')")
    assert tables == [(None,)], "the archive's own schema has none of it"


def test_a_queue_that_was_lost_is_filled_again(postgresql: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = get_project_settings()
    settings.set("ARCHIVE_URL", postgresql)
    step = {"spider": "rankings", "mode": ["daily", "weekly"], "date": "2024-02-06"}
    enqueue_job(Job.of("two", {"step": [step]}), settings)
    with app.ready(postgresql) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA procrastinate CASCADE")
    with app.ready(postgresql) as engine:
        assert fill_queue(engine, postgresql) == 2
        assert fill_queue(engine, postgresql) == 0


@pytest.mark.parametrize(
    ("session", "name", "queues"),
    [
        (None, "", ["public"]),
        (Session("account-5001", b"x"), "", ["account default", "session", "public"]),
        (Session("account-5001", b"x"), "ann", ["account ANN", "session", "public"]),
    ],
)
def test_a_worker_does_what_its_account_may_see(session: Session | None, name: str, queues: list[str]) -> None:
    settings = get_project_settings()
    settings.set("PIXIV_ACCOUNT", name)
    worker = Worker(settings, session, [], {}, is_replaying=False, is_draining=True)
    assert worker.queues == queues


def test_a_job_that_is_none_cannot_be_scheduled() -> None:
    with pytest.raises(JobError, match="No job nightlie"):
        Worker(get_project_settings(), None, ["nightlie"], {}, is_replaying=False, is_draining=True)


@pytest.fixture
def queued(postgresql: str, tmp_path: Path) -> Settings:
    """Two tasks of one run, in a queue."""
    settings = get_project_settings()
    for name, value in {"ARCHIVE_URL": postgresql, "CAPTURE_DIR": str(tmp_path)}.items():
        settings.set(name, value)
    step = {"spider": "rankings", "mode": ["daily", "weekly"], "date": "2024-02-06"}
    enqueue_job(Job.of("two", {"step": [step]}), settings)
    return settings


def test_a_try_that_began_before_a_run_was_queued_is_not_that_runs(queued: Settings) -> None:
    url = queued["ARCHIVE_URL"]
    (task,) = rows(url, "SELECT task FROM queued_tasks ORDER BY place LIMIT 1")[0]
    note(url, task, RunSummary(), is_end=True, begun_at=1)
    assert rows(url, "SELECT count(*) FROM queued_tasks WHERE ended_at > 0") == [(0,)]
    assert waits_until(url, task) > 0


class Doer:
    """Does tasks as it is told, and notes which were given up."""

    def __init__(self, ends: list[float | Exception | None]) -> None:
        self.ends, self.given_up = ends, 0

    async def crawl(self, task: str, spider: str, arguments: dict[str, str]) -> float | None:
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    async def replay(self, files: list[str]) -> float | None:
        return await self.crawl("", "", {})

    async def give_up(self, task: str, why: str) -> None:
        self.given_up += 1


def do(settings: Settings, queue: str, doer: Doer) -> list[tuple[Any, ...]]:
    """Do what waits in a queue; returns status and tries of what is left."""

    async def work() -> None:
        async with app.make(settings["ARCHIVE_URL"]).open_async() as made:
            await made.run_worker_async(
                queues=[queue],
                wait=False,
                delete_jobs="successful",
                listen_notify=False,
                install_signal_handlers=False,
                additional_context={"worker": doer},
            )

    asyncio.run(work())
    listed = "SELECT status::text, attempts FROM procrastinate.procrastinate_jobs WHERE task_name <> 'look_after' ORDER BY id"
    return rows(settings["ARCHIVE_URL"], listed)


def test_what_is_put_off_is_no_try_what_fails_is_one_and_what_is_in_vain_is_given_up(queued: Settings) -> None:
    doer = Doer([60, NotDone("no network")])
    assert do(queued, PUBLIC, doer) == [("todo", 1), ("todo", 0)]
    assert doer.given_up == 0
    enqueue_job(Job.of("more", {"step": [{"spider": "rankings", "mode": ["male", "female"]}]}), queued)
    doer = Doer([GivenUp("no such mode"), RuntimeError("a bug")])
    assert sorted(do(queued, PUBLIC, doer)[2:]) == [("failed", 1), ("todo", 1)]
    assert doer.given_up == 1
    assert not show(queued["ARCHIVE_URL"])


def test_a_replay_that_fails_is_tried_again(queued: Settings, tmp_path: Path) -> None:
    files = [tmp_path / "a.warc.gz", tmp_path / "b.warc.gz"]
    enqueue_captures(queued["ARCHIVE_URL"], files)
    assert do(queued, REPLAYS, Doer([None, OSError("disk")]))[2:] == [("todo", 1)]


def test_each_scheduled_job_that_cannot_begin_is_told_once(queued: Settings, tmp_path: Path) -> None:
    hour = (datetime.now(UTC) - timedelta(hours=2)).hour
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(
            f'when = "0 {hour} * * *"\nzone = "UTC"\nbudget = 3\n[[step]]\nspider = "rankings"\ndate = "2024-02-06"\n'
        )
    queued.set("JOB_DIR", str(tmp_path))

    async def look() -> None:
        async with app.make(queued["ARCHIVE_URL"]).open_async() as made:
            for _ in range(2):  # two machines
                care = Maintenance(queued, ["one", "two"])
                for _ in range(2):
                    await care.look_after(made)

    asyncio.run(look())
    told = rows(queued["ARCHIVE_URL"], "SELECT job, outcome FROM job_runs ORDER BY job")
    assert told == [("one", "could not begin"), ("two", "could not begin")]
