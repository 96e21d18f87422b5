"""The Parquet files of a release: each table by its key, with declared types, the same bytes for the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Column, Table

from crawler.arrow import TYPES
from crawler.files import complete_file
from crawler.tables.meaning import meaning_of
from crawler.tables.metadata import METADATA

ROWS_A_GROUP = 100_000
BY_YEAR = ("ranking_entries", "superseded_ranking_entries", "ranking_pages")
"""Tables that are parted by the year of their ranking."""


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


def write_table(
    connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, *, is_private: bool
) -> list[Written]:
    """Write the files of a table from the release's database, by its key: one, or one a year of rankings."""
    columns = released_columns(table, is_private=is_private)
    schema = pa.schema([_field(column) for column in columns])
    names = ", ".join(column.name for column in columns)
    keys = ", ".join(column.name for column in table.primary_key)
    parts = {f"{table.name}.parquet": "true"}
    if table.name in BY_YEAR:
        found = connection.execute("SELECT DISTINCT year(ranking_on) FROM rankings ORDER BY ALL").fetchall()
        parts = {
            f"{table.name}/{year}.parquet": "ranking_id IN"
            f" (SELECT ranking_id FROM rankings WHERE year(ranking_on) = {year})"
            for (year,) in found
        }
    written = []
    for path, condition in parts.items():
        rows = connection.sql(f"SELECT {names} FROM {table.name} WHERE {condition} ORDER BY {keys}")
        written.append(write_file(rows.to_arrow_reader(ROWS_A_GROUP), schema, folder, path, is_private=is_private))
    return written


def write_file(batches: Iterable[Any], schema: Any, folder: Path, path: str, *, is_private: bool) -> Written:
    """Write a file, complete or not at all; one that would have the same bytes is left as it is."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if is_private else 0o777)
    count = 0
    with complete_file(file, is_public=not is_private) as beside:
        with parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
            for batch in batches:
                count += batch.num_rows
                # DuckDB's types depend on the SQL; readers are promised the declared ones.
                writer.write_batch(batch.cast(schema))
        digest = sha256(beside)
        if file.exists() and sha256(file) == digest:
            beside.unlink()
    return Written(path, digest, file.stat().st_size, count)


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
