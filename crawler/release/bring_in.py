"""An archive from a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection

from crawler.archive.engine import opened, revisions, writing
from crawler.archive.forgotten import take_over
from crawler.archive.stored import BATCH, insert_rows, is_empty
from crawler.arrow import TYPES
from crawler.capture.list import read_list
from crawler.errors import ReleaseError
from crawler.places import command
from crawler.release import package
from crawler.release.files import released_columns, released_tables, sha256
from crawler.tables.metadata import METADATA


def bring_in(url: str, folder: Path, captures: Path) -> int:
    """Fill an empty archive from a release; returns the exit status.

    All of it or nothing, its digests checked first. captures: beside them lies the list of what is forgotten, which stays
    out. Raises Unusable.
    """
    found = package.read(folder)
    if found["schema_revision"] != revisions()[-1]:
        raise ReleaseError(
            f"{folder} is of revision {found['schema_revision']}, this version of {revisions()[-1]}:"
            f" import it with version {found.get('version')}, then {command('upgrade')}"
        )
    _check(folder, found)
    with opened(url, is_new=True) as engine:
        with engine.connect() as connection, writing(connection):
            if not is_empty(connection):
                raise ReleaseError(
                    "a release is imported into an empty archive, and this one is not: set ARCHIVE_URL to a new one"
                    " (two archives are merged by replaying each other's captures)"
                )
            rows = sum(_fill(connection, folder, resource) for resource in found["resources"])
        forgotten = take_over(engine, read_list(captures))
    print(
        f"OK: {rows:,} rows of {folder}"
        + (f"; {forgotten} things that are forgotten were left out" if forgotten else "")
    )
    return 0


def _check(folder: Path, found: dict[str, Any]) -> None:
    """Refuse a release of which something is missing, changed, or not as it should be. Raises ReleaseError."""
    is_private = bool(found.get("is_private"))
    wanted = {table.name: table for table in released_tables(is_private=is_private)}
    named = {resource["name"] for resource in found["resources"]}
    if named != wanted.keys():
        raise ReleaseError(
            f"{folder / package.FILE}: its tables are not those of a release: {', '.join(sorted(named ^ wanted.keys()))}"
        )
    for resource in found["resources"]:
        table = wanted[resource["name"]]
        columns = {
            column.name: TYPES[column.type.python_type]
            for column in released_columns(table, is_private=is_private)
        }
        for part in resource["parts"]:
            _check_part(folder, part, columns)


def _check_part(folder: Path, part: dict[str, Any], columns: dict[str, Any]) -> None:
    file = folder / part["path"]
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ReleaseError(f"{folder / package.FILE}: {part['path']} is outside of the release")
    if not file.exists():
        raise ReleaseError(f"{file} is missing")
    if f"sha256:{sha256(file)}" != part["hash"]:
        raise ReleaseError(f"{file} is not what {package.FILE} says: it was changed, or cut short")
    try:
        opened_file = parquet.ParquetFile(file)
    except (OSError, pa.ArrowException) as error:
        raise ReleaseError(f"{file}: no Parquet: {error}") from None
    found = {field.name: field.type for field in opened_file.schema_arrow}
    if found != columns or opened_file.metadata.num_rows != part["rows"]:
        raise ReleaseError(f"{file}: its columns or rows are not those of its table")


def _fill(connection: Connection, folder: Path, resource: dict[str, Any]) -> int:
    table = METADATA.tables[resource["name"]]
    count = 0
    for part in resource["parts"]:
        for batch in parquet.ParquetFile(folder / part["path"]).iter_batches(BATCH):
            insert_rows(connection, table, batch.to_pylist())
            count += batch.num_rows
    return count
