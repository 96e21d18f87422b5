"""`./run bench`: what a ranking entry costs on disk, and the store step against bare sqlite3.

Prints figures and ends with 1 where a bar is missed. The rows are the stand-in's: days in a row of
one ranking, on which works live on for three days.
"""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import event

from crawler.archive.engine import create, prepare
from crawler.archive.store import Store
from crawler.items.page import Page
from crawler.parse import parse
from standin import rankings
from tests import replies

DAYS = 20
ROUNDS = 5
FIRST = date(2024, 9, 10)
MOST_BYTES, AIM_BYTES = 60, 50
LEAST_RATIO, AIM_RATIO = 0.5, 0.75

Batch = tuple[str, list[Any]]


def pages() -> list[Page]:
    """Every page of the daily ranking of some days, parsed."""
    made = []
    last = FIRST + timedelta(days=DAYS)
    for days in range(DAYS):
        day = FIRST + timedelta(days=days)
        for number in range(1, 11):
            body = rankings.reply(1, "daily", "all", day, number, last)
            ask = replies.ranking_ask(f"{day:%Y%m%d}", number)
            data = json.dumps(body, ensure_ascii=False).encode()
            reply = replies.reply(
                f"{ask.key}&p={number}", data, at_ms=1_790_000_000_000 + len(made)
            )
            made.append(parse(ask, reply))
    return made


def store(path: Path, told: list[Page]) -> float:
    """Seconds to store pages in a new archive."""
    engine = create(f"sqlite:///{path}")
    prepare(engine)
    archive = Store(engine)
    begun = time.perf_counter()
    for page in told:
        archive.page(page)
    seconds = time.perf_counter() - begun
    archive.close()
    engine.dispose()
    return seconds


def record(path: Path, told: list[Page]) -> list[list[Batch]]:
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
    for page in told:
        archive.page(page)
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
    begun = time.perf_counter()
    for batches in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, tuples in batches:
            connection.executemany(statement, tuples)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


def bytes_per_entry(path: Path) -> tuple[float, int]:
    """Bytes of ranking_entries with its indexes, filled in the archive's order, per row."""
    connection = sqlite3.connect(":memory:")
    connection.execute("ATTACH ? AS archive", (str(path),))
    empty = connection.execute("PRAGMA page_count").fetchone()[0]
    for (sql,) in connection.execute(
        "SELECT sql FROM archive.sqlite_master WHERE tbl_name = 'ranking_entries' AND sql IS NOT NULL"
    ).fetchall():
        connection.execute(sql)
    stored = connection.execute(
        "SELECT * FROM archive.ranking_entries ORDER BY seen_at, rank"
    ).fetchall()
    marks = ", ".join("?" * len(stored[0]))
    connection.executemany(f"INSERT INTO ranking_entries VALUES ({marks})", stored)
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return (used - empty) * size / len(stored), len(stored)


def main() -> int:
    """Measure, print, judge."""
    told = pages()
    gc.collect()
    gc.freeze()  # a crawl holds one page, not all of them: they must not burden the collector
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        transactions = record(folder / "recorded.db", told)
        size, count = bytes_per_entry(folder / "recorded.db")
        whole = (folder / "recorded.db").stat().st_size / count
        rows = sum(len(tuples) for batches in transactions for _, tuples in batches)
        ours, bare = [], []
        for turn in range(ROUNDS):
            ours.append(store(folder / f"ours{turn}.db", told))
            bare.append(write_bare(folder / f"bare{turn}.db", transactions))
    ratio = median(bare) / median(ours)
    print(
        f"ranking entry       {size:6.1f} bytes with its index (at most {MOST_BYTES}, aim {AIM_BYTES})"
    )
    print(f"  whole archive     {whole:6.1f} bytes per entry, works, tags and provenance included")
    print(
        f"store step          {median(ours) / len(told) * 1000:6.2f} ms a page of {rows / len(told):.0f} rows"
    )
    print(f"  bare executemany  {median(bare) / len(told) * 1000:6.2f} ms")
    print(f"  ratio             {ratio:6.2f} (at least {LEAST_RATIO}, aim {AIM_RATIO})")
    missed = size > MOST_BYTES or ratio < LEAST_RATIO
    print("MISSED" if missed else "OK")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
