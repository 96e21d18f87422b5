"""Listings: every ordered list other than rankings, as seen at its moment."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, MappedColumn

from crawler.tables import read
from crawler.tables.row import Observation, column


class Listing(Observation, audience="public"):
    """One response's lists. Pages of one list share endpoint, params and night."""

    __tablename__ = "listings"
    __table_args__ = (Index(None, "endpoint", "params", "night"),)
    stamp = "listing_id"

    listing_id: Mapped[int] = column(
        constant="observed_at", primary_key=True, comment="the moment it was seen: captures.observed_at"
    )
    endpoint: Mapped[str] = column(constant="endpoint")
    params: Mapped[str] = column(constant="params")
    night: Mapped[str] = column(constant="night")
    page: Mapped[int] = column(constant="page", comment="from 1; of a list by offset the place of its first element")
    total: Mapped[int | None] = column(
        "total",
        "illustManga.total",
        "illust.total",
        "manga.total",
        "page.total",
        comment="works the site says there are",
    )
    last_page: Mapped[int | None] = column(
        "illustManga.lastPage",
        "illust.lastPage",
        "manga.lastPage",
        "page.maxPage",
        comment="the last page that the site shows",
    )
    is_last: Mapped[bool] = column(constant="is_last", comment="no further page follows")
    next_page: Mapped[int | None] = column(
        constant="next_page", comment="the page to request next", null_means="this is the last"
    )


class ListingTotal(Observation, audience="public"):
    """Number of entries that pixiv states for a section, if sections have totals of their own."""

    __tablename__ = "listing_totals"
    stamp = "listing_id"

    listing_id: Mapped[int] = column(constant="observed_at", primary_key=True)
    section: Mapped[str] = column(constant="section", primary_key=True)
    total: Mapped[int | None] = column("total")


def _id(*names: str) -> MappedColumn[Any]:
    """An id that stands at a place, if not another's does."""
    return column(*names, null_means="something else stands there")


class ListingEntry(Observation, audience="public"):
    """A place in a listing and what stands there: one of the ids is set, or a label."""

    __tablename__ = "listing_entries"
    __table_args__ = (Index(None, "artwork_id"), Index(None, "user_id"))
    stamp = "listing_id"

    listing_id: Mapped[int] = column(constant="observed_at", primary_key=True)
    section: Mapped[str] = column(constant="section", primary_key=True)
    position: Mapped[int] = column("@index", primary_key=True, comment="from 0 in this response")
    artwork_id: Mapped[int | None] = _id("illustId", "workId", "id", "@key", "@value")
    novel_id: Mapped[int | None] = _id("novelId", "id", "@key", "@value")
    user_id: Mapped[int | None] = _id("userId", "id", "@key", "@value")
    request_id: Mapped[int | None] = _id("requestId", "@key", "@value")
    comment_id: Mapped[int | None] = _id("id")
    series_id: Mapped[int | None] = _id("id", "@key", "@value")
    label: Mapped[str | None] = column(
        "tag",
        "slug",
        "title",
        "type",
        "id",
        "@value",
        read=read.label,
        comment="a tag, a title, or the id of something that has no table",
        null_means="one of the ids is set",
    )
    url: Mapped[str | None] = column("url", null_means="the entry has none")
    score: Mapped[float | None] = column(
        "recommendScore",
        "@details.score",
        "trendingRate",
        read=read.real,
        comment="how strongly it is recommended, or trends",
        null_means="the entry has none",
    )
    reasons: Mapped[str | None] = column(
        "recommendMethods",
        "@details.methods",
        read=read.json_text,
        comment="names of the methods that chose it, a JSON list",
        null_means="the entry has none",
    )
    seeds: Mapped[str | None] = column(
        "recommendSeedIllustIds",
        "@details.seedIllustIds",
        "illustIds",
        "recentIllustIds",
        "ids",
        "workIds",
        read=read.json_text,
        comment="works that it was chosen by, or that show it, JSON",
        null_means="the entry has none",
    )
    detail: Mapped[str | None] = column("@all", read=read.json_text, comment="the element as it came, JSON")
