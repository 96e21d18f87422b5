"""Questions kept as SQL files: the question, its parameters with defaults, the statement, and how much it knows."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Date, Text, bindparam, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.clock import newest
from crawler.errors import QueryError, choices
from crawler.files import read_bounded
from crawler.places import SHIPPED, command
from crawler.tables.rankings import CONTENT_CODES, MODE_CODES, Ranking

FOLDER = SHIPPED / "queries"
TYPES: Mapping[str, Any] = {"integer": BigInteger(), "text": Text(), "date": Date()}
GROUPS = ("rankings", "works over time", "tags", "artists", "commissions", "feeds", "health", "research")
_PARAMETER = re.compile(r"-- :(\w+)\s+(integer|text|date)(?:\s*=\s*(\S+))?(?:\s+(.*))?")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a query. default: as written; None: it must be given."""

    name: str
    kind: str
    default: str | None
    meaning: str


@dataclass(frozen=True)
class Known:
    """Number of the rows behind a result that had a value.

    text: with {known} and {of}, the two columns of the statement. better: the command that makes it more; "".
    sql: "" stands for the days that the question spans (`-- known: days`).
    """

    text: str
    better: str
    sql: str


@dataclass(frozen=True)
class Query:
    """One file: the question, its parameters, its SQL, and what it may not know.

    Lines `-- question?`, `-- group:`, `-- cannot say:` and `-- :name type = default  meaning`, then the SQL, then for
    each thing that may be unknown `-- known: text`, `-- better: {run} COMMAND` and a statement that counts it.
    """

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    sql: str
    group: str = ""
    cannot_say: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()


def names() -> list[str]:
    """The queries of the project."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def by_group() -> dict[str, list[Query]]:
    """Return the queries of the project in the order of their groups and names. Raises QueryError."""
    found: dict[str, list[Query]] = {group: [] for group in GROUPS}
    for name in names():
        query = load(name)
        found[query.group].append(query)
    return found


def unanswerable() -> Mapping[str, Mapping[str, str]]:
    """Questions that no response can answer, by name: the question, and why."""
    with (FOLDER / "unanswerable.toml").open("rb") as file:
        return tomllib.load(file)


def load(name: str) -> Query:
    """A query of the project, or of a file of the user's own (a path ending in .sql). Raises QueryError."""
    path = Path(name) if name.endswith(".sql") else FOLDER / f"{name}.sql"
    if not name.endswith(".sql") and name not in names():
        if name in (refused := unanswerable()):
            raise QueryError(f"{name} can't be answered: {refused[name]['why']}")
        raise QueryError(
            f'No query "{name}", and no file of that name. {choices(name, names())}. All of them: {command("sql")}'
        )
    try:
        sql = read_bounded(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path}: {error}") from None
    return _read(path.stem, sql)


def inline(sql: str) -> Query:
    """A question of the user's own, as SQL on the command line."""
    return Query("your SQL", sql, (), sql)


def _read(name: str, text: str) -> Query:
    main, *known = re.split(r"^-- known: ", text, flags=re.MULTILINE)
    lines = main.splitlines()
    question = lines[0].removeprefix("-- ") if lines and lines[0].startswith("-- ") else name
    found = (_PARAMETER.fullmatch(line.rstrip()) for line in lines)
    parameters = tuple(Parameter(match[1], match[2], match[3], match[4] or "") for match in found if match)
    group, limits = "".join(_said(lines, "group")), tuple(_said(lines, "cannot say"))
    return Query(name, question, parameters, main, group, limits, tuple(map(_known, known)))


def _said(lines: list[str], what: str) -> list[str]:
    begin = f"-- {what}: "
    return [line.removeprefix(begin).replace("{run}", command()) for line in lines if line.startswith(begin)]


def _known(text: str) -> Known:
    first, _, rest = text.partition("\n")
    better = "".join(_said(rest.splitlines(), "better"))
    sql = "\n".join(line for line in rest.splitlines() if not line.startswith("-- better: "))
    return Known(first.strip(), better, sql.strip())


@dataclass(frozen=True)
class Answer:
    """A query's result. values: of its parameters; chosen: a line about those that the archive decided."""

    headings: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    values: Mapping[str, Any]
    chosen: str = ""


def run(connection: Connection, query: Query, given: Mapping[str, str]) -> Answer:
    """Ask a query. Changes nothing in the archive. Raises QueryError."""
    values = values_of(connection, query, given)
    chosen = "" if "mode" in given else _choose_mode(connection, values)
    return replace(answered(connection, query, query.sql, values), chosen=chosen)


def values_of(connection: Connection, query: Query, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a query's parameters, as given or by default. Raises QueryError."""
    known = {parameter.name: parameter for parameter in query.parameters}
    for name, valid in (("mode", MODE_CODES), ("content", CONTENT_CODES)):
        if name in given and given[name] not in valid:
            raise QueryError(f"{name}={given[name]}: no such value. {choices(given[name], valid)}")
    for name in given:
        if name not in known:
            raise QueryError(f"{query.name} takes no {name}. {choices(name, known)}")
    return {one.name: _value(connection, query, one, given.get(one.name)) for one in query.parameters}


def _choose_mode(connection: Connection, values: dict[str, Any]) -> str:
    """Put the mode that has most days in the place of a default that has none; returns a line that says so, or ""."""
    if "mode" not in values:
        return ""
    counted = select(Ranking.mode).group_by(Ranking.mode).order_by(func.count().desc(), Ranking.mode)
    if "content" in values:
        counted = counted.where(Ranking.content == values["content"])
    archived = list(connection.scalars(counted))
    default = values["mode"]
    if not archived or default in archived:
        return ""
    values["mode"] = archived[0]
    return f"mode={archived[0]}, which has most days here: no day of the usual one, {default}, is archived"


def answered(connection: Connection, query: Query, statement: str, values: Mapping[str, Any]) -> Answer:
    """Run a statement of a query. Changes nothing in the archive. Raises QueryError."""
    known = {parameter.name: parameter for parameter in query.parameters}
    sql = _escape(statement, known)
    if not sql:
        raise QueryError(f"{query.name}: no statement in it")
    if connection.dialect.name == "duckdb":
        sql = _NUMERIC.sub("AS DOUBLE)", sql)  # its NUMERIC has three places: a value would be rounded twice
    if not _QUESTION.match(sql):
        # PostgreSQL lets a read-only transaction COPY to a file, and start a program.
        raise QueryError(f"{query.name}: a question only reads: it begins with {', '.join(BEGINNINGS)}")
    # Other statements of a file (`known`) may use fewer parameters; SQLAlchemy refuses to bind an unused one.
    used = {name: value for name, value in values.items() if re.search(rf"(?<![\\:]):{name}\b", sql)}
    typed: list[Any] = [bindparam(name, type_=TYPES[known[name].kind]) for name in used]
    try:
        with _only_reading(connection):
            found = connection.execute(text(sql).bindparams(*typed), used)
            if not found.returns_rows:
                raise QueryError(f"{query.name}: not a question: the statement answers no rows")
            return Answer(tuple(found.keys()), [tuple(row) for row in found], values)
    except SQLAlchemyError as error:
        # The driver's words only: SQLAlchemy's text repeats the statement and its values.
        cause = str(getattr(error, "orig", None) or error).strip()
        if cause in ("not authorized", "authorization denied"):
            cause = "a question only reads: this statement would change something"
        if re.search(r"(no such table: |relation \")v_", cause):
            cause += f" (a view of another version: {command('upgrade')} makes them again)"
        elif connection.dialect.name == "duckdb" and "does not exist" in cause:
            cause += f" (the release may be private in part, or of another version: {command('export')} makes it again)"
        raise QueryError(f"{query.name}: {cause}") from None


BEGINNINGS = ("SELECT", "WITH", "VALUES", "TABLE", "EXPLAIN")
_NUMERIC = re.compile(r"AS NUMERIC\)", re.IGNORECASE)
_QUESTION = re.compile(rf"[\s(]*({'|'.join(BEGINNINGS)})\b", re.IGNORECASE)

ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
INFORMING = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info"})
"""Pragmas that answer something and set nothing, also as tables (`pragma_table_info('artworks')`)."""


def _authorize(action: int, first: str | None, *_: str | None) -> int:
    is_informing = action == sqlite3.SQLITE_PRAGMA and first in INFORMING
    # So SQLite names the table that it makes of a pragma's answer; what a question says of it, it refuses itself.
    is_informing |= action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"
    return sqlite3.SQLITE_OK if action in ALLOWED or is_informing else sqlite3.SQLITE_DENY


class _Quantile:
    """`median(x)` and `quantile(x, share)` for SQLite, between two values as PostgreSQL's percentile_cont."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._share = 0.5

    def step(self, value: float | None, share: float = 0.5) -> None:
        """Take a row's value."""
        if value is not None:
            self._values.append(value)
            self._share = share

    def finalize(self) -> float | None:
        """The value that this share of the rows has at most."""
        if not self._values:
            return None
        held, place = sorted(self._values), self._share * (len(self._values) - 1)
        low = held[int(place)]
        return float(low + (held[min(int(place) + 1, len(held) - 1)] - low) * (place % 1))


@contextmanager
def _only_reading(connection: Connection) -> Iterator[None]:
    """Let a connection only read; then it goes back to the pool, where others write with it."""
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "sqlite":
        driver.create_aggregate("median", 1, _Quantile)
        driver.create_aggregate("quantile", 2, _Quantile)
        driver.set_authorizer(_authorize)
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        # What is prepared is one statement: sent as text, several would be run, a COMMIT among them.
        driver.prepare_threshold = 0
    try:
        yield
    finally:
        if connection.dialect.name == "sqlite":
            driver.set_authorizer(None)
        elif connection.dialect.name == "postgresql":
            driver.prepare_threshold = 5  # psycopg's own


_PARTS = re.compile(
    r"--[^\n]*|/\*.*?\*/|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<name>(?<!:):\w+)|(?P<rest>.)", re.DOTALL
)


def _escape(sql: str, known: Container[str]) -> str:
    """The statement for SQLAlchemy: no comments, and a colon only before a declared parameter."""

    def escaped(part: re.Match[str]) -> str:
        if part["text"] is not None:
            return part["text"].replace(":", "\\:")
        name = part["name"]
        if name is not None:
            return name if name[1:] in known else f"\\{name}"
        return part["rest"] or " "

    return _PARTS.sub(escaped, sql).strip().rstrip(";").strip()


def _value(connection: Connection, query: Query, parameter: Parameter, given: str | None) -> Any:
    wanted = parameter.default if given is None else given
    if wanted is None:
        raise QueryError(f"{query.name} needs --param {parameter.name}=… ({parameter.meaning}, {parameter.kind})")
    if parameter.kind == "text":
        return wanted
    if parameter.kind == "date":
        return _day(connection, parameter.name, wanted)
    if not re.fullmatch(r"[0-9]{1,18}", wanted):
        raise QueryError(f"{parameter.name}={wanted}: a whole number")
    return int(wanted)


def check_days(connection: Connection, since: str, until: str) -> tuple[str, str]:
    """Two days as dates, `newest` and the like worked out. Raises QueryError."""
    return f"{_day(connection, 'since', since)}", f"{_day(connection, 'until', until)}"


def _day(connection: Connection, name: str, given: str) -> date:
    """A date, `newest` (the newest ranking archived) or `today`, or days before it: `newest-365`. Raises QueryError."""
    found = re.fullmatch(r"(newest|today)(?:-(\d{1,5}))?", given)
    if not found:
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise QueryError(f"{name}={given}: a date like 2024-02-06, newest or today") from None
    if found[1] == "today":
        return datetime.now(UTC).date() - timedelta(days=int(found[2] or 0))
    last = connection.scalar(select(func.max(Ranking.ranking_on))) or newest()
    return last - timedelta(days=int(found[2] or 0))
