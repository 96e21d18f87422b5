"""Request (commission) pages."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, WORKS_BRING, listed
from crawler.endpoints.model import Block, Endpoint, Numbered, Policy, ReplySpec, RequestSpec, Section
from crawler.endpoints.params import Choice

MODE = Choice(("all", "safe", "r18"), "all", r18=frozenset({"all", "r18"}), safe="safe")
REQUESTS_BRING = tuple(
    f"requests[].{key}" for key in ("requestStatus", "requestPrice", "creatorUserId", "requestProposal")
)
OVERVIEW = (
    "page.completeRequestIdsIllust[]",
    "page.inProgressRequestIds[]",
    "page.creatorUserIds[]",
    "requests[]",
    "thumbnails.illust[]",
    "users[]",
)
ROUTE = "/ajax/commission/page/request"


def paged(kind: str, work: str, holds: tuple[str, ...], *sections: Section) -> Endpoint:
    """A paged list of requests or creators of a kind of work."""
    return Endpoint(
        name=f"commission_{kind}_{work}",
        request=RequestSpec(path=f"{ROUTE}/{kind}/{work}", params={"mode": MODE}),
        paging=Numbered("p", more="page.pager.hasNextPage"),
        reply=ReplySpec(
            rows=(*BUNDLE, *sections, Block((), {"page": "repeats the request"})),
            holds=("thumbnails.illust[]", "users[]", *holds),
            brings=(*WORKS_BRING, *REQUESTS_BRING),
            echoes={"page.pager.page": "p"},
        ),
        policy=Policy(needs_login=lambda params: params["mode"] == "r18"),
    )


def complete(work: str) -> Endpoint:
    """Completed requests."""
    return paged(
        "complete",
        work,
        ("page.requestIds[]", "requests[]"),
        listed("page.requestIds[]", "complete", "request_id"),
        listed("page.recommendRequestIds[]", "recommended", "request_id"),
    )


def creators(work: str) -> Endpoint:
    """Creators who take requests."""
    return paged(
        "creators",
        work,
        ("page.creatorUserIds[]",),
        listed("page.creatorUserIds[]", "creators", "user_id"),
        listed("page.followCreatorUserIds[]", "followed", "user_id"),
    )


def in_progress(work: str) -> Endpoint:
    """Requests that are being worked on."""
    return paged(
        "in_progress",
        work,
        ("page.requestIds[]", "requests[]"),
        listed("page.requestIds[]", "in_progress", "request_id"),
        listed("page.followRequestIds[]", "followed", "request_id"),
    )


OVERVIEW_SECTIONS = (
    listed("page.completeRequestIdsIllust[]", "complete_illust", "request_id"),
    listed("page.completeRequestIdsManga[]", "complete_manga", "request_id"),
    listed("page.completeRequestIdsNovels[]", "complete_novel", "request_id"),
    listed("page.inProgressRequestIds[]", "in_progress", "request_id"),
    listed("page.creatorUserIds[]", "creators", "user_id"),
    listed("page.recentIllustIdsByCreatorAcceptingRequest[]", "recent"),
    listed("page.recommendIllustIdsByCreatorAcceptingRequest[]", "recommended"),
    listed("page.userList[]", "users", "user_id", "seeds"),
)

ENDPOINTS = (
    Endpoint(
        name="commission_overview",
        request=RequestSpec(path=ROUTE),
        reply=ReplySpec(rows=(*BUNDLE, *OVERVIEW_SECTIONS), holds=OVERVIEW, brings=(*WORKS_BRING, *REQUESTS_BRING)),
    ),
    *(complete(work) for work in ("illust", "manga", "ugoira")),
    *(creators(work) for work in ("illust", "manga", "ugoira")),
    *(in_progress(work) for work in ("all", "illust", "manga", "ugoira")),
)
