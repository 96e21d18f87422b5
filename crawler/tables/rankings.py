"""Rankings: which works stood where on a day."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from crawler.tables import codes, read
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING, WINDOW_WARNING
from crawler.tables.row import Base, Entity, Observation, column

FIRST_RANKING_ON = date(2007, 9, 13)

# Positions are part of every stored ranking_id: append to these codes, never reorder.
MODE_CODES: tuple[str, ...] = tuple(map(str, codes.MODE))
CONTENT_CODES: tuple[str, ...] = tuple(map(str, codes.CONTENT))


def ranking_id(mode: str, content: str, ranking_on: date) -> int:
    """The key of a ranking: its day from 2007-09-13, mode and content in 9 low bits.

    Raises ValueError for a mode or content that has no code yet, or an earlier day.
    """
    days = (ranking_on - FIRST_RANKING_ON).days
    if days < 0:
        raise ValueError(f"no ranking is older than {FIRST_RANKING_ON}, not {ranking_on}")
    return days << 9 | MODE_CODES.index(mode) << 3 | CONTENT_CODES.index(content)


class Ranking(Entity, audience="public"):
    """One ranking of one day. entry_count and is_complete follow from what is stored."""

    __tablename__ = "rankings"
    history = "ranking_changes"
    __table_args__ = (UniqueConstraint("mode", "content", "ranking_on"),)

    ranking_id: Mapped[int] = column(
        constant="ranking_id",
        primary_key=True,
        comment="day, mode and content in one number; shifted right by nine bits, the day counted from 2007-09-13",
    )
    mode: Mapped[str | None] = column("mode", group="ranking", codes=codes.MODE, comment="which ranking")
    content: Mapped[str | None] = column("content", group="ranking", codes=codes.CONTENT, comment="of which works")
    ranking_on: Mapped[date | None] = column(
        "date", group="ranking", comment="the day it is of; published about noon of the next"
    )
    rank_total: Mapped[int | None] = column("rank_total", comment="ranks that the site says there are", unit="count")
    prev_on: Mapped[date | None] = column(
        "prev_date",
        read=read.day_or_false,
        null=True,
        history=True,
        comment="the previous ranking's day",
        null_means="with prev_on in group_times the first one; else no response has contained it",
    )
    next_on: Mapped[date | None] = column(
        "next_date",
        read=read.day_or_false,
        null=True,
        null_means="there is none yet, or no response has contained it",
        comment="the next ranking's day",
    )
    entry_count: Mapped[int | None] = column(comment="ranks stored; removed works leave gaps")
    is_complete: Mapped[bool | None] = column(comment="every page to the last is stored")


class Ranked:
    """Values of a work in a ranking."""

    previous_rank: Mapped[int | None] = column(
        "yes_rank",
        read=read.zero_is_null,
        null=True,
        comment="rank in the ranking before",
        null_means="new in it (yes_rank 0)",
    )
    rating_count: Mapped[int | None] = column("rating_count", window=OF_THE_RANKING, warning=WINDOW_WARNING)
    view_count: Mapped[int | None] = column(
        "view_count", window=CUMULATIVE, warning=WINDOW_WARNING, comment="views up to publication of the ranking"
    )
    is_masked: Mapped[bool | None] = column("is_masked", comment="sensitive: blurred for some, the row is complete")
    mask_reason: Mapped[str | None] = column(
        "mask_reason", comment="why the work was withheld, in pixiv's word", null_means="it was not withheld"
    )


class RankingEntry(Ranked, Observation, audience="public"):
    """A work's place in the publication of a ranking that stands, as first seen.

    Written by `archive/writing/rankings.py`, not by the upsert of observations: entries of a publication that does
    not stand any more are in superseded_ranking_entries. On SQLite key and index descend (revision 0009):
    ranges are requested newest first, and so append.
    """

    __tablename__ = "ranking_entries"
    __table_args__ = (Index(None, "artwork_id"),)
    stamp = "seen_at"

    ranking_id: Mapped[int] = column(constant="ranking_id", primary_key=True)
    rank: Mapped[int] = column("rank", primary_key=True)
    artwork_id: Mapped[int] = column("illust_id")
    seen_at: Mapped[int] = column(constant="observed_at")


class RankingPage(Base, audience="public"):
    """A page of a ranking as one response contained it, and of which publication it is."""

    __tablename__ = "ranking_pages"

    ranking_id: Mapped[int] = column(primary_key=True)
    page: Mapped[int] = column(primary_key=True)
    seen_at: Mapped[int] = column(primary_key=True, comment="captures.observed_at")
    next_page: Mapped[int | None] = column(comment="the page after it", null_means="this is the last")
    rank_total: Mapped[int | None] = column(comment="ranks there are, as this page says", null_means="it does not say")
    prev_on: Mapped[date | None] = column(
        comment="the previous ranking's day, as this page says", null_means="it says that there is none"
    )
    next_on: Mapped[date | None] = column(
        comment="the next ranking's day, as this page says", null_means="it says that there is none"
    )
    entries_at: Mapped[int] = column(
        comment="the seen_at of its entries: an earlier one if a response contained the same for the page"
    )
    publication: Mapped[int] = column(comment="seen_at of its revision's first response: pixiv may revise a ranking")
    rejected_count: Mapped[int | None] = column(
        comment="entries of the page that did not fit and are in dead_letters", null_means="none"
    )


class SupersededRankingEntry(Ranked, Base, audience="public"):
    """A work's place in a response that does not stand: of another publication, or different before.

    What stands is in ranking_entries; a page that is seen again unchanged is stored once.
    """

    __tablename__ = "superseded_ranking_entries"
    __table_args__ = (Index(None, "artwork_id"),)

    ranking_id: Mapped[int] = column(primary_key=True)
    rank: Mapped[int] = column(primary_key=True)
    seen_at: Mapped[int] = column(primary_key=True, comment="captures.observed_at")
    artwork_id: Mapped[int] = column()


class Series(Entity, audience="public"):
    """A manga or illustration series."""

    __tablename__ = "series"
    group = "series"

    series_id: Mapped[int] = column("illust_series_id", "seriesId", "id", primary_key=True)
    user_id: Mapped[int | None] = column("illust_series_user_id", "userId", group="user")
    title: Mapped[str | None] = column("illust_series_title?", "seriesTitle?", "title?", group="title")
    caption: Mapped[str | None] = column("illust_series_caption", "caption", comment="its author's text")
    work_count: Mapped[int | None] = column("illust_series_content_count", "total", comment="works in it")
    created_at: Mapped[datetime | None] = column("illust_series_create_datetime", "createDate")
    updated_at: Mapped[datetime | None] = column("updateDate", group="updated")
    first_artwork_id: Mapped[int | None] = column("firstIllustId", group="first", comment="its first work")
    latest_artwork_id: Mapped[int | None] = column("latestIllustId", group="latest", comment="its latest work")
    cover_url: Mapped[str | None] = column("url", read=read.image_url, group="cover")
    watch_count: Mapped[int | None] = column("watchCount", group="watch", comment="users who watch it")


class SeriesWork(Entity, audience="public"):
    """A work of a series, as lists contain it."""

    __tablename__ = "series_works"
    set_owners = ("series_id",)

    series_id: Mapped[int] = column("seriesId", primary_key=True)
    artwork_id: Mapped[int] = column("workId", "id", primary_key=True)
    position: Mapped[int | None] = column("order", comment="from 1, the oldest")
