"""A worker: one process that drains windows, one after another, each a crawl with its gate or a replay."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Awaitable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from procrastinate.exceptions import ConnectorException
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor

from crawler.archive.database.account_lock import AccountLock
from crawler.archive.database.engine import create, reading
from crawler.capture.writer import OPEN
from crawler.console.running import quiet_logs
from crawler.errors import (
    BadArgument,
    CrawlerError,
    HeldError,
    JobError,
    NotDone,
    Unreachable,
    Unusable,
)
from crawler.extensions.outcome import OutcomeExtension
from crawler.extensions.words import clean
from crawler.fetch.middleware import close_gate
from crawler.fetch.rate_limiter import advisory_key
from crawler.fetch.session import ANONYMOUS, Session
from crawler.fetch.shared_archive import close_archive
from crawler.jobs.model import Step
from crawler.jobs.model import title as title_of
from crawler.jobs.plan import unpublished
from crawler.replay.run import Replay
from crawler.spiders.family import BLOCKED
from crawler.workers import app as queue
from crawler.workers.maintenance import Care
from crawler.workers.tasks import HOUSEKEEPING, REPLAYS, Order, Work, register
from crawler.workers.windows import PUBLIC, SESSION, queue_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

STAND_BY = 1.0
"""Seconds between two looks: for an account that is in use, a database that is away, windows that wait."""
REFUSED = 3
"""Exit status where the session does not serve: starting again would not help."""
AWAY = (Unreachable, ConnectorException, psycopg.Error)


LEFT = (
    f"SELECT 1 FROM {queue.SCHEMA}.procrastinate_jobs"
    " WHERE queue_name = ANY(%s) AND status IN ('todo', 'doing') LIMIT 1"
)


class Worker:
    """Drains the queues of an account, or (is_replaying) of captures.

    is_draining: ends when nothing is left; else it waits for more.
    """

    def __init__(
        self, settings: Settings, session: Session | None, scheduled: list[str], *,
        is_replaying: bool, is_draining: bool,
    ) -> None:  # fmt: skip
        """scheduled: jobs that are queued when they are due. Raises Unusable."""
        self._settings = settings
        self._url: str = settings["ARCHIVE_URL"]
        self._account = session.account if session else ANONYMOUS
        self._is_replaying = is_replaying
        self._is_draining = is_draining
        self._care = Care(settings, scheduled)
        self._runner = AsyncCrawlerRunner(settings)
        self._crawler: Crawler | None = None
        self._draining: list[asyncio.Task[None]] = []
        self._engine = create(self._url)
        self._lock: AccountLock | None = None
        self._is_stopping = False
        self._status = 0
        name = str(settings.get("PIXIV_ACCOUNT") or "")
        crawling = [queue_of(name), SESSION, PUBLIC] if session else [PUBLIC]
        self.queues = [REPLAYS] if is_replaying else crawling

    def run(self) -> int:
        """Work until stopped, or until nothing is left; returns the exit status. Raises Unusable."""
        configure_logging(self._settings)
        self._wait_for_database()
        quiet_logs(self._settings)
        # What becomes of a window is said by the worker.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("scrapy.core.engine").setLevel(logging.WARNING)
        install_reactor(self._settings["TWISTED_REACTOR"], self._settings["ASYNCIO_EVENT_LOOP"])
        reactor: Any = import_module("twisted.internet.reactor")  # once the right one is installed

        async def work() -> None:
            try:
                await self._work()
            except Unusable as error:
                logger.error("%s", clean(str(error)))  # noqa: TRY400  # no bug: one line
                self._status = error.exit_status
            except Exception:
                logger.exception("The worker fails")
                self._status = 1
            finally:
                if self._lock is not None:
                    self._lock.close()
                self._engine.dispose()
                reactor.stop()

        def begin() -> None:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop, number)
            tasks.append(asyncio.ensure_future(work()))

        tasks: list[asyncio.Future[None]] = []
        reactor.callLater(0, begin)  # once its loop runs
        reactor.run(installSignalHandlers=False)
        return self._status

    def _wait_for_database(self) -> None:
        """Make what the queue needs, once the database is there: after a boot it may come later."""
        is_said = False
        while True:
            try:
                with queue.ready(self._url):
                    return
            except Unreachable as error:
                if not is_said:
                    logger.warning("The archive is away (%s): waiting for it", clean(str(error)))
                is_said = True
                time.sleep(STAND_BY)

    def _stop(self, number: int) -> None:
        """The first signal ends it after the request under way, a second one at once."""
        asyncio.get_running_loop().remove_signal_handler(number)
        sys.stderr.write("stopping after the request under way; what is left stays queued\n")
        self._end()

    def _end(self) -> None:
        self._is_stopping = True
        if self._crawler is not None:
            self._stopped = asyncio.ensure_future(self._crawler.stop_async())
        for task in self._draining:
            task.cancel()  # it waits for what is under way

    async def _work(self) -> None:
        logger.info("Worker of %s: %s", self._account, ", ".join(self.queues))
        while not self._is_stopping:
            try:
                is_ours = await self._has_account()
                is_done = await (self._drain() if is_ours else self._is_nothing_left())
                if is_done:
                    await asyncio.to_thread(self._care.sum_up)
                    break
            except AWAY as error:
                why = clean(str(error.__cause__ or error))
                logger.warning("The archive is away (%s): nothing is sent until it is back", why)
            if not self._is_stopping:
                await asyncio.sleep(STAND_BY)

    async def _has_account(self) -> bool:
        """Whether the account is this worker's: of several one works, and the others stand by."""
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

    async def _drain(self) -> bool:
        """Drain the queues; whether that was all there is to do."""
        app = queue.make(self._url)
        register(app, Work(self._crawl, self._replay, self._care.look_after))
        stalled = self._settings.getfloat("WORKER_STALLED")
        signs: dict[str, Any] = {
            "update_heartbeat_interval": stalled / 6, "install_signal_handlers": False,
            "fetch_job_polling_interval": STAND_BY, "concurrency": 1, "stalled_worker_timeout": stalled,
        }  # fmt: skip
        async with app.open_async():
            wait = not self._is_draining
            self._draining = [
                asyncio.ensure_future(app.run_worker_async(queues=self.queues, wait=wait, **signs)),
                asyncio.ensure_future(
                    app.run_worker_async(queues=[HOUSEKEEPING], delete_jobs="always", **signs)
                ),
            ]
            if self._is_stopping:  # since this began: there was nothing to cancel yet
                self._end()
            try:
                await asyncio.wait(self._draining, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in self._draining:
                    task.cancel()
                results = await asyncio.gather(*self._draining, return_exceptions=True)
                self._draining = []
        for result in results:
            if isinstance(result, Exception):
                raise result
        return self._is_draining and await self._is_nothing_left()

    async def _is_nothing_left(self) -> bool:
        """Whether no window of its queues waits or is under way, anywhere."""

        def is_empty() -> bool:
            with reading(self._engine) as connection:
                return connection.exec_driver_sql(LEFT, (self.queues,)).first() is None

        return self._is_draining and await asyncio.to_thread(is_empty)

    async def _crawl(self, order: Order) -> None:
        """One window. Raises NotDone where it is to be tried again."""
        title = title_of(order.spider, order.arguments)
        outcome = await self._saying(title, self._crawled_once_free(order))
        logger.info("%s: %s", title, outcome.summary.replace("\n", "; "))
        if outcome.is_session_refused:
            self._status = REFUSED
            logger.error(
                "SESSION REFUSED: this worker ends, and the queue of %s waits for a new session; no other does",
                self._account,
            )
            self._end()
        if outcome.reason == BLOCKED:
            self._status = 1
            logger.error("%s: this worker ends; workers on other machines go on", BLOCKED)
            self._end()
        if outcome.exit_status != 0:
            raise NotDone(outcome.summary, again_in=self._again_in)
        if order.wait_until > time.time_ns() and await asyncio.to_thread(self._is_late, order):
            raise NotDone("not published yet", again_in=self._settings.getfloat("JOB_RETRY"))

    @property
    def _again_in(self) -> float | None:
        """Of what was stopped: at once. Of what failed: ever later."""
        return 0 if self._is_stopping else None

    def _is_late(self, order: Order) -> bool:
        return bool(
            unpublished(Step(spider=order.spider, arguments=order.arguments), self._settings)
        )

    async def _saying(self, title: str, work: Awaitable[T]) -> T:
        """Work whose failures are said, and mean another try. Raises NotDone."""
        try:
            return await work
        except NotDone:
            raise
        except (BadArgument, JobError) as error:  # of another version, or since forgotten
            logger.error("%s: %s", title, clean(str(error)))  # noqa: TRY400  # no bug: one line
            raise NotDone(str(error), is_in_vain=True) from None
        except CrawlerError as error:
            logger.error("%s: %s", title, clean(str(error)))  # noqa: TRY400  # no bug: one line
            if not isinstance(error, Unreachable):  # the next window would meet it too
                self._status = getattr(error, "exit_status", 1)
                self._end()
            raise NotDone(str(error), again_in=self._again_in) from None
        except Exception as error:
            logger.exception("%s fails", title)
            raise NotDone(repr(error), again_in=self._again_in) from None

    async def _crawled_once_free(self, order: Order) -> OutcomeExtension:
        is_said = False
        while not self._is_stopping:
            try:
                return await self._crawled(order)
            except HeldError as held:  # by a crawl by hand: nothing is wrong
                if not is_said:
                    logger.info("waiting: %s", held)
                is_said = True
                await asyncio.sleep(STAND_BY)
        raise NotDone("stopped", again_in=0)

    async def _crawled(self, order: Order) -> OutcomeExtension:
        self._crawler = crawler = self._runner.create_crawler(order.spider)
        try:
            await self._runner.crawl(crawler, **order.arguments)
        finally:
            self._crawler = None
            close_gate(crawler)
            close_archive(crawler)
        outcome = crawler.get_extension(OutcomeExtension)
        if outcome is None or outcome.exit_status is None:
            raise NotDone(
                f"{order.spider} was stopped before it could sum up", again_in=self._again_in
            )
        return outcome

    async def _replay(self, name: str) -> None:
        """One capture. Raises NotDone where it is to be tried again."""
        settings = self._settings.copy()
        settings.set("REPLAY_PROCESSES", "0", "cmdline")  # each worker is a process that parses

        def run() -> int:
            # What a crawl was still writing when it was queued may have its final name by now.
            file = next(
                (one for one in (Path(name), Path(name.removesuffix(OPEN))) if one.exists()), None
            )
            if file is None:
                raise NotDone(
                    f"{name} is not on this machine: workers of replays see the same files"
                )
            return Replay(settings, [file], is_stopping=lambda: self._is_stopping).run()

        if await self._saying(name, asyncio.to_thread(run)):
            raise NotDone(f"{name} is not read to its end, or damaged", again_in=self._again_in)
