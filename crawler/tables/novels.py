"""Novels, as far as lists of works contain them."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import codes, read
from crawler.tables.meaning import CUMULATIVE
from crawler.tables.row import Entity, Observation, SeenRelation, column


class Novel(Entity, audience="public"):
    """A novel, as the newest response has it."""

    __tablename__ = "novels"
    __table_args__ = (Index(None, "user_id"),)
    masked = True

    novel_id: Mapped[int] = column("id", "@key", "@value", primary_key=True)
    user_id: Mapped[int | None] = column("userId", "user_id", read=read.positive, even_if_withheld=True)
    title: Mapped[str | None] = column("title", read=read.title)
    caption: Mapped[str | None] = column("description?", "comment?", comment="HTML as pixiv sends it")
    x_restrict: Mapped[int | None] = column("xRestrict", "x_restrict", codes=codes.X_RESTRICT)
    visibility: Mapped[int | None] = column("restrict", codes=codes.VISIBILITY)
    text_count: Mapped[int | None] = column("textCount", "character_count", group="length", comment="characters")
    word_count: Mapped[int | None] = column("wordCount", "word_count", group="length", comment="words")
    reading_time: Mapped[int | None] = column("readingTime", "reading_time", group="length", comment="seconds")
    uses_word_count: Mapped[bool | None] = column(
        "useWordCount", group="unit_of_length", comment="its length is given in words, not characters"
    )
    bookmark_count: Mapped[int | None] = column("bookmarkCount", "bookmark_count")
    ai_type: Mapped[int | None] = column("aiType", "ai_type", codes=codes.AI_TYPE)
    is_original: Mapped[bool | None] = column("isOriginal", "is_original")
    is_masked: Mapped[bool | None] = column("isMasked", comment="shown blurred: sensitive")
    is_unlisted: Mapped[bool | None] = column("isUnlisted")
    created_at: Mapped[datetime | None] = column("createDate", "create_date")
    updated_at: Mapped[datetime | None] = column("updateDate")
    cover_url: Mapped[str | None] = column("url", read=read.image_url)
    series_id: Mapped[int | None] = column("seriesId", "series_id", null=True, comment="novel_series")
    genre: Mapped[str | None] = column("genre", read=read.label, comment="pixiv's number or name of the genre")
    language: Mapped[str | None] = column("language", comment="language of its text")
    state: Mapped[str | None] = column("@state", even_if_withheld=True, codes=codes.STATE)


class NovelTag(SeenRelation, audience="public"):
    """A tag of a novel."""

    __tablename__ = "novel_tags"
    __table_args__ = (Index(None, "tag_id", "novel_id"),)
    set_owners = ("novel_id",)

    novel_id: Mapped[int] = column("^.id", primary_key=True)
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
    position: Mapped[int] = column("@index", comment="from 0, as last seen")


class NovelSeries(Entity, audience="public"):
    """A series of novels; its ids are not those of series of illustrations."""

    __tablename__ = "novel_series"

    series_id: Mapped[int] = column("seriesId", "series_id", read=read.positive, primary_key=True)
    title: Mapped[str | None] = column("seriesTitle?", "series_title?")
    user_id: Mapped[int | None] = column("userId", "user_id", read=read.positive)


class NovelRankingEntry(Observation, audience="public"):
    """A novel's place in a ranking of novels, as first seen."""

    __tablename__ = "novel_ranking_entries"
    __table_args__ = (Index(None, "novel_id"),)
    stamp = "seen_at"

    mode: Mapped[str] = column(given=True, primary_key=True, codes=codes.NOVEL_MODE, comment="which ranking")
    ranking_on: Mapped[date] = column(constant="ranking_on", primary_key=True, comment="JST")
    rank: Mapped[int] = column("rank", primary_key=True)
    novel_id: Mapped[int] = column("id")
    bookmark_count: Mapped[int | None] = column("bookmark_count", window=CUMULATIVE)
    seen_at: Mapped[int] = column(constant="observed_at")
