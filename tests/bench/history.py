"""An archive of many years, filled with rows as a crawl would leave them, and how fast it is then."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from string import Template
from typing import Any

from sqlalchemy import Connection, Engine, text

from crawler.archive import columnar
from crawler.archive.database.engine import create, prepare, reading
from crawler.archive.queries import Query, load, names, run
from crawler.archive.writing.store import Store
from crawler.clock import newest
from crawler.model.page import Page
from crawler.tables.rankings import FIRST_RANKING_ON, ranking_id
from crawler.tables.read import hash63
from tests.bench import commands, rebuilding
from tests.bench.commands import taken_by
from tests.bench.figures import Figure
from tests.conftest import ROOT

MODES = (
    "daily",
    "male",
    "female",
    "monthly",
    "rookie",
    "original",
    "daily_ai",
    "daily_r18",
    "male_r18",
    "female_r18",
    "weekly_r18",
)
"""The first three, and as many more as it takes: no ranking is older than FIRST_RANKING_ON."""
ENTRIES = 500
NEW_A_DAY = 300
"""Works that are new in a ranking of 500: of 895 real days no work is in the top 50 more than twice."""
TAGS = 20_000
TAGS_A_WORK = 6
FIRST_WORK = 1_000_000
MOMENT = 1_600_000_000_000_000_000


def extent(entries: int, last: date) -> tuple[int, tuple[str, ...]]:
    """Days and modes of an archive of so many entries."""
    longest = (last - FIRST_RANKING_ON).days + 1
    modes = MODES[: max(3, -(-entries // (ENTRIES * longest)))]
    return max(1, min(longest, entries // (ENTRIES * len(modes)))), modes


def fill(connection: Connection, days: int, last: date, modes: tuple[str, ...]) -> None:
    """Rankings of so many days up to the last in these modes, with all that a crawl would leave of them."""
    tags = [{"n": n, "tag_id": hash63(f"標{n}"), "name": f"標{n}"} for n in range(TAGS)]
    connection.execute(text("INSERT INTO tags (tag_id, name) VALUES (:tag_id, :name)"), tags)
    connection.exec_driver_sql("CREATE TEMPORARY TABLE numbered (n INTEGER PRIMARY KEY, tag_id BIGINT)")
    connection.execute(text("INSERT INTO numbered VALUES (:n, :tag_id)"), tags)
    statements = Template(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    for number, mode in enumerate(modes):
        values = _values(connection.dialect.name, days, last, number, mode)
        # The works are the same in every mode.
        for statement in statements.substitute(values).split(";")[3 if number else 0 :]:
            is_format = connection.dialect.paramstyle == "pyformat"  # psycopg's own % is doubled
            connection.exec_driver_sql(statement.replace("%", "%%") if is_format else statement)


def _values(dialect: str, days: int, last: date, number: int, mode: str) -> dict[str, Any]:
    """What stands in the SQL."""
    first, is_sqlite = last - timedelta(days=days - 1), dialect == "sqlite"
    offset = (first - FIRST_RANKING_ON).days

    def day(more: int) -> str:
        if is_sqlite:
            return f"date('{first}', (d.i + {more}) || ' days')"
        return f"(DATE '{first}' + d.i + {more})"

    return {
        "days": days,
        "new": NEW_A_DAY,
        "tags": TAGS_A_WORK,
        "entries": ENTRIES,
        "moment": MOMENT,
        "mode": mode,
        "number": number,
        "yes": "1" if is_sqlite else "true",
        "day": day(0),
        "day_before": day(-1),
        "day_after": day(1),
        "compact": f"replace(CAST({day(0)} AS TEXT), '-', '')",
        "created": f"{day(0)} || ' 03:00:00'" if is_sqlite else f"CAST({day(0)} AS TIMESTAMP WITH TIME ZONE)",
        "key": f"(({offset} + d.i) * 512 + {ranking_id(mode, 'all', FIRST_RANKING_ON)})",
        "work": f"CAST({FIRST_WORK} AS BIGINT) + d.i * {NEW_A_DAY} + r.i",
        "at": f"{MOMENT} + (d.i * 10 + p.i) * 16 + {number}",
    }


COMMANDS = {"status": ("status",), "status coverage": ("status", "coverage"), "status doctor": ("status", "doctor")}


def measure(url: str, entries: int, pages: list[Page], rounds: int, *, has_commands: bool = True) -> list[Figure]:
    """Fill an empty archive with so many entries, and measure it.

    pages: of rankings that it is without, stored when it is empty and when it is full. has_commands: whole
    commands too.
    """
    half = len(pages) // 2
    empty = _store(url, pages[:half])
    last = newest(datetime.now(UTC))
    days, modes = extent(entries, last)
    millions = days * ENTRIES * len(modes) / 1e6
    begun = time.monotonic()
    engine = create(url)
    with engine.begin() as connection:
        fill(connection, days, last, modes)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    print(f"{millions:.1f} M entries: filled in {time.monotonic() - begun:.0f} s", flush=True)
    growth = _store(url, pages[half:]) / empty
    name = f"store: a page at {millions:.1f} M entries / empty"
    figures = [Figure(name, growth, (growth, growth), 1.6, 1.4, is_least=False)]
    environment = os.environ | {
        "ARCHIVE_URL": url,
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
        "PYTHONPATH": str(ROOT),
    }
    for name, command in COMMANDS.items() if has_commands else ():
        figures.append(_of(f"{name}, s", partial(seconds, [*command], environment), rounds, (1.5, 1)))
    if has_commands:
        figures += commands.starts(url, ROOT.parent, rounds)
        figures += _cold(url, environment)
    figures += _questions(url, rounds)
    figures.append(rebuilding.upgrade(url, millions))
    return figures


def _questions(url: str, rounds: int) -> list[Figure]:
    """Every question: over a year of the archive, and over all of its copy, where it is asked from then on."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, columnar.DATABASE)
        begun = time.perf_counter()
        columnar.make(url, file)
        taken = time.perf_counter() - begun
        figures.append(Figure("copy: made, s that pass", taken, (taken, taken), 60, 20, is_least=False))
        engine = create(url)
        with columnar.opened(file) as copy:
            for name in names():
                query = load(name)
                parameters = {one.name for one in query.parameters}
                some = {"artwork_id": str(FIRST_WORK + NEW_A_DAY), "user_id": "7", "tag": "標0", "text": "標"}
                given = {one: some[one] for one in parameters & some.keys()}
                year = {"since": "newest-365"} if "since" in parameters else {}
                figures.append(_of(f"{name}, s", partial(_answer, engine, query, {**given, **year}), 1, (0.5, 0.3)))
                ever = {"since": f"{FIRST_RANKING_ON}"} if "since" in parameters else {}
                most = 6.0 if "tag" in name else 2.0
                asked = partial(_answer, copy, query, {**given, **ever})
                figures.append(_of(f"{name} over all, of the copy, s that pass", asked, min(rounds, 3), (most, most)))
        engine.dispose()
    return figures


def _cold(url: str, environment: dict[str, str]) -> list[Figure]:
    """A status that reads the file from the disk, where the system lets it be forgotten (SQLite)."""
    path = Path(create(url).url.database or "")
    if not url.startswith("sqlite") or not hasattr(os, "posix_fadvise"):
        return []
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    _, passed = taken_by(["status"], environment, ROOT, statuses=(0, 1))
    _, warm = taken_by(["status"], environment, ROOT, statuses=(0, 1))
    note = f"{warm:.1f} s with the file in memory"
    return [Figure("status from a cold disk, s that pass", passed, (passed, passed), note=note)]


def _answer(engine: Engine, query: Query, given: dict[str, str]) -> float:
    """Seconds of an answer: those of the processor on SQLite, on a server those that pass."""
    clock = time.process_time if engine.dialect.name == "sqlite" else time.perf_counter
    with reading(engine) as connection:
        begun = clock()
        run(connection, query, given)
        return clock() - begun


def _of(name: str, measured: Callable[[], float], rounds: int, bars: tuple[float, float]) -> Figure:
    taken = [measured() for _ in range(rounds)]
    return Figure(name, median(taken), (min(taken), max(taken)), *bars, is_least=False)


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Those of the processor on SQLite; of a server, which works in another process, those that pass."""
    processor, passed = taken_by(command, environment, ROOT, statuses=(0, 1))
    return processor if environment["ARCHIVE_URL"].startswith("sqlite") else passed


def _store(url: str, pages: list[Page]) -> float:
    """Median seconds to store a page."""
    engine = create(url)
    prepare(engine)
    store = Store(engine)
    taken = []
    for page in pages:
        begun = time.perf_counter()
        store.pages([page])
        taken.append(time.perf_counter() - begun)
    store.close()
    engine.dispose()
    return median(taken)
