"""Procrastinate on the archive's own PostgreSQL: its tables in a schema of their own, its tasks by name."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import archive_url, explain, is_away, opened
from crawler.errors import ArchiveError, Unreachable
from crawler.places import page, with_extra
from crawler.setting_defaults import from_environment

if TYPE_CHECKING:
    from procrastinate import App

SCHEMA = "procrastinate"
"""Not the archive's: it is no fact, and nothing of it is migrated with the archive."""
AT_WORK = "pixiv-archive worker "
"""The name by which PostgreSQL knows the connections of a worker, before its number and its machine."""
PRESENT = "pixiv-archive present "
"""The same of the connection by which a worker holds its account, or waits for it."""
LOCK = 7_015_911_342
"""Held while the schema is made: two workers may be the first."""


def address(text: str) -> tuple[str, Mapping[str, Any]]:
    """Return Procrastinate's connector to the database of ARCHIVE_URL. Raises ArchiveError for a file."""
    url = archive_url(text)
    if url.get_backend_name() != "postgresql":
        raise ArchiveError(
            f"workers share an archive on PostgreSQL, and ARCHIVE_URL is a file: {page('howto/many-machines.md')} shows the way"
        )
    # Joined by hand: psycopg lets a keyword replace what the address says.
    given = url.query.get("options", "")
    before = given if isinstance(given, str) else " ".join(given)
    own = url.set(drivername="postgresql").difference_update_query(["options"])
    options = f"{before} -csearch_path={SCHEMA}".strip()
    return own.render_as_string(hide_password=False), {"options": options}


def check_usable(text: str) -> None:
    """Raises ArchiveError where there can be no queue: the archive is a file, or Procrastinate is not installed."""
    address(text)
    if find_spec("procrastinate") is None:
        raise ArchiveError(f"workers need Procrastinate: {with_extra('workers')}")


def make(text: str, *, is_synchronous: bool = False, name: str = "pixiv-archive") -> App:
    """An app on the database of ARCHIVE_URL, with its tasks. name: of its connections. Raises ArchiveError."""
    conninfo, given = address(text)
    kwargs = {**given, "application_name": name}
    from procrastinate import App, PsycopgConnector, SyncPsycopgConnector  # noqa: PLC0415  # for those who queue

    from crawler.workers.tasks import register  # noqa: PLC0415  # which needs what is imported above

    connector: Any = (
        SyncPsycopgConnector(conninfo=conninfo, kwargs=kwargs)
        if is_synchronous
        # Two: one listens, one works.
        else PsycopgConnector(conninfo=conninfo, kwargs=kwargs, min_size=1, max_size=4)
    )
    app = App(connector=connector)
    register(app)
    return app


def name_connections(engine: Engine, name: str) -> None:
    """Let PostgreSQL know the connections of an engine by a name."""

    @event.listens_for(engine, "do_connect")
    def set_name(_dialect: Any, _record: Any, _arguments: Any, named: Any) -> None:
        named["application_name"] = name


@contextmanager
def ready(text: str) -> Iterator[Engine]:
    """The archive, with the queue's tables made where there are none. Raises ArchiveError."""
    check_usable(text)
    with opened(text, is_new=True) as engine:
        _prepare_queue(engine, text)
        yield engine


FUNCTIONS = "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s"


def _check_version(there: set[str]) -> None:
    """Raises ArchiveError where the queue's functions are not those that this Procrastinate calls."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415  # for those who queue

    wanted = set(re.findall(r"CREATE FUNCTION (procrastinate_\w+)", SchemaManager.get_schema()))
    if not wanted <= there:
        raise ArchiveError(
            "the queue was made by another version of Procrastinate: bring it up by its own migrations"
            f" (procrastinate.readthedocs.io), or let go what is queued: DROP SCHEMA {SCHEMA} CASCADE"
        )


def _prepare_queue(engine: Engine, url: str) -> None:
    """Make the queue's tables where there are none. Raises ArchiveError."""
    try:
        # No transaction: Procrastinate makes its tables over another connection, which must see the schema.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
            try:
                there = set(connection.exec_driver_sql(FUNCTIONS, (SCHEMA,)).scalars())
                if there:
                    _check_version(there)
                else:
                    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                    app = make(url, is_synchronous=True)
                    with app.open():
                        app.schema_manager.apply_schema()
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
    except SQLAlchemyError as error:
        refusal = Unreachable if is_away(error) else ArchiveError
        raise refusal(f"cannot make the queue: {explain(error)}") from None


def open_shell(url: str, words: Sequence[str]) -> int:
    """Run a command of Procrastinate's shell, or open it; returns the exit status. Raises ArchiveError."""
    from procrastinate.cli import cli  # noqa: PLC0415  # for those who look

    os.environ["ARCHIVE_URL"] = url  # an address may hold a password, and is no argument
    with ready(url):
        asyncio.run(cli(["--app", f"{__name__}.app", "shell", *words]))
    return 0


def __getattr__(name: str) -> App:
    """The app of ARCHIVE_URL, for Procrastinate's own command line (`--app=crawler.workers.app.app`)."""
    if name != "app":
        raise AttributeError(name)
    return make(from_environment()["ARCHIVE_URL"])
