"""Engines: SQLite or PostgreSQL, one writer at a time, migrated or refused with the command."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, CursorResult, Dialect, Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)

from crawler.errors import ArchiveError, BadArgument, Unreachable
from crawler.files import private_folder, private_opener
from crawler.places import ROOT, SHIPPED, command, with_extra
from crawler.site import base_of, is_same_site

if TYPE_CHECKING:
    from alembic.config import Config


def mark(dialect: Dialect) -> str:
    """Return the placeholder for a value in a driver's SQL."""
    return "?" if dialect.paramstyle == "qmark" else "%s"


def execute(connection: Connection, sql: str, values: Sequence[Any]) -> CursorResult[*tuple[Any, ...]]:
    """Execute SQL in which each `?` stands for a value. Values go to the driver as they are, and come back so.

    For half a thousand rows a page, SQLAlchemy's types cost as much as the database.
    """
    return connection.exec_driver_sql(sql.replace("?", mark(connection.dialect)), tuple(values))


# One arbitrary number, the same in every process: the single writer of a PostgreSQL archive.
WRITER_LOCK = zlib.crc32(b"pixiv archive writer")

FULL = "database or disk is full"
LEAST_TEMPORARY = 16 * 1024 * 1024
"""Bytes: with less, it is the temporary folder that is full, not the archive's disk."""
HINTS = {
    "database is locked": ": another program has held it for too long (sqlite3? a copy?)",
    "disk I/O error": ": is the disk full, or away?",
    FULL: ": make room",
    "attempt to write a readonly database": ": give write permission on the file and its folder",
    "unable to open database file": ": is the folder there, and writable?",
}
"""Reasons and advice, by the database's own words."""
POOLER = "unsupported startup parameter"
"""A pooler's words for an option that it does not pass on."""

VERSION_TABLE = "alembic_version"
READ_ONLY = "archive_read_only"


def archive_url(text: str) -> URL:
    """The database address, checked; relative SQLite paths are below the project. Raises ArchiveError with valid forms."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ArchiveError(
            "ARCHIVE_URL is no database address; use sqlite:///var/archive.db or postgresql://user@host/name"
        ) from None
    backend = url.get_backend_name()
    if backend == "postgresql" and text.count("@") > 1:
        # A password with an @ would be cut at it, and shown as a part of the host.
        raise ArchiveError(
            "ARCHIVE_URL holds more than one @: in a user, a password or elsewhere write %40"
            " (and %2F for /, %3A for :, %23 for #)"
        )
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ArchiveError(f"ARCHIVE_URL names {backend}; use sqlite or postgresql")
    # `sqlite://var/archive.db` (two slashes) makes `var` a host, which SQLAlchemy refuses in other words.
    if url.host or url.username or url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ArchiveError("ARCHIVE_URL: of SQLite the form is sqlite:///FILE")
    timeout = url.query.get("timeout", "1")
    if not isinstance(timeout, str) or not re.fullmatch(r"\d{1,6}(\.\d+)?", timeout):
        raise ArchiveError(f"ARCHIVE_URL: timeout={timeout}: a number of seconds")
    if url.database and url.database != ":memory:" and not Path(url.database).is_absolute():
        url = url.set(database=str(ROOT / url.database))
    return url


def archive_file(text: str) -> str | None:
    """The path of a SQLite archive; None for PostgreSQL. Raises ArchiveError."""
    url = archive_url(text)
    return url.database if url.get_backend_name() == "sqlite" else None


def place_of(text: str) -> str:
    """Return the place of an archive for people: a path, or an address without user and query, which may hold a password."""
    url = archive_url(text)
    if url.get_backend_name() != "sqlite" or not url.database:
        port = url.port or url.query.get("port")
        return f"{url.get_backend_name()}://{url.host or ''}{f':{port}' if port else ''}/{url.database or ''}"
    path = Path(url.database)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def can_change(path: Path) -> bool:
    """Return False if nothing can write to a SQLite file: on read-only media, not even a lock beside it."""
    # A -wal beside the file must be read, and a file that is opened as immutable is read without it.
    return Path(f"{path}-wal").exists() or os.access(path.parent, os.W_OK)


def holds_password(text: str) -> bool:
    """Return True if an ARCHIVE_URL holds a password. Raises ArchiveError for one that is none."""
    url = archive_url(text)
    return bool(url.password or any("password" in name for name in url.query))


def refuse_shown_password(text: str) -> None:
    """Raises BadArgument for an address of the command line that holds a password."""
    if holds_password(text):
        raise BadArgument(
            "ARCHIVE_URL holds a password and must not stand on a command line, where others can"
            " read it: set it in the environment instead"
        )


def address(text: str) -> str:
    """Return an ARCHIVE_URL as it may be shown: without passwords. Raises ArchiveError."""
    url = archive_url(text)
    shown = {name: value for name, value in url.query.items() if "password" not in name}
    return url.set(query=shown).render_as_string(hide_password=True)


def create(text: str, *, is_new: bool = True, is_reader: bool = False) -> Engine:
    """An engine for ARCHIVE_URL. Opens no connection. Raises ArchiveError.

    is_new: whether an archive that is not there may be begun. is_reader: nothing is written, so that an archive on
    read-only media can be read.
    """
    url = archive_url(text)
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            if not is_new and not _is_there(Path(url.database)):
                raise ArchiveError(
                    f"no archive {url.database} yet. A first one begins with {command('crawl rankings')}; ARCHIVE_URL names"
                    f" another. If it was there: is its disk mounted? Restore a copy, or rebuild it with {command('replay')}"
                )
            folder = Path(url.database).parent
            try:
                if is_new:
                    private_folder(folder)
            except OSError as error:
                raise ArchiveError(f"cannot make {folder}: {error.strerror}") from None
        # Seconds that a writer waits for another, unless the address says it.
        engine = create_engine(url, connect_args={} if "timeout" in url.query else {"timeout": 60.0})
        event.listen(engine, "do_connect", _connect_reader if is_reader else _make_private)
        event.listen(engine, "connect", _begin_by_hand if is_reader else _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True)  # a server may restart between two pages
    except ModuleNotFoundError:
        raise ArchiveError(f"PostgreSQL needs its driver: {with_extra('postgresql')}") from None
    event.listen(engine, "do_connect", partial(_set_options, "" if is_reader else "-cstatement_timeout=0 "))
    return engine


def _is_there(path: Path) -> bool:
    """Return True if a file exists. Raises ArchiveError where this user may not look."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ArchiveError(f"cannot read {path}: {error.strerror} (user {getpass.getuser()})") from None
    return True


def _set_options(limit: str, _dialect: Any, _record: Any, _arguments: Any, named: Any) -> None:
    """Show times in UTC, as on SQLite, and let a writer wait for another as long as it takes.

    limit: lifts a server's statement_timeout, which is for slow statements. What ARCHIVE_URL sets comes later, and wins.
    """
    named["options"] = f"{limit}{named.get('options', '')} -ctimezone=UTC".strip()


def _make_private(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> None:
    """Make the file for its owner alone; SQLite makes those beside it like it."""
    path = str(arguments[0]) if arguments else ""
    # Only where there is none: closing a file that SQLite has open would give its locks away.
    if path and path != ":memory:" and not path.startswith("file:") and not Path(path).exists():
        with suppress(OSError):  # SQLite says what is wrong
            os.close(private_opener(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))


def _connect_reader(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
    """Connect to a file without writing it."""
    return sqlite3.connect(reader_uri(Path(arguments[0])), uri=True, **named)


def reader_uri(path: Path) -> str:
    """The address by which SQLite opens a file without writing it."""
    # immutable only where nothing can write: SQLite then takes no lock and would miss every change.
    return f"{path.absolute().as_uri()}?{'mode=ro' if can_change(path) else 'mode=ro&immutable=1'}"


def _begin_by_hand(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions itself (below), so that readers never block the writer.
    connection.isolation_level = None


def _configure_sqlite(connection: Any, record: Any) -> None:
    _begin_by_hand(connection, record)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 10000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    # Upgrading a read lock can fail at once with "database is locked"; a write lock waits.
    if not connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def writing(connection: Connection) -> Iterator[Connection]:
    """A transaction as the only writer; rolled back on any exception."""
    with connection.begin():
        lock_writer(connection)
        yield connection


@contextmanager
def erasing(engine: Engine) -> Iterator[Connection]:
    """A transaction as the only writer that leaves nothing of what it deletes in SQLite's pages."""
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            _pragma(connection, "secure_delete = ON")
        with writing(connection):
            yield connection


def clear_remains(engine: Engine) -> bool:
    """Write SQLite's file anew, without what was deleted. Return False on PostgreSQL, or while another program reads it."""
    if engine.dialect.name != "sqlite":
        return False
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            # By the driver: VACUUM fails within the transaction that SQLAlchemy would begin.
            driver.execute("VACUUM")
            # VACUUM writes the new file into the log: until this checkpoint the file still holds what was deleted.
            (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except driver.OperationalError:
            return False
    return not busy


def shorten_wal(engine: Engine) -> None:
    """Write what is in SQLite's log into its file, as far as others let it: a reader that stays keeps it."""
    path = engine.url.database or ""
    if engine.dialect.name == "sqlite" and Path(f"{path}-wal").exists():
        # The driver's own error too: nobody may write to the file, say.
        with suppress(SQLAlchemyError, sqlite3.Error), engine.connect() as connection:
            _pragma(connection, "wal_checkpoint(TRUNCATE)")


def _pragma(connection: Connection, text: str) -> None:
    # Outside any transaction, which SQLAlchemy would begin.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA {text}").close()


AWAY = ("08", "57P", "53300", "40", "55P03")
"""Beginnings of SQLSTATEs that mean: not now. Any other is about the statement, and trying again is in vain."""
LASTING = (
    "password authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "is not permitted to log in",
    POOLER,
)
"""Words of a server that refuses a connection for good; before there is a connection it gives no SQLSTATE."""
OF_THE_DATA = ("22", "23", "54")


def is_away(error: SQLAlchemyError) -> bool:
    """Return True if a PostgreSQL server is away, or refuses for now. SQLite has waited for its lock already."""
    state = sqlstate(error)
    if state is None:  # the driver's own word: the connection is lost, or there was none
        is_lasting = any(words in str(error.args[0]) for words in LASTING)
        is_of_a_server = isinstance(error, OperationalError) and type(error.orig).__module__.startswith("psycopg")
        return is_of_a_server and not is_lasting
    return state.startswith(AWAY)


def is_of_the_data(error: SQLAlchemyError) -> bool:
    """Return True if a database refuses values as such: another page may fit."""
    state = sqlstate(error)
    if state is None:
        return isinstance(error, (DataError, IntegrityError)) or not isinstance(error, DBAPIError)
    return state.startswith(OF_THE_DATA)


def sqlstate(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's code for what went wrong; None where it has not spoken."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that takes no lock. Raises ArchiveError, Unreachable where a server is away."""
    try:
        with engine.connect().execution_options(**{READ_ONLY: True}) as connection:
            yield connection
    except DatabaseError as error:
        refusal = Unreachable if is_away(error) else ArchiveError
        raise refusal(f"cannot read {shown(engine)}: {explain(error)}") from error


@contextmanager
def at_one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the archive as it is now, whatever is written meanwhile. Raises ArchiveError."""
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")  # `reading` begins none: each statement would see what is newest
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")
        elif engine.dialect.name == "postgresql":
            yield connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            yield connection  # a copy, which nobody writes


@contextmanager
def opened(text: str, *, is_new: bool = False, is_reader: bool = False) -> Iterator[Engine]:
    """An archive that is ready, for as long as it is used; is_new, is_reader: see `create`. Raises ArchiveError."""
    engine = create(text, is_new=is_new, is_reader=is_reader)
    try:
        prepare(engine, is_reader=is_reader)
        yield engine
    finally:
        engine.dispose()


def lock_writer(connection: Connection) -> None:
    """Wait until this transaction is the only writer. SQLite is one by BEGIN IMMEDIATE."""
    if connection.dialect.name == "postgresql":
        # An archive is a schema: one that is built beside another has a writer of its own.
        own = "hashtext(current_schema())"
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK}::bigint # {own})")


def alembic_config(engine: Engine) -> Config:
    """Alembic's configuration for this engine."""
    from alembic.config import Config  # noqa: PLC0415  # 0.2 s, for those who migrate

    config = Config()
    # ConfigParser interpolates %, which a path may hold.
    config.set_main_option("script_location", str(SHIPPED / "migrations").replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def revisions() -> list[str]:
    """The revisions that this version knows, the newest last: files are named by them."""
    files = (SHIPPED / "migrations/versions").glob("*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def revision_of(engine: Engine) -> str | None:
    """The revision that an archive is at, None for an empty one. Raises ArchiveError."""
    with reading(engine) as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()
    return None if found is None else str(found)


def upgrade_archive(engine: Engine) -> None:
    """Bring an archive, an empty one too, to the newest revision. Raises ArchiveError."""
    from alembic import command  # noqa: PLC0415  # 0.2 s, for those who migrate

    try:
        command.upgrade(alembic_config(engine), "head")
    except SQLAlchemyError as error:
        raise ArchiveError(f"cannot make {shown(engine)}: {explain(error)}") from None


def prepare(engine: Engine, *, is_reader: bool = False) -> None:
    """Create an empty archive's tables, unless it is only read; refuse one that is behind. Raises ArchiveError."""
    *_, head = known = revisions()
    try:
        current = revision_of(engine)
        if current == head:
            return
        with reading(engine) as connection:
            tables = inspect(connection).get_table_names()
    except SQLAlchemyError as error:
        raise ArchiveError(f"cannot open {shown(engine)}: {explain(error)}") from None
    if current is None:
        _check_encoding(engine)
        if tables:
            raise ArchiveError(f"{shown(engine)} holds other tables; give the archive its own database")
        if is_reader:
            raise ArchiveError(f"{shown(engine)} is empty: begin with {command('crawl rankings')}")
        upgrade_archive(engine)
        return
    if current not in known:
        raise ArchiveError(
            f"{shown(engine)} is at revision {current}, newer than this version ({head}): update the project"
        )
    raise ArchiveError(f"{shown(engine)} is at revision {current}, this version needs {head}: run {command('upgrade')}")


def _check_encoding(engine: Engine) -> None:
    """Refuse a PostgreSQL database that cannot hold every text. Raises ArchiveError."""
    if engine.dialect.name != "postgresql":
        return
    with reading(engine) as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise ArchiveError(
            f"{shown(engine)} has the encoding {encoding}, which cannot hold pixiv's texts: make it with createdb -E UTF8"
            f" -T template0 {engine.url.database}"
        )


def site_held(engine: Engine) -> str | None:
    """Return the address of the site whose responses an archive holds; None for an empty one."""
    with reading(engine) as connection:
        url = connection.exec_driver_sql("SELECT url FROM captures LIMIT 1").scalar()
    return None if url is None else base_of(url)


def check_site(engine: Engine, base_url: str) -> None:
    """Refuse an archive that holds another site than a base address names. Raises ArchiveError."""
    held = site_held(engine)
    if held is not None and not is_same_site(held, base_url):
        raise ArchiveError(
            f"{shown(engine)} holds {urlsplit(held).hostname}, and PIXIV_BASE_URL is {base_url}: an archive holds one site."
            " Nothing was read or written. Set ARCHIVE_URL and CAPTURE_DIR to an archive of its own"
            f" (ARCHIVE_URL=sqlite:///var/other.db CAPTURE_DIR=var/other), or PIXIV_BASE_URL={held}"
        )


def shown(engine: Engine) -> str:
    """The address of an archive without user and query, which may hold a password."""
    url = engine.url
    return f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"


def explain(error: SQLAlchemyError) -> str:
    """The database's own words for what went wrong, on one line, without statement and values."""
    original = getattr(error, "orig", None) or error
    # The first line only: PostgreSQL's DETAIL repeats the values of the row.
    text = str(original).strip().splitlines()[0]
    if POOLER in text:
        text += (
            ": a pooler refuses options; connect to PostgreSQL itself, or set ignore_startup_parameters = options in it"
        )
    temporary = sqlite_temporary_folder()
    if text == FULL and shutil.disk_usage(temporary).free < LEAST_TEMPORARY:
        return (
            f"{text}: the temporary folder {temporary} is full. Make room there, or name another: SQLITE_TMPDIR=FOLDER"
        )
    return text + HINTS.get(text, "")


def sqlite_temporary_folder() -> Path:
    """Return the folder in which SQLite sorts what does not fit into memory."""
    given = (os.environ.get(name) for name in ("SQLITE_TMPDIR", "TMPDIR"))
    places = map(Path, filter(None, (*given, "/var/tmp", "/usr/tmp", "/tmp")))  # noqa: S108  # as SQLite looks for it
    return next((one for one in places if one.is_dir() and os.access(one, os.W_OK)), Path.cwd())
