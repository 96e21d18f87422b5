"""The Parquet files of a release: each table by its key, with declared types, the same bytes for the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Column, Connection, Table, and_

from crawler.archive.released import BLANKED, BY_YEAR, in_year, public, stored_rows, years
from crawler.arrow import TYPES
from crawler.files import complete_file
from crawler.tables.meaning import meaning_of
from crawler.tables.metadata import METADATA

ROWS_A_GROUP = 100_000


@dataclass(frozen=True)
class Part:
    """A file of a table. path: below the release; condition: which rows it holds; None: all."""

    table: Table
    path: str
    condition: Any


@dataclass(frozen=True)
class Written:
    """A file as it is."""

    path: str
    sha256: str
    bytes: int
    rows: int


def released_tables(*, is_private: bool) -> list[Table]:
    """The tables of a release, by name."""
    tables = (METADATA.tables[name] for name in sorted(METADATA.tables))
    return [table for table in tables if is_private or table.info["audience"] == "public"]


def released_columns(table: Table, *, is_private: bool) -> list[Column[Any]]:
    """The columns of a table in a release."""
    return [column for column in table.columns if is_private or not column.info.get("audience")]


def parts(connection: Connection, table: Table, *, is_private: bool) -> list[Part]:
    """The files of a table: one, or one a year of rankings."""
    shown = None if is_private else public(table)
    if table.name not in BY_YEAR:
        return [Part(table, f"{table.name}.parquet", shown)]
    return [
        Part(table, f"{table.name}/{year}.parquet", _both(in_year(table, year), shown)) for year in years(connection)
    ]


def _both(one: Any, other: Any) -> Any:
    return one if other is None else and_(one, other)


def write_part(connection: Connection, part: Part, folder: Path, *, is_private: bool) -> Written:
    """Write a file, complete or not at all; one that would have the same bytes is left as it is.

    Its rows are read each time: sums of them, or their moments, would not show every change.
    """
    columns = released_columns(part.table, is_private=is_private)
    schema = pa.schema([_field(column) for column in columns])
    file = folder / part.path
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if is_private else 0o777)
    names = [column.name for column in columns]
    rows = 0
    blanked = {} if is_private else BLANKED.get(part.table.name, {})
    stored = stored_rows(connection, part.table, names, part.condition, blanked)
    with complete_file(file, is_public=not is_private) as beside:
        with parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
            for table in _groups(stored, schema):
                rows += table.num_rows
                writer.write_table(table, row_group_size=ROWS_A_GROUP)
        digest = sha256(beside)
        if file.exists() and sha256(file) == digest:
            beside.unlink()
    return Written(part.path, digest, file.stat().st_size, rows)


def _groups(batches: Iterator[Sequence[Any]], schema: Any) -> Iterator[Any]:
    """Tables of a row group's size, whatever the batches' size."""
    waiting: list[Any] = []
    count = 0
    for batch in batches:
        columns = zip(*batch, strict=True)
        arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
        waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        count += len(batch)
        if count >= ROWS_A_GROUP:
            yield pa.Table.from_batches(waiting, schema).combine_chunks()
            waiting, count = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()


def _field(column: Column[Any]) -> Any:
    meaning = meaning_of(column)
    said = {"description": meaning.as_text()}
    if meaning.unit:
        said["unit"] = meaning.unit
    return pa.field(column.name, TYPES[column.type.python_type], column.nullable, said)


def sha256(file: Path) -> str:
    """A file's digest."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
