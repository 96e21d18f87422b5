"""Data that pixiv shows a session of its own account."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, listed
from crawler.endpoints.model import At, Endpoint, Numbered, Policy, ReplySpec, RequestSpec
from crawler.tables.account import AccountSnapshot, Notification


def snapshot(name: str, path: str, *holds: str) -> Endpoint:
    """A response that is kept as it came, one row a distinct body."""
    return Endpoint(
        name=name,
        request=RequestSpec(path=path),
        reply=ReplySpec(rows=(At(AccountSnapshot),), holds=holds),
        policy=Policy(login="yes"),
    )


ENDPOINTS = (
    snapshot("user_extra", "/ajax/user/extra", "following", "followers"),
    Endpoint(
        name="dashboard_home",
        request=RequestSpec("/ajax/dashboard/home"),
        reply=ReplySpec(
            rows=(
                *BUNDLE,
                At(AccountSnapshot, "data"),
                listed("data.contests[]", "contests", "label", "url", "detail"),
                listed("data.todayAnniversary.illustIds[]", "anniversary"),
            ),
            holds=("data.contests[]", "thumbnails.illust[]"),
        ),
        policy=Policy(login="yes"),
    ),
    snapshot("dashboard_settings", "/ajax/dashboard/settings", "view?"),
    Endpoint(
        name="dashboard_request_strategy",
        request=RequestSpec("/ajax/dashboard/works/illust/request_strategy"),
        reply=ReplySpec(rows=(*BUNDLE, At(AccountSnapshot, "data")), holds=("data.works[]",)),
        policy=Policy(login="yes"),
    ),
    snapshot("webpush", "/ajax/webpush", "permission"),
    Endpoint(
        name="notifications",
        request=RequestSpec("/ajax/notification"),
        reply=ReplySpec(
            rows=(At(Notification, "items[]"), At(AccountSnapshot)),
            holds=("items[]",),
            ignored={"items[].targetBlank": "how the link opens"},
        ),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="linked_service_tumeng",
        request=RequestSpec("/ajax/linked_service/tumeng"),
        paging=Numbered("page", last="page.lastPage", total="page.totalItemCount"),
        reply=ReplySpec(
            rows=(*BUNDLE, At(AccountSnapshot, "page"), listed("page.works[]", "works", "label")),
            holds=("page.user{+}", "page.works[]"),
        ),
        policy=Policy(login="yes"),
    ),
)
