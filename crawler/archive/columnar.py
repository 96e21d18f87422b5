"""The archive in one DuckDB file: a copy by columns, which answers questions many times as fast; and a release's database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, Table, create_engine, event
from sqlalchemy.exc import DBAPIError

from crawler.archive.database.engine import archive_file, archive_url, place_of, reader_uri, reading, revisions
from crawler.archive.database.engine import opened as archive_of
from crawler.errors import ArchiveError, ReleaseError, needed
from crawler.files import complete_file
from crawler.places import command, state_folder

if TYPE_CHECKING:
    import duckdb

DATABASE = "archive.duckdb"
"""The database of a release, and the copy of an archive on a server."""
STORAGE = "v1.0.0"
"""The oldest format that DuckDB promises to open: readers have other versions than we."""
TYPES: Mapping[type, str] = {
    int: "BIGINT",
    str: "VARCHAR",
    bool: "BOOLEAN",
    float: "DOUBLE",
    date: "DATE",
    datetime: "TIMESTAMPTZ",
}
_SAMPLES: Mapping[type, str] = {
    int: "0",
    str: "''",
    bool: "0",
    float: "0.0",
    date: "'2007-09-13'",
    datetime: "'2007-09-13 00:00:00'",
}
"""A value of each type as SQLite stores it."""
BATCH = 65_536
STATE = """
SELECT (SELECT count(*) FROM captures), (SELECT max(observed_at) FROM captures), (SELECT sum(row_count) FROM crawls),
    (SELECT count(*) FROM crawls), (SELECT max(finished_at) FROM crawls), (SELECT count(*) FROM suppressions),
    (SELECT max(forgotten_at) FROM suppressions),
    (SELECT count(*) FROM tracked), (SELECT max(added_at) FROM tracked), (SELECT count(*) FROM job_runs)
"""
"""What every command changes that changes an archive: each is a run, or a line of what is tracked or forgotten."""


def made_of(*more: str) -> str:
    """Return a digest of what a file is made of besides rows: its format, the revision, the views' SQL, and more."""
    from crawler.archive.views import definitions  # noqa: PLC0415  # for those alone who have a copy

    text = "\n".join((STORAGE, revisions()[-1], *definitions("postgresql").values(), *more))
    return hashlib.sha256(text.encode()).hexdigest()


def place(url: str, state_dir: str) -> Path:
    """Where the copy of an archive is kept: beside its file, or with this machine's state."""
    file = archive_file(url)
    return Path(file).with_suffix(".duckdb") if file else state_folder(state_dir) / DATABASE


@contextmanager
def opened(file: Path) -> Iterator[Engine]:
    """A copy or a release's database, to be asked. Raises ReleaseError."""
    if not file.is_file():
        raise ReleaseError(f"{file.parent} is no release: no {file.name} in it")
    with needed("export"):
        import duckdb_engine  # noqa: F401, PLC0415  # for those alone who ask one
    engine = create_engine(URL.create("duckdb", database=str(file)), connect_args={"read_only": True})
    event.listen(engine, "connect", _configure)
    try:
        yield engine
    finally:
        engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET integer_division = true")  # a quotient of whole numbers is one, as in an archive
    connection.execute("SET enable_external_access = false")  # a question reads the file and no other


def is_current(engine: Engine, file: Path) -> bool:
    """Return True if a copy has all that the archive has."""
    if not file.is_file():
        return False
    try:
        with opened(file) as copied, copied.connect() as copy:
            if copy.exec_driver_sql("SELECT digest FROM made_of").scalar() != made_of():
                return False
            state = tuple(copy.exec_driver_sql(STATE).one())
    except DBAPIError:  # another program's file, or of a newer DuckDB
        return False
    with reading(engine) as archive:
        return state == tuple(archive.exec_driver_sql(STATE).one())


@contextmanager
def asked(archive: str | Path, copy: Path | None) -> Iterator[tuple[Engine, list[str]]]:
    """What a question is put to, and a line about it where it is not the archive itself.

    archive: its address, or the database of a release. copy: where one may be. Raises ArchiveError and ReleaseError.
    """
    if isinstance(archive, Path):
        with opened(archive) as engine:
            yield engine, []
        return
    with archive_of(archive, is_reader=True) as engine:
        # Who only archives has no library that reads it.
        if copy is None or not copy.exists() or find_spec("duckdb_engine") is None:
            yield engine, []
        elif is_current(engine, copy):
            with opened(copy) as copied:
                yield copied, [f"asked of {copy}, which has all that the archive has (--live: of the archive)"]
        else:
            yield engine, [f"{copy} is older than the archive: {command('export --copy')} makes it again"]


def make(url: str, file: Path) -> None:
    """Copy an archive as it is at one moment, complete or not at all. Raises ArchiveError, and ReleaseError for a full disk."""
    from crawler.tables.metadata import METADATA  # noqa: PLC0415  # all tables, for those alone who make one

    # All tables are read in one transaction of the source: a copy must be of one moment.
    with made(file) as connection, _reader(url) as source:
        for table in METADATA.tables.values():
            columns = ", ".join(
                f"CAST({column.name} AS {TYPES[column.type.python_type]}) AS {column.name}" for column in table.columns
            )
            with _rows(source, table, is_sqlite=archive_file(url) is not None) as rows:
                connection.register("rows", rows)
                connection.execute(
                    # SQLite has no booleans, so the driver gives 0 and 1; the samples (0) only set the types.
                    f"CREATE TABLE {table.name} AS SELECT {columns} FROM rows WHERE CAST(is_row AS BOOLEAN)"
                )
                connection.unregister("rows")
        finish(connection)


@contextmanager
def made(file: Path, *, is_public: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a new file in the place of one, to be filled and finished; complete or not at all."""
    import duckdb  # noqa: PLC0415  # for those alone who make one

    with complete_file(file, is_public=is_public) as beside:
        # DuckDB makes the file itself, with the umask: the mode is noted first, and set again at the end.
        mode = beside.stat().st_mode
        beside.unlink()  # DuckDB takes no empty file
        try:
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                quoted = str(beside).replace("'", "''")
                connection.execute(f"ATTACH '{quoted}' AS made (STORAGE_VERSION '{STORAGE}')")
                connection.execute("USE made")
                yield connection
                # A database that is in use cannot be detached, and only DETACH reports a full disk.
                connection.execute("USE memory")
                connection.execute("DETACH made")  # writes what is left, or says that it cannot
        except duckdb.Error as error:  # a full disk, say
            raise ReleaseError(f"{file} could not be written: {str(error).splitlines()[0]}") from None
        finally:
            Path(f"{beside}.wal").unlink(missing_ok=True)
        beside.chmod(mode)


def finish(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the views and what everything means to a file whose tables are filled."""
    from sqlglot import parse_one  # noqa: PLC0415  # likewise

    from crawler.archive.view_columns import comments  # noqa: PLC0415  # likewise
    from crawler.archive.views import definitions  # noqa: PLC0415  # likewise
    from crawler.tables.metadata import METADATA  # noqa: PLC0415  # likewise

    found = definitions("postgresql")
    for name, sql in found.items():
        connection.execute(f"CREATE VIEW {name} AS {parse_one(sql, read='postgres').sql(dialect='duckdb')}")
    for line in comments(METADATA.tables.values(), found):
        connection.execute(line)
    connection.execute(f"CREATE TABLE made_of AS SELECT '{made_of()}' AS digest")


@contextmanager
def _reader(text: str) -> Iterator[Any]:
    """A connection that reads an archive by columns, as it is at one moment."""
    url, file = archive_url(text), archive_file(text)
    with needed("export"):
        driver = import_module(f"adbc_driver_{'sqlite' if file else 'postgresql'}.dbapi")
    address = reader_uri(Path(file)) if file else url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with closing(driver.connect(address)) as connection:
            if not file:
                with closing(connection.cursor()) as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection
    except driver.Error as error:
        raise ArchiveError(f"cannot read {place_of(text)}: {str(error).splitlines()[0]}") from None


@contextmanager
def _rows(source: Any, table: Table, *, is_sqlite: bool) -> Iterator[Any]:
    """The rows of a table as a stream of batches."""
    names = ", ".join(column.name for column in table.columns)
    sql = f"SELECT true AS is_row, {names} FROM {table.name}"
    options = {}
    if is_sqlite:
        # The first batch decides the types, and may hold no value of a column: a row of samples goes before it.
        samples = ", ".join(f"{_SAMPLES[column.type.python_type]} AS {column.name}" for column in table.columns)
        sql = f"SELECT false AS is_row, {samples} UNION ALL {sql}"
        options = {"adbc.sqlite.query.batch_rows": BATCH}
    with closing(source.cursor(adbc_stmt_kwargs=options)) as cursor:
        cursor.execute(sql)
        yield cursor.fetch_record_batch()
