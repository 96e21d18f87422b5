"""Novels, as far as lists of works tell them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.items import read
from crawler.items.row import KEYED, Entity, Sighting, column


class Novel(Entity):
    """A novel, as last told by any reply."""

    __tablename__ = "novels"
    __table_args__ = (Index(None, "user_id"),)
    masked = True

    novel_id: Mapped[int] = column("id", "@key", "@value", primary_key=True, autoincrement=False)
    user_id: Mapped[int | None] = column("userId", read=read.positive, kept=True)
    title: Mapped[str | None] = column("title", read=read.title)
    caption: Mapped[str | None] = column("description", comment="HTML as pixiv sends it")
    x_restrict: Mapped[int | None] = column(
        "xRestrict", group="rating", comment="0 all ages, 1 R-18, 2 R-18G"
    )
    visibility: Mapped[int | None] = column(
        "restrict", group="rating", comment="0 public, 1 my pixiv only, 2 private"
    )
    text_count: Mapped[int | None] = column("textCount", group="length", comment="characters")
    word_count: Mapped[int | None] = column("wordCount", group="length")
    reading_time: Mapped[int | None] = column("readingTime", group="length", comment="seconds")
    uses_word_count: Mapped[bool | None] = column("useWordCount", group="length")
    bookmark_count: Mapped[int | None] = column("bookmarkCount")
    ai_type: Mapped[int | None] = column("aiType", comment="0 unknown, 1 human, 2 AI")
    is_original: Mapped[bool | None] = column("isOriginal")
    is_masked: Mapped[bool | None] = column("isMasked", comment="shown blurred: sensitive")
    is_unlisted: Mapped[bool | None] = column("isUnlisted")
    created_at: Mapped[datetime | None] = column("createDate")
    updated_at: Mapped[datetime | None] = column("updateDate")
    cover_url: Mapped[str | None] = column("url", read=read.image_url)
    series_id: Mapped[int | None] = column("seriesId", null=True, comment="novel_series")
    state: Mapped[str | None] = column(
        "@state", kept=True, comment="visible, or why the novel is withheld"
    )


class NovelTag(Sighting):
    """A tag of a novel."""

    __tablename__ = "novel_tags"
    __table_args__ = (Index(None, "tag_id", "novel_id"), KEYED)

    novel_id: Mapped[int] = column("^.id", primary_key=True)
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
    position: Mapped[int] = column("@index", comment="from 0, as at the last sight")
    first_seen_at: Mapped[int] = column(constant="observed_at", keep="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", keep="greatest")


class NovelSeries(Entity):
    """A series of novels; its ids are not those of series of illustrations."""

    __tablename__ = "novel_series"

    series_id: Mapped[int] = column("seriesId", primary_key=True, autoincrement=False)
    title: Mapped[str | None] = column("seriesTitle")
    user_id: Mapped[int | None] = column("userId", read=read.positive)
