"""Requests (commissions): what fans request of creators, and the plans that they choose."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import codes, read
from crawler.tables.row import KEYED, Entity, Relation, column


class CommissionRequest(Entity):
    """A paid request from a fan to a creator."""

    __tablename__ = "commission_requests"
    audience = "public"
    __table_args__ = (Index(None, "creator_user_id"),)
    group = "request"
    history = "commission_request_history"

    request_id: Mapped[int] = column("requestId", primary_key=True, autoincrement=False)
    plan_id: Mapped[int | None] = column(
        "planId", null=True, null_means="of no plan", comment="the plan that was chosen"
    )
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
    is_open_to_collaboration: Mapped[bool | None] = column(
        "requestAcceptCollaborateFlg", comment="other fans may pay along"
    )
    response_due_at: Mapped[datetime | None] = column(
        "requestResponseDeadlineDatetime",
        null=True,
        group="response_due",
        history=True,
        null_means="no date is set",
        comment="until when the creator can accept",
    )
    post_due_at: Mapped[datetime | None] = column(
        "requestPostDeadlineDatetime",
        null=True,
        group="post_due",
        history=True,
        null_means="no date is set",
        comment="until when the work is due",
    )
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
    is_collaborating: Mapped[bool | None] = column(
        "collaborateStatus.collaborating",
        "^.collaborateStatus.collaborating",
        group="collaboration",
        comment="other fans pay along",
    )
    is_collaboration_anonymous: Mapped[bool | None] = column(
        "collaborateStatus.collaborateAnonymousFlg",
        "^.collaborateStatus.collaborateAnonymousFlg",
        group="collaboration",
        comment="they are not named",
    )
    collaborator_count: Mapped[int | None] = column(
        "collaborateStatus.collaboratedCnt",
        "^.collaborateStatus.collaboratedCnt",
        group="collaboration",
        comment="fans who pay along",
    )


class CommissionRequestTranslation(Entity):
    """A request's proposal in another language."""

    __tablename__ = "commission_request_translations"
    audience = "public"
    __table_args__ = KEYED
    group = "translation"
    set_owners = ("request_id",)

    request_id: Mapped[int] = column("^.^.requestId", primary_key=True)
    lang: Mapped[str] = column("requestProposalLang", primary_key=True)
    proposal: Mapped[str | None] = column("requestProposal?")
    proposal_html: Mapped[str | None] = column("requestProposalHtml?")


class CommissionRequestTag(Relation):
    """A tag of a request."""

    __tablename__ = "commission_request_tags"
    audience = "public"
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
    audience = "public"
    __table_args__ = KEYED
    group = "collaborator"

    request_id: Mapped[int] = column("^.^.requestId", "^.^.request.requestId", primary_key=True)
    position: Mapped[int] = column("@index", primary_key=True)
    user_id: Mapped[int | None] = column(
        "collaborateUserId", null=True, null_means="anonymous", comment="who pays along"
    )
    is_anonymous: Mapped[bool | None] = column("collaborateAnonymousFlg", comment="not named")


class CommissionPlan(Entity):
    """Offers of a creator, with the lowest price."""

    __tablename__ = "commission_plans"
    audience = "public"
    group = "plan"
    history = "commission_plan_history"

    plan_id: Mapped[int] = column("planId", primary_key=True, autoincrement=False)
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


class CommissionPlanTranslation(Entity):
    """A plan's title and description in another language."""

    __tablename__ = "commission_plan_translations"
    audience = "public"
    __table_args__ = KEYED
    set_owners = ("plan_id",)

    plan_id: Mapped[int] = column("^.^.planId", primary_key=True)
    lang: Mapped[str] = column("@key", primary_key=True)
    title: Mapped[str | None] = column("planTitle?")
    description: Mapped[str | None] = column("planDescription?", group="description")
    description_html: Mapped[str | None] = column("planDescriptionHtml?", group="description")
