"""Build an archive beside the one in use, then replace its rows in one transaction.

Rows are replaced, not the file or the schema: readers keep reading (WAL, MVCC), and a user's own tables, views,
indexes and grants stay. A renamed SQLite file would leave open connections writing to the old one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import archive_url, create, lock_writer, prepare, reading, writing
from crawler.archive.due.coverage import conclude
from crawler.archive.saved_state import KEPT
from crawler.archive.writing.store import Store
from crawler.errors import ArchiveError, Missing
from crawler.forget.removal import remove
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.tables.metadata import METADATA
from crawler.tables.naming import Thing
from crawler.tables.provenance import Capture, Coverage, Suppression

logger = logging.getLogger(__name__)
SUFFIXES = ("", "-wal", "-shm")
BESIDE = "archive_rebuild"
"""The schema on PostgreSQL, and the name under which the file is attached on SQLite."""


class Place(NamedTuple):
    """A response that the archive has, and its file."""

    moment: int
    file: str


@contextmanager
def beside(text: str) -> Iterator[str]:
    """Give the address of an empty archive beside that of ARCHIVE_URL, and remove it at the end.

    The same things are blocked in both. Raises ArchiveError if a rebuild is running already.
    """
    url = archive_url(text)
    old = create(text)
    try:
        # The old archive too: one that is behind or not an archive must be refused before hours of replay.
        prepare(old)
        with _built_once(old, url), _place(old, url) as new:
            engine = create(new)
            try:
                prepare(engine)
                _copy_list(old, engine)
            finally:
                engine.dispose()
            yield new
    finally:
        old.dispose()


@contextmanager
def _built_once(old: Engine, url: URL) -> Iterator[None]:
    refusal = ArchiveError("this archive is being rebuilt already: wait for it to end")
    if old.dialect.name == "sqlite":
        try:
            with FileLock(f"{url.database}.rebuild.lock", timeout=0):
                yield
        except Timeout:
            raise refusal from None
        return
    with old.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        own = f"hashtext('{BESIDE}')"
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({own})").scalar():
            raise refusal
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({own})")


@contextmanager
def _place(old: Engine, url: URL) -> Iterator[str]:
    """Give an empty place for an archive, cleared before and after."""
    if old.dialect.name == "sqlite":
        file = f"{url.database}.rebuild"
        _remove(file)
        try:
            yield url.set(database=file).render_as_string(hide_password=False)
        finally:
            _remove(file)
        return
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} -csearch_path={BESIDE}".strip()
    _drop(old)
    with old.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {BESIDE}")
    try:
        place = url.update_query_dict({"options": options})
        yield place.render_as_string(hide_password=False)
    finally:
        _drop(old)


def _remove(file: str) -> None:
    for suffix in SUFFIXES:
        with suppress(FileNotFoundError):
            Path(file + suffix).unlink()


def remove_leftovers(engine: Engine) -> None:
    """Remove the leftovers of a killed rebuild, unless one is running. Leftovers of another user are named and stay."""
    file = f"{engine.url.database}.rebuild"
    is_file = engine.dialect.name == "sqlite"
    try:
        if is_file and not any(Path(file + suffix).exists() for suffix in SUFFIXES):
            return
        if not is_file and BESIDE not in inspect(engine).get_schema_names():
            return
        with suppress(ArchiveError), _built_once(engine, engine.url):
            if is_file:
                _remove(file)
            else:
                _drop(engine)
    except (OSError, SQLAlchemyError) as error:
        logger.warning("Cannot remove what a killed rebuild left (%s): %s", file if is_file else BESIDE, error)


def _drop(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE")


def _copy_list(old: Engine, new: Engine) -> None:
    with reading(old) as connection:
        out = [row._asdict() for row in connection.execute(select(Suppression.__table__))]
    if out:
        with new.connect() as connection, writing(connection):
            connection.execute(insert(Suppression), out)


def swap(text: str, new: str, read: Callable[[list[Place]], Iterable[Page]], *, drop: bool) -> int:
    """Replace the rows of the archive by those that were built beside it, in one transaction.

    read: gives the pages of responses that came meanwhile, as far as a file holds them. drop: let go the rows of
    responses that no file holds. Returns how many. Otherwise raises Missing for them, and the archive is unchanged.
    """
    engine = create(text)
    store = Store(engine)
    try:
        # Detached after the transaction: SQLite cannot detach a database that one uses.
        with engine.connect() as connection, _attached(connection, new), connection.begin():
            lock_writer(connection)
            return _exchange(connection, store, read, drop=drop)
    finally:
        store.close()
        engine.dispose()


@contextmanager
def _attached(connection: Connection, new: str) -> Iterator[None]:
    """On SQLite, attach the other file under the name that its schema has on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    # By the driver: SQLAlchemy would begin a transaction, within which SQLite detaches nothing.
    driver.execute(f"ATTACH DATABASE ? AS {BESIDE}", (archive_url(new).database,))
    try:
        yield
    finally:
        driver.execute(f"DETACH DATABASE {BESIDE}")


def _exchange(
    connection: Connection, store: Store, read: Callable[[list[Place]], Iterable[Page]], *, drop: bool
) -> int:
    # Read before the old rows go: afterwards nothing tells what came while the other was built.
    late, attempts = _of_the_old_alone(connection), _attempts(connection)
    meanwhile = _forgotten_meanwhile(connection)
    for table in METADATA.sorted_tables:
        # By name: after an upgrade the order of columns in the database may differ from the class.
        columns = ", ".join(column.name for column in table.columns)
        chosen = f"SELECT {columns} FROM {BESIDE}.{table.name} other"
        if table.name in KEPT:
            is_same = " AND ".join(f"there.{key.name} = other.{key.name}" for key in table.primary_key)
            chosen += f" WHERE NOT EXISTS (SELECT 1 FROM {table.name} there WHERE {is_same})"
        else:
            connection.exec_driver_sql(f"DELETE FROM {table.name}")
        if table.name == Suppression.__tablename__:
            # A block that was lifted while the other was built stays lifted.
            is_same_root = "there.root_kind = other.root_kind AND there.root_id = other.root_id"
            chosen += f" AND EXISTS (SELECT 1 FROM suppressions there WHERE {is_same_root})"
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) {chosen}")
    if meanwhile:
        remove(connection, meanwhile)
    late = _add_late(connection, store, late, read)
    if late and not drop:
        raise Missing(late)
    store.cover(connection, attempts)
    conclude(connection)
    return len(late)


def _forgotten_meanwhile(connection: Connection) -> dict[Thing, set[Thing]]:
    """Return what was forgotten while the other archive was built."""
    columns = "kind, thing_id, root_kind, root_id"
    found: dict[Thing, set[Thing]] = {}
    for kind, key, root_kind, root_id in connection.exec_driver_sql(
        f"SELECT {columns} FROM suppressions EXCEPT SELECT {columns} FROM {BESIDE}.suppressions"
    ):
        found.setdefault((kind, key), set()).add((root_kind, root_id))
    return found


def _add_late(
    connection: Connection, store: Store, late: list[Place], read: Callable[[list[Place]], Iterable[Page]]
) -> list[Place]:
    """Add the responses that came meanwhile; return those that no file holds."""
    wanted = {place.moment for place in late}
    for page in read(late) if late else ():
        if page.observed_at in wanted:
            store.put(connection, [page])
            wanted.discard(page.observed_at)
    return [place for place in late if place.moment in wanted]


def _of_the_old_alone(connection: Connection) -> list[Place]:
    """Return the responses that the archive has and the other has not."""
    there = f"SELECT observed_at FROM {BESIDE}.captures"
    sql = f"SELECT observed_at, file FROM captures WHERE observed_at NOT IN ({there}) ORDER BY observed_at"
    return [Place(*row) for row in connection.exec_driver_sql(sql)]


def _attempts(connection: Connection) -> list[Page]:
    """Return what is covered without a response: time-outs, robots.txt, no session."""
    known = select(Capture.digest).where(Capture.observed_at == Coverage.last_at)
    found = []
    for row in connection.execute(select(Coverage.__table__).where(~known.exists())):
        target = Target.of_key(row.endpoint, row.params, row.page, row.night)
        found.append(Page(target, Outcome(row.last_outcome), row.last_at, row.message or ""))
    return found
