"""Generated responses about works: route by route, what pixiv would answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple

from standin import bodies, fake_works
from standin.bodies import ZONES, body, comment, detail, newest_works, person, thumbnail
from standin.fake_works import Work


@dataclass(frozen=True)
class Asked:
    """A request: the ids and words of its path, its query, the newest day, the session's account.

    A moving site (moving.py) has lists of its own: it overrides `listed`, `ids`, `newest`, `short` and `by_offset`.
    """

    seed: int
    path: tuple[str, ...]
    query: Mapping[str, str]
    last: date
    account: int | None
    is_moving: ClassVar[bool] = False

    @property
    def today(self) -> date:
        """The fake server's day."""
        return self.last + timedelta(days=1)

    def number(self, name: str, usual: int) -> int:
        """A whole number of the query. Raises ValueError."""
        return int(self.query.get(name) or usual)

    def work(self) -> Work | None:
        """The work that the path names, where it is there."""
        found = bodies.work_of(self.seed, int(self.path[0]), self.last)
        deleted = found and fake_works.is_past(found, fake_works.facts(self.seed, found)["deleted"], self.today)
        return None if deleted else found

    def short(self, work: Any, **more: Any) -> dict[str, Any]:
        """A work as lists carry it."""
        return thumbnail(self.seed, work, self.today, **more)

    def bundle(self, shown: Sequence[Any], **more: Any) -> dict[str, Any]:
        """A body with works beside what it lists."""
        around = body("nothing")
        around["thumbnails"]["illust"] = [self.short(work) for work in shown]
        return {**around, **more}

    def newest(self, count: int) -> Sequence[Any]:
        """The newest works, where a response shows some beside its list."""
        return newest_works(self.seed, self.last, count)

    def listed(self, count: int) -> Sequence[Any]:
        """The works of a list."""
        return newest_works(self.seed, self.last, count)

    def ids(self, usual: range) -> Sequence[int]:
        """The ids of a list of other things."""
        return usual

    def by_offset(self, listed: Sequence[Any], usual: int) -> tuple[Sequence[Any], int]:
        """Return the page of a list at `offset`, and where the next begins."""
        offset, limit = self.number("offset", 0), self.number("limit", usual)
        return listed[offset : offset + limit], offset + limit

    def paged(self, listed: Sequence[Any], size: int, name: str = "p") -> tuple[Sequence[Any], int, bool]:
        """Return a page of a list, its number, and whether it is the last."""
        page = self.number(name, 1)
        return listed[(page - 1) * size : page * size], page, page * size >= len(listed)


Answer = Callable[[Asked], Any]


class Route(NamedTuple):
    """Register the function that answers a path (None: 404; ValueError: 400). moves: a moving site has a list of its own for it."""

    pattern: re.Pattern[str]
    answer: Answer
    needs_session: bool
    moves: bool


ROUTES: list[Route] = []


def route(pattern: str, *, login: bool = False, moves: bool = False) -> Callable[[Answer], Answer]:
    """Register what answers a path of /ajax."""

    def register(answer: Answer) -> Answer:
        ROUTES.append(Route(re.compile(f"/ajax{pattern}"), answer, login, moves))
        return answer

    return register


def route_of(path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a path, and the ids and words in it."""
    found = ((one, one.pattern.fullmatch(path)) for one in ROUTES)
    return next(((one, match.groups()) for one, match in found if match), None)


def enveloped(path: str, answer: Any) -> dict[str, Any]:
    """A body in pixiv's envelope, which has no message around searches."""
    message = {} if "/search/" in path else {"message": ""}
    return {"error": False, **message, "body": answer}


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
    url, sizes = f"https://i.pximg.net/%s/{work.artwork_id}_p%d.png", ("thumb_mini", "small", "regular", "original")
    return [
        {"urls": {one: url % (one, place) for one in sizes}, "width": known["width"], "height": known["height"]}
        for place in range(int(known["pages"]))
    ]


@route(r"/illust/(\d+)/ugoira_meta")
def artwork_ugoira(asked: Asked) -> Any:
    """The frames of a moving picture."""
    work = asked.work()
    if work is None or work.kind != 2:
        return None
    frames = [{"file": f"{place:06d}.jpg", "delay": 80} for place in range(12)]
    return body("ugoira", url=f"https://i.pximg.net/img-zip-ugoira/{work.artwork_id}", frames=frames)


@route(r"/illust/(\d+)/recommend/init")
def artwork_recommendations(asked: Asked) -> Any:
    """Works like a work."""
    shown, limit = asked.newest(40), asked.number("limit", 18)
    ids = [str(work.artwork_id) for work in shown]
    return {
        "illusts": [{"isAdContainer": True}, *(asked.short(work, type="illust") for work in shown[:limit])],
        "nextIds": ids[limit:],
        "details": {key: body("recommended", score=1 / (n + 1), seed=asked.path[0]) for n, key in enumerate(ids)},
    }


@route(r"/illusts/comments/roots", moves=True)
def artwork_comments(asked: Asked) -> Any:
    """Comments below a work."""
    key = asked.number("illust_id", 0)
    work = bodies.work_of(asked.seed, key, asked.last)
    if work is None and not asked.is_moving:
        return None
    listed = asked.ids(range(key * 1_000, key * 1_000 + (bodies.comment_count(work) if work else 0)))
    shown, after = asked.by_offset(listed, 50)
    return {"comments": [comment(*divmod(one, 1_000)) for one in shown], "hasNext": after < len(listed)}


@route(r"/illusts/comments/replies", moves=True)
def artwork_comment_replies(asked: Asked) -> Any:
    """Responses to a comment."""
    parent = asked.number("comment_id", 0)
    shown, _, is_last = asked.paged(asked.ids(range(parent + 500, parent + 502)), 10, "page")
    return {"comments": [comment(*divmod(one, 1_000), parent=parent) for one in shown], "hasNext": not is_last}


@route(r"/series/(\d+)", moves=True)
def series(asked: Asked) -> Any:
    """A series of works, newest first: past its last page nothing."""
    key, listed = int(asked.path[0]), asked.listed(15)
    shown, page, _ = asked.paged(listed, 12)
    total, begin = len(listed), (page - 1) * 12
    told = [{"workId": str(work.artwork_id), "order": total - begin - place} for place, work in enumerate(shown)]
    first, latest, user = (listed[-1].artwork_id, listed[0].artwork_id, listed[0].user_id) if listed else (0, 0, 0)
    return {
        "page": {"series": told, "seriesId": key, "total": total, "lastPage": -(-total // 12)},
        "thumbnails": {"illust": [asked.short(work) for work in shown]},
        "illustSeries": [body("series", id=key, user=user, total=total, first=first, latest=latest)],
        "users": [person(user, asked.today)],
        "tagTranslation": [],
        "zoneConfig": ZONES,
        "extraData": {},
    }


@route(r"/search/tags/(.+)")
def tag(asked: Asked) -> Any:
    """A tag and its article."""
    return body("tag", tag=asked.path[0])


@route(r"/stories/tag_stories")
def tag_stories(asked: Asked) -> Any:
    """The stories of a tag."""
    return {"tagStoryIds": ["11", "12"]} if asked.query.get("tag") else None


@route(r"/illust/new", login=True, moves=True)
def new_illusts(asked: Asked) -> Any:
    """The newest works, page by page with the last id."""
    begin, limit = asked.number("lastId", 0), asked.number("limit", 20)
    shown = [work for work in asked.listed(600) if not begin or work.artwork_id < begin][:limit]
    last = str(shown[-1].artwork_id) if shown else "0"
    told = [asked.short(work, type="illust") for work in shown]
    return {"illusts": told, "lastId": last, "zoneConfig": ZONES, "extraData": {}}


@route(r"/discovery/artworks", login=True)
def discovery_artworks(asked: Asked) -> Any:
    """Recommended works."""
    limit = asked.number("limit", 60)
    if limit > 60:
        raise ValueError("at most 60")
    shown = asked.newest(limit)
    seed = shown[0].artwork_id
    told = [body("discovered", id=work.artwork_id, score=1 + work.fame, seed=seed) for work in shown]
    return asked.bundle(shown, recommendedIllusts=told)


@route(r"/discovery/users", login=True)
def discovery_users(asked: Asked) -> Any:
    """Recommended users."""
    shown = asked.newest(asked.number("limit", 20))
    told = [
        {"userId": str(work.user_id), "recentIllustIds": [str(work.artwork_id)], "recentNovelIds": []} for work in shown
    ]
    return asked.bundle(shown, users=[person(work.user_id, asked.today) for work in shown], recommendedUsers=told)


@route(r"/ranking/novel")
def novel_ranking(asked: Asked) -> Any:
    """A ranking of novels, as two clients read it."""
    rows = [body("novel_rank", rank=rank, id=500 + rank, user=1100 + rank, bookmarks=90 - rank) for rank in (1, 2, 3)]
    rows[0] |= {"series_id": "7", "series_title": "連作7"}
    day = asked.last
    return {
        "display_a": {"rank_a": rows},
        "date": f"{day.year}年{day.month}月{day.day}日",
        "mode": asked.query.get("mode", "daily"),
        **dict.fromkeys(("prev", "next", "prev_date", "next_date")),
    }
