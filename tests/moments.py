"""Which columns hold moments, which differ between two crawls of the same things."""

from __future__ import annotations

from crawler.tables.metadata import METADATA

MOMENTS = frozenset(
    column.name
    for table in METADATA.tables.values()
    for column in table.columns
    if column.name.endswith("_at") and column.type.python_type is int
) | {"listing_id", "publication"}
"""By name; a listing and a publication are named by their first moment."""
