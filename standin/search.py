"""Generated searches: totals by day, a page cap, an advertisement a page, a repeated last page."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
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


def page_of(
    asked: Asked, listed: Sequence[Any], size: int = WORKS_A_PAGE, cap: int = PAGES_ANONYMOUS, ad_at: int = 7
) -> dict[str, Any]:
    """The works of a page, with an advertisement if there is room; past the last page, the last again."""
    last = max(1, min(-(-len(listed) // size), cap))
    page = min(max(asked.number("p", 1), 1), last)
    shown = [asked.short(work) for work in listed[(page - 1) * size : page * size]]
    for work in shown:
        work["tags"] = [asked.path[1], *work["tags"]][:10]
    if shown and size == WORKS_A_PAGE:
        shown.insert(min(ad_at, len(shown)), {"isAdContainer": True})
    return {"data": shown, "total": len(listed), "lastPage": last, "bookmarkRanges": [{"min": None, "max": None}]}


LISTS = {"artworks": ("illustManga", (0, 1, 2)), "illustrations": ("illust", (0, 2)), "manga": ("manga", (1,))}
"""The key under which a search shows its works, and their kinds where the query names none."""


@route(r"/search/(artworks|illustrations|manga)/(.+)", moves=True)
def search(asked: Asked) -> Any:
    """Works of all kinds, or of some."""
    (key, usual), word = LISTS[asked.path[0]], asked.path[1]
    kinds = KINDS.get(asked.query.get("type", ""), usual)
    if asked.is_moving:
        return {key: asked.searched(kinds), **around(asked, word)}
    cap = PAGES_SESSION if asked.account else PAGES_ANONYMOUS
    return {key: page_of(asked, found(asked, word, kinds), cap=cap), **around(asked, word)}


@route(r"/search/top/(.+)")
def top(asked: Asked) -> Any:
    """The first of everything."""
    word = asked.path[0]
    listed = {"illust": found(asked, word, (0, 2)), "manga": found(asked, word, (1,))}
    parts = {
        key: {"data": [asked.short(work) for work in works[:24]], "total": len(works)} for key, works in listed.items()
    }
    novels = [novel(2_000 + n, 900 + n, asked.today) for n in range(8)]
    return {**parts, "novel": {"data": novels, "total": 6760}, **around(asked, word)}
