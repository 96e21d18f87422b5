"""A worker: does queued tasks, one after another, each in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.exceptions import ConnectorException
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from crawler.archive.database.engine import create
from crawler.archive.database.shared import AccountLock, Seldom
from crawler.capture.writer import OPEN
from crawler.errors import BadArgument, GivenUp, HeldError, JobError, NotDone, Unreachable
from crawler.fetch.rate_limiter import advisory_key
from crawler.fetch.session import ANONYMOUS, Session
from crawler.jobs.model import Step
from crawler.jobs.model import title as title_of
from crawler.jobs.plan import unpublished
from crawler.jobs.step import NOT_BEGUN, CrawlProcess, Surroundings
from crawler.model.run_summary import BLOCKED, RunSummary
from crawler.words import clean
from crawler.workers import app as queue
from crawler.workers.health import Health
from crawler.workers.maintenance import Maintenance, note, waits_until
from crawler.workers.pieces import PUBLIC, SESSION, queue_of
from crawler.workers.tasks import HOUSEKEEPING, REPLAYS

logger = logging.getLogger(__name__)

STAND_BY = 1.0
"""Seconds between two looks: for an account that is in use, a database that is away, tasks that wait."""
REFUSED = 3
"""Exit status where the session does not serve: starting again would not help."""
AWAY = (Unreachable, ConnectorException, psycopg.Error)
IN_VAIN = (BadArgument.__name__, JobError.__name__)
"""Reasons why a crawl cannot begin that no other try would fix: another version, or forgotten since."""


class Worker:
    """Does the tasks of an account's queues, or (is_replaying) those of captures.

    is_draining: ends when nothing is left; else it waits for more.
    """

    def __init__(
        self,
        settings: Settings,
        session: Session | None,
        scheduled: list[str],
        given: Mapping[str, str],
        *,
        is_replaying: bool,
        is_draining: bool,
        health_port: int | None = None,
    ) -> None:
        """scheduled: jobs that are queued when they are due. given: settings of its command line. health_port: on loopback.

        Raises Unusable.
        """
        self._settings = settings
        self._url: str = settings["ARCHIVE_URL"]
        self._account = session.account if session else ANONYMOUS
        self._is_replaying = is_replaying
        self._is_draining = is_draining
        self._surroundings = Surroundings.of(given)
        self._maintenance = Maintenance(settings, scheduled)
        self.look_after = self._maintenance.look_after
        self._process: CrawlProcess | None = None
        self._running: list[asyncio.Task[None]] = []
        self._engine = create(self._url)
        name = f"{os.getpid()} {socket.gethostname()}"
        self._at_work_as = queue.AT_WORK + name
        queue.name_connections(self._engine, queue.PRESENT + name)
        self._lock: AccountLock | None = None
        self._is_stopping = False
        self._said = Seldom()
        self._status = 0
        self._name = str(settings.get("PIXIV_ACCOUNT") or "")
        crawling = [queue_of(self._name), SESSION, PUBLIC] if session else [PUBLIC]
        self.queues = [REPLAYS] if is_replaying else crawling
        self._health, self._health_port = Health(self._account, self.queues), health_port

    def run(self) -> int:
        """Work until stopped, or until nothing is left; returns the exit status. Raises Unusable."""
        configure_logging(self._settings)
        # What becomes of a task is said by the worker.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._wait_for_database()
        try:
            asyncio.run(self._work())
        finally:
            if self._lock is not None:
                self._lock.close()
            self._engine.dispose()
        return self._status

    def _wait_for_database(self) -> None:
        """Make what the queue needs, once the database is there: after a boot it may come later."""
        while True:
            try:
                with queue.ready(self._url):
                    return
            except Unreachable as error:
                if self._said.is_time():
                    logger.warning("The archive is away (%s): waiting for it", clean(str(error)))
                time.sleep(STAND_BY)

    def _stop(self) -> None:
        """The first signal ends it after the request under way, a second one at once."""
        if not self._is_stopping:
            with suppress(OSError, ValueError):  # its reader may be gone: it ends all the same
                sys.stderr.write("stopping after the request under way; what is left stays queued\n")
        self._end()

    def _end(self) -> None:
        self._is_stopping = True
        if self._process is not None:
            self._process.stop()
        self._cancel_running()

    def _cancel_running(self) -> None:
        """Let Procrastinate's workers end after what is under way."""
        # Once: a second cancellation would break off what they wait for, and its end would not be noted.
        running, self._running = self._running, []
        for task in running:
            task.cancel()

    async def _work(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)
        logger.info("Worker of %s: %s", self._account, ", ".join(self.queues))
        server = None if self._health_port is None else await self._health.serve(self._health_port)
        try:
            await self._work_until_stopped()
        finally:
            if server is not None:
                server.close()

    async def _work_until_stopped(self) -> None:
        while not self._is_stopping:
            try:
                if await self._take_account():
                    self._health.become("at work")
                    await self._do_tasks()
                else:
                    self._health.become("standing by")
                    await asyncio.to_thread(self._maintenance.queue_due)
                if self._is_draining:
                    await asyncio.to_thread(self._maintenance.fill_queue)
                if self._is_draining and await self._is_nothing_left():
                    await asyncio.to_thread(self._maintenance.finish)
                    break
            except AWAY as error:
                # Procrastinate's error says only that there was one; the database's is its cause.
                why = clean(str(error.__cause__ or error))
                self._health.become("archive away")
                if self._said.is_time():
                    logger.warning("The archive is away (%s): nothing is sent until it is back", why)
            if not self._is_stopping:
                await asyncio.sleep(STAND_BY)

    async def _take_account(self) -> bool:
        """Take the account, if no other worker has it: of several one works, and the others stand by."""
        if self._is_replaying:
            return True
        key = advisory_key(self._settings["PIXIV_BASE_URL"], f"worker {self._account}")
        try:
            if self._lock is None:
                self._lock = await asyncio.to_thread(AccountLock, self._engine, key)
                logger.info("At work for %s", self._account)
            await asyncio.to_thread(self._lock.hold)
        except HeldError:
            return False
        return True

    async def _do_tasks(self) -> None:
        """Do tasks until stopped, or until the queues are empty."""
        app = queue.make(self._url, name=self._at_work_as)
        stalled = self._settings.getfloat("WORKER_STALLED")
        options: dict[str, Any] = {
            "update_heartbeat_interval": stalled / 6,
            # Ours stop the crawl under way first.
            "install_signal_handlers": False,
            "fetch_job_polling_interval": STAND_BY,
            "stalled_worker_timeout": stalled,
            "additional_context": {"worker": self},
        }
        async with app.open_async():
            running = self._running = [
                asyncio.ensure_future(
                    app.run_worker_async(
                        queues=self.queues, wait=not self._is_draining, delete_jobs="successful", **options
                    )
                ),
                asyncio.ensure_future(app.run_worker_async(queues=[HOUSEKEEPING], delete_jobs="always", **options)),
            ]
            if self._is_stopping:  # since this began: there was nothing to cancel yet
                self._end()
            try:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if self._process is not None and not self._is_stopping:
                    self._process.stop()  # without a sign of life another worker would take its task
                self._cancel_running()
                results = await asyncio.gather(*running, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _is_nothing_left(self) -> bool:
        """Return True if no task of its queues waits or is under way, anywhere."""
        async with queue.make(self._url).open_async() as app:
            queues = [await app.job_manager.list_queues_async(queue=name) for name in self.queues]
        return not any(one["todo"] or one["doing"] for found in queues for one in found)

    async def crawl(self, task: str, spider: str, arguments: dict[str, str]) -> float | None:
        """Do a piece of a job step. Returns seconds after which there is more to do, None if it is done.

        Raises NotDone and GivenUp.
        """
        title = title_of(spider, arguments)
        settings = {"PIXIV_ACCOUNT": self._name} if self._name else {}
        command = CrawlProcess.crawl(spider, arguments, self._surroundings, settings)
        while True:
            begun_at = time.time_ns()
            self._health.become("at work", title)
            status, summary = await self._run(command)
            if summary.reason != HeldError.__name__ or self._is_stopping:
                break
            logger.info("waiting: %s", summary.cause)  # a crawl by hand: nothing is wrong
            await asyncio.sleep(STAND_BY)
        why = "; ".join(summary.failures) or f"it ended with {status}"
        logger.info("%s: %s", title, why if status else "done")
        if self._is_stopping and status:
            await asyncio.to_thread(note, self._url, task, summary, is_end=False)
            return 0
        self._end_if_hopeless(status, summary)
        if summary.reason in IN_VAIN:
            raise GivenUp(why)
        late = not status and await asyncio.to_thread(self._is_late, task, spider, arguments)
        is_end = not status and not late
        await asyncio.to_thread(note, self._url, task, summary, is_end=is_end, begun_at=begun_at)
        if status:
            raise NotDone(why)
        return self._settings.getfloat("JOB_RETRY") if late else None

    def _end_if_hopeless(self, status: int, summary: RunSummary) -> None:
        """End this worker if its next crawl could do no better."""
        if summary.is_session_refused:
            self._status = REFUSED
            logger.error(
                "Session expired: this worker ends, and the queue of %s waits for a new session; no other does",
                self._account,
            )
        elif summary.reason == BLOCKED:
            self._status = 1
            logger.error("%s: this worker ends; workers on other machines go on", BLOCKED)
        elif status == NOT_BEGUN and summary.reason not in (*IN_VAIN, Unreachable.__name__):
            self._status = NOT_BEGUN
            logger.error("%s: this worker ends", summary.cause or "The crawl could not begin")
        else:
            return
        self._end()

    def _is_late(self, task: str, spider: str, arguments: dict[str, str]) -> bool:
        """Return True if a ranking is not published, and a run of the task waits for it."""
        step = Step(spider=spider, arguments=arguments)
        return waits_until(self._url, task) > time.time_ns() and bool(unpublished(step, self._settings))

    async def give_up(self, task: str, why: str) -> None:
        """Note that a task is given up, in every run that it belongs to."""
        logger.error("Given up: %s", why)
        await asyncio.to_thread(note, self._url, task, RunSummary(failures=(why,)), is_end=True)

    async def replay(self, files: list[str]) -> float | None:
        """Archive captures. Returns 0 if it was stopped, and there is more to do. Raises NotDone."""
        try:
            there = _on_this_machine(files)
        except NotDone as error:  # of no file here: other workers see them
            self._status = NOT_BEGUN
            logger.error("%s: this worker ends", error)  # noqa: TRY400  # no bug: one line
            self._end()
            return 0
        settings = {"REPLAY_PROCESSES": "0"}  # each worker is a process that parses
        command = CrawlProcess(("replay", *there), self._surroundings, settings)
        status, summary = await self._run(command)
        if self._is_stopping and status:
            return 0
        if status:
            why = "; ".join(summary.failures) or f"it ended with {status}"
            logger.error("%s: %s", there[0], why)
            raise NotDone(why)
        return None

    async def _run(self, process: CrawlProcess) -> tuple[int, RunSummary]:
        """Run a command in a process of its own. Raises NotDone if it cannot be started."""
        try:
            with process:
                self._process = process
                # A signal that came before this line found no process to stop.
                if self._is_stopping:
                    process.stop()
                return await asyncio.to_thread(process.wait)
        except JobError as error:
            raise NotDone(str(error)) from None
        finally:
            self._process = None
            self._health.become("at work")


def _on_this_machine(files: Sequence[str]) -> list[str]:
    """The paths of captures by now. Raises NotDone if one is missing."""
    # What a crawl was still writing when it was queued may have its final name by now.
    there = [next((one for one in (name, name.removesuffix(OPEN)) if Path(one).exists()), "") for name in files]
    if not all(there):
        missing = files[there.index("")]
        raise NotDone(f"{missing} is not on this machine: workers of replays see the same files")
    return there
