"""What the archive holds: one module per table group, one class per table."""

from crawler.items import artworks, commissions, listings, provenance, rankings, users
from crawler.items.row import Base, Entity, Field, Observation, Row, Sighting

METADATA = Base.metadata
"""Every table; the modules above register theirs on import."""

__all__ = [
    "METADATA", "Base", "Entity", "Field", "Observation", "Row", "Sighting",
    "artworks", "commissions", "listings", "provenance", "rankings", "users",
]  # fmt: skip
