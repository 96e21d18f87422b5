"""ranking_history.parquet: one row a day and rank, with title, artist, the entry's tags and counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from crawler.archive.view_columns import view_meanings
from crawler.publish.release.files import ROWS_A_GROUP, Written, write_file
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


def write(connection: duckdb.DuckDBPyConnection, folder: Path, *, is_private: bool) -> Written:
    """Write the file from the release's database: a mode and year at a time, in their order."""
    found = meanings()
    schema = pa.schema(
        field.with_metadata({"description": found[field.name].as_text()})
        # Of no rows: the types are the statement's, whatever the first part holds.
        for field in _rows(connection, "", "", 2007).schema
    )
    parts = connection.execute("SELECT DISTINCT mode, content, year(ranking_on) FROM rankings ORDER BY ALL").fetchall()
    batches = (batch for part in parts for batch in _rows(connection, *part))
    return write_file(batches, schema, folder, FILE, is_private=is_private)


def _rows(connection: duckdb.DuckDBPyConnection, mode: str, content: str, year: int) -> Any:
    values = {"mode": mode, "content": content, "year": year}
    return connection.sql(ROWS, params=values).to_arrow_reader(ROWS_A_GROUP)
