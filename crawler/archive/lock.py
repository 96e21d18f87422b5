"""An account's lock in a shared archive: machines that share PostgreSQL share the pace too."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from crawler.archive.engine import ArchiveError


class AccountLock:
    """Held from construction to close, or to the end of the process; nothing on SQLite."""

    def __init__(self, engine: Engine, key: int) -> None:
        """Take the lock. Raises ArchiveError where another machine has it."""
        self._connection: Connection | None = None
        if engine.dialect.name != "postgresql":
            return
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({key})").scalar():
            connection.close()
            raise ArchiveError(
                "another crawl on this archive uses the account: wait for it to end, or stop it"
            )
        self._connection = connection

    def close(self) -> None:
        """Give the lock back."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
