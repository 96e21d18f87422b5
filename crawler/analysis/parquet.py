"""Answers as Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from crawler.errors import QueryError
from crawler.files import complete_file


def write_parquet(path: Path, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write an answer, complete or not at all. Raises QueryError where it can't be written."""
    import pyarrow as pa  # noqa: PLC0415  # half a second of a start, for those alone who want a file
    from pyarrow import parquet  # noqa: PLC0415

    columns = [[_plain(row[place]) for row in rows] for place in range(len(headings))]
    try:
        table = pa.table(dict(zip(headings, columns, strict=True)))
        with complete_file(path) as beside:
            parquet.write_table(table, beside, compression="zstd")
    except (OSError, pa.ArrowException) as error:
        raise QueryError(f"{path}: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    return float(value) if isinstance(value, Decimal) else value
