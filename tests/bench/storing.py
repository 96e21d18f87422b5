"""Storing pages in SQLite, beside bare executemany of the same rows in the same transactions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from crawler.archive.database.engine import create, prepare
from crawler.archive.writing.store import Store
from crawler.model.page import Page
from tests.bench.figures import Figure, in_turns, ratio
from tests.postgresql import administrating, server

Batch = tuple[str, list[Any]]


def measure(folder: Path, pages: list[Page], rounds: int) -> Figure:
    """How fast storing is."""
    transactions = record(folder / "recorded.db", pages)
    names = iter(range(10**6))

    def ours() -> float:
        return store(f"sqlite:///{folder}/ours{next(names)}.db", pages)

    def bare() -> float:
        return write_bare(folder / f"bare{next(names)}.db", transactions)

    storing, writing = in_turns((ours, bare), rounds)
    rows = sum(len(tuples) for batches in transactions for _, tuples in batches)
    return ratio(
        "store: bare executemany / ours",
        writing,
        storing,
        bar=0.55,
        aim=0.75,
        note=f"{min(storing) / len(pages) * 1000:.2f} ms a page of {rows / len(pages):.0f} rows",
    )


def measure_server(folder: Path, pages: list[Page], rounds: int) -> Figure:
    """How fast PostgreSQL stores beside SQLite: by the clock, for it works in processes of its own."""
    names = iter(range(10**6))

    def sqlite() -> float:
        return store(f"sqlite:///{folder}/beside{next(names)}.db", pages, time.perf_counter)

    with server() as address, administrating(address) as (connection, admin):

        def postgresql() -> float:
            name = f"bench{next(names)}"
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            url = admin.set(database=name).render_as_string(hide_password=False)
            passed = store(url, pages, time.perf_counter)
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            return passed

        beside, serving = in_turns((sqlite, postgresql), rounds)
    return ratio(
        "store: pages a second on PostgreSQL / on SQLite",
        beside,
        serving,
        bar=0.5,
        aim=0.7,
        note=f"{min(serving) / len(pages) * 1000:.2f} ms a page",
    )


def sizes(path: Path, entries: int) -> list[Figure]:
    """What a recorded archive takes on the disk."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    of_table = bytes_of_table(path) / entries
    whole = pages * size / entries
    return [
        Figure(
            "bytes a ranking entry with its index, as ranges are requested",
            of_table,
            (of_table, of_table),
            bar=60,
            aim=50,
            is_least=False,
        ),
        Figure(
            "bytes an entry, the whole archive",
            whole,
            (whole, whole),
            bar=270,
            aim=230,
            is_least=False,
            note="works, tags and provenance included",
        ),
    ]


def store(url: str, pages: list[Page], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds to store pages in a new archive, by a clock."""
    engine = create(url)
    prepare(engine)
    archive = Store(engine)
    begun = clock()
    for page in pages:
        archive.pages([page])
    seconds = clock() - begun
    archive.close()
    engine.dispose()
    return seconds


def record(path: Path, pages: list[Page]) -> list[list[Batch]]:
    """The rows that storing writes, by transaction: (plain statement, tuples)."""
    engine = create(f"sqlite:///{path}")
    prepare(engine)
    transactions: list[list[Batch]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        if statement.startswith("BEGIN"):
            transactions.append([])
        elif statement.startswith("INSERT"):
            plain = statement.partition(" ON CONFLICT")[0].replace("INSERT", "INSERT OR REPLACE", 1)
            transactions[-1].append((plain, list(parameters) if many else [parameters]))

    archive = Store(engine)
    for page in pages:
        archive.pages([page])
    archive.close()
    engine.dispose()
    return transactions


def write_bare(path: Path, transactions: list[list[Batch]]) -> float:
    """Seconds to write the same rows in the same transactions with sqlite3 alone."""
    engine = create(f"sqlite:///{path}")
    prepare(engine)
    engine.dispose()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "wal_autocheckpoint = 10000"):
        connection.execute(f"PRAGMA {pragma}")
    begun = time.process_time()
    for batches in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, tuples in batches:
            connection.executemany(statement, tuples)
        connection.execute("COMMIT")
    seconds = time.process_time() - begun
    connection.close()
    path.unlink()
    return seconds


def bytes_of_table(path: Path) -> int:
    """Bytes of ranking_entries with its indexes, filled in the archive's order."""
    connection = sqlite3.connect(":memory:")
    connection.execute("ATTACH ? AS archive", (str(path),))
    empty = connection.execute("PRAGMA page_count").fetchone()[0]
    for (sql,) in connection.execute(
        "SELECT sql FROM archive.sqlite_master WHERE tbl_name = 'ranking_entries' AND sql IS NOT NULL"
    ).fetchall():
        connection.execute(sql)
    stored = connection.execute("SELECT * FROM archive.ranking_entries ORDER BY seen_at, rank").fetchall()
    marks = ", ".join("?" * len(stored[0]))
    connection.executemany(f"INSERT INTO ranking_entries VALUES ({marks})", stored)
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return int((used - empty) * size)
