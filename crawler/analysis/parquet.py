"""Results as Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crawler.errors import QueryError, needed
from crawler.files import complete_file


def write_parquet(
    path: Path,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
    types: Mapping[str, type | None] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> None:
    """Write a result, complete or not at all. Raises QueryError where it can't be written.

    types: of the columns by name, see `types_of`; a column whose values are of another type has theirs. notes: what is to
    be said of it; they stand in the file's metadata.
    """
    with needed("export"):
        import pyarrow as pa  # noqa: PLC0415  # half a second of a start, for those alone who want a file
        from pyarrow import parquet  # noqa: PLC0415

    try:
        columns = [_column([row[place] for row in rows], types.get(name)) for place, name in enumerate(headings)]
        table = pa.table(dict(zip(headings, columns, strict=True)), metadata={"notes": "\n".join(notes)})
        with complete_file(path) as beside:
            parquet.write_table(table, beside, compression="zstd")
    except (OSError, pa.ArrowException) as error:
        raise QueryError(f"{path}: {error}") from None


def _column(values: Sequence[Any], kind: type | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415  # likewise

    from crawler.arrow import TYPES  # noqa: PLC0415  # likewise

    if kind is not None:
        read = READ[kind]
        try:
            return pa.array([None if value is None else read(value) for value in values], TYPES[kind])
        except (ArithmeticError, TypeError, ValueError, pa.ArrowException):
            pass  # the statement makes something else of it than its columns are
    return pa.array([_plain(value) for value in values])


def _whole(value: Any) -> int:
    """A whole number, whose quotient or sum a database may return as a decimal."""
    found = int(value)
    if found != value:
        raise ValueError("not a whole number")
    return found


def _number(value: Any) -> float:
    if isinstance(value, str):
        raise TypeError("no number")
    if isinstance(value, int) and int(float(value)) != value:
        raise ValueError("it would lose digits")
    return float(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if not isinstance(value, (str, date)):
        raise TypeError("no text")
    return f"{value}"


def _truth(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError("neither true nor false")
    return bool(value)


def _day(value: Any) -> date:
    # A datetime is a date to Python, and would lose its time.
    if isinstance(value, datetime):
        raise TypeError("no day, but a time")
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(value: Any) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("of no zone")
        return value
    found = datetime.fromisoformat(value)  # SQLite has texts, in UTC
    return found if found.tzinfo else found.replace(tzinfo=UTC)


READ: Mapping[type, Callable[[Any], Any]] = {
    int: _whole,
    float: _number,
    str: _text,
    bool: _truth,
    date: _day,
    datetime: _time,
}
"""A value of each type as SQLite and PostgreSQL return it; each raises TypeError or ValueError for another."""


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    return float(value) if isinstance(value, Decimal) else value
