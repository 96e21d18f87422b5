"""Users: the profile as far as any reply told it."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from crawler.items import read
from crawler.items.row import KEYED, Entity, Sighting, column


class User(Entity):
    """A member of pixiv; short and full profiles merged."""

    __tablename__ = "users"
    masked = True
    history = "user_history"

    user_id: Mapped[int] = column(
        "user_id", "userId", "^.userId", read=read.positive, primary_key=True, autoincrement=False
    )
    name: Mapped[str | None] = column(
        "user_name", "userName", "name", read=read.title, history=True
    )
    account: Mapped[str | None] = column("userAccount", comment="the login name")
    image_url: Mapped[str | None] = column(
        "profile_img", "profileImageUrl", "image", read=read.image_url, comment="50 pixels"
    )
    image_big_url: Mapped[str | None] = column(
        "imageBig", read=read.image_url, comment="170 pixels"
    )
    background_url: Mapped[str | None] = column("background.url", read=read.image_url)
    comment: Mapped[str | None] = column("comment", comment="the profile text")
    is_premium: Mapped[bool | None] = column("premium")
    accepts_requests: Mapped[bool | None] = column("acceptRequest", comment="until 2022")
    fanbox_url: Mapped[str | None] = column("fanboxPromotion.contentUrl", group="fanbox")
    fanbox_description: Mapped[str | None] = column("fanboxPromotion.description", group="fanbox")
    fanbox_image_url: Mapped[str | None] = column("fanboxPromotion.imageUrl", group="fanbox")
    is_fanbox_adult: Mapped[bool | None] = column("fanboxPromotion.hasAdultContent", group="fanbox")


class UserHistory(Sighting):
    """A value that a user's field had; the present one is in users."""

    __tablename__ = "user_history"
    __table_args__ = KEYED

    user_id: Mapped[int] = column(primary_key=True)
    field: Mapped[str] = column(primary_key=True)
    value_digest: Mapped[int] = column(primary_key=True, comment="63-bit hash of value")
    value: Mapped[str | None] = column()
    first_seen_at: Mapped[int] = column(keep="least")
    last_seen_at: Mapped[int] = column(keep="greatest")
