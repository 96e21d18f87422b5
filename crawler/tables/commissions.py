"""Requests (commissions): what fans request of creators, and the plans that they choose."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import read
from crawler.tables.row import KEYED, Entity, Sighting, column


class CommissionRequest(Entity):
    """A paid request from a fan to a creator."""

    __tablename__ = "commission_requests"
    __table_args__ = (Index(None, "creator_user_id"),)
    group = "request"
    history = "commission_request_history"

    request_id: Mapped[int] = column("requestId", primary_key=True, autoincrement=False)
    plan_id: Mapped[int | None] = column("planId", null=True)
    creator_user_id: Mapped[int | None] = column(
        "creatorUserId", group="creator", comment="who draws it"
    )
    fan_user_id: Mapped[int | None] = column(
        "fanUserId", null=True, group="fan", comment="null: anonymous"
    )
    status: Mapped[str | None] = column("requestStatus", group="status", history=True)
    work_kind: Mapped[str | None] = column("requestPostWorkType", null=True, comment="asked for")
    price: Mapped[int | None] = column(
        "requestPrice", null=True, group="price", history=True, comment="yen; 0: not shown"
    )
    role: Mapped[str | None] = column("role", comment="of the session's account")
    proposal: Mapped[str | None] = column("requestProposal.requestOriginalProposal")
    proposal_html: Mapped[str | None] = column("requestProposal.requestOriginalProposalHtml")
    proposal_lang: Mapped[str | None] = column("requestProposal.requestOriginalProposalLang")
    is_anonymous: Mapped[bool | None] = column("requestAnonymousFlg")
    is_adult: Mapped[bool | None] = column("requestAdultFlg")
    is_restricted: Mapped[bool | None] = column("requestRestrictFlg")
    is_open_to_collaboration: Mapped[bool | None] = column("requestAcceptCollaborateFlg")
    response_due_at: Mapped[datetime | None] = column(
        "requestResponseDeadlineDatetime", null=True, group="response_due", history=True
    )
    post_due_at: Mapped[datetime | None] = column(
        "requestPostDeadlineDatetime", null=True, group="post_due", history=True
    )
    post_work_id: Mapped[int | None] = column("postWork.postWorkId", group="post", null=True)
    post_work_kind: Mapped[str | None] = column("postWork.postWorkType", group="post", null=True)
    is_post_unlisted: Mapped[bool | None] = column("postWork.work.isUnlisted", group="unlisted")
    is_collaborating: Mapped[bool | None] = column(
        "collaborateStatus.collaborating",
        "^.collaborateStatus.collaborating",
        group="collaboration",
    )
    is_collaboration_anonymous: Mapped[bool | None] = column(
        "collaborateStatus.collaborateAnonymousFlg",
        "^.collaborateStatus.collaborateAnonymousFlg",
        group="collaboration",
    )
    collaborator_count: Mapped[int | None] = column(
        "collaborateStatus.collaboratedCnt",
        "^.collaborateStatus.collaboratedCnt",
        group="collaboration",
    )


class CommissionRequestHistory(Sighting):
    """A value that a request's field had; the present one is in commission_requests."""

    __tablename__ = "commission_request_history"
    __table_args__ = KEYED

    request_id: Mapped[int] = column(primary_key=True)
    field: Mapped[str] = column(primary_key=True)
    value_digest: Mapped[int] = column(primary_key=True, comment="63-bit hash of value")
    value: Mapped[str | None] = column(prefer="greatest")
    first_seen_at: Mapped[int] = column(prefer="least")
    last_seen_at: Mapped[int] = column(prefer="greatest")


class CommissionRequestTranslation(Entity):
    """A request's proposal in another language."""

    __tablename__ = "commission_request_translations"
    __table_args__ = KEYED
    group = "translation"
    set_owners = ("request_id",)

    request_id: Mapped[int] = column("^.^.requestId", primary_key=True)
    lang: Mapped[str] = column("requestProposalLang", primary_key=True)
    proposal: Mapped[str | None] = column("requestProposal?")
    proposal_html: Mapped[str | None] = column("requestProposalHtml?")


class CommissionRequestTag(Sighting):
    """A tag of a request."""

    __tablename__ = "commission_request_tags"
    __table_args__ = KEYED
    set_owners = ("request_id",)

    request_id: Mapped[int] = column("^.requestId", primary_key=True)
    tag_id: Mapped[int] = column("@value", read=read.tag_id, primary_key=True)
    position: Mapped[int] = column("@index", comment="from 0, as last seen")
    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")


class CommissionRequestCollaborator(Entity):
    """One of the fans shown as paying along; user_id is null for an anonymous one."""

    __tablename__ = "commission_request_collaborators"
    __table_args__ = KEYED
    group = "collaborator"

    request_id: Mapped[int] = column("^.^.requestId", "^.^.request.requestId", primary_key=True)
    position: Mapped[int] = column("@index", primary_key=True)
    user_id: Mapped[int | None] = column("collaborateUserId", null=True)
    is_anonymous: Mapped[bool | None] = column("collaborateAnonymousFlg")


class CommissionPlan(Entity):
    """What a creator offers, and from which price."""

    __tablename__ = "commission_plans"
    group = "plan"
    history = "commission_plan_history"

    plan_id: Mapped[int] = column("planId", primary_key=True, autoincrement=False)
    creator_user_id: Mapped[int | None] = column("creatorUserId")
    title: Mapped[str | None] = column("planTitle.planOriginalTitle", group="title", history=True)
    title_lang: Mapped[str | None] = column("planTitle.planOriginalTitleLang", group="title")
    description: Mapped[str | None] = column(
        "planDescription.planOriginalDescription", group="description", history=True
    )
    description_html: Mapped[str | None] = column(
        "planDescription.planOriginalDescriptionHtml", group="description"
    )
    description_lang: Mapped[str | None] = column(
        "planDescription.planOriginalLang", group="description"
    )
    standard_price: Mapped[int | None] = column(
        "planStandardPrice", group="price", history=True, comment="yen"
    )
    current_plan_id: Mapped[int | None] = column("currentPlanId", null=True)
    accepts_requests: Mapped[bool | None] = column("planAcceptRequestFlg")
    accepts_illust: Mapped[bool | None] = column("planAcceptIllustFlg")
    accepts_manga: Mapped[bool | None] = column("planAcceptMangaFlg")
    accepts_ugoira: Mapped[bool | None] = column("planAcceptUgoiraFlg")
    accepts_novel: Mapped[bool | None] = column("planAcceptNovelFlg")
    accepts_adult: Mapped[bool | None] = column("planAcceptAdultFlg")
    accepts_anonymous: Mapped[bool | None] = column("planAcceptAnonymousFlg")


class CommissionPlanHistory(Sighting):
    """A value that a plan's field had; the present one is in commission_plans."""

    __tablename__ = "commission_plan_history"
    __table_args__ = KEYED

    plan_id: Mapped[int] = column(primary_key=True)
    field: Mapped[str] = column(primary_key=True)
    value_digest: Mapped[int] = column(primary_key=True, comment="63-bit hash of value")
    value: Mapped[str | None] = column(prefer="greatest")
    first_seen_at: Mapped[int] = column(prefer="least")
    last_seen_at: Mapped[int] = column(prefer="greatest")


class CommissionPlanTranslation(Entity):
    """A plan's title and description in another language."""

    __tablename__ = "commission_plan_translations"
    __table_args__ = KEYED
    set_owners = ("plan_id",)

    plan_id: Mapped[int] = column("^.^.planId", primary_key=True)
    lang: Mapped[str] = column("@key", primary_key=True)
    title: Mapped[str | None] = column("planTitle?")
    description: Mapped[str | None] = column("planDescription?", group="description")
    description_html: Mapped[str | None] = column("planDescriptionHtml?", group="description")
