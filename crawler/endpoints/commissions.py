"""Request (commission) pages."""

from __future__ import annotations

from crawler.endpoints.blocks import REQUESTS, TAG_TRANSLATIONS, THUMBNAILS, USERS
from crawler.endpoints.model import Endpoint, Numbered, Section
from crawler.endpoints.params import Choice
from crawler.items.listings import ListingEntry

MODE = Choice(("all", "safe", "r18"), "all", r18=frozenset({"all", "r18"}), safe="safe")

ENDPOINTS = (
    Endpoint(
        name="commission_complete_illust",
        path="/ajax/commission/page/request/complete/illust",
        params={"mode": MODE},
        paging=Numbered("p", more="page.pager.hasNextPage"),
        echoes={"page.pager.page": "p"},
        needs_login=lambda params: params["mode"] == "r18",
        rows=(
            REQUESTS, THUMBNAILS, USERS, TAG_TRANSLATIONS,
            Section(ListingEntry, "page.requestIds[]", name="complete", of="request_id"),
            Section(ListingEntry, "page.recommendRequestIds[]", name="recommended", of="request_id"),
        ),
        ignored={
            "page": "repeats the request",
            "illustSeries": "empty in every reply known",
            "thumbnails": "of other kinds of work: empty on a page of illustrations",
        },
    ),
)  # fmt: skip
