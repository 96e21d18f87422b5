"""Request (commission) pages."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, WORKS_BRING, listed
from crawler.endpoints.model import Block, Endpoint, Numbered, Policy, ReplySpec, RequestSpec
from crawler.endpoints.params import Choice

# `all` contains R-18 requests too, so without ALLOW_R18 it counts as one of them.
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


WORKS = ("illust", "manga", "ugoira")
LISTS = (
    ("complete", WORKS, "request_id", "page.requestIds[]", "page.recommendRequestIds[]", "recommended"),
    ("creators", WORKS, "user_id", "page.creatorUserIds[]", "page.followCreatorUserIds[]", "followed"),
    ("in_progress", ("all", *WORKS), "request_id", "page.requestIds[]", "page.followRequestIds[]", "followed"),
)
"""Paged lists: kind, works, what the ids are of, where they are, and where further ones are, with their name."""


def paged(kind: str, work: str, of: str, ids: str, further: str, name: str) -> Endpoint:
    """A paged list of requests or creators of a kind of work (`LISTS`)."""
    return Endpoint(
        name=f"commission_{kind}_{work}",
        request=RequestSpec(path=f"{ROUTE}/{kind}/{work}", params={"mode": MODE}),
        paging=Numbered("p", more="page.pager.hasNextPage"),
        reply=ReplySpec(
            rows=(
                *BUNDLE,
                listed(ids, kind, of),
                listed(further, name, of),
                Block((), {"page": "repeats the request"}),
            ),
            holds=("thumbnails.illust[]", "users[]", ids, *(("requests[]",) if of == "request_id" else ())),
            brings=(*WORKS_BRING, *REQUESTS_BRING),
            echoes={"page.pager.page": "p"},
        ),
        policy=Policy(needs_login=lambda params: params["mode"] == "r18"),
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
    *(paged(kind, work, *rest) for kind, works, *rest in LISTS for work in works),
)
