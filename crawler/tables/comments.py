"""Comments below works."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import read
from crawler.tables.row import Entity, column


class Comment(Entity, audience="public"):
    """A comment below a work, or a response to one."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "artwork_id"), Index(None, "user_id"))
    group = "comment"
    set_owners = ("artwork_id", "root_comment_id")

    comment_id: Mapped[int] = column("id", primary_key=True)
    artwork_id: Mapped[int | None] = column(
        given=True, group="artwork", comment="the work it stands below", null_means="known only as an answer"
    )
    user_id: Mapped[int | None] = column("userId", read=read.positive, group="user", comment="who wrote it")
    text: Mapped[str | None] = column("comment", comment="empty where a stamp was sent")
    posted_at: Mapped[datetime | None] = column("commentDate", comment="when it was written")
    stamp_id: Mapped[int | None] = column(
        "stampId", null=True, group="stamp", null_means="a comment in words", comment="the stamp that it consists of"
    )
    parent_id: Mapped[int | None] = column("commentParentId", null=True, group="parent", comment="what it replies to")
    root_comment_id: Mapped[int | None] = column(
        "commentRootId", null=True, group="root", comment="the comment that its thread begins with"
    )
    reply_to_user_id: Mapped[int | None] = column(
        "replyToUserId", null=True, group="reply_to", comment="whom it answers"
    )
    reply_to_user_name: Mapped[str | None] = column(
        "replyToUserName", null=True, group="reply_to", null_means="it answers the work", comment="whom it answers"
    )
    has_replies: Mapped[bool | None] = column("hasReplies", group="replies", comment="it has answers")
    is_user_deleted: Mapped[bool | None] = column(
        "isDeletedUser", group="deleted_user", comment="its author's account is no more"
    )
