"""Generated responses about users, and what a session is told: profiles, feeds, requests, its own account."""

from __future__ import annotations

from functools import partial
from typing import Any

from standin import bodies, fake_works
from standin.bodies import BODIES, ZONES, body, novel, person, request
from standin.routes import Asked, route

FOLLOWED, FOLLOWERS, BOOKMARKED = 130, 5, 230
NOBODY = 9_999_999
"""No user has a higher id."""


def _user(asked: Asked) -> int | None:
    user = int(asked.path[0])
    return user if 0 < user < NOBODY else None


def _zoned(asked: Asked, shown: Any, **more: Any) -> dict[str, Any]:
    return asked.bundle(shown, zoneConfig=ZONES, **more)


@route(r"/user/(\d+)")
def user(asked: Asked) -> Any:
    """A profile, short or full."""
    key = _user(asked)
    if key is None:
        return None
    short = person(key, asked.today, sketchLiveId=None, sketchLives=[])
    short.pop("comment"), short.pop("followedBack")
    is_full = asked.query.get("full") == "1"
    return short | body("profile", id=key, following=key % 500, friends=key % 9) if is_full else short


@route(r"/user/(\d+)/profile/all")
def profile_all(asked: Asked) -> Any:
    """Every id of a user's works."""
    key = _user(asked)
    if key is None:
        return None
    made = bodies.works_of(asked.seed, key, asked.last)
    ids = {kind: {str(w.artwork_id): None for w in made if (w.kind == 1) == kind} for kind in (False, True)}
    pickup = [
        {"type": "illust", "deletable": True, "draggable": True, **asked.short(work)}
        | {"contentUrl": f"https://www.pixiv.net/artworks/{work.artwork_id}"}
        for work in made[:1]
    ]
    return body("profile_all", illusts=ids[False] or [], manga=ids[True] or [], pickup=pickup, bookmarked=BOOKMARKED)


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


@route(r"/user/(\d+)/(following|followers)", login=True, moves=True)
def people(asked: Asked) -> Any:
    """Whom a user follows, or who follows the session's own account."""
    is_following = asked.path[1] == "following"
    total, more = (FOLLOWED, {"followUserTags": []}) if is_following else (FOLLOWERS, dict[str, Any]())
    if not 1 <= asked.number("limit", 24) <= 100:
        raise ValueError("1 to 100")
    listed, newest = asked.ids(range(1_000, 1_000 + total)), asked.newest(100)
    users = [
        body(
            "followed",
            id=key,
            name=fake_works.user_name(key, asked.today),
            works=[asked.short(newest[key % 100], userId=str(key))] if newest else [],
        )
        for key in asked.by_offset(listed, 24)[0]
    ]
    return {"users": users, "total": len(listed), "zoneConfig": ZONES, "extraData": {}, **more}


@route(r"/user/(\d+)/illusts/bookmarks", login=True, moves=True)
def bookmarks(asked: Asked) -> Any:
    """Bookmarks of a user; on the still site one of the works is gone since."""
    if "tag" not in asked.query:
        raise ValueError("tag is always sent")
    listed = asked.listed(BOOKMARKED)
    shown = [asked.short(work) for work in asked.by_offset(listed, 48)[0]]
    offset = asked.number("offset", 0)
    is_first = bool(shown) and not asked.is_moving and not offset
    for place, work in enumerate(() if asked.is_moving else shown, 7_000 + offset):
        work["bookmarkData"] = {"id": str(place), "private": False}
    if is_first:
        shown[0] |= {**body("removed_work"), "id": int(shown[0]["id"])}
    tags = {"7001": ["空"]} if is_first else []
    return {"works": shown, "total": len(listed), "zoneConfig": ZONES, "extraData": {}, "bookmarkTags": tags}


@route(r"/(follow|mypixiv)_latest/illust", login=True, moves=True)
def feed(asked: Asked) -> Any:
    """New works of followed users; of friends there are none on the still site."""
    shown, _, is_last = asked.paged(asked.listed(150 if asked.path[0] == "follow" else 0), 60)
    return _zoned(asked, shown, page={"ids": [w.artwork_id for w in shown], "isLastPage": is_last, "tags": []})


@route(r"/watch_list/manga", login=True, moves=True)
def watch_list(asked: Asked) -> Any:
    """Watched series: a total, as text."""
    listed = asked.ids(range(31, 33))
    shown, _, _ = asked.paged(listed, 10)
    page = {"total": str(len(listed)), "maxPage": -(-len(listed) // 10), "watchedSeriesIds": list(map(str, shown))}
    return _zoned(asked, asked.newest(2), page=page, illustSeries=[body("watched_series", id=key) for key in shown])


@route(r"/top/illust", login=True)
def top(asked: Asked) -> Any:
    """The first page of a session."""
    shown = asked.newest(30)
    ids = [str(work.artwork_id) for work in shown]
    page = body(
        "top",
        follow=[int(key) for key in ids[:10]],
        new=ids[10:20],
        recommended=ids[20:30],
        why={key: {"methods": ["clustering"], "score": 0.5, "seedIllustIds": ids[:1]} for key in ids},
        ranks=[{"rank": str(n + 1), "id": key} for n, key in enumerate(ids[:5])],
        first=ids[0],
        two=ids[:2],
        three=ids[:3],
    )
    bundle = _zoned(asked, shown, page=page, users=[person(1_001, asked.today)])
    bundle["thumbnails"]["novel"] = [novel(1_500, 901, asked.today)]
    return bundle | {
        "requests": [request(41, shown[0], "illust", is_complete=True)],
        "boothItems": [body("booth_item")],
        "sketchLives": [body("sketch_live")],
    }


@route(r"/commission/page/request")
def commission_overview(asked: Asked) -> Any:
    """The first page of requests."""
    shown = asked.newest(12)
    ids = [str(work.artwork_id) for work in shown]
    requests = [request(100 + n, work, "illust", is_complete=n < 9) for n, work in enumerate(shown)]
    keys = [one["requestId"] for one in requests]
    parts = {"illust": keys[:3], "manga": keys[3:6], "novels": keys[6:9], "begun": keys[9:]}
    creators = [one["creatorUserId"] for one in requests[:4]]
    page = body(
        "overview", **parts, creators=creators, recent=ids[:6], recommended=ids[6:], three=ids[:3], first=creators[0]
    )
    return _zoned(asked, shown, page=page, requests=requests, users=_authors(asked, shown))


def _authors(asked: Asked, works: Any) -> list[dict[str, Any]]:
    return [person(key, asked.today) for key in dict.fromkeys(work.user_id for work in works)]


@route(r"/commission/page/request/(complete|creators|in_progress)/(\w+)", moves=True)
def commission_page(asked: Asked) -> Any:
    """A page of requests or creators: two of 24 on the still site."""
    kind, work_kind = asked.path
    shown, number, is_last = asked.paged(asked.listed(40), 24)
    page: dict[str, Any] = {
        "workType": work_kind,
        "mode": asked.query.get("mode", "all"),
        "pager": {"page": number, "hasNextPage": not is_last},
    }
    if kind == "creators":
        ids, _, _ = asked.paged(asked.ids(range(1_000, 1_040)), 24)
        return _zoned(asked, (), page=page | {"creatorUserIds": list(map(str, ids)), "followCreatorUserIds": []})
    keys, _, _ = asked.paged(asked.ids(range(200, 240)), 24)
    is_complete = kind == "complete"
    requests = [request(key, work, work_kind, is_complete=is_complete) for key, work in zip(keys, shown, strict=True)]
    page |= {"requestIds": list(map(str, keys)), ("recommend" if is_complete else "follow") + "RequestIds": []}
    return _zoned(asked, shown, page=page, requests=requests, users=_authors(asked, shown))


@route(r"/dashboard/home", login=True)
def dashboard_home(asked: Asked) -> Any:
    """The account's dashboard."""
    shown = asked.newest(3)
    return _zoned(asked, shown, data=body("dashboard", ids=[str(work.artwork_id) for work in shown]))


def _same(told: Any, _asked: Asked) -> Any:
    return told


for _path, _told in BODIES["of_the_account"].items():
    route(_path, login=True)(partial(_same, _told))
for _path, _told in BODIES["bundles_of_the_account"].items():
    route(_path, login=True)(partial(_zoned, shown=(), **_told))
