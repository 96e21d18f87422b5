"""Generated users and what a session is told: profiles, feeds, requests, its own account."""

from __future__ import annotations

from typing import Any

from standin import bodies, fake_works
from standin.bodies import NOTHING, ZONES, novel, person, request
from standin.routes import Asked, paged, route

FOLLOWED, FOLLOWERS, BOOKMARKED = 130, 5, 230
NOBODY = 9_999_999
"""No user has a higher id."""


def _user(asked: Asked) -> int | None:
    user = int(asked.path[0])
    return user if 0 < user < NOBODY else None


def _bundle(asked: Asked, shown: Any, **more: Any) -> dict[str, Any]:
    thumbnails = {**NOTHING["thumbnails"], "illust": [asked.short(work) for work in shown]}
    return {**NOTHING, "thumbnails": thumbnails, "zoneConfig": ZONES, **more}


@route(r"/user/(\d+)")
def user(asked: Asked) -> Any:
    """A profile, short or full."""
    key = _user(asked)
    if key is None:
        return None
    short = person(key, asked.today, sketchLiveId=None, sketchLives=[])
    short.pop("comment"), short.pop("followedBack")
    if asked.query.get("full") != "1":
        return short
    shown = {"name": "記入", "privacyLevel": "0"}
    return short | {
        "partial": 1,
        "following": key % 500,
        "mypixivCount": key % 9,
        "followedBack": False,
        "comment": f"よろしく{key}",
        "commentHtml": f"よろしく{key}<br />",
        "webpage": None,
        "social": {"twitter": {"url": f"https://twitter.example/{key}"}},
        "canSendMessage": True,
        "region": {**shown, "region": "JP", "prefecture": "13"},
        "age": shown,
        "birthDay": shown,
        "gender": shown,
        "job": shown,
        "workspace": {"userWorkspacePc": "自作"},
        "official": False,
        "group": [{"id": "13", "title": "空の会", "iconUrl": "https://i.pximg.net/g.jpg"}],
    }


@route(r"/user/(\d+)/profile/all")
def profile_all(asked: Asked) -> Any:
    """Every id of a user's works."""
    key = _user(asked)
    if key is None:
        return None
    made = bodies.works_of(asked.seed, key, asked.last)
    ids = {kind: {str(w.artwork_id): None for w in made if (w.kind == 1) == kind} for kind in (False, True)}
    pickup = [
        {
            "type": "illust",
            "deletable": True,
            "draggable": True,
            **asked.short(work),
            "contentUrl": f"https://www.pixiv.net/artworks/{work.artwork_id}",
        }
        for work in made[:1]
    ]
    return {
        "illusts": ids[False] or [],
        "manga": ids[True] or [],
        "novels": {"700": None, "701": None},
        "mangaSeries": [],
        "novelSeries": [],
        "pickup": pickup,
        "bookmarkCount": {"public": {"illust": BOOKMARKED, "novel": 2}, "private": {"illust": 0, "novel": 0}},
        "externalSiteWorksStatus": {"booth": True, "sketch": False, "vroidHub": False},
        "request": {"showRequestTab": False, "showRequestSentTab": False, "postWorks": {"artworks": [], "novels": []}},
    }


@route(r"/user/(\d+)/illusts")
def user_illusts(asked: Asked) -> Any:
    """Works of a user by id, 100 at most."""
    ids = [int(part) for part in asked.query.get("ids[]", "").split(",") if part]
    if not ids or len(ids) > 100:
        raise ValueError("1 to 100 ids")
    known = ((key, bodies.work_of(asked.seed, key, asked.last)) for key in ids)
    return {str(key): work and asked.short(work) for key, work in known}


@route(r"/user/(\d+)/works/latest")
def works_latest(asked: Asked) -> Any:
    """A user's newest works."""
    key = _user(asked)
    if key is None:
        return None
    made = bodies.works_of(asked.seed, key, asked.last)
    told = {str(work.artwork_id): asked.short(work) if place < 3 else None for place, work in enumerate(made)}
    return {"illusts": told or [], "novels": []}


def _people(asked: Asked, total: int) -> dict[str, Any]:
    offset, limit = asked.number("offset", 0), asked.number("limit", 24)
    if not 1 <= limit <= 100:
        raise ValueError("1 to 100")
    keys = range(1_000 + offset, 1_000 + min(offset + limit, total))
    newest = asked.newest(100)
    users = [
        {
            "userId": str(key),
            "userName": fake_works.user_name(key, asked.today),
            "userComment": "",
            "profileImageUrl": f"https://i.pximg.net/user-profile/img/{key}_170.jpg",
            "following": True,
            "followed": False,
            "isBlocking": False,
            "isMypixiv": False,
            "acceptRequest": False,
            "illusts": [asked.short(newest[key % 100], userId=str(key))],
            "novels": [],
        }
        for key in keys
    ]
    return {"users": users, "total": total, "zoneConfig": ZONES, "extraData": {}}


@route(r"/user/(\d+)/following", login=True)
def following(asked: Asked) -> Any:
    """Whom a user follows."""
    return _people(asked, FOLLOWED) | {"followUserTags": []}


@route(r"/user/(\d+)/followers", login=True)
def followers(asked: Asked) -> Any:
    """Who follows the session's own account."""
    return _people(asked, FOLLOWERS)


@route(r"/user/(\d+)/illusts/bookmarks", login=True)
def bookmarks(asked: Asked) -> Any:
    """Bookmarks of a user; one of the works is gone since."""
    if "tag" not in asked.query:
        raise ValueError("tag is always sent")
    offset, limit = asked.number("offset", 0), asked.number("limit", 48)
    shown = [
        asked.short(work, bookmarkData={"id": str(7_000 + offset + place), "private": False})
        for place, work in enumerate(asked.newest(BOOKMARKED)[offset : offset + limit])
    ]
    if shown and not offset:
        gone = {
            "title": "-----",
            "userId": 0,
            "userName": "",
            "tags": [],
            "isMasked": True,
            "maskReason": "deleted_or_private",
            "createDate": "1970-01-01T00:00:00+09:00",
            "updateDate": "1970-01-01T00:00:00+09:00",
            "url": "https://s.pximg.net/common/images/limit_unknown_360.png",
        }
        shown[0] = {**shown[0], **gone, "id": int(shown[0]["id"])}
    return {
        "works": shown,
        "total": BOOKMARKED,
        "zoneConfig": ZONES,
        "extraData": {},
        "bookmarkTags": {"7001": ["空"]} if shown and not offset else [],
    }


@route(r"/follow_latest/illust", login=True)
def follow_latest(asked: Asked) -> Any:
    """New works of followed users."""
    places, is_last = paged(asked, 60, 150)
    shown = [asked.newest(150)[place] for place in places]
    return _bundle(asked, shown, page={"ids": [w.artwork_id for w in shown], "isLastPage": is_last, "tags": []})


@route(r"/mypixiv_latest/illust", login=True)
def mypixiv_latest(asked: Asked) -> Any:
    """New works of friends: none."""
    return _bundle(asked, (), page={"ids": [], "isLastPage": True, "tags": []})


@route(r"/watch_list/manga", login=True)
def watch_list(asked: Asked) -> Any:
    """Watched series."""
    return _bundle(
        asked,
        asked.newest(2),
        page={"total": "2", "maxPage": 1, "watchedSeriesIds": ["31", "32"]},
        illustSeries=[
            {
                "id": key,
                "userId": "1001",
                "title": f"シリーズ{key}",
                "caption": "",
                "total": 3,
                "createDate": "2026-01-01T00:00:00+09:00",
            }
            for key in ("31", "32")
        ],
    )


@route(r"/sketch/live/following", login=True)
def live(asked: Asked) -> Any:
    """Who of the followed streams: nobody."""
    return []


@route(r"/top/illust", login=True)
def top(asked: Asked) -> Any:
    """The first page of a session."""
    shown = asked.newest(30)
    ids = [str(work.artwork_id) for work in shown]
    why = {key: {"methods": ["clustering"], "score": 0.5, "seedIllustIds": ids[:1]} for key in ids}
    page = {
        "follow": [int(key) for key in ids[:10]],
        "mypixiv": [],
        "newPost": ids[10:20],
        "recommend": {"ids": ids[20:30], "details": why},
        "recommendByTag": [{"tag": "空", "ids": ids[:3], "details": why}],
        "ranking": {"items": [{"rank": str(n + 1), "id": key} for n, key in enumerate(ids[:5])], "date": "20261007"},
        "tags": [{"tag": "空", "ids": [1, 2]}],
        "trendingTags": [{"tag": "海", "trendingRate": -4, "ids": [3]}],
        "myFavoriteTags": ["猫"],
        "pixivision": [
            {
                "id": "77",
                "title": "特集",
                "thumbnailUrl": "https://i.pximg.net/p.jpg",
                "url": "https://www.pixivision.example/77",
            }
        ],
        "contestOngoing": [
            {
                "slug": "sora",
                "type": "illust",
                "name": "空",
                "url": "https://www.pixiv.net/contest/sora",
                "iconUrl": "https://i.pximg.net/c.jpg",
                "workIds": [],
                "isNew": True,
            }
        ],
        "contestResult": [],
        "editorRecommend": [{"illustId": ids[0], "comment": "すばらしい"}],
        "recommendUser": [{"id": 1001, "illustIds": ids[:3], "novelIds": []}],
        "completeRequestIds": ["41"],
        "userEventIds": ids[:2],
        "boothFollowItemIds": ["61"],
        "sketchLiveFollowIds": [],
        "sketchLivePopularIds": ["81"],
    }
    novels = [novel(1_500, 901, asked.today)]
    body = _bundle(asked, shown, page=page, users=[person(1_001, asked.today)])
    body["thumbnails"]["novel"] = novels
    return body | {
        "requests": [request(41, shown[0], "illust", is_complete=True)],
        "boothItems": [
            {
                "id": "61",
                "userId": "1001",
                "title": "本",
                "url": "https://booth.example/61",
                "imageUrl": "https://b.jpg",
                "adult": False,
            }
        ],
        "sketchLives": [
            {
                "id": "81",
                "name": "配信",
                "url": "https://sketch.example/81",
                "thumbnailUrl": "https://s.jpg",
                "audienceCount": 3,
                "isR18": False,
                "streamerIds": [1001],
            }
        ],
    }


@route(r"/commission/page/request")
def commission_overview(asked: Asked) -> Any:
    """The first page of requests."""
    shown = asked.newest(12)
    ids = [str(work.artwork_id) for work in shown]
    requests = [request(100 + n, work, "illust", is_complete=n < 9) for n, work in enumerate(shown)]
    keys = [one["requestId"] for one in requests]
    page = {
        "completeRequestIdsIllust": keys[:3],
        "completeRequestIdsManga": keys[3:6],
        "completeRequestIdsNovels": keys[6:9],
        "inProgressRequestIds": keys[9:],
        "creatorUserIds": [one["creatorUserId"] for one in requests[:4]],
        "recentIllustIdsByCreatorAcceptingRequest": ids[:6],
        "recommendIllustIdsByCreatorAcceptingRequest": ids[6:],
        "userList": [{"id": str(shown[0].user_id), "illustIds": ids[:3]}],
    }
    users = [person(key, asked.today) for key in {work.user_id: None for work in shown}]
    return _bundle(asked, shown, page=page, requests=requests, users=users)


@route(r"/commission/page/request/(complete|creators|in_progress)/(\w+)")
def commission_page(asked: Asked) -> Any:
    """A page of requests or creators: two of 24."""
    kind, work_kind = asked.path
    places, is_last = paged(asked, 24, 40)
    shown = [asked.newest(40)[place] for place in places]
    page: dict[str, Any] = {
        "workType": work_kind,
        "mode": asked.query.get("mode", "all"),
        "pager": {"page": asked.number("p", 1), "hasNextPage": not is_last},
    }
    if kind == "creators":
        ids = [str(1_000 + place) for place in places]
        return _bundle(asked, (), page=page | {"creatorUserIds": ids, "followCreatorUserIds": []})
    is_complete = kind == "complete"
    requests = [
        request(200 + place, work, work_kind, is_complete=is_complete)
        for place, work in zip(places, shown, strict=True)
    ]
    keys = [one["requestId"] for one in requests]
    more = {"recommendRequestIds": []} if is_complete else {"followRequestIds": []}
    users = [person(key, asked.today) for key in {work.user_id: None for work in shown}]
    return _bundle(asked, shown, page=page | more | {"requestIds": keys}, requests=requests, users=users)


@route(r"/user/extra", login=True)
def user_extra(asked: Asked) -> Any:
    """The account's counters."""
    return {"following": FOLLOWED, "followers": FOLLOWERS, "mypixivCount": 0, "background": None}


@route(r"/dashboard/home", login=True)
def dashboard_home(asked: Asked) -> Any:
    """The account's dashboard."""
    shown = asked.newest(3)
    contest = {
        "id": "567",
        "icon": "https://i.pximg.net/i.jpg",
        "title": "空の賞",
        "url": "https://www.pixiv.net/contest/sora",
        "deadlineDate": "2026-12-31T23:59:59+09:00",
        "workCount": 20,
        "coverImage": "https://i.pximg.net/c.jpg",
    }
    data = {
        "recentUploadWorks": [],
        "hotWorks": {"today": None},
        "contests": [contest],
        "achievement": None,
        "userCountSummary": {"today": {"viewCount": 0, "reportedAt": "2026-10-08 02:00:00"}},
        "todayAnniversary": {"tag": "空の日", "illustIds": [str(w.artwork_id) for w in shown], "isMuted": False},
    }
    return _bundle(asked, shown, data=data)


@route(r"/dashboard/settings", login=True)
def dashboard_settings(asked: Asked) -> Any:
    """The dashboard's settings."""
    return {"view": None}


@route(r"/dashboard/works/illust/request_strategy", login=True)
def dashboard_request_strategy(asked: Asked) -> Any:
    """The account's own works."""
    data = {key: [] for key in ("works", "series", "drafts", "reservedWorks", "fetchRanges")}
    return _bundle(asked, (), data=data)


@route(r"/webpush", login=True)
def webpush(asked: Asked) -> Any:
    """Setting of the account for pushed messages."""
    return {"permission": "nosettings"}


@route(r"/notification", login=True)
def notifications(asked: Asked) -> Any:
    """Notifications of the account."""
    item = {
        "id": "4264",
        "type": "bookmark",
        "unread": False,
        "notifiedAt": "2026-09-05T01:49:10+09:00",
        "linkUrl": "/artworks/1",
        "iconUrl": "https://i.pximg.net/i.jpg",
        "targetBlank": True,
        "isProfileIcon": True,
        "content": "<span>空</span>に反応",
    }
    return {
        "items": [item],
        "remaining_unread_count": 0,
        "isNotAuthorized": False,
        "filter": {"reactions": ["bookmarked"]},
    }


@route(r"/linked_service/tumeng", login=True)
def linked_service_tumeng(asked: Asked) -> Any:
    """A linked service."""
    profile = {"id": "1", "name": "空", "comment": "", "linkState": "disconnected", "meta": {"f0": False}}
    return _bundle(asked, (), page={"user": profile, "works": [], "totalItemCount": 0})
