"""What is queued: tasks by name, with their arguments, retries and priorities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.errors import NotDone

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job

CRAWL, REPLAY, LOOK_AFTER = "crawl", "replay", "look_after"
REPLAYS = "replay"
"""The queue of captures: workers that parse need neither the site nor a session."""
HOUSEKEEPING = "housekeeping"
FIRST, USUAL, LAST = 10, 0, -10
"""Priorities: what is due at a time, what somebody queued, a backfill."""
MOST_TRIES = 6
BACK_OFF = 4
"""A window that failed is tried again after so many seconds, then their square …: an hour at the sixth."""
EVERY_5_SECONDS = "* * * * * */5"


@dataclass(frozen=True)
class Order:
    """A window as it was queued.

    wait_until: until when a ranking that is not published is waited for, nanoseconds since 1970.
    """

    spider: str
    arguments: dict[str, str]
    wait_until: int


@dataclass(frozen=True)
class Work:
    """What a worker does for each task. crawl, replay: raise where it is to be tried again."""

    crawl: Callable[[Order], Awaitable[None]]
    replay: Callable[[str], Awaitable[None]]
    look_after: Callable[[App], Awaitable[None]]


def register(app: App, work: Work) -> None:
    """Give an app its tasks."""
    from procrastinate import RetryDecision, RetryStrategy  # noqa: PLC0415  # for those who queue

    class Again(RetryStrategy):
        """Tried again ever later; as it says where nothing failed; never in vain."""

        def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
            if isinstance(exception, NotDone) and exception.is_in_vain:
                return None
            if isinstance(exception, NotDone) and exception.again_in is not None:
                return RetryDecision(retry_in={"seconds": int(exception.again_in)})
            return super().get_retry_decision(exception=exception, job=job)

    again = Again(max_attempts=MOST_TRIES, exponential_wait=BACK_OFF)

    @app.task(name=CRAWL, retry=again)
    async def crawl(
        key: str, spider: str, arguments: dict[str, str], run_id: str, wait_until: int, is_optional: bool
    ) -> None:  # fmt: skip
        await work.crawl(Order(spider, arguments, wait_until))

    @app.task(name=REPLAY, retry=again)
    async def replay(key: str, file: str) -> None:
        await work.replay(file)

    # Once over all machines. What it does may be late: nothing is caught up by it alone.
    @app.periodic(cron=EVERY_5_SECONDS)
    @app.task(name=LOOK_AFTER, queue=HOUSEKEEPING, queueing_lock=LOOK_AFTER)
    async def look_after(timestamp: int) -> None:
        await work.look_after(app)
