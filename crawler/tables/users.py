"""Users: the profile as far as responses contain it."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, MappedColumn

from crawler.tables import codes, read
from crawler.tables.row import Entity, Observation, SeenRelation, column


class User(Entity, audience="public"):
    """A member of pixiv; short and full profiles merged."""

    __tablename__ = "users"
    masked = True
    history = "user_history"

    user_id: Mapped[int] = column("user_id", "userId", "^.userId", read=read.positive, primary_key=True)
    name: Mapped[str | None] = column(
        "user_name", "userName", "name", read=read.title, history=True, comment="the name shown"
    )
    account: Mapped[str | None] = column("userAccount", comment="the login name")
    image_url: Mapped[str | None] = column(
        "profile_img", "profileImageUrl", "profileImg", "image", read=read.image_url, comment="50 pixels"
    )
    image_big_url: Mapped[str | None] = column("imageBig", read=read.image_url, comment="170 pixels")
    background_url: Mapped[str | None] = column("background.url", read=read.image_url, comment="profile background")
    comment: Mapped[str | None] = column("comment", "userComment", comment="the profile text")
    is_premium: Mapped[bool | None] = column("premium", comment="has Premium")
    accepts_requests: Mapped[bool | None] = column("acceptRequest", comment="until 2022")
    fanbox_url: Mapped[str | None] = column(
        "fanboxPromotion.contentUrl", group="fanbox", comment="the user's page on pixivFANBOX"
    )
    fanbox_description: Mapped[str | None] = column("fanboxPromotion.description", group="fanbox", comment="its text")
    fanbox_image_url: Mapped[str | None] = column("fanboxPromotion.imageUrl", group="fanbox", comment="its image")
    is_fanbox_adult: Mapped[bool | None] = column(
        "fanboxPromotion.hasAdultContent", group="fanbox", comment="it is for adults"
    )


def _shown(name: str, comment: str = "as shown, a text") -> MappedColumn[Any]:
    """A fact about the person that a profile may show or not."""
    return column(name, audience="sensitive", null=True, null_means="not shown", comment=comment)


class UserDetail(Entity, audience="public"):
    """Details that only a user's own page contains, in addition to users."""

    __tablename__ = "user_details"

    user_id: Mapped[int] = column("userId", primary_key=True)
    comment_html: Mapped[str | None] = column("commentHtml", comment="the profile text as HTML")
    webpage_url: Mapped[str | None] = column("webpage", null=True, null_means="none is shown", comment="own website")
    social: Mapped[str | None] = column("social", read=read.json_object, comment="JSON by site")
    region: Mapped[str | None] = _shown("region.name", "where the user lives, as shown")
    country: Mapped[str | None] = column("region.region", audience="sensitive", null=True, comment="two letters")
    prefecture: Mapped[str | None] = column(
        "region.prefecture", audience="sensitive", null=True, comment="Japan, number"
    )
    age: Mapped[str | None] = _shown("age.name")
    birth_day: Mapped[str | None] = _shown("birthDay.name")
    gender: Mapped[str | None] = _shown("gender.name", "as shown, a text in the language of the request")
    job: Mapped[str | None] = _shown("job.name")
    workspace: Mapped[str | None] = column("workspace", read=read.json_object, comment="JSON")
    is_official: Mapped[bool | None] = column("official", comment="an official account")
    sketch_live_id: Mapped[str | None] = column(
        "sketchLiveId", read=read.label, null=True, null_means="none", comment="the live stream that runs"
    )
    publisher: Mapped[str | None] = column("publisher", read=read.json_object, comment="JSON")
    commission: Mapped[str | None] = column("commission", read=read.json_object, comment="JSON")


class UserWork(Entity, audience="public"):
    """Further contents of the list of all works of a user."""

    __tablename__ = "user_works"

    user_id: Mapped[int] = column(primary_key=True)
    has_booth: Mapped[bool | None] = column("externalSiteWorksStatus.booth", comment="sells on BOOTH")
    has_sketch: Mapped[bool | None] = column("externalSiteWorksStatus.sketch", comment="shows works on pixiv Sketch")
    has_vroid_hub: Mapped[bool | None] = column("externalSiteWorksStatus.vroidHub", comment="shows models on VRoid Hub")
    has_request_tab: Mapped[bool | None] = column("request.showRequestTab", comment="profile shows delivered requests")
    has_sent_request_tab: Mapped[bool | None] = column(
        "request.showRequestSentTab", comment="the profile shows requests that were sent"
    )
    has_sensitive_notice: Mapped[bool | None] = column(
        "shouldShowSensitiveNotice", comment="the profile warns of sensitive works"
    )


class UserCount(Observation, audience="public"):
    """Counters of a user at one moment; null: this response did not contain it."""

    __tablename__ = "user_counts"

    user_id: Mapped[int] = column("userId", primary_key=True)
    observed_at: Mapped[int] = column(constant="observed_at", primary_key=True)
    following_count: Mapped[int | None] = column(
        "following", comment="users it follows in public", warning="no response contains the number of followers"
    )
    mypixiv_count: Mapped[int | None] = column("mypixivCount", comment="users it is my pixiv with")
    public_artwork_bookmark_count: Mapped[int | None] = column(
        "bookmarkCount.public.illust", comment="its public bookmarks of artworks"
    )
    public_novel_bookmark_count: Mapped[int | None] = column(
        "bookmarkCount.public.novel", comment="its public bookmarks of novels"
    )
    public_collection_bookmark_count: Mapped[int | None] = column(
        "bookmarkCount.public.collection", comment="its public bookmarks of collections"
    )


class UserGroup(SeenRelation, audience="public"):
    """A group that a user shows on the profile."""

    __tablename__ = "user_groups"
    set_owners = ("user_id",)

    user_id: Mapped[int] = column("^.userId", primary_key=True)
    group_id: Mapped[int] = column("id", primary_key=True, comment="the group")
    title: Mapped[str] = column("title")
    # Not the last: a response without an icon must not remove a known one, in whatever order they come.
    icon_url: Mapped[str | None] = column("iconUrl", prefer="greatest")


class Follow(SeenRelation, audience="public"):
    """Who follows whom, as seen in lists of following and followers."""

    __tablename__ = "follows"
    __table_args__ = (Index(None, "followed_user_id"),)
    set_owners = ("user_id", "followed_user_id")
    set_variant = "rest"

    user_id: Mapped[int] = column("userId", primary_key=True, comment="who follows")
    followed_user_id: Mapped[int] = column("userId", primary_key=True, comment="who is followed")
    rest: Mapped[str | None] = column(
        given=True, comment="how it is followed, as last seen", codes=codes.REST, null_means="no list has shown it"
    )


class Bookmark(SeenRelation, audience="public"):
    """Who bookmarked which work, as seen in lists of bookmarks."""

    __tablename__ = "bookmarks"
    __table_args__ = (Index(None, "artwork_id"),)
    set_owners = ("user_id",)
    set_variant = "rest"

    user_id: Mapped[int] = column(primary_key=True, comment="whose bookmark")
    artwork_id: Mapped[int] = column("id", primary_key=True)
    bookmark_id: Mapped[int | None] = column(
        # Not the last: lists of other sessions lack the ID, and must not remove it.
        "bookmarkData.id",
        audience="own",
        prefer="greatest",
        comment="sent only for the session's own account",
    )
    rest: Mapped[str | None] = column(
        given=True, comment="how it is bookmarked, as last seen", codes=codes.REST, null_means="no list has shown it"
    )


class BookmarkTag(SeenRelation, audience="own"):
    """A tag that the session's own account gave a bookmark."""

    __tablename__ = "bookmark_tags"
    set_owners = ("bookmark_id",)

    bookmark_id: Mapped[int] = column("^.@key", primary_key=True, comment="the bookmark")
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
