"""What each endpoint keeps to: the one place where a contributor says what to try it with.

`tests/test_contract.py` and the crawls of `tests/test_families.py` read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.endpoints import FAMILIES

WORK, USER, ACCOUNT = "11441900", "1100", "5001"
UGOIRA = "11445201"


@dataclass(frozen=True)
class Case:
    """What an endpoint is tried with.

    address: what is asked for, as it is documented. given: the parameters that it is asked with.
    documented: parameters that are documented besides those of the path, blanks between them. pages:
    how many the stand-in has of it. needs_session: whether the site shows it to a session alone.
    """

    address: str
    given: Mapping[str, str] = field(default_factory=dict)
    documented: str = ""
    pages: int = 1
    needs_session: bool = False


SEARCH = "type order mode s_mode wlt wgt hlt hgt ratio tool scd ecd blt bgt p"
CASES: Mapping[str, Case] = {
    "ranking": Case(
        "/ranking.php?format=json&mode=daily&content=all&date=20261007&p=1",
        {"date": "20261007"},
        documented="mode content date p",
        pages=10,
    ),
    "novel_ranking": Case("/ajax/ranking/novel?mode=daily&p=1"),
    "search_top": Case("/ajax/search/top/%E7%A9%BA%2F%E6%B5%B7?", {"word": "空/海"}),
    "search_artworks": Case(
        "/ajax/search/artworks/%E7%A9%BA?type=all&order=date_d&mode=all&s_mode=s_tag_full&scd=2026-10-01&ecd=2026-10-07&p=1",
        {"word": "空", "scd": "2026-10-01", "ecd": "2026-10-07"},
        documented=SEARCH,
        pages=2,
    ),
    "search_illustrations": Case(
        "/ajax/search/illustrations/%E7%A9%BA?type=illust_and_ugoira&order=date_d&mode=all&s_mode=s_tag_full&wlt=1000&ratio=0.5&p=1",
        {"word": "空", "ratio": "0.5", "wlt": "1000"},
        documented=SEARCH,
        pages=7,
    ),
    "search_manga": Case(
        "/ajax/search/manga/%E7%A9%BA?type=manga&order=date_d&mode=all&s_mode=s_tag_full&work_lang=ja&p=1",
        {"word": "空", "work_lang": "ja"},
        documented=f"{SEARCH} work_lang",
        pages=7,
    ),
    "follow_latest": Case("/ajax/follow_latest/illust?mode=all&p=1", documented="mode p", pages=3, needs_session=True),
    "mypixiv_latest": Case("/ajax/mypixiv_latest/illust?p=1", documented="p", needs_session=True),
    "watch_list_manga": Case("/ajax/watch_list/manga?p=1", documented="p", needs_session=True),
    "live_following": Case("/ajax/sketch/live/following?", needs_session=True),
    "top_illust": Case("/ajax/top/illust?mode=all", documented="mode", needs_session=True),
    "new_illusts": Case(
        "/ajax/illust/new?limit=20&type=illust&r18=false&lastId=0",
        documented="lastId limit type r18",
        pages=31,
        needs_session=True,
    ),
    "commission_overview": Case("/ajax/commission/page/request?"),
    **{
        f"commission_{kind}_{work}": Case(
            f"/ajax/commission/page/request/{kind}/{work}?mode=all&p=1", documented="mode p", pages=2
        )
        for kind, works in {
            "complete": ("illust", "manga", "ugoira"),
            "creators": ("illust", "manga", "ugoira"),
            "in_progress": ("all", "illust", "manga", "ugoira"),
        }.items()
        for work in works
    },
    "artwork": Case(f"/ajax/illust/{WORK}?", {"illust_id": WORK}),
    "artwork_pages": Case(f"/ajax/illust/{WORK}/pages?", {"illust_id": WORK}),
    "artwork_comments": Case(
        f"/ajax/illusts/comments/roots?illust_id={WORK}&offset=0&limit=50",
        {"illust_id": WORK},
        documented="illust_id offset limit",
        pages=2,
    ),
    "artwork_comment_replies": Case(
        f"/ajax/illusts/comments/replies?comment_id={WORK}009&page=1", {"comment_id": f"{WORK}009"}
    ),
    "artwork_recommendations": Case(
        f"/ajax/illust/{WORK}/recommend/init?limit=18", {"illust_id": WORK}, documented="limit"
    ),
    "artwork_ugoira": Case(f"/ajax/illust/{UGOIRA}/ugoira_meta?", {"illust_id": UGOIRA}),
    "series": Case("/ajax/series/31?p=1", {"series_id": "31"}, pages=2),
    "user": Case(f"/ajax/user/{USER}?", {"user_id": USER}),
    "user_full": Case(f"/ajax/user/{USER}?full=1", {"user_id": USER}, documented="full"),
    "user_profile_all": Case(f"/ajax/user/{USER}/profile/all?", {"user_id": USER}),
    "user_illusts": Case(
        f"/ajax/user/{USER}/illusts?ids%5B%5D={WORK}&ids%5B%5D={UGOIRA}", {"user_id": USER, "ids": f"{WORK},{UGOIRA}"}
    ),
    "user_works_latest": Case(f"/ajax/user/{USER}/works/latest?", {"user_id": USER}),
    "user_following": Case(
        f"/ajax/user/{USER}/following?rest=show&offset=0&limit=100",
        {"user_id": USER},
        documented="offset limit rest tag",
        pages=2,
        needs_session=True,
    ),
    "user_followers": Case(
        f"/ajax/user/{ACCOUNT}/followers?offset=0&limit=100",
        {"user_id": ACCOUNT},
        documented="offset limit",
        needs_session=True,
    ),
    "user_bookmarks": Case(
        f"/ajax/user/{USER}/illusts/bookmarks?tag=&rest=show&offset=0&limit=100",
        {"user_id": USER},
        documented="tag offset limit rest",
        pages=3,
        needs_session=True,
    ),
    "tag": Case("/ajax/search/tags/%E7%A9%BA%2B%E6%B5%B7?", {"tag": "空+海"}),
    "tag_stories": Case("/ajax/stories/tag_stories?tag=%E7%A9%BA", {"tag": "空"}, documented="tag"),
    "discovery_artworks": Case(
        "/ajax/discovery/artworks?mode=all&limit=60", documented="mode limit", needs_session=True
    ),
    "discovery_users": Case("/ajax/discovery/users?limit=20", documented="limit", needs_session=True),
    "discovery_artworks_meta": Case("/ajax/discovery/artworks/meta?mode=all", documented="mode", needs_session=True),
    "discovery_users_meta": Case("/ajax/discovery/users/meta?mode=all", documented="mode", needs_session=True),
    "user_extra": Case("/ajax/user/extra?", needs_session=True),
    "dashboard_home": Case("/ajax/dashboard/home?", needs_session=True),
    "dashboard_settings": Case("/ajax/dashboard/settings?", needs_session=True),
    "dashboard_request_strategy": Case("/ajax/dashboard/works/illust/request_strategy?", needs_session=True),
    "webpush": Case("/ajax/webpush?", needs_session=True),
    "notifications": Case("/ajax/notification?", needs_session=True),
    "linked_service_tumeng": Case("/ajax/linked_service/tumeng?page=1", documented="page", needs_session=True),
}


def arguments_of(family: str) -> dict[str, str]:
    """The arguments of a crawl that asks for every endpoint of a family."""
    needed = {
        name
        for endpoint in FAMILIES[family]
        for name, param in endpoint.request.params.items()
        if param.default(allow_r18=False) is None and not endpoint.policy.after
    }
    given: dict[str, dict[str, None]] = {}
    for endpoint in FAMILIES[family]:
        for name, value in CASES[endpoint.name].given.items():
            if name in needed:
                given.setdefault(name, {})[value] = None
    if ACCOUNT in given.get("user_id", ()):
        given["user_id"] = {ACCOUNT: None}  # what is shown to an account is of that account alone
    names = ",".join(endpoint.name for endpoint in FAMILIES[family])
    return {"endpoints": names, **{name: ",".join(values) for name, values in given.items()}}
