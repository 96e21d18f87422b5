"""Views: times for people and the common joins. Made anew after every upgrade, in no revision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from crawler.tables.metadata import METADATA
from crawler.tables.row import Entity, Row, fields_of

FOLDER = Path(__file__).parent / "sql"
MOMENT = re.compile(r"MOMENT\(((?:[^()]|\([^()]*\))*)\)")
ALIGNED = re.compile(r"ALIGNED\((\w+)\)")
PUBLISHED = re.compile(r"PUBLISHED\(([\w.]+)\)")
SPAN = re.compile(r"SPAN\(((?:[^(),]|\([^()]*\))*), ((?:[^(),]|\([^()]*\))*)\)")
DAY_END = re.compile(r"DAY_END\(([\w.]+)\)")
OF_JAPAN = re.compile(r"(HOUR|WEEKDAY|DAY|DAY_NUMBER)_IN_JAPAN\(([\w.]+)\)")
DAYS_SINCE = re.compile(r"DAYS_SINCE\(([\w.]+), ((?:[^()]|\([^()]*\))*)\)")
FIND = re.compile(r"FIND\((\w+), ('[^']*')\)")
PARAM = re.compile(r"PARAM\((\w+), '(\w+)'\)")
FIRST_PUBLISHED = int(datetime(2007, 9, 14, 3, tzinfo=UTC).timestamp()) * 10**9
"""Time when the first ranking was published: noon in Japan of the day after, in nanoseconds."""
HALF_A_DAY = 43_200 * 10**9


def moment(column: str, dialect: str) -> str:
    """SQL that shows an observation moment as a UTC time."""
    if dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {column} / 1000000000, 'unixepoch')"
    return f"to_timestamp({column} / 1000000000)"


FINDS = {"sqlite": "instr", "postgresql": "strpos"}


def parameter(column: str, name: str, dialect: str) -> str:
    """SQL: the value of a parameter of a request, as `canonical` writes them; empty where it has none."""
    if dialect == "sqlite":
        rest = f"substr('&' || {column}, instr('&' || {column}, '&{name}=') + {len(name) + 2})"
        found = (
            f"CASE WHEN instr('&' || {column}, '&{name}=') > 0"
            f" THEN substr({rest}, 1, instr({rest} || '&', '&') - 1) ELSE '' END"
        )
    else:
        found = f"coalesce(substring('&' || {column} from '&{name}=([^&]*)'), '')"
    return f"replace(replace({found}, '%26', '&'), '%25', '%')"


def in_japan(part: str, column: str, dialect: str) -> str:
    """SQL: hour (0 to 23), weekday (1 is Monday), date or number of the day of a time, in Japan."""
    if dialect == "sqlite":
        there = f"{column}, '+9 hours'"
        return {
            "HOUR": f"CAST(strftime('%H', {there}) AS INTEGER)",
            "WEEKDAY": f"(CAST(strftime('%w', {there}) AS INTEGER) + 6) % 7 + 1",
            "DAY": f"date({there})",
            "DAY_NUMBER": f"CAST(julianday(date({there})) - julianday('2007-09-13') AS INTEGER)",
        }[part]
    there = f"{column} AT TIME ZONE 'Asia/Tokyo'"
    return {
        "HOUR": f"CAST(extract(hour FROM {there}) AS INTEGER)",
        "WEEKDAY": f"CAST(extract(isodow FROM {there}) AS INTEGER)",
        "DAY": f"CAST({there} AS DATE)",
        "DAY_NUMBER": f"CAST({there} AS DATE) - DATE '2007-09-13'",
    }[part]


def days_since(column: str, at: str, dialect: str) -> str:
    """SQL: days from a time to a moment."""
    seconds = f"strftime('%s', {column})" if dialect == "sqlite" else f"extract(epoch FROM {column})"
    return f"(({at} / 1000000000 - CAST({seconds} AS BIGINT)) / 86400.0)"


def published(ranking_id: str) -> str:
    """SQL: the moment at which a ranking was published."""
    return f"(({ranking_id} >> 9) * 86400000000000 + {FIRST_PUBLISHED})"


def span(since: str, until: str) -> str:
    """SQL: whole seconds between two moments. Their digits below a millisecond are a digest, so moments are not subtracted."""
    return f"({until} / 1000000000 - {since} / 1000000000)"


def _rows(base: type[Row]) -> Iterator[type[Row]]:
    """The row classes of tables, in order of their names."""
    for mapper in sorted(base.registry.mappers, key=lambda mapper: str(mapper.local_table)):
        if issubclass(mapper.class_, Row):
            yield mapper.class_


def member_views(dialect: str) -> dict[str, str]:
    """For each table of members of sets, the present ones and (`_past`) those that are no more."""
    found = {}
    for row in _rows(Row):
        if row.set_owners:
            name = row.__tablename__
            later = [f"EXISTS ({_set_is_newer(row, owner)})" for owner in row.set_owners]
            select = _members(row, dialect)
            found[f"v_{name}"] = f"{select} WHERE {' AND '.join(f'NOT {one}' for one in later)}"
            found[f"v_{name}_past"] = f"{select} WHERE {' OR '.join(later)}"
    return found


def purpose_of(name: str) -> str:
    """Return what a view shows that follows from a row class."""
    table = name.removeprefix("v_")
    if table.endswith("_history"):
        return f"What fields were, beside what they are: {table} with times for people."
    if table.endswith("_past"):
        return f"The rows of {table.removesuffix('_past')} that their owner has no longer."
    return f"The rows of {table} that their owner has now."


def _set_is_newer(row: type[Row], owner: str) -> str:
    """SQL: the owner's set was listed in full after the member `m` was last seen."""
    if row.set_complete_at is not None:
        table, column = row.set_complete_at
        return f"SELECT 1 FROM {table} o WHERE o.{owner} = m.{owner} AND o.{column} > m.last_seen_at"
    kind = row.set_variant
    # Of an edge of which no list has shown the variant, nobody knows which set it was in.
    variant = f" AND s.variant = m.{kind}" if kind else ""
    return (
        f"SELECT 1 FROM member_sets s WHERE s.set_name = '{row.__tablename__}.{owner}'"
        f" AND s.owner_id = m.{owner} AND s.complete_at > m.last_seen_at{variant}"
    )


def _members(row: type[Row], dialect: str) -> str:
    """SQL: the members with the names of tags and with times for people."""
    shown, joins = _shown(row.__tablename__, "m", dialect), ""
    for name in shown:
        if name.endswith("tag_id"):
            alias = name.removesuffix("_id")
            shown[name] += f", {alias}.name AS {alias}"
            joins += f" LEFT JOIN tags {alias} ON {alias}.tag_id = m.{name}"
    return f"SELECT {', '.join(shown.values())} FROM {row.__tablename__} m{joins}"


def _shown(table: str, alias: str, dialect: str) -> dict[str, str]:
    """SQL: the columns of a table by their names, with times for people."""
    names = [column.name for column in METADATA.tables[table].columns if column.name != "group_times"]
    shown = {name: f"{alias}.{name}" for name in names}
    return {n: f"{moment(sql, dialect)} AS {n}" if n.endswith("_seen_at") else sql for n, sql in shown.items()}


def history_views(dialect: str) -> dict[str, str]:
    """For each table with history, what its fields were, beside what they are."""
    found = {}
    for row in _rows(Row):
        if issubclass(row, Entity) and row.history and row.history.endswith("_history"):
            key = [column.name for column in row.__table__.primary_key]
            columns, fields = row.__table__.columns, fields_of(row)
            historied = [columns[name] for name, field in fields.items() if field.history]
            present = " ".join(f"WHEN '{column.name}' THEN {_as_text(column, dialect)}" for column in historied)
            found[f"v_{row.history}"] = f"""
            SELECT {", ".join(f"h.{name}" for name in key)}, h.field, h.value,
                {moment("h.first_seen_at", dialect)} AS first_seen_at,
                {moment("h.last_seen_at", dialect)} AS last_seen_at,
                CASE h.field {present} END AS present
            FROM {row.history} h
            JOIN {row.__tablename__} a ON {" AND ".join(f"a.{name} = h.{name}" for name in key)}"""
    return found


def _as_text(column: Any, dialect: str) -> str:
    """SQL: a column as history keeps it."""
    if dialect == "postgresql" and column.type.python_type is datetime:
        return f"to_char(a.{column.name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    return f"CAST(a.{column.name} AS TEXT)"


def artwork_columns(dialect: str) -> str:
    """SQL: the columns of a work, its times to the second where another of its times has it."""
    times = {name: f"{aligned(name, dialect)} AS {name}" for name in ("uploaded_at", "updated_at")}
    return ", ".join((_shown("artworks", "a", dialect) | times).values())


def aligned(column: str, dialect: str) -> str:
    """SQL: a time of a work; where it is cut to the minute of its publication, that to the second."""
    if dialect == "sqlite":
        is_same = f"substr(a.{column}, 1, 16) = substr(a.created_at, 1, 16)"
    else:
        is_same = f"date_trunc('minute', a.{column}) = date_trunc('minute', a.created_at)"
    return f"CASE WHEN {is_same} AND a.{column} < a.created_at THEN a.created_at ELSE a.{column} END"


def definitions(dialect: str) -> dict[str, str]:
    """The SELECT of each view by name: those of sql/*.sql, and those that follow from row classes."""
    # A view that others read comes before them.
    files = sorted(FOLDER.glob("v_*.sql"), key=lambda file: (file.stem != "v_own_pages", file.stem))
    written = {file.stem: written_out(file.read_text(encoding="utf-8"), dialect) for file in files}
    return {**member_views(dialect), **history_views(dialect), **written}


def written_out(sql: str, dialect: str) -> str:
    """The SQL of a file as a database takes it: its words in capitals written out by the functions above.

    >>> written_out("SELECT MOMENT(min(e.seen_at)) FROM e", "postgresql")
    'SELECT to_timestamp(min(e.seen_at) / 1000000000) FROM e'
    """
    sql = MOMENT.sub(lambda found: moment(found[1], dialect), sql)
    sql = ALIGNED.sub(lambda found: aligned(found[1], dialect), sql)
    sql = PARAM.sub(lambda found: parameter(found[1], found[2], dialect), sql)
    sql = FIND.sub(lambda found: f"{FINDS[dialect]}({found[1]}, {found[2]})", sql)
    sql = OF_JAPAN.sub(lambda found: in_japan(found[1], found[2], dialect), sql)
    sql = DAYS_SINCE.sub(lambda found: days_since(found[1], found[2], dialect), sql)
    sql = SPAN.sub(lambda found: span(found[1], found[2]), sql)
    # Twelve hours before publication at noon: the end of the ranking's day, which fits the growth of views.
    sql = DAY_END.sub(lambda found: f"({published(found[1])} - {HALF_A_DAY})", sql)
    sql = PUBLISHED.sub(lambda found: published(found[1]), sql)
    return sql.replace("ARTWORK()", artwork_columns(dialect))


def drop_views(connection: Connection) -> None:
    """Drop the archive's views, those of older versions too."""
    for name in inspect(connection).get_view_names():
        # A user's own views stay.
        if name.startswith("v_"):
            # On PostgreSQL one that others read takes them along.
            is_alone = connection.dialect.name == "sqlite"
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}" + ("" if is_alone else " CASCADE"))


def create_views(connection: Connection) -> None:
    """Create the views, where there are tables to show."""
    if inspect(connection).has_table("ranking_entries"):
        is_format = connection.dialect.paramstyle == "pyformat"  # psycopg's own % is doubled
        for name, select in definitions(connection.dialect.name).items():
            sql = select.replace("%", "%%") if is_format else select
            connection.exec_driver_sql(f"CREATE VIEW {name} AS {sql}")
