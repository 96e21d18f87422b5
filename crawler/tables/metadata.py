"""Every table of the archive. Loaded by those that need them all: a third of a second of a start."""

from crawler.tables import (
    account,
    artworks,
    cohort,
    comments,
    commissions,
    jobs,
    listings,
    novels,
    provenance,
    rankings,
    tags,
    users,
)
from crawler.tables.row import Base

METADATA = Base.metadata
"""Every table; the modules above register theirs on import."""

__all__ = [
    "METADATA",
    "account",
    "artworks",
    "cohort",
    "comments",
    "commissions",
    "jobs",
    "listings",
    "novels",
    "provenance",
    "rankings",
    "tags",
    "users",
]
