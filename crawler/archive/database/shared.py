"""Share an archive between machines: one lock, one pace, patience with a server that restarts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import explain, is_away
from crawler.errors import ArchiveError, HeldError, Unreachable


class AccountLock:
    """Held from construction to close, or to the end of the process; nothing on SQLite."""

    def __init__(self, engine: Engine, key: int) -> None:
        """Take the lock. Raises HeldError where another machine has it."""
        self._engine = engine
        self._key = key
        self._connection: Connection | None = None
        self.hold()

    def hold(self) -> None:
        """Make sure that it is held: a server that restarts, or drops a connection, gives it away.

        Raises HeldError where another machine has it by now, Unreachable without a server.
        """
        if self._engine.dialect.name != "postgresql":
            return
        if self._connection is not None:
            try:
                self._connection.exec_driver_sql("SELECT 1")
            except SQLAlchemyError:
                self.close()
            else:
                return
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({self._key})").scalar()
        except SQLAlchemyError as error:
            raise Unreachable(explain(error)) from error
        if not taken:
            connection.close()
            raise HeldError("another crawl on this archive uses the account: wait for it to end, or stop it")
        self._connection = connection

    def close(self) -> None:
        """Give the lock back."""
        if self._connection is not None:
            # Not back to the pool: an advisory lock lives as long as the server's session.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


MINUTE = 60.0
NEXT_TRY = 1.0
"""Seconds between two tries."""

_T = TypeVar("_T")

logger = logging.getLogger(__name__)


class Seldom:
    """Lets something be said at once, and then once a minute: a log must not fill while a server is away."""

    def __init__(self) -> None:
        self._next = 0.0

    def is_time(self) -> bool:
        """Return True if it is to be said now; then not for a minute."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + MINUTE
        return True


async def patiently(query: Callable[[], Awaitable[_T]], seconds: float, is_stopping: Callable[[], bool]) -> _T:
    """Return the result of a query, tried again while the archive is away, for so many seconds.

    Raises Unreachable after that, or at once where the crawl is stopped.
    """
    until = time.monotonic() + seconds
    said = Seldom()
    while True:
        try:
            return await query()
        except Unreachable as away:
            if time.monotonic() > until or is_stopping():
                raise
            if said.is_time():
                logger.warning("The archive is away (%s): trying again", away)
            await asyncio.sleep(NEXT_TRY)


SECOND = 1_000_000_000
LEAVING = 0.05
"""Seconds from the moment that is noted until the request has left, as a rule."""
LONGEST_GAP = 3600
LONGEST_PAUSE = 7 * 86_400
"""Seconds; a moment that lies further ahead comes from a wrong clock and is not believed."""

# The server's clock, so that machines whose clocks differ share one pace.
NOW = "(extract(epoch FROM clock_timestamp()) * 1000000000)::bigint"
BEGIN = text("INSERT INTO paces VALUES (:site, :account, 0, 0) ON CONFLICT DO NOTHING")
# One statement: of two machines that try at once, the second sees what the first has written.
CLAIM = text(
    f"UPDATE paces SET last_at = {NOW} WHERE site = :site AND account = :account"
    f" AND (last_at + :gap <= {NOW} OR last_at > {NOW} + {LONGEST_GAP * SECOND})"
    f" AND (not_before_at <= {NOW} OR not_before_at > {NOW} + {LONGEST_PAUSE * SECOND})"
)
LEFT = text(
    f"SELECT greatest(last_at + :gap, not_before_at) - {NOW} FROM paces WHERE site = :site AND account = :account"
)
PAUSE = text(
    f"UPDATE paces SET not_before_at = greatest(not_before_at, {NOW} + :pause)"
    " WHERE site = :site AND account = :account"
)


class SharedPace:
    """Time of the next request to a site, whichever machine sends it."""

    def __init__(self, engine: Engine, site: str, account: str) -> None:
        """account: "" for all accounts together."""
        self._engine = engine
        self._row = {"site": site, "account": account}

    def claim(self, gap: float) -> float:
        """Seconds until a request may leave; 0: it may leave now, and counts as sent.

        gap: least seconds between two. Raises Unreachable without the server, ArchiveError where the table cannot be
        used: then nothing may leave.
        """
        values = {**self._row, "gap": int((gap + LEAVING) * SECOND)}
        with self._connected() as connection:
            if connection.execute(CLAIM, values).rowcount:
                return 0.0
            left = connection.execute(LEFT, values).scalar()
            if left is None:
                connection.execute(BEGIN, self._row)
                return LEAVING
        return max(int(left) / SECOND, LEAVING)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, from any machine. Raises Unreachable."""
        with self._connected() as connection:
            connection.execute(BEGIN, self._row)
            connection.execute(PAUSE, {**self._row, "pause": int(seconds * SECOND)})

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except SQLAlchemyError as error:
            raise (Unreachable if is_away(error) else ArchiveError)(explain(error)) from error
