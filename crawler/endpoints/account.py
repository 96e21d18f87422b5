"""What pixiv tells a session of its own account."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, listed
from crawler.endpoints.model import At, Endpoint, Numbered
from crawler.items.account import AccountSnapshot, Notification


def snapshot(name: str, path: str, *holds: str) -> Endpoint:
    """A reply that is kept as it came, one row a distinct body."""
    return Endpoint(name=name, path=path, login="yes", holds=holds, rows=(At(AccountSnapshot),))


ENDPOINTS = (
    snapshot("user_extra", "/ajax/user/extra", "following", "followers"),
    Endpoint(
        name="dashboard_home",
        path="/ajax/dashboard/home",
        holds=("data.contests[]", "thumbnails.illust[]"),
        login="yes",
        rows=(
            *BUNDLE,
            At(AccountSnapshot, "data"),
            listed("data.contests[]", "contests", "label", "url", "detail"),
            listed("data.todayAnniversary.illustIds[]", "anniversary"),
        ),
    ),
    snapshot("dashboard_settings", "/ajax/dashboard/settings", "view?"),
    Endpoint(
        name="dashboard_request_strategy",
        path="/ajax/dashboard/works/illust/request_strategy",
        holds=("data.works[]",),
        login="yes",
        rows=(*BUNDLE, At(AccountSnapshot, "data")),
    ),
    snapshot("webpush", "/ajax/webpush", "permission"),
    Endpoint(
        name="notifications",
        path="/ajax/notification",
        holds=("items[]",),
        login="yes",
        rows=(At(Notification, "items[]"), At(AccountSnapshot)),
        ignored={"items[].targetBlank": "how the link opens"},
    ),
    Endpoint(
        name="linked_service_tumeng",
        path="/ajax/linked_service/tumeng",
        holds=("page.user{+}", "page.works[]"),
        paging=Numbered("page", last="page.lastPage", total="page.totalItemCount"),
        login="yes",
        rows=(*BUNDLE, At(AccountSnapshot, "page"), listed("page.works[]", "works", "label")),
    ),
)
