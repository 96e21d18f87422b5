"""Generated responses of every documented endpoint: route by route, what pixiv would answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from standin import bodies, fake_works
from standin.bodies import NOTHING, ZONES, comment, detail, newest_works, person, thumbnail
from standin.fake_works import Work


@dataclass(frozen=True)
class Asked:
    """A request: the ids and words of its path, its query, the newest day, the session's account."""

    seed: int
    path: tuple[str, ...]
    query: Mapping[str, str]
    last: date
    account: int | None

    @property
    def today(self) -> date:
        """The fake server's day."""
        return self.last + timedelta(days=1)

    def number(self, name: str, usual: int) -> int:
        """A whole number of the query. Raises ValueError."""
        return int(self.query.get(name) or usual)

    def work(self, place: int = 0) -> Work | None:
        """The work that the path names, where it is there."""
        found = bodies.work_of(self.seed, int(self.path[place]), self.last)
        deleted = found and fake_works.is_past(found, fake_works.facts(self.seed, found)["deleted"], self.today)
        return None if deleted else found

    def short(self, work: Work, **more: Any) -> dict[str, Any]:
        """A work as lists carry it."""
        return thumbnail(self.seed, work, self.today, **more)

    def newest(self, count: int) -> tuple[Work, ...]:
        """The newest works."""
        return newest_works(self.seed, self.last, count)


Answer = Callable[[Asked], Any]
ROUTES: list[tuple[re.Pattern[str], Answer, bool]] = []
"""Path, what answers (None: 404; ValueError: 400), whether it needs a session."""


def route(pattern: str, *, login: bool = False) -> Callable[[Answer], Answer]:
    """Register what answers a path of /ajax."""

    def register(answer: Answer) -> Answer:
        ROUTES.append((re.compile(f"/ajax{pattern}"), answer, login))
        return answer

    return register


def paged(asked: Asked, size: int, total: int) -> tuple[range, bool]:
    """The places of a page `p`, and whether it is the last."""
    page = asked.number("p", 1)
    return range((page - 1) * size, min(page * size, total)), page * size >= total


@route(r"/illust/(\d+)")
def artwork(asked: Asked) -> Any:
    """An artwork's own page."""
    work = asked.work()
    return work and detail(asked.seed, work, asked.today)


@route(r"/illust/(\d+)/pages")
def artwork_pages(asked: Asked) -> Any:
    """The images of a work."""
    work = asked.work()
    if work is None:
        return None
    known = fake_works.facts(asked.seed, work)
    urls = {
        size: f"https://i.pximg.net/{size}/{work.artwork_id}_p{{}}.png"
        for size in ("thumb_mini", "small", "regular", "original")
    }
    return [
        {
            "urls": {size: url.format(place) for size, url in urls.items()},
            "width": known["width"],
            "height": known["height"],
        }
        for place in range(int(known["pages"]))
    ]


@route(r"/illust/(\d+)/ugoira_meta")
def artwork_ugoira(asked: Asked) -> Any:
    """The frames of a moving picture."""
    work = asked.work()
    if work is None or work.kind != 2:
        return None
    url = f"https://i.pximg.net/img-zip-ugoira/{work.artwork_id}"
    return {
        "src": f"{url}_600x600.zip",
        "originalSrc": f"{url}_1920x1080.zip",
        "mime_type": "image/jpeg",
        "frames": [{"file": f"{place:06d}.jpg", "delay": 80} for place in range(12)],
    }


@route(r"/illust/(\d+)/recommend/init")
def artwork_recommendations(asked: Asked) -> Any:
    """Works like a work."""
    shown = asked.newest(40)
    limit = asked.number("limit", 18)
    ids = [str(work.artwork_id) for work in shown]
    return {
        "illusts": [{"isAdContainer": True}, *(asked.short(work, type="illust") for work in shown[:limit])],
        "nextIds": ids[limit:],
        "details": {
            key: {
                "methods": ["illust_by_illust_table"],
                "score": 1 / (place + 1),
                "seedIllustIds": [asked.path[0]],
                "banditInfo": "",
                "recommendListId": "6310.1",
            }
            for place, key in enumerate(ids)
        },
    }


@route(r"/illusts/comments/roots")
def artwork_comments(asked: Asked) -> Any:
    """Comments below a work."""
    work = bodies.work_of(asked.seed, asked.number("illust_id", 0), asked.last)
    if work is None:
        return None
    offset, limit = asked.number("offset", 0), asked.number("limit", 50)
    count = bodies.comment_count(work)
    places = range(offset, min(offset + limit, count))
    return {"comments": [comment(work.artwork_id, place) for place in places], "hasNext": offset + limit < count}


@route(r"/illusts/comments/replies")
def artwork_comment_replies(asked: Asked) -> Any:
    """Responses to a comment."""
    parent = asked.number("comment_id", 0)
    page = asked.number("page", 1)
    artwork_id, place = divmod(parent, 1_000)
    places = range(500 + place, 500 + place + 2)
    told = [comment(artwork_id, at, parent=parent) for at in places] if page == 1 else []
    return {"comments": told, "hasNext": False}


@route(r"/series/(\d+)")
def series(asked: Asked) -> Any:
    """A series of works."""
    key, total = int(asked.path[0]), 15
    chosen = asked.newest(total)
    places, _ = paged(asked, 12, total)
    shown = [chosen[place] for place in places]
    told = {
        "id": str(key),
        "userId": str(chosen[0].user_id),
        "title": f"シリーズ{key}",
        "description": "",
        "caption": "",
        "total": total,
        "content_order": None,
        "url": None,
        "coverImageSl": None,
        "firstIllustId": str(chosen[-1].artwork_id),
        "latestIllustId": str(chosen[0].artwork_id),
        "createDate": "2026-01-01T00:00:00+09:00",
        "updateDate": "2026-10-01T00:00:00+09:00",
        "watchCount": None,
        "isWatched": False,
        "isNotifying": False,
    }
    return {
        "page": {
            "series": [
                {"workId": str(work.artwork_id), "order": total - place}
                for place, work in zip(places, shown, strict=True)
            ],
            "seriesId": key,
            "total": total,
        },
        "thumbnails": {"illust": [asked.short(work) for work in shown]},
        "illustSeries": [told],
        "users": [person(chosen[0].user_id, asked.today)],
        "tagTranslation": [],
        "zoneConfig": ZONES,
        "extraData": {},
    }


@route(r"/search/tags/(.+)")
def tag(asked: Asked) -> Any:
    """A tag and its article."""
    name = asked.path[0]
    return {
        "tag": name,
        "word": name,
        "breadcrumbs": {"successor": [], "current": []},
        "myFavoriteTags": [],
        "pixpedia": {
            "abstract": f"{name}とは",
            "image": "https://i.pximg.net/c/384x280/a.jpg",
            "id": "77",
            "yomigana": "よみ",
            "parentTag": "空",
            "childrenTags": [f"{name}の子"],
        },
        "tagTranslation": {name: {"en": "sky", "romaji": "sora"}},
    }


@route(r"/stories/tag_stories")
def tag_stories(asked: Asked) -> Any:
    """The stories of a tag."""
    return {"tagStoryIds": ["11", "12"]} if asked.query.get("tag") else None


@route(r"/illust/new", login=True)
def new_illusts(asked: Asked) -> Any:
    """The newest works, page by page with the last id."""
    begin = asked.number("lastId", 0)
    limit = asked.number("limit", 20)
    shown = [work for work in asked.newest(600) if not begin or work.artwork_id < begin][:limit]
    last = str(shown[-1].artwork_id) if shown else "0"
    return {
        "illusts": [asked.short(work, type="illust") for work in shown],
        "lastId": last,
        "zoneConfig": ZONES,
        "extraData": {},
    }


@route(r"/discovery/artworks", login=True)
def discovery_artworks(asked: Asked) -> Any:
    """Recommended works."""
    limit = asked.number("limit", 60)
    if limit > 60:
        raise ValueError("at most 60")
    shown = asked.newest(limit)
    told = [
        {
            "illustId": str(work.artwork_id),
            "recommendMethods": ["bookmark_fresh"],
            "recommendScore": 1 + work.fame,
            "recommendSeedIllustIds": [str(shown[0].artwork_id)],
        }
        for work in shown
    ]
    thumbnails = {**NOTHING["thumbnails"], "illust": [asked.short(work) for work in shown]}
    return {**NOTHING, "thumbnails": thumbnails, "recommendedIllusts": told}


@route(r"/discovery/users", login=True)
def discovery_users(asked: Asked) -> Any:
    """Recommended users."""
    shown = asked.newest(asked.number("limit", 20))
    thumbnails = {**NOTHING["thumbnails"], "illust": [asked.short(work) for work in shown]}
    return {
        **NOTHING,
        "thumbnails": thumbnails,
        "users": [person(work.user_id, asked.today) for work in shown],
        "recommendedUsers": [
            {"userId": str(work.user_id), "recentIllustIds": [str(work.artwork_id)], "recentNovelIds": []}
            for work in shown
        ],
    }


@route(r"/discovery/(?:artworks|users)/meta", login=True)
def discovery_meta(asked: Asked) -> Any:
    """Titles of the discovery pages."""
    return {"zoneConfig": ZONES, "meta": {"title": "ディスカバリー", "description": False}}


@route(r"/ranking/novel")
def novel_ranking(asked: Asked) -> Any:
    """A ranking of novels, as two clients read it."""
    rows = [
        {
            "id": str(500 + rank),
            "rank": str(rank),
            "title": f"小説{rank}",
            "user_id": str(1100 + rank),
            "user_name": f"作者{rank}",
            "tag_a": ["小説", "空"],
            "create_date": "2026-10-06 21:00:00",
            "comment": "あらすじ",
            "character_count": "4000",
            "word_count": "1200",
            "reading_time": "480",
            "bookmark_count": str(90 - rank),
            "series_id": "7" if rank == 1 else None,
            "series_title": "連作7" if rank == 1 else None,
            "genre": "2",
            "language": "ja",
            "ai_type": "1",
            "x_restrict": "0",
            "is_original": "1",
        }
        for rank in range(1, 4)
    ]
    day = asked.last
    shown = f"{day.year}年{day.month}月{day.day}日"
    return {
        "display_a": {"rank_a": rows},
        "date": shown,
        "prev": None,
        "next": None,
        "prev_date": None,
        "next_date": None,
        "mode": asked.query.get("mode", "daily"),
    }
