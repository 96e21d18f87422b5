"""Artworks: present state, counts, tags and former values."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, MappedColumn

from crawler.tables import codes, read
from crawler.tables.meaning import CUMULATIVE, LOOK_WARNING
from crawler.tables.row import Entity, Observation, Relation, SeenRelation, column


def _count(name: str, group: str = "counts", comment: str | None = None) -> MappedColumn[Any]:
    """A public counter, which no ranking contains."""
    return column(name, group=group, comment=comment, window=CUMULATIVE, warning=LOOK_WARNING)


class Counts:
    """The public counters of a work; some lists contain bookmarks alone."""

    bookmark_count: Mapped[int | None] = _count("bookmarkCount", "bookmarks")
    like_count: Mapped[int | None] = _count("likeCount")
    view_count: Mapped[int | None] = _count("viewCount")
    comment_count: Mapped[int | None] = _count("commentCount", comment="comments, answers to them included")
    response_count: Mapped[int | None] = _count("responseCount")


def _of_series(*keys: str, comment: str | None = None) -> MappedColumn[Any]:
    """A number in what a response says of a work's series."""
    return column(
        "illust_series",
        "seriesNavData",
        read=read.member(*keys),
        null=True,
        usually_null=True,
        group="series",
        null_means="of no series, or no response has contained it",
        comment=comment,
    )


class Artwork(Counts, Entity, audience="public"):
    """An illustration, manga or ugoira, as the newest response has it."""

    __tablename__ = "artworks"
    __table_args__ = (Index(None, "user_id"),)
    masked = True
    history = "artwork_history"

    artwork_id: Mapped[int] = column("illust_id", "illustId", "id", "workId", "@key", primary_key=True)
    user_id: Mapped[int | None] = column(
        # Removed works name user 0, which is nobody; withheld ranking rows name their real author.
        "user_id",
        "userId",
        "^.userId",
        read=read.positive,
        even_if_withheld=True,
        comment="the author",
    )
    title: Mapped[str | None] = column("title", "illustTitle", read=read.title, group="work", history=True)
    kind: Mapped[str | None] = column(
        "illust_type", "illustType", read=read.work_kind, group="work", comment="what it is", codes=codes.KIND
    )
    page_count: Mapped[int | None] = column("illust_page_count", "pageCount", group="work", history=True)
    width: Mapped[int | None] = column("width", group="work")
    height: Mapped[int | None] = column("height", group="work")
    caption: Mapped[str | None] = column(
        "illustComment", "description?", history=True, comment="HTML as pixiv sends it"
    )
    tags: Mapped[str | None] = column(
        "tags", read=read.tag_list, group="tags", history=True, comment="tag names in order, a JSON list"
    )
    tags_seen_at: Mapped[int | None] = column(
        constant="observed_at",
        group="tags",
        comment="when the tags were last seen",
        null_means="no response has listed them",
    )
    x_restrict: Mapped[int | None] = column("xRestrict", group="rating", codes=codes.X_RESTRICT)
    visibility: Mapped[int | None] = column("restrict", group="rating", codes=codes.VISIBILITY)
    sanity_level: Mapped[int | None] = column(
        "sl", group="rating", comment="how sensitive pixiv holds it (sl)", codes=codes.SANITY_LEVEL
    )
    ai_type: Mapped[int | None] = column("aiType", codes=codes.AI_TYPE, warning=LOOK_WARNING)
    is_original: Mapped[bool | None] = column("isOriginal", "illust_content_type", read=read.original_flag)
    is_masked: Mapped[bool | None] = column("isMasked", "is_masked", comment="shown blurred: sensitive")
    is_unlisted: Mapped[bool | None] = column("isUnlisted")
    book_style: Mapped[int | None] = column(
        "illust_book_style", "bookStyle", codes=codes.BOOK_STYLE, comment="how its pages are read"
    )
    sexual_level: Mapped[int | None] = column(
        "illust_content_type",
        read=read.sexual_level,
        group="content",
        comment="how sexual pixiv holds it",
        codes=codes.SEXUAL_LEVEL,
    )
    content_flags: Mapped[str | None] = column(
        "illust_content_type", read=read.content_flags, group="content", comment="true flags, sorted"
    )
    attributes: Mapped[str | None] = column("attr", read=read.attributes, comment="attr, sorted")
    created_at: Mapped[datetime | None] = column(
        "createDate",
        "date&illust_upload_timestamp",
        read=read.published,
        coarse=True,
        history=True,
        comment="first publication; its own page and rankings may give it to the minute",
    )
    uploaded_at: Mapped[datetime | None] = column(
        "uploadDate", "illust_upload_timestamp", coarse=True, history=True, comment="last upload of the images"
    )
    updated_at: Mapped[datetime | None] = column(
        "updateDate", coarse=True, history=True, comment="last change, from lists"
    )
    thumbnail_url: Mapped[str | None] = column("url", "urls.thumb", read=read.image_url)
    original_url: Mapped[str | None] = column(
        "urls.original", read=read.image_url, comment="first page; needs Referer to fetch"
    )
    series_id: Mapped[int | None] = _of_series("illust_series_id", "seriesId")
    series_order: Mapped[int | None] = _of_series(
        "illust_series_content_order", "order", comment="which part of its series it is, from 1"
    )
    state: Mapped[str | None] = column(
        "@state", even_if_withheld=True, history=True, codes=codes.STATE, null_means="no list or page has shown it"
    )
    restriction: Mapped[str | None] = column(
        "@restriction",
        read=read.as_is,
        null=True,
        history=True,
        comment="what its own page withholds",
        codes=codes.RESTRICTION,
        null_means="nothing, or its own page was not requested",
    )


class ArtworkDetail(Entity, audience="public"):
    """Details that only a work's own page contains, in addition to artworks."""

    __tablename__ = "artwork_details"

    artwork_id: Mapped[int] = column("illustId", "id", primary_key=True)
    is_howto: Mapped[bool | None] = column("isHowto", "is_howto", comment="marked as a tutorial")
    is_login_only: Mapped[bool | None] = column("isLoginOnly", comment="shown only to members")
    is_comment_off: Mapped[bool | None] = column("commentOff", comment="comments are closed")
    image_response_count: Mapped[int | None] = column("imageResponseCount", comment="works that answer it")
    is_tag_locked: Mapped[bool | None] = column("tags.isLocked", comment="others can't add tags")
    commission_request_id: Mapped[int | None] = column(
        "request.request.requestId",
        "request.requestId",
        comment="the request it was made for",
        null_means="it was not commissioned, or no response has contained it",
    )
    reuploaded_at: Mapped[datetime | None] = column(
        "reuploadDate",
        null=True,
        null_means="never, or no response has contained it",
        comment="when its images were replaced",
    )
    booth_id: Mapped[int | None] = column("descriptionBoothId", null=True, comment="BOOTH item that its caption links")
    youtube_id: Mapped[str | None] = column("descriptionYoutubeId", null=True, comment="video that its caption links")


class ArtworkCount(Counts, Observation, audience="public"):
    """The counters of a work at one moment. Counts seen in rankings are in ranking_entries."""

    __tablename__ = "artwork_counts"

    artwork_id: Mapped[int] = column("illustId", "id", primary_key=True)
    observed_at: Mapped[int] = column(constant="observed_at", primary_key=True)


class ArtworkPage(Entity, audience="public"):
    """One page of a work: where its images lie and how large they are."""

    __tablename__ = "artwork_pages"
    set_owners = ("artwork_id",)

    artwork_id: Mapped[int] = column(primary_key=True)
    page_index: Mapped[int] = column("@index", primary_key=True, comment="from 0")
    width: Mapped[int | None] = column("width", group="size", comment="of the page")
    height: Mapped[int | None] = column("height", group="size", comment="of the page")
    original_url: Mapped[str | None] = column("urls.original", read=read.image_url)
    regular_url: Mapped[str | None] = column("urls.regular", read=read.image_url, comment="image, 1200 pixels at most")
    small_url: Mapped[str | None] = column("urls.small", read=read.image_url, comment="image, 540 pixels at most")
    thumbnail_url: Mapped[str | None] = column("urls.thumb_mini", read=read.image_url)


class Ugoira(Entity, audience="public"):
    """A moving picture: where its frames lie, as archives of images."""

    __tablename__ = "ugoira"

    artwork_id: Mapped[int] = column(primary_key=True)
    archive_url: Mapped[str | None] = column("src", read=read.image_url, comment="frames, small, zip")
    original_archive_url: Mapped[str | None] = column(
        "originalSrc", read=read.image_url, comment="frames in full size, zip"
    )
    mime_type: Mapped[str | None] = column("mime_type", comment="of a frame: image/jpeg …")


class UgoiraFrame(Entity, audience="public"):
    """A frame of a moving picture."""

    __tablename__ = "ugoira_frames"
    group = "frame"
    set_owners = ("artwork_id",)

    artwork_id: Mapped[int] = column(primary_key=True)
    frame_index: Mapped[int] = column("@index", primary_key=True, comment="from 0")
    file: Mapped[str | None] = column("file", comment="file name within the archive")
    delay: Mapped[int | None] = column("delay", comment="how long it is shown", unit="milliseconds")


class Tag(Relation, audience="public"):
    """A tag by name; the id is a hash of it, the same in every archive."""

    __tablename__ = "tags"

    tag_id: Mapped[int] = column("tag", "@key", "@value", read=read.tag_id, primary_key=True)
    name: Mapped[str] = column("tag", "@key", "@value", comment="as pixiv spells it")


class TagTranslation(Entity, audience="public"):
    """A tag in another language or script (`romaji`)."""

    __tablename__ = "tag_translations"
    history = "tag_translation_history"

    tag_id: Mapped[int] = column("tag", "^.@key", "^.tag", read=read.tag_id, primary_key=True)
    lang: Mapped[str] = column("@key", primary_key=True)
    translation: Mapped[str | None] = column(
        "@value?", "romaji?", needed=True, history=True, comment="the tag in that language"
    )


class ArtworkTag(SeenRelation, audience="public"):
    """A tag of a work, present or past: v_artwork_tags shows the present ones."""

    __tablename__ = "artwork_tags"
    __table_args__ = (Index(None, "tag_id", "artwork_id"),)
    set_owners = ("artwork_id",)
    set_complete_at = ("artworks", "tags_seen_at")

    artwork_id: Mapped[int] = column("^.illust_id", "^.illustId", "^.id", primary_key=True)
    tag_id: Mapped[int] = column("tag", "@value", read=read.tag_id, primary_key=True)
    position: Mapped[int] = column("@index", comment="from 0, as last seen")


class ArtworkTagAuthor(Entity, audience="public"):
    """Who set a tag of a work and whether it is locked, from the work's own page."""

    __tablename__ = "artwork_tag_authors"
    group = "tag"
    set_owners = ("artwork_id",)

    artwork_id: Mapped[int] = column(given=True, primary_key=True)
    tag_id: Mapped[int] = column("tag", read=read.tag_id, primary_key=True)
    # A group of its own: not every tag says who set it.
    user_id: Mapped[int | None] = column("userId", group="user")
    is_locked: Mapped[bool | None] = column("locked", comment="its author set it, others can't remove it")
    is_deletable: Mapped[bool | None] = column("deletable", comment="the session could remove it")


class ArtworkPoll(Observation, audience="public"):
    """The poll of a work at one moment."""

    __tablename__ = "artwork_polls"

    artwork_id: Mapped[int] = column("^.illustId", "^.id", primary_key=True)
    observed_at: Mapped[int] = column(constant="observed_at", primary_key=True)
    question: Mapped[str | None] = column("question", comment="the question")
    vote_count: Mapped[int | None] = column("total")


class ArtworkPollChoice(Observation, audience="public"):
    """A choice of a work's poll and its votes at one moment."""

    __tablename__ = "artwork_poll_choices"

    artwork_id: Mapped[int] = column(given=True, primary_key=True)
    observed_at: Mapped[int] = column(constant="observed_at", primary_key=True)
    choice_id: Mapped[int] = column("id", primary_key=True, comment="the choice")
    position: Mapped[int | None] = column("@index", comment="from 0")
    text: Mapped[str | None] = column("text", comment="what the choice says")
    vote_count: Mapped[int | None] = column("count")


class ArtworkResponse(SeenRelation, audience="public"):
    """A work that answers another (an image response). Responses may name a part of them."""

    __tablename__ = "artwork_responses"
    __table_args__ = (Index(None, "response_artwork_id"),)

    artwork_id: Mapped[int] = column("workId", "illustId", "id", primary_key=True, comment="what is answered")
    response_artwork_id: Mapped[int] = column("workId", "illustId", "id", primary_key=True, comment="the answer")
