"""ranking_history.parquet: one row a day and rank, with title, artist, the entry's tags and counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from crawler.archive.released import DATABASE
from crawler.archive.view_columns import view_meanings
from crawler.files import complete_file
from crawler.publish.release.files import Written, sha256
from crawler.tables.meaning import Meaning

NAME = "ranking_history"
FILE = f"{NAME}.parquet"
DESCRIPTION = (
    "Every entry of every ranking in one table: the work, its artist, the tags that came with the entry, its counts"
)
ROWS = """
SELECT h.* EXCLUDE (day_number, tags), t.tags, t.is_hindsight, r.depth, r.is_complete
FROM v_ranking_history h
JOIN v_rankings r ON r.mode = h.mode AND r.content = h.content AND r.ranking_on = h.ranking_on
LEFT JOIN (
    SELECT ranking_on, rank, list(tag ORDER BY tag) AS tags, bool_or(is_hindsight) AS is_hindsight
    FROM v_ranking_tags
    WHERE mode = $mode AND content = $content AND ranking_on BETWEEN make_date($year, 1, 1) AND make_date($year, 12, 31)
    GROUP BY ranking_on, rank
) t ON t.ranking_on = h.ranking_on AND t.rank = h.rank
WHERE h.mode = $mode AND h.content = $content AND h.ranking_on BETWEEN make_date($year, 1, 1) AND make_date($year, 12, 31)
ORDER BY h.ranking_on, h.rank
"""
OWN: Mapping[str, Meaning] = {
    "tags": Meaning("the tags that came with the entry, by name", null="the entry came without tags")
}


def meanings() -> Mapping[str, Meaning]:
    """The columns that the archive's views have a meaning of, with it."""
    views = view_meanings()
    return {**views["v_ranking_tags"], **views["v_rankings"], **views["v_ranking_history"], **OWN}


def write(folder: Path, *, is_private: bool) -> Written:
    """Write the file from the release's database, complete or not at all: a mode and year at a time, in their order."""
    with duckdb.connect(folder / DATABASE, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        parts = connection.execute(
            "SELECT DISTINCT mode, content, year(ranking_on) FROM rankings ORDER BY ALL"
        ).fetchall()
        schema = _schema(connection)
        rows = 0
        with complete_file(folder / FILE, is_public=not is_private) as beside:
            with parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
                for mode, content, year in parts:
                    table = _rows(connection, mode, content, year)
                    rows += table.num_rows
                    writer.write_table(table.cast(schema))
            written = Written(FILE, sha256(beside), beside.stat().st_size, rows)
    return written


def _schema(connection: duckdb.DuckDBPyConnection) -> Any:
    """The columns with their meanings, as fields of Arrow."""
    found = meanings()
    return pa.schema(
        field.with_metadata({"description": found[field.name].as_text()})
        for field in _rows(connection, "", "", 2007).schema
    )


def _rows(connection: duckdb.DuckDBPyConnection, mode: str, content: str, year: int) -> Any:
    return connection.sql(ROWS, params={"mode": mode, "content": content, "year": year}).to_arrow_table()
