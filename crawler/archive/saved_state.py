"""State that no response holds, saved beside the captures so that it goes where they go.

The draws of the cohort, what is tracked and acknowledged, runs, jobs and actions cannot be read from captures again. A file a table
and month (of `CAPTURE_DIR/state`) holds them: a JSON list of rows. What is forgotten has a file of its own
(capture/forgotten.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from crawler.archive.database.engine import reading, writing
from crawler.clock import JST, today
from crawler.errors import ListError
from crawler.files import complete_file, private_folder, read_bounded
from crawler.forget.removal import roots_of
from crawler.tables.cohort import CohortDraw
from crawler.tables.jobs import Acknowledgement, JobEnd, Pace, QueuedRun, QueuedTask, Tracked
from crawler.tables.metadata import METADATA
from crawler.tables.naming import NO_ID, Forgotten
from crawler.tables.provenance import Action, Crawl, Suppression

FOLDER = "state"
STATE: Mapping[str, str] = {
    Acknowledgement.__tablename__: "acknowledged_at",
    Action.__tablename__: "acted_at",
    CohortDraw.__tablename__: "drawn_at",
    Crawl.__tablename__: "started_at",
    JobEnd.__tablename__: "finished_at",
    Tracked.__tablename__: "",
}
"""Tables that are saved so, each with the column of its months; "" for one that has a single file."""
KEPT = frozenset((*STATE, *(table.__tablename__ for table in (Pace, QueuedRun, QueuedTask, Suppression))))
"""Tables that no response fills; of these the pace and the queue are of the machines that are at work."""


def save(engine: Engine, captures: Path, *, is_all: bool = False, untracked: Collection[tuple[Any, ...]] = ()) -> None:
    """Save the state of an archive beside its captures. Raises ArchiveError, ListError and OSError.

    is_all: of all months, not of this one and the last only. Rows that are in a file and not in the archive stay there:
    another archive of the same captures has them, or an archive that was lost had them. What is forgotten is in none, nor
    is what is tracked no more: untracked, keys of `Tracked`.
    """
    folder = captures / FOLDER
    with reading(engine) as connection:
        is_all = is_all or _lacks_months(connection, folder)
        found = dict(_months(connection, is_all=is_all))
        forgotten = Forgotten(roots_of(connection))
    if is_all:
        found |= {name: [] for name in _files(folder) if name not in found}
    for name, rows in found.items():
        table = _table_of(name)
        merged: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in (*_read(folder / name), *rows):
            key = _key(table, row)
            merged[key] = max(row, merged.get(key, row), key=_progress)
        if table.name == Tracked.__tablename__:
            merged = {key: row for key, row in merged.items() if key not in untracked}
        _write(folder / name, _staying(forgotten, table, merged.values()))


def restore(engine: Engine, captures: Path) -> int:
    """Add to an archive the state beside its captures that it lacks; returns how many rows. Raises ListError."""
    folder, count = captures / FOLDER, 0
    read = {name: _read(folder / name) for name in _files(folder)}
    if not any(read.values()):
        return 0
    with engine.connect() as connection, writing(connection):
        forgotten = Forgotten(roots_of(connection))
        for name, rows in read.items():
            table = _table_of(name)
            known = {_key(table, row): row for row in _rows(connection, table)}
            given = {_key(table, row): row for row in _staying(forgotten, table, rows)}
            new = [row for key, row in given.items() if key not in known]
            for key, row in given.items():
                # A copy of an archive that was made during a run has that run without its end.
                if key in known and _progress(row) > _progress(known[key]):
                    this = [column == value for column, value in zip(table.primary_key, key, strict=True)]
                    connection.execute(update(table).where(*this).values(_typed(table, row)))
                    count += 1
            if new:
                try:
                    connection.execute(insert(table), [_typed(table, row) for row in new])
                except (DataError, IntegrityError, ValueError) as error:
                    raise _refusal(folder / name, f"its rows do not fit: {error.args[0]}") from None
                count += len(new)
    return count


def _progress(row: Mapping[str, Any]) -> tuple[bool, bool]:
    """Order states of one row: a run that has ended comes after one that has not, a sent summary after a waiting one."""
    return row.get("finished_at") is not None, not row.get("is_unsent")


def _months(connection: Connection, *, is_all: bool) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """The rows of each file, by its name."""
    last_month = (today().replace(day=1) - timedelta(days=1)).replace(day=1)
    since = int(datetime.combine(last_month, time.min, JST).timestamp()) * 10**9
    for name, moment in STATE.items():
        table = METADATA.tables[name]
        rows = _rows(connection, table, moment, 0 if is_all else since)
        if not moment:
            if rows or is_all:
                yield f"{name}.json", rows
            continue
        files = defaultdict(list)
        for row in rows:
            files[_file(name, row[moment])].append(row)
        yield from files.items()


def _lacks_months(connection: Connection, folder: Path) -> bool:
    """Return True if the first month of a table is in no file: the archive is older than its files."""
    for name, moment in STATE.items():
        if moment:
            table = METADATA.tables[name]
            first = connection.scalar(select(func.min(table.c[moment])))
            if first is not None and not (folder / _file(name, first)).exists():
                return True
    return False


def _file(name: str, moment: int) -> str:
    """The file of a table in which a row of a moment is saved."""
    return f"{name}-{datetime.fromtimestamp(moment / 1e9, JST):%Y-%m}.json"


def _rows(connection: Connection, table: Table, moment: str = "", since: int = 0) -> list[dict[str, Any]]:
    """Rows as a file holds them. since: of a moment and later."""
    chosen = select(table).order_by(*table.primary_key)
    if moment:
        chosen = chosen.where(table.c[moment] >= since)
    return [
        {name: f"{value}" if isinstance(value, date) else value for name, value in row._asdict().items()}
        for row in connection.execute(chosen)
    ]


def _staying(forgotten: Forgotten, table: Table, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that name nothing that is forgotten."""
    # A tag or a ranking that is tracked has no id.
    return [row for row in rows if not any(key != NO_ID for _, key in forgotten.names(table.name, row))]


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the database takes it, whatever version saved it."""
    # A file of another version may lack columns or have more.
    values = {column.name: row.get(column.name) for column in table.columns}
    for column in table.columns:
        if column.type.python_type is date and (value := values[column.name]):
            values[column.name] = date.fromisoformat(value)
    return values


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _files(folder: Path) -> list[str]:
    """The names of the files of a folder, by the tables that they are of."""
    return sorted(file.name for file in folder.glob("*.json") if _name_of(file.name) in STATE)


def _table_of(file: str) -> Table:
    return METADATA.tables[_name_of(file)]


def _name_of(file: str) -> str:
    """The table that a file is of: `cohort` of `cohort-2026-11.json`."""
    return file.removesuffix(".json").partition("-")[0]


def _read(file: Path) -> list[dict[str, Any]]:
    """The rows of a file, none where there is no file. Raises ListError."""
    try:
        rows = json.loads(read_bounded(file))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _refusal(file, error) from None
    table = _table_of(file.name)
    if not isinstance(rows, list) or not all(_is_row(table, row) for row in rows):
        raise _refusal(file, f"it holds no rows of {table.name}")
    return rows


def _is_row(table: Table, row: Any) -> bool:
    """Return True if a row of a file has a key, and values of the columns' types."""
    if not isinstance(row, dict) or not {key.name for key in table.primary_key} <= row.keys():
        return False
    return all(
        row.get(column.name) is None
        # `type() is`, because a bool is an instance of int.
        or type(row[column.name]) is SAVED_AS.get(column.type.python_type, column.type.python_type)
        for column in table.columns
    )


SAVED_AS: Mapping[type, type] = {date: str}
"""Types that JSON does not have."""


def _refusal(file: Path, why: object) -> ListError:
    return ListError(f"{file}: {why}. Put a copy of it in its place, or remove it")


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    """Replace a file in one step, where its rows are others."""
    if rows == _read(file):
        return
    private_folder(file.parent)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    with complete_file(file) as beside:
        beside.write_text(f"[\n{lines}\n]\n" if rows else "[]\n", encoding="utf-8")
