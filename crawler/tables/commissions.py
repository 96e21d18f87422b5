"""Requests (commissions): what fans request of creators, and the plans that they choose."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, MappedColumn

from crawler.tables import codes, read
from crawler.tables.row import Entity, SeenRelation, column


def _due(name: str, group: str, comment: str) -> MappedColumn[Any]:
    return column(name, null=True, group=group, history=True, null_means="no date is set", comment=comment)


def _collaboration(key: str, comment: str) -> MappedColumn[Any]:
    """A fact about fans who pay along, which stands in the request or beside it."""
    status = f"collaborateStatus.{key}"
    return column(status, f"^.{status}", group="collaboration", comment=comment)


class CommissionRequest(Entity, audience="public"):
    """A paid request from a fan to a creator."""

    __tablename__ = "commission_requests"
    __table_args__ = (Index(None, "creator_user_id"),)
    group = "request"
    history = "commission_request_history"

    request_id: Mapped[int] = column("requestId", primary_key=True)
    plan_id: Mapped[int | None] = column("planId", null=True, null_means="of no plan", comment="the plan chosen")
    creator_user_id: Mapped[int | None] = column("creatorUserId", group="creator", comment="who draws it")
    fan_user_id: Mapped[int | None] = column(
        "fanUserId", null=True, group="fan", comment="who pays", null_means="anonymous"
    )
    status: Mapped[str | None] = column(
        "requestStatus", group="status", history=True, codes=codes.REQUEST_STATUS, comment="how far it is"
    )
    work_kind: Mapped[str | None] = column(
        "requestPostWorkType", null=True, comment="what is wished", codes=codes.WORK_KIND
    )
    price: Mapped[int | None] = column(
        "requestPrice",
        null=True,
        group="price",
        history=True,
        comment="what the fan pays",
        warning="0 means that it is not shown: leave it out, price > 0",
        unit="yen",
        null_means="not shown",
    )
    role: Mapped[str | None] = column("role", comment="what the session's account is in it", codes=codes.ROLE)
    proposal: Mapped[str | None] = column("requestProposal.requestOriginalProposal")
    proposal_html: Mapped[str | None] = column("requestProposal.requestOriginalProposalHtml")
    proposal_lang: Mapped[str | None] = column(
        "requestProposal.requestOriginalProposalLang", comment="language of the proposal"
    )
    is_anonymous: Mapped[bool | None] = column("requestAnonymousFlg", comment="the fan is not named")
    is_adult: Mapped[bool | None] = column("requestAdultFlg", comment="for adults")
    is_restricted: Mapped[bool | None] = column("requestRestrictFlg", comment="pixiv restricts it")
    is_open_to_collaboration: Mapped[bool | None] = column("requestAcceptCollaborateFlg", comment="other fans may join")
    response_due_at: Mapped[datetime | None] = _due(
        "requestResponseDeadlineDatetime", "response_due", "until when the creator can accept"
    )
    post_due_at: Mapped[datetime | None] = _due("requestPostDeadlineDatetime", "post_due", "until when the work is due")
    post_work_id: Mapped[int | None] = column(
        "postWork.postWorkId",
        group="post",
        null=True,
        null_means="none yet, or not shown",
        comment="the work that came of it",
    )
    post_work_kind: Mapped[str | None] = column(
        "postWork.postWorkType",
        group="post",
        null=True,
        codes=codes.WORK_KIND,
        null_means="none yet, or not shown",
        comment="what the work is",
    )
    is_post_unlisted: Mapped[bool | None] = column(
        "postWork.work.isUnlisted", group="unlisted", comment="its work is unlisted"
    )
    is_collaborating: Mapped[bool | None] = _collaboration("collaborating", "other fans pay along")
    is_collaboration_anonymous: Mapped[bool | None] = _collaboration("collaborateAnonymousFlg", "they are not named")
    collaborator_count: Mapped[int | None] = _collaboration("collaboratedCnt", "fans who pay along")


class CommissionRequestTranslation(Entity, audience="public"):
    """A request's proposal in another language."""

    __tablename__ = "commission_request_translations"
    group = "translation"
    set_owners = ("request_id",)

    request_id: Mapped[int] = column("^.^.requestId", primary_key=True)
    lang: Mapped[str] = column("requestProposalLang", primary_key=True)
    proposal: Mapped[str | None] = column("requestProposal?")
    proposal_html: Mapped[str | None] = column("requestProposalHtml?")


class CommissionRequestTag(SeenRelation, audience="public"):
    """A tag of a request."""

    __tablename__ = "commission_request_tags"
    set_owners = ("request_id",)

    request_id: Mapped[int] = column("^.requestId", primary_key=True)
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
    position: Mapped[int] = column("@index", comment="from 0, as last seen")


class CommissionRequestCollaborator(Entity, audience="public"):
    """One of the fans shown as paying along; user_id is null for an anonymous one."""

    __tablename__ = "commission_request_collaborators"
    group = "collaborator"

    request_id: Mapped[int] = column("^.^.requestId", "^.^.request.requestId", primary_key=True)
    position: Mapped[int] = column("@index", primary_key=True)
    user_id: Mapped[int | None] = column(
        "collaborateUserId", null=True, null_means="anonymous", comment="who pays along"
    )
    is_anonymous: Mapped[bool | None] = column("collaborateAnonymousFlg", comment="not named")


class CommissionPlan(Entity, audience="public"):
    """Offers of a creator, with the lowest price."""

    __tablename__ = "commission_plans"
    group = "plan"
    history = "commission_plan_history"

    plan_id: Mapped[int] = column("planId", primary_key=True)
    creator_user_id: Mapped[int | None] = column("creatorUserId", comment="whose plan")
    title: Mapped[str | None] = column("planTitle.planOriginalTitle", group="title", history=True)
    title_lang: Mapped[str | None] = column(
        "planTitle.planOriginalTitleLang", group="title", comment="language of the title"
    )
    description: Mapped[str | None] = column(
        "planDescription.planOriginalDescription", group="description", history=True
    )
    description_html: Mapped[str | None] = column("planDescription.planOriginalDescriptionHtml", group="description")
    description_lang: Mapped[str | None] = column(
        "planDescription.planOriginalLang", group="description", comment="language of the description"
    )
    standard_price: Mapped[int | None] = column("planStandardPrice", group="price", history=True, comment="yen")
    current_plan_id: Mapped[int | None] = column(
        "currentPlanId", null=True, null_means="this one is current", comment="the plan that replaces this one"
    )
    accepts_requests: Mapped[bool | None] = column("planAcceptRequestFlg", comment="requests can be made now")
    accepts_illust: Mapped[bool | None] = column("planAcceptIllustFlg", comment="takes illustrations")
    accepts_manga: Mapped[bool | None] = column("planAcceptMangaFlg", comment="takes manga")
    accepts_ugoira: Mapped[bool | None] = column("planAcceptUgoiraFlg", comment="takes moving pictures")
    accepts_novel: Mapped[bool | None] = column("planAcceptNovelFlg", comment="takes novels")
    accepts_adult: Mapped[bool | None] = column("planAcceptAdultFlg", comment="takes works for adults")
    accepts_anonymous: Mapped[bool | None] = column("planAcceptAnonymousFlg", comment="takes fans who are not named")


class CommissionPlanTranslation(Entity, audience="public"):
    """A plan's title and description in another language."""

    __tablename__ = "commission_plan_translations"
    set_owners = ("plan_id",)

    plan_id: Mapped[int] = column("^.^.planId", primary_key=True)
    lang: Mapped[str] = column("@key", primary_key=True)
    title: Mapped[str | None] = column("planTitle?")
    description: Mapped[str | None] = column("planDescription?", group="description")
    description_html: Mapped[str | None] = column("planDescriptionHtml?", group="description")
