"""Listings: every ordered list other than rankings, as seen at its moment."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.items import read
from crawler.items.row import KEYED, Observation, column


class Listing(Observation):
    """One reply's lists. Pages of one list share endpoint, params and night."""

    __tablename__ = "listings"
    stamp = "listing_id"

    listing_id: Mapped[int] = column(
        constant="observed_at", primary_key=True, autoincrement=False,
        comment="the moment it was seen: captures.observed_at",
    )  # fmt: skip
    endpoint: Mapped[str] = column(constant="endpoint", index=True)
    params: Mapped[str] = column(constant="params")
    night: Mapped[str] = column(constant="night")
    page: Mapped[int] = column(constant="page")
    total: Mapped[int | None] = column("total", comment="works the site says there are")
    is_last: Mapped[bool] = column(constant="is_last", comment="no further page follows")


class ListingEntry(Observation):
    """A place in a listing and what stands there; one of the ids is set."""

    __tablename__ = "listing_entries"
    __table_args__ = (Index(None, "artwork_id"), Index(None, "user_id"), KEYED)
    stamp = "listing_id"

    listing_id: Mapped[int] = column(constant="observed_at", primary_key=True)
    section: Mapped[str] = column(constant="section", primary_key=True)
    position: Mapped[int] = column("@index", primary_key=True, comment="from 0 in this reply")
    artwork_id: Mapped[int | None] = column("id", "@key", "@value", read=read.number)
    novel_id: Mapped[int | None] = column("id", "@key", "@value", read=read.number)
    user_id: Mapped[int | None] = column("userId", "@key", "@value", read=read.number)
    request_id: Mapped[int | None] = column("requestId", "@key", "@value", read=read.number)
