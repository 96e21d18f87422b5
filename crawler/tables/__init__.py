"""What the archive holds: one module per table group, one class per table."""

from crawler.tables import (
    account,
    artworks,
    comments,
    commissions,
    listings,
    novels,
    provenance,
    rankings,
    tags,
    users,
)
from crawler.tables.row import Base, Entity, Field, Observation, Row, Sighting

METADATA = Base.metadata
"""Every table; the modules above register theirs on import."""

__all__ = [
    "METADATA", "Base", "Entity", "Field", "Observation", "Row", "Sighting",
    "account", "artworks", "comments", "commissions", "listings", "novels", "provenance", "rankings",
    "tags", "users",
]  # fmt: skip
