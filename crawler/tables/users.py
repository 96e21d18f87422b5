"""Users: the profile as far as responses contain it."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import codes, read
from crawler.tables.row import KEYED, Entity, Observation, Relation, column


class User(Entity):
    """A member of pixiv; short and full profiles merged."""

    __tablename__ = "users"
    audience = "public"
    masked = True
    history = "user_history"

    user_id: Mapped[int] = column(
        "user_id", "userId", "^.userId", read=read.positive, primary_key=True, autoincrement=False
    )
    name: Mapped[str | None] = column(
        "user_name", "userName", "name", read=read.title, history=True, comment="the name shown"
    )
    account: Mapped[str | None] = column("userAccount", comment="the login name")
    image_url: Mapped[str | None] = column(
        "profile_img", "profileImageUrl", "profileImg", "image", read=read.image_url, comment="50 pixels"
    )
    image_big_url: Mapped[str | None] = column("imageBig", read=read.image_url, comment="170 pixels")
    background_url: Mapped[str | None] = column(
        "background.url", read=read.image_url, comment="the profile's background"
    )
    comment: Mapped[str | None] = column("comment", "userComment", comment="the profile text")
    is_premium: Mapped[bool | None] = column("premium", comment="has Premium")
    accepts_requests: Mapped[bool | None] = column("acceptRequest", comment="until 2022")
    fanbox_url: Mapped[str | None] = column(
        "fanboxPromotion.contentUrl", group="fanbox", comment="the user's page on pixivFANBOX"
    )
    fanbox_description: Mapped[str | None] = column(
        "fanboxPromotion.description", group="fanbox", comment="what it says"
    )
    fanbox_image_url: Mapped[str | None] = column("fanboxPromotion.imageUrl", group="fanbox", comment="its image")
    is_fanbox_adult: Mapped[bool | None] = column(
        "fanboxPromotion.hasAdultContent", group="fanbox", comment="it is for adults"
    )


class UserDetail(Entity):
    """Details that only a user's own page contains, in addition to users."""

    __tablename__ = "user_details"
    audience = "public"

    user_id: Mapped[int] = column("userId", primary_key=True, autoincrement=False)
    comment_html: Mapped[str | None] = column("commentHtml", comment="the profile text as HTML")
    webpage_url: Mapped[str | None] = column(
        "webpage", null=True, null_means="none is shown", comment="the user's own site"
    )
    social: Mapped[str | None] = column("social", read=read.json_object, comment="JSON by site")
    region: Mapped[str | None] = column(
        "region.name", audience="sensitive", null=True, null_means="not shown", comment="where the user lives, as shown"
    )
    country: Mapped[str | None] = column("region.region", audience="sensitive", null=True, comment="two letters")
    prefecture: Mapped[str | None] = column(
        "region.prefecture", audience="sensitive", null=True, comment="Japan, number"
    )
    age: Mapped[str | None] = column(
        "age.name", audience="sensitive", null=True, null_means="not shown", comment="as shown, a text"
    )
    birth_day: Mapped[str | None] = column(
        "birthDay.name", audience="sensitive", null=True, null_means="not shown", comment="as shown, a text"
    )
    gender: Mapped[str | None] = column(
        "gender.name",
        audience="sensitive",
        null=True,
        null_means="not shown",
        comment="as shown, a text in the language of the request",
    )
    job: Mapped[str | None] = column(
        "job.name", audience="sensitive", null=True, null_means="not shown", comment="as shown, a text"
    )
    workspace: Mapped[str | None] = column("workspace", read=read.json_object, comment="JSON")
    is_official: Mapped[bool | None] = column("official", comment="an official account")
    sketch_live_id: Mapped[str | None] = column(
        "sketchLiveId", read=read.label, null=True, null_means="none", comment="the live stream that runs"
    )
    publisher: Mapped[str | None] = column("publisher", read=read.json_object, comment="JSON")
    commission: Mapped[str | None] = column("commission", read=read.json_object, comment="JSON")


class UserWork(Entity):
    """Further contents of the list of all works of a user."""

    __tablename__ = "user_works"
    audience = "public"

    user_id: Mapped[int] = column(primary_key=True, autoincrement=False)
    has_booth: Mapped[bool | None] = column("externalSiteWorksStatus.booth", comment="sells on BOOTH")
    has_sketch: Mapped[bool | None] = column("externalSiteWorksStatus.sketch", comment="shows works on pixiv Sketch")
    has_vroid_hub: Mapped[bool | None] = column("externalSiteWorksStatus.vroidHub", comment="shows models on VRoid Hub")
    has_request_tab: Mapped[bool | None] = column(
        "request.showRequestTab", comment="the profile shows delivered requests"
    )
    has_sent_request_tab: Mapped[bool | None] = column(
        "request.showRequestSentTab", comment="the profile shows requests that were sent"
    )
    has_sensitive_notice: Mapped[bool | None] = column(
        "shouldShowSensitiveNotice", comment="the profile warns of sensitive works"
    )


class UserCount(Observation):
    """Counters of a user at one moment; null: this response did not contain it."""

    __tablename__ = "user_counts"
    audience = "public"
    __table_args__ = KEYED

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


class UserGroup(Relation):
    """A group that a user shows on the profile."""

    __tablename__ = "user_groups"
    audience = "public"
    __table_args__ = KEYED
    set_owners = ("user_id",)

    user_id: Mapped[int] = column("^.userId", primary_key=True)
    group_id: Mapped[int] = column("id", primary_key=True, comment="the group")
    title: Mapped[str] = column("title")
    icon_url: Mapped[str | None] = column("iconUrl", prefer="greatest")
    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")


class Follow(Relation):
    """Who follows whom, as seen in lists of following and followers."""

    __tablename__ = "follows"
    audience = "public"
    __table_args__ = (Index(None, "followed_user_id"), KEYED)
    set_owners = ("user_id", "followed_user_id")
    set_variant = "rest"

    user_id: Mapped[int] = column("userId", primary_key=True, comment="who follows")
    followed_user_id: Mapped[int] = column("userId", primary_key=True, comment="who is followed")
    rest: Mapped[str | None] = column(
        given=True, comment="how it is followed, as last seen", codes=codes.REST, null_means="no list has shown it"
    )
    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")


class Bookmark(Relation):
    """Who bookmarked which work, as seen in lists of bookmarks."""

    __tablename__ = "bookmarks"
    audience = "public"
    __table_args__ = (Index(None, "artwork_id"), KEYED)
    set_owners = ("user_id",)
    set_variant = "rest"

    user_id: Mapped[int] = column(primary_key=True, comment="whose bookmark")
    artwork_id: Mapped[int] = column("id", primary_key=True)
    bookmark_id: Mapped[int | None] = column(
        "bookmarkData.id", audience="own", prefer="greatest", comment="sent only for the session's own account"
    )
    rest: Mapped[str | None] = column(
        given=True, comment="how it is bookmarked, as last seen", codes=codes.REST, null_means="no list has shown it"
    )
    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")


class BookmarkTag(Relation):
    """A tag that the session's own account gave a bookmark."""

    __tablename__ = "bookmark_tags"
    audience = "own"
    __table_args__ = KEYED
    set_owners = ("bookmark_id",)

    bookmark_id: Mapped[int] = column("^.@key", primary_key=True, comment="the bookmark")
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")
