"""Generated searches: totals by day, a page cap, an advertisement a page, a repeated last page."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from typing import Any

from standin import fake_works
from standin.bodies import ZONES, novel
from standin.fake_works import Work
from standin.routes import Asked, route

WORKS_A_PAGE = 59  # the sixtieth slot is an advertisement
PAGES_ANONYMOUS, PAGES_SESSION = 10, 1000
KINDS = {"illust": (0,), "ugoira": (2,), "illust_and_ugoira": (0, 2), "manga": (1,)}
MOST_A_DAY = 30


def found(asked: Asked, word: str, kinds: tuple[int, ...]) -> list[Work]:
    """The works that a word finds, newest first: some of each day of the period."""
    last = date.fromisoformat(asked.query["ecd"]) if asked.query.get("ecd") else asked.last
    first = date.fromisoformat(asked.query["scd"]) if asked.query.get("scd") else last - timedelta(29)
    listed: list[Work] = []
    day = min(last, asked.last)
    while day >= max(first, fake_works.FIRST):
        number = fake_works.number_of(day)
        most = zlib.crc32(f"{word}:{number}".encode()) % MOST_A_DAY
        shown = [w for w in fake_works.uploaded_on(asked.seed, number) if w.kind in kinds and not w.x_restrict]
        listed += reversed(shown[:most])
        day -= timedelta(days=1)
    return listed[::-1] if asked.query.get("order") == "date" else listed


def around(asked: Asked, word: str) -> dict[str, Any]:
    """Return what every search contains in addition to works."""
    some = [asked.short(work) for work in asked.newest(6)]
    return {
        "popular": {"recent": some[:2], "permanent": some[2:5]},
        "relatedTags": ["空", "海", f"{word}絵"],
        "tagTranslation": [],
        "zoneConfig": ZONES,
        "extraData": {"meta": {}},
    }


def page_of(asked: Asked, kinds: tuple[int, ...]) -> dict[str, Any]:
    """The works of a page with an advertisement among them; past the last page, the last again."""
    word = asked.path[0]
    listed = found(asked, word, kinds)
    cap = PAGES_SESSION if asked.account else PAGES_ANONYMOUS
    last = max(1, min(-(-len(listed) // WORKS_A_PAGE), cap))
    page = min(max(asked.number("p", 1), 1), last)
    shown: list[Any] = [
        {**asked.short(work), "tags": [word, *asked.short(work)["tags"]][:10]}
        for work in listed[(page - 1) * WORKS_A_PAGE : page * WORKS_A_PAGE]
    ]
    if shown:
        shown.insert(min(7, len(shown)), {"isAdContainer": True})
    ranges = [{"min": None, "max": None}]
    return {"data": shown, "total": len(listed), "lastPage": last, "bookmarkRanges": ranges}


@route(r"/search/artworks/(.+)")
def artworks(asked: Asked) -> Any:
    """Works of all kinds."""
    kinds = KINDS.get(asked.query.get("type", "all"), (0, 1, 2))
    return {"illustManga": page_of(asked, kinds), **around(asked, asked.path[0])}


@route(r"/search/illustrations/(.+)")
def illustrations(asked: Asked) -> Any:
    """Illustrations and moving pictures."""
    kinds = KINDS.get(asked.query.get("type", ""), (0, 2))
    return {"illust": page_of(asked, kinds), **around(asked, asked.path[0])}


@route(r"/search/manga/(.+)")
def manga(asked: Asked) -> Any:
    """Manga."""
    return {"manga": page_of(asked, (1,)), **around(asked, asked.path[0])}


@route(r"/search/top/(.+)")
def top(asked: Asked) -> Any:
    """The first of everything."""
    word = asked.path[0]

    def some(kinds: tuple[int, ...]) -> dict[str, Any]:
        listed = found(asked, word, kinds)
        return {"data": [asked.short(work) for work in listed[:24]], "total": len(listed)}

    novels = [novel(2_000 + n, 900 + n, asked.today) for n in range(8)]
    return {
        "illust": some((0, 2)),
        "manga": some((1,)),
        "novel": {"data": novels, "total": 6760},
        **around(asked, word),
    }
