"""Data about tags themselves."""

from sqlalchemy.orm import Mapped

from crawler.tables import read
from crawler.tables.row import Entity, SeenRelation, column


class TagDetail(Entity, audience="public"):
    """A tag's article in pixiv's encyclopaedia."""

    __tablename__ = "tag_details"

    tag_id: Mapped[int] = column("tag", read=read.tag_id, primary_key=True)
    word: Mapped[str | None] = column("word", comment="the tag as it was requested")
    article_id: Mapped[int | None] = column("pixpedia.id", comment="the article")
    abstract: Mapped[str | None] = column("pixpedia.abstract?", comment="the article's first lines")
    yomigana: Mapped[str | None] = column("pixpedia.yomigana?", comment="the tag's reading in kana")
    image_url: Mapped[str | None] = column("pixpedia.image", read=read.image_url, comment="the article's image")
    parent_tag: Mapped[str | None] = column("pixpedia.parentTag?", comment="the tag above it")


class TagChild(SeenRelation, audience="public"):
    """A tag below another in the encyclopaedia."""

    __tablename__ = "tag_children"
    set_owners = ("tag_id",)

    tag_id: Mapped[int] = column("^.^.tag", read=read.tag_id, primary_key=True)
    child_tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True, comment="the tag below it")
    position: Mapped[int] = column("@index", comment="from 0, as last seen")


class TagStory(SeenRelation, audience="public"):
    """A pixiv story that a tag has."""

    __tablename__ = "tag_stories"
    set_owners = ("tag_id",)

    tag_id: Mapped[int] = column(read=read.tag_id, primary_key=True)
    story_id: Mapped[int] = column("@value", primary_key=True, comment="the story")
    position: Mapped[int] = column("@index", comment="from 0, as last seen")
