"""Wait for a database server that is restarted in the middle of a crawl."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crawler.errors import Unreachable

PAUSE = 1.0
"""Seconds between two tries."""

_T = TypeVar("_T")

logger = logging.getLogger(__name__)


async def patiently(query: Callable[[], Awaitable[_T]], seconds: float, is_stopping: Callable[[], bool]) -> _T:
    """Return the result of a query, tried again while the archive is away, for so many seconds.

    Raises Unreachable after that, or at once where the crawl is stopped.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await query()
        except Unreachable as away:
            if time.monotonic() > until or is_stopping():
                raise
            logger.warning("The archive is away (%s): trying again", away)
            await asyncio.sleep(PAUSE)
