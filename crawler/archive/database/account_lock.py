"""A lock in a shared archive, as of an account: machines that share PostgreSQL share the pace too."""

from __future__ import annotations

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import explain
from crawler.errors import HeldError, Unreachable


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
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
