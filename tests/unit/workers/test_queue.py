"""What is queued, how it is reached, and what is shown of it."""

from __future__ import annotations

import pytest
from scrapy.utils.project import get_project_settings

from crawler.archive.database.engine import reading
from crawler.errors import ArchiveError, JobError
from crawler.fetch.session import Session
from crawler.workers import app
from crawler.workers.enqueue import is_queued, left_of, put
from crawler.workers.status import show
from crawler.workers.tasks import CRAWL, LOOK_AFTER, REPLAY, Work, register
from crawler.workers.windows import PUBLIC
from crawler.workers.worker import Worker
from tests.conftest import rows


def test_the_queue_is_in_a_schema_of_its_own_and_the_password_is_not_lost() -> None:
    conninfo, more = app.address(
        "postgresql://me:se%40cret@host/name?options=-cstatement_timeout%3D5"
    )
    assert conninfo == "postgresql://me:se%40cret@host/name"
    assert more == {"options": f"-cstatement_timeout=5 -csearch_path={app.SCHEMA}"}


def test_a_file_has_no_queue() -> None:
    with pytest.raises(ArchiveError, match="is a file"):
        app.address("sqlite:///var/archive.db")


def test_tasks_have_the_names_that_are_queued(postgresql: str) -> None:
    async def nothing(*_: object) -> None: ...

    made = app.make(postgresql)
    register(made, Work(nothing, nothing, nothing))
    assert {CRAWL, REPLAY, LOOK_AFTER} <= set(made.tasks)


def test_a_window_that_waits_is_not_queued_again(
    postgresql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.ready(postgresql) as engine:
        task = {"key": (PUBLIC, {"spider": "rankings", "arguments": {}, "is_optional": False})}
        for run, new in (("first", 1), ("second", 0)):
            more = {"run_id": run, "wait_until": 0}
            assert put(postgresql, engine, CRAWL, task, more, 0) == new
        with engine.begin() as connection:  # as one that has failed and waits to be tried again
            connection.exec_driver_sql("SET LOCAL search_path TO procrastinate")
            connection.exec_driver_sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
        assert put(postgresql, engine, CRAWL, task, more, 0) == 0
        with reading(engine) as connection:
            owned = [len(left_of(connection, run)) for run in ("first", "second")]
        assert owned == [0, 1], "the newer run waits for it, and sums it up"
        assert not is_queued(engine, "nightly", 1)
    assert not show(postgresql, 15), "nobody works"
    assert "No worker is there for what waits (1 window)" in capsys.readouterr().out
    tables = rows(postgresql, "SELECT to_regclass('public.procrastinate_jobs')")
    assert tables == [(None,)], "the archive's own schema has none of it"


@pytest.mark.parametrize(
    ("session", "name", "queues"),
    [
        (None, "", ["public"]),
        (Session("account-5001", b"x"), "", ["account default", "session", "public"]),
        (Session("account-5001", b"x"), "ann", ["account ANN", "session", "public"]),
    ],
)
def test_a_worker_drains_what_its_account_may_see(
    session: Session | None, name: str, queues: list[str]
) -> None:
    settings = get_project_settings()
    settings.set("PIXIV_ACCOUNT", name)
    worker = Worker(settings, session, [], is_replaying=False, is_draining=True)
    assert worker.queues == queues


def test_a_job_that_is_none_cannot_be_scheduled() -> None:
    with pytest.raises(JobError, match="no job nightlie"):
        Worker(get_project_settings(), None, ["nightlie"], is_replaying=False, is_draining=True)
