"""A site whose lists move while they are read: works come, go and are hidden between two requests.

Seeded and stateful, beside the fake server, whose lists never move: `Standin(moving=Moving(seed=1))`.
`Moving.throughout` is what an archive must have in the end.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

JST_NOON = "T12:00:00+09:00"
KINDS = {"illust": (0,), "ugoira": (2,), "illust_and_ugoira": (0, 2), "manga": (1,)}
WORKS_A_PAGE = 59
RANKS_A_PAGE = 50
ZONES = {"zoneConfig": {}, "extraData": {}}


@dataclass(frozen=True)
class Work:
    """A work, or whatever a list holds: newer ones have greater ids."""

    key: int
    on: date
    kind: int
    width: int
    height: int

    @property
    def ratio(self) -> str:
        return "0" if self.width == self.height else "0.5" if self.width > self.height else "-0.5"


@dataclass
class Moving:
    """A moving site. Rates are events a request: works that come on top, that go, anywhere.

    first, last: the days of the works; count: how many there are at first. returns: how often one that
    was hidden is shown again at its place. publishes: how often a ranking is published anew.
    is_session: whether pages of searches hold 60 works and no advertisement. shares_days: whether the
    site leaves the last day of a period out. most: how many elements a page by offset has at most. left: accounts
    that have left: they are counted and have their place, and no page shows them. is_stuck: whether pages by offset
    are always the first.
    """

    seed: int = 1
    count: int = 300
    first: date = date(2026, 9, 1)
    last: date = date(2026, 9, 30)
    comes: float = 0.0
    goes: float = 0.0
    returns: float = 0.0
    publishes: float = 0.0
    cap: int = 10
    is_session: bool = False
    shares_days: bool = False
    most: int = 100
    off_by: int = 0
    requests: int = 0
    works: list[Work] = field(default_factory=list)
    left: set[int] = field(default_factory=set)
    is_stuck: bool = False
    ranked: list[int] = field(default_factory=list)
    publication: int = 0
    publications: list[list[int]] = field(default_factory=list)
    next_on: date | None = None
    _hidden: list[Work] = field(default_factory=list)
    _gone: set[int] = field(default_factory=set)
    _since: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._newest = 1_000_000
        days = (self.last - self.first).days + 1
        on = sorted(self._random.randrange(days) for _ in range(self.count))
        for day in on:
            self._come(self.first + timedelta(days=day))
        self.ranked = [1 + place for place in range(500)]
        self.publications.append(list(self.ranked))
        self.begin()

    def begin(self) -> None:
        """Watch what is there throughout, from now on."""
        self._since = {work.key for work in self.works}
        self._gone = set()

    @property
    def throughout(self) -> set[int]:
        """Return the works that were there all the time since `begin`."""
        return self._since - self._gone

    def calm(self) -> None:
        """Nothing happens any more."""
        self.comes = self.goes = self.returns = self.publishes = 0.0

    def _come(self, on: date) -> None:
        draw = self._random
        self._newest += draw.randrange(1, 9)
        width = draw.randrange(300, 4_000)
        height = width if draw.random() < 0.1 else draw.randrange(300, 4_000)
        kind = draw.choices((0, 1, 2), (70, 25, 5))[0]
        self.works.insert(0, Work(self._newest, on, kind, width, height))

    def _move(self) -> None:
        """Let the list move between two requests."""
        draw = self._random
        for rate, event in (
            (self.comes, lambda: self._come(self.last)),
            (self.goes, self._go),
            (self.returns, self._return),
            (self.publishes, self._publish),
        ):
            for certainly in range(int(rate) + 1):
                if draw.random() < rate - certainly:
                    event()

    def _go(self) -> None:
        if self.works:
            work = self.works.pop(self._random.randrange(len(self.works)))
            self._gone.add(work.key)
            self._hidden.append(work)

    def _return(self) -> None:
        if self._hidden:
            self.works.append(self._hidden.pop(self._random.randrange(len(self._hidden))))
            self.works.sort(key=lambda work: -work.key)

    def _publish(self) -> None:
        """Some works change places, some leave, new ones come; the whole may be told otherwise."""
        draw = self._random
        for _ in range(draw.randrange(1, 40)):
            one, other = (draw.randrange(len(self.ranked)) for _ in range(2))
            self.ranked[one], self.ranked[other] = self.ranked[other], self.ranked[one]
        for _ in range(draw.randrange(0, 4)):
            self.ranked.insert(draw.randrange(len(self.ranked)), 10_000 + draw.randrange(10**6))
        if draw.random() < 0.3:
            self.next_on = date(2026, 9, 21)
        self.publication += 1
        self.publications.append(list(self.ranked))

    def answer(self, target: str) -> dict[str, Any] | None:
        """The response to a path and query, as JSON; None where it is of another kind.

        What happens between two requests has happened before it.
        """
        if self.requests:
            self._move()
        self.requests += 1
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        for pattern, make in ROUTES:
            found = re.fullmatch(pattern, address.path)
            if found:
                return make(self, [unquote(part) for part in found.groups()], query)  # type: ignore[no-any-return]
        return None

    def found(self, query: Mapping[str, str]) -> list[Work]:
        """Return the works that a search finds, in its order."""
        kinds = KINDS.get(query.get("type", ""), (0, 1, 2))
        begin, end = query.get("scd", ""), query.get("ecd", "9")
        limits = {
            name: int(query.get(name) or usual)
            for name, usual in (("wlt", 0), ("wgt", 10**9), ("hlt", 0), ("hgt", 10**9))
        }
        listed = [
            work
            for work in self.works
            if work.kind in kinds
            and begin <= f"{work.on}"
            and (f"{work.on}" < end or (f"{work.on}" == end and not self._leaves_out(query)))
            and limits["wlt"] <= work.width <= limits["wgt"]
            and limits["hlt"] <= work.height <= limits["hgt"]
            and query.get("ratio", work.ratio) == work.ratio
        ]
        return listed[::-1] if query.get("order") == "date" else listed

    def _leaves_out(self, query: Mapping[str, str]) -> bool:
        return self.shares_days and query.get("scd") != query.get("ecd") != f"{self.last}"


def short(work: Work) -> dict[str, Any]:
    """A work as lists carry it."""
    return {
        "id": str(work.key),
        "title": "題",
        "illustType": work.kind,
        "xRestrict": 0,
        "restrict": 0,
        "sl": 2,
        "url": f"https://i.pximg.net/{work.key}.jpg",
        "description": "",
        "tags": ["空"],
        "userId": "7",
        "userName": "作家",
        "width": work.width,
        "height": work.height,
        "pageCount": 1,
        "createDate": f"{work.on}{JST_NOON}",
        "updateDate": f"{work.on}{JST_NOON}",
        "isUnlisted": False,
        "isMasked": False,
        "profileImageUrl": "https://i.pximg.net/7_50.jpg",
    }


def enveloped(body: Any) -> dict[str, Any]:
    """A body in pixiv's envelope."""
    return {"error": False, "message": "", "body": body}


def bundled(shown: Sequence[Work], **more: Any) -> dict[str, Any]:
    """A body with works beside its page."""
    thumbnails = {"illust": [short(work) for work in shown], "novel": [], "novelSeries": [], "novelDraft": []}
    beside = {"tagTranslation": [], "illustSeries": [], "requests": [], "users": []}
    return enveloped({"thumbnails": thumbnails, **beside, **more})


def pages(query: Mapping[str, str], size: int, count: int) -> tuple[slice, int, int]:
    """Return the place of page `p`, its number, and the number of pages."""
    page = int(query.get("p") or query.get("page") or 1)
    return slice((page - 1) * size, page * size), page, max(1, -(-count // size))


def search(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """A search: past its last page the last again, an advertisement anywhere."""
    found = site.found(query)
    size = 60 if site.is_session else WORKS_A_PAGE
    _, page, count = pages(query, size, len(found))
    last = min(count, 1000 if site.is_session else site.cap)
    page = min(page, last)
    shown: list[dict[str, Any]] = [short(work) for work in found[(page - 1) * size : page * size]]
    if not site.is_session and shown:
        shown.insert(site.requests * 7 % (len(shown) + 1), {"isAdContainer": True})
    total = len(found) + (site.off_by if page == 1 and found else 0)
    key = {"artworks": "illustManga", "illustrations": "illust"}.get(path[0], path[0])
    around = {"popular": {"recent": [], "permanent": []}, "relatedTags": [], "tagTranslation": []}
    told = {"data": shown, "total": total, "lastPage": last, "bookmarkRanges": []}
    return {"error": False, "body": {key: told, **around, **ZONES}}


def series(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """The works of a series, newest first: past its last page nothing."""
    place, _, count = pages(query, 12, len(site.works))
    shown = site.works[place]
    listed = [{"workId": str(work.key), "order": work.key - 1_000_000} for work in shown]
    return bundled(shown, page={"series": listed, "total": len(site.works), "lastPage": count}, **ZONES)


def _by_offset(site: Moving, query: Mapping[str, str]) -> tuple[list[Work], int]:
    offset = 0 if site.is_stuck else int(query.get("offset") or 0)
    limit = min(int(query["limit"]), site.most)
    placed = site.works[offset : offset + limit]
    return [work for work in placed if work.key not in site.left], offset + limit


def bookmarks(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """A user's bookmarks."""
    shown, _ = _by_offset(site, query)
    return enveloped({"works": [short(work) for work in shown], "total": len(site.works), "bookmarkTags": [], **ZONES})


def people(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Whom a user follows, or who follows."""
    shown, _ = _by_offset(site, query)
    users = [
        {
            "userId": str(one.key),
            "userName": "名",
            "userComment": "",
            "illusts": [],
            "novels": [],
            "profileImageUrl": "https://i.pximg.net/7_170.jpg",
            "acceptRequest": False,
        }
        for one in shown
    ]
    return enveloped({"users": users, "total": len(site.works), "followUserTags": [], **ZONES})


def _comment(one: Work) -> dict[str, Any]:
    return {
        "id": str(one.key),
        "userId": "7",
        "userName": "名",
        "isDeletedUser": False,
        "comment": "言",
        "stampId": None,
        "commentDate": f"{one.on} 12:00",
        "commentParentId": None,
        "commentUserId": "7",
        "editable": False,
        "hasReplies": False,
        "img": "https://i.pximg.net/7.jpg",
    }


def comments(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Comments below a work: no total."""
    shown, end = _by_offset(site, query)
    return enveloped({"comments": list(map(_comment, shown)), "hasNext": end < len(site.works)})


def comment_replies(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Responses to a comment: pages by number, no total."""
    place, page, count = pages(query, 10, len(site.works))
    told = [
        {key: value for key, value in _comment(one).items() if key not in ("hasReplies", "isDeletedUser")}
        | {"commentParentId": query["comment_id"], "commentRootId": query["comment_id"]}
        for one in site.works[place]
    ]
    return enveloped({"comments": told, "hasNext": page < count})


def feed(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """New works of followed users: no total."""
    place, page, count = pages(query, 60, len(site.works))
    shown = site.works[place]
    ids = [work.key for work in shown]
    return bundled(shown, page={"ids": ids, "isLastPage": page >= count, "tags": []})


def commissions(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Creators or requests: no total."""
    place, page, count = pages(query, 24, len(site.works))
    ids = [str(one.key) for one in site.works[place]]
    told = {"workType": path[1], "mode": "all", "pager": {"page": page, "hasNextPage": page < count}}
    if path[0] == "creators":
        return bundled((), page={**told, "creatorUserIds": ids, "followCreatorUserIds": []})
    beside = {"complete": "recommendRequestIds", "in_progress": "followRequestIds"}[path[0]]
    return bundled((), page={**told, "requestIds": ids, beside: []})


def watch_list(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Watched series: a total, as text."""
    place, _, count = pages(query, 10, len(site.works))
    ids = [str(one.key) for one in site.works[place]]
    return bundled((), page={"total": str(len(site.works)), "maxPage": count, "watchedSeriesIds": ids})


def new_illusts(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """New works of everyone, after a work."""
    after = int(query.get("lastId") or 0)
    listed = [work for work in site.works if not after or work.key < after]
    limit = int(query["limit"])
    shown = listed[:limit]
    last = str(shown[-1].key) if len(listed) > limit else "0"
    return enveloped({"illusts": [short(work) for work in shown], "lastId": last, **ZONES})


def ranking(site: Moving, path: Sequence[str], query: Mapping[str, str]) -> dict[str, Any]:
    """The newest publication of a day's ranking."""
    page = int(query.get("p") or 1)
    count = -(-len(site.ranked) // RANKS_A_PAGE)
    place = slice((page - 1) * RANKS_A_PAGE, page * RANKS_A_PAGE)
    return {
        "contents": list(_ranked(site.ranked[place], (page - 1) * RANKS_A_PAGE)),
        "mode": query["mode"],
        "content": "all",
        "page": page,
        "prev": page - 1 or False,
        "next": page + 1 if page < count else False,
        "date": query.get("date") or "20260920",
        "prev_date": "20260919",
        "next_date": f"{site.next_on:%Y%m%d}" if site.next_on else False,
        "rank_total": len(site.ranked),
    }


def _ranked(keys: Sequence[int], before: int) -> Iterator[dict[str, Any]]:
    for place, key in enumerate(keys, 1):
        yield {
            "title": "題",
            "date": "2026年09月19日 00:02",
            "tags": ["空"],
            "url": f"https://i.pximg.net/{key}_p0.jpg",
            "illust_type": "0",
            "illust_book_style": "0",
            "illust_page_count": "1",
            "user_name": "作家",
            "profile_img": "https://i.pximg.net/u_50.png",
            "illust_content_type": {"sexual": 0},
            "illust_series": False,
            "illust_id": key,
            "width": 10,
            "height": 10,
            "user_id": 7,
            "rank": before + place,
            "yes_rank": 0,
            "rating_count": 29,
            "view_count": 150,
            "illust_upload_timestamp": 1789743720,
            "attr": "",
            "is_masked": False,
        }


ROUTES: Sequence[tuple[str, Any]] = (
    (r"/ajax/search/(artworks|illustrations|manga)/(.+)", search),
    (r"/ajax/series/(\d+)", series),
    (r"/ajax/user/(\d+)/illusts/bookmarks", bookmarks),
    (r"/ajax/user/(\d+)/(following|followers)", people),
    (r"/ajax/illusts/comments/roots", comments),
    (r"/ajax/illusts/comments/replies", comment_replies),
    (r"/ajax/(follow|mypixiv)_latest/illust", feed),
    (r"/ajax/commission/page/request/(complete|creators|in_progress)/(\w+)", commissions),
    (r"/ajax/watch_list/manga", watch_list),
    (r"/ajax/illust/new", new_illusts),
    (r"/ranking\.php", ranking),
)
