"""A worker: one process that drains windows, one after another, each a crawl with its gate or a replay."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from procrastinate.exceptions import ConnectorException
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor

from crawler.archive.engine import create, reading
from crawler.archive.lock import AccountLock
from crawler.console.running import quiet_logs
from crawler.errors import ArchiveError, BadArgument, HeldError, NotDone
from crawler.extensions.outcome import OutcomeExtension
from crawler.extensions.words import clean
from crawler.queue import app as queue
from crawler.queue.care import Care
from crawler.queue.tasks import HOUSEKEEPING, REPLAYS, Work, register
from crawler.queue.windows import PUBLIC, SESSION, queue_of
from crawler.replay.run import Replay
from crawler.request.gate import advisory_key
from crawler.request.session import ANONYMOUS, Session

logger = logging.getLogger(__name__)

STAND_BY = 1.0
"""Seconds between two looks: for an account that is in use, a database that is away, windows that wait."""
REFUSED = 2
"""Exit status where the session does not serve: starting again would not help."""


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
        self._lock: AccountLock | None = None
        self._is_stopping = False
        self._status = 0
        name = str(settings.get("PIXIV_ACCOUNT") or "")
        crawling = [queue_of(name), SESSION, PUBLIC] if session else [PUBLIC]
        self.queues = [REPLAYS] if is_replaying else crawling

    def run(self) -> int:
        """Work until stopped, or until nothing is left; returns the exit status. Raises Unusable."""
        with queue.ready(self._url):
            pass
        configure_logging(self._settings)
        quiet_logs(self._settings)
        # What becomes of a window is said by the worker.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("scrapy.core.engine").setLevel(logging.WARNING)
        install_reactor(self._settings["TWISTED_REACTOR"], self._settings["ASYNCIO_EVENT_LOOP"])
        reactor: Any = import_module("twisted.internet.reactor")  # once the right one is installed

        async def work() -> None:
            try:
                await self._work()
            except ArchiveError as error:
                logger.error("%s", clean(str(error)))  # noqa: TRY400  # no bug: one line
                self._status = 1
            except Exception:
                logger.exception("The worker fails")
                self._status = 1
            finally:
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
            except (ArchiveError, ConnectorException) as error:
                logger.warning("The archive is away (%s): nothing is sent until it is back", error)
            if not self._is_stopping:
                await asyncio.sleep(STAND_BY)
        if self._lock is not None:
            self._lock.close()

    async def _has_account(self) -> bool:
        """Whether the account is this worker's: of several one works, and the others stand by."""
        if self._is_replaying:
            return True
        key = advisory_key(self._settings["PIXIV_BASE_URL"], f"worker {self._account}")
        try:
            if self._lock is None:
                self._lock = await asyncio.to_thread(AccountLock, create(self._url), key)
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
            engine = create(self._url)
            try:
                with reading(engine) as connection:
                    left = connection.exec_driver_sql(LEFT, (self.queues,)).first()
            finally:
                engine.dispose()
            return left is None

        return self._is_draining and await asyncio.to_thread(is_empty)

    async def _crawl(self, spider: str, arguments: dict[str, str]) -> None:
        """One window. Raises NotDone where it is to be tried again."""
        title = f"{spider} {' '.join(f'{name}={value}' for name, value in arguments.items())}"
        while not self._is_stopping:
            try:
                outcome = await self._crawled(spider, arguments)
                break
            except HeldError as held:  # by a crawl by hand: nothing is wrong
                logger.info("%s", held)
                await asyncio.sleep(STAND_BY)
            except BadArgument as error:  # of another version, or since forgotten
                logger.error("%s: %s", title, clean(str(error)))  # noqa: TRY400  # no bug: one line
                raise NotDone(str(error)) from None
        else:
            raise NotDone("stopped", is_interrupted=True)
        logger.info("%s: %s", title, outcome.summary.replace("\n", "; "))
        if outcome.is_session_refused:
            self._status = REFUSED
            logger.error(
                "SESSION REFUSED: this worker ends, and the queue of %s waits for a new session; no other does",
                self._account,
            )
            self._end()
        if outcome.exit_status != 0:
            raise NotDone(outcome.summary, is_interrupted=self._is_stopping)

    async def _crawled(self, spider: str, arguments: dict[str, str]) -> OutcomeExtension:
        self._crawler = crawler = self._runner.create_crawler(spider)
        try:
            await self._runner.crawl(crawler, **arguments)
        finally:
            self._crawler = None
        outcome = crawler.get_extension(OutcomeExtension)
        if outcome is None or outcome.exit_status is None:
            raise NotDone(
                f"{spider} was stopped before it could sum up", is_interrupted=self._is_stopping
            )
        return outcome

    async def _replay(self, file: str) -> None:
        """One capture. Raises NotDone where it is to be tried again."""
        settings = self._settings.copy()
        settings.set("REPLAY_PROCESSES", "0", "cmdline")  # each worker is a process that parses

        def run() -> int:
            if not Path(file).exists():
                raise NotDone(
                    f"{file} is not on this machine: workers of replays see the same files"
                )
            return Replay(settings, [Path(file)], is_stopping=lambda: self._is_stopping).run()

        if await asyncio.to_thread(run):
            raise NotDone(f"{file} is not read to its end", is_interrupted=self._is_stopping)
