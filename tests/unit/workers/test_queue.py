"""What is queued, how it is reached, and what is shown of it."""

from __future__ import annotations

import pytest
from procrastinate.jobs import Job as ProcrastinateJob
from scrapy.utils.project import get_project_settings

from crawler.errors import ArchiveError, JobError
from crawler.fetch.session import Session
from crawler.jobs.model import Job
from crawler.model.run_summary import RunSummary
from crawler.workers import app
from crawler.workers.enqueue import enqueue_job, fill_queue
from crawler.workers.maintenance import note
from crawler.workers.pieces import PUBLIC
from crawler.workers.queue_status import show
from crawler.workers.tasks import CRAWL, is_last_try
from crawler.workers.worker import Worker
from tests.conftest import rows


def test_the_queue_is_in_a_schema_of_its_own_and_the_password_is_not_lost() -> None:
    conninfo, more = app.address("postgresql://me:se%40cret@host/name?options=-cstatement_timeout%3D5")
    assert conninfo == "postgresql://me:se%40cret@host/name"
    assert more == {"options": f"-cstatement_timeout=5 -csearch_path={app.SCHEMA}"}


def test_a_file_has_no_queue() -> None:
    with pytest.raises(ArchiveError, match="is a file"):
        app.address("sqlite:///var/archive.db")


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


def test_only_what_fails_counts_as_a_try() -> None:
    job = ProcrastinateJob(id=1, queue="public", lock=None, queueing_lock=None, task_name=CRAWL, priority=0)
    tries = [is_last_try(job.evolve(attempts=count)) for count in range(8)]
    assert tries == [False] * 6 + [True] * 2


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
