"""Data that pixiv shows a session of its own account."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from crawler.tables import read
from crawler.tables.row import Entity, SeenRelation, column


class AccountSnapshot(SeenRelation, audience="own"):
    """A response about the account, without what other tables hold: one row a distinct body."""

    __tablename__ = "account_snapshots"

    endpoint: Mapped[str] = column(constant="endpoint", primary_key=True)
    params: Mapped[str] = column(constant="params", primary_key=True)
    body_digest: Mapped[int] = column("@all", read=read.json_digest, primary_key=True, comment="63-bit hash of body")
    body: Mapped[str] = column("@all", read=read.json_text, comment="JSON")


class Notification(Entity, audience="own"):
    """A notification of the account."""

    __tablename__ = "notifications"
    group = "notification"

    notification_id: Mapped[int] = column("id", primary_key=True, comment="the notification")
    kind: Mapped[str | None] = column("type", comment="which kind of event, in pixiv's word")
    notified_at: Mapped[datetime | None] = column("notifiedAt", comment="when pixiv sent it")
    content: Mapped[str | None] = column("content", comment="HTML as pixiv sends it")
    link_url: Mapped[str | None] = column(
        "linkUrl", null=True, group="link", null_means="it leads nowhere", comment="where it leads"
    )
    icon_url: Mapped[str | None] = column("iconUrl", null=True, group="icon")
    is_profile_icon: Mapped[bool | None] = column(
        "isProfileIcon", group="profile_icon", comment="the icon is a user's picture"
    )
    is_unread: Mapped[bool | None] = column("unread", group="unread", comment="not read when it was last seen")
