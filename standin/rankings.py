"""Generated rankings: any day since 2007-09-13 as pixiv would send it, the same for a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import nlargest
from typing import Any

from standin import fake_works
from standin.bodies import body
from standin.fake_works import FIRST, JST, Work, number_of

PAGE = 50
ONE, SOME, MOST = ("all",), ("all", "illust", "manga"), ("all", "illust", "manga", "ugoira")
MODES = {
    "daily": (MOST, 10),
    "weekly": (MOST, 10),
    "monthly": (SOME, 10),
    "rookie": (SOME, 6),
    "original": (ONE, 10),
    "daily_ai": (ONE, 1),
    "male": (ONE, 10),
    "female": (ONE, 10),
    "daily_r18": (MOST, 2),
    "weekly_r18": (MOST, 2),
    "daily_r18_ai": (ONE, 1),
    "male_r18": (ONE, 10),
    "female_r18": (ONE, 10),
    "r18g": (SOME, 1),
}
"""Contents and pages of each mode, as pixiv has them. Nothing is taken from crawler/, so a wrong constant there fails."""
R18_MODES = frozenset(mode for mode in MODES if "r18" in mode)
FIRST_OF = {
    "daily_ai": date(2022, 10, 31),
    "daily_r18_ai": date(2022, 10, 31),
    "original": date(2009, 7, 1),
    "male": date(2010, 5, 1),
    "female": date(2010, 5, 1),
}
"""First days of modes, otherwise 2007-09-13. Those of 2009 and 2010 are invented."""

DAYS = {"weekly": 7, "monthly": 28, "rookie": 4}
"""Over how many days the modes rank whose names begin so; the others over one."""
LAST_REVIVAL = 28
"""The greatest age in days at which a work is found again."""
KINDS = {"illust": 0, "manga": 1, "ugoira": 2}

MASKED_SINCE = date(2024, 9, 3)
WITHHELD_SINCE = date(2025, 3, 8)
META_FIRST, META_ALWAYS = date(2025, 11, 1), date(2025, 11, 20)


def newest(now: datetime) -> date:
    """The newest ranking there is: day D appears about noon (JST) of D+1."""
    return (now.astimezone(JST) - timedelta(days=1, hours=12)).date()


def is_ranked(mode: str, day: date) -> bool:
    """Return True if a day has a ranking: a few of the early years have none."""
    is_lost = day.year < 2013 and _noise(number_of(day), 0, 1) < 0.003
    return day >= FIRST_OF.get(mode, FIRST) and not (is_lost and day != FIRST)


def neighbour(mode: str, day: date, step: int, last: date) -> date | None:
    """The ranked day before (-1) or after (1), or None where there is none."""
    other = day + timedelta(days=step)
    while FIRST_OF.get(mode, FIRST) <= other <= last:
        if is_ranked(mode, other):
            return other
        other += timedelta(days=step)
    return None


@lru_cache(maxsize=256)
def order(seed: int, mode: str, content: str, day: date) -> tuple[Work, ...]:
    """The works of a ranking from rank 1 on: of a day those that are younger than two at its end."""
    today, days = number_of(day), span(mode)
    salt = sum(map(ord, mode))
    scores: list[tuple[float, int, Work]] = []
    for age in range(days + 1 if days == 1 else days + LAST_REVIVAL + 1):
        first = age - days + 1
        for work in _fitting(seed, today - age, mode, is_found_again=age > days):
            if age > days and not first <= work.revival <= age:
                continue
            if content == "all" or work.kind == KINDS[content]:
                chance = 0.8 + 0.4 * _noise(work.artwork_id, today, salt)
                score = work.gained(first, age) * _taste(work, mode) * chance
                scores.append((score, work.artwork_id, work))
    # Of moving pictures there are as many as there are.
    size = 55 + today % 25 if content == "ugoira" else MODES[mode][1] * PAGE
    return tuple(work for _, _, work in nlargest(size, scores))


def span(mode: str) -> int:
    """Over how many days a mode ranks."""
    return DAYS.get(mode.partition("_")[0], 1)


@lru_cache(maxsize=1000)
def _fitting(seed: int, day: int, mode: str, *, is_found_again: bool) -> tuple[Work, ...]:
    """The works of a day that a mode ranks. is_found_again: those alone that are, later."""
    found = (fake_works.found_again if is_found_again else fake_works.uploaded_on)(seed, day)
    return tuple(work for work in found if _fits(work, mode))


def _fits(work: Work, mode: str) -> bool:
    if mode == "r18g":
        return work.x_restrict == 2
    if (work.x_restrict == 1) != (mode in R18_MODES) or work.x_restrict == 2:
        return False
    if work.is_ai != mode.endswith("_ai"):
        return False
    if mode == "rookie":
        return work.user_id % 3 == 0
    return mode != "original" or work.is_original


def _taste(work: Work, mode: str) -> float:
    if mode.startswith("male"):
        return 1 + 0.7 * work.appeal
    return 1 - 0.7 * work.appeal if mode.startswith("female") else 1.0


def _noise(first: int, second: int, salt: int) -> float:
    """A number from 0 to 1 that looks like chance."""
    mixed = (first * 2654435761 + second * 40503 + salt * 97) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 15) * 2246822519) & 0xFFFFFFFF
    return (mixed ^ mixed >> 13) / 2**32


def row(seed: int, work: Work, mode: str, rank: int, previous: int, day: date, today: date) -> dict[str, Any] | None:
    """A row as pixiv sends it of that day, today; None for a work deleted since.

    The day decides the shape, today what is told: a work renamed since has its new title.
    """
    known = fake_works.facts(seed, work)
    if fake_works.is_past(work, known["deleted"], today):
        return None
    uploaded: datetime = known["uploaded"]
    size = "480x960" if has_meta(day) else "240x480"
    page = "_p0" if work.kind != 2 else ""
    shown = {
        "title": fake_works.title(seed, work, today),
        "date": f"{uploaded:%Y年%m月%d日 %H:%M}",
        "tags": known["tags"],
        "url": f"https://i.pximg.net/c/{size}/img-master/img/{uploaded:%Y/%m/%d/%H/%M/%S}"
        f"/{work.artwork_id}{page}_master1200.jpg",
        "illust_type": str(work.kind),
        "illust_book_style": "0",
        "illust_page_count": known["pages"],
        "user_name": fake_works.user_name(work.user_id, today),
        "profile_img": f"https://i.pximg.net/user-profile/img/{work.user_id}_50.jpg",
        "illust_content_type": {"sexual": known["sexual"], **known["flags"]},
        "illust_series": (
            body(
                "ranked_series",
                id=known["series"],
                user=work.user_id,
                work=work.artwork_id,
                order=known["series_order"],
            )
            if known["series"]
            else False
        ),
        "illust_id": work.artwork_id,
        "width": known["width"],
        "height": known["height"],
        "user_id": work.user_id,
        "rank": rank,
        "yes_rank": previous,
        **counts(work, mode, day),
        "illust_upload_timestamp": known["timestamp"] + known["again"],
        "attr": " ".join(name for name in fake_works.ATTRIBUTES if known["flags"][name]),
    }
    if day >= MASKED_SINCE:
        shown["is_masked"] = bool(known["sexual"])
    if day >= WITHHELD_SINCE and fake_works.is_past(work, known["withheld"], today):
        shown |= body("withheld_rank")  # as pixiv does for works that only members may see
    return shown


def counts(work: Work, mode: str, day: date) -> dict[str, int]:
    """The ratings of the ranking's own days, and all views up to their end, as real rankings have them."""
    age = number_of(day) - number_of(fake_works.day_of(work.artwork_id))
    rate = 0.03 + 0.04 * _noise(work.artwork_id, 0, 11)
    return {
        "rating_count": int(work.gained(age - span(mode) + 1, age) * rate),
        "view_count": int(work.views(24 * (age + 1) - work.hour)),
    }


def has_meta(day: date) -> bool:
    """Return True if a day's response has the shape of November 2025, which came and went for three weeks."""
    return day >= META_ALWAYS or (day >= META_FIRST and (day - META_FIRST).days % 2 == 0)


def reply(
    seed: int, mode: str, content: str, day: date, page: int, last: date, *, has_session: bool = False
) -> dict[str, Any] | None:
    """A page of a ranking, or None where there is none. last: the newest day there is."""
    if mode not in MODES or content not in MODES[mode][0] or day > last or not is_ranked(mode, day):
        return None
    ranked = order(seed, mode, content, day)
    if not 1 <= page <= -(-len(ranked) // PAGE):
        return None
    prev_day, next_day = neighbour(mode, day, -1, last), neighbour(mode, day, 1, last)
    before = order(seed, mode, content, prev_day) if prev_day else ()
    previous = {work.artwork_id: place for place, work in enumerate(before, 1)}
    start = (page - 1) * PAGE
    today = last + timedelta(days=1)
    told = (
        row(seed, work, mode, rank, previous.get(work.artwork_id, 0), day, today)
        for rank, work in enumerate(ranked[start : start + PAGE], start + 1)
    )
    rows = [shown for shown in told if shown is not None]
    if has_session:
        rows = [shown | {"is_bookmarked": False, "bookmarkable": True} for shown in rows]
    return root(rows, mode, content, page, len(ranked), (prev_day, day, next_day))


def root(
    rows: list[dict[str, Any]],
    mode: str,
    content: str,
    page: int,
    total: int,
    days: tuple[date | None, date, date | None],
) -> dict[str, Any]:
    """A page around its rows. total: of all pages. days: the ranked day before, its own, the one after."""
    told = [f"{day:%Y%m%d}" if day else False for day in days]
    found = {
        "contents": rows,
        "mode": mode,
        "content": content,
        "page": page,
        "prev": page - 1 if page > 1 else False,
        "next": page + 1 if page * PAGE < total else False,
        "date": told[1],
        "prev_date": told[0],
        "next_date": told[2],
        "rank_total": total,
    }
    if has_meta(days[1]):
        found |= {"meta": {"title": mode}, "date_range_text": f"{days[1]}", "zoneConfig": {"header": {}}}
    return found


def first_pages(seed: int, mode: str, first: date, last: date) -> Iterator[dict[str, Any]]:
    """The first page of each day's ranking as it was when it was published: tags, titles and counts of that day.

    So are rankings archived that are read no deeper: ranks 1 to 50 of 500, previous ranks beyond them, works that stay
    two days at most, and tags that change overnight.
    """
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        body = reply(seed, mode, "all", day, 1, day)
        if body is not None:
            ranked = {work.artwork_id: work for work in order(seed, mode, "all", day)[:PAGE]}
            for entry in body["contents"]:
                if entry["tags"]:
                    work = ranked[entry["illust_id"]]
                    entry["tags"] = fake_works.tags_of(seed, work, day + timedelta(days=1))
            yield body
