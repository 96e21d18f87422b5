"""Every table of the archive. Loaded by those that need them all: a third of a second of a start."""

from crawler.tables import (  # noqa: F401  # each registers its tables
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
"""Every table."""
