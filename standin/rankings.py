"""Generated rankings: any day since 2007-09-13, the same for the same seed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

JST = timezone(timedelta(hours=9))
FIRST = date(2007, 9, 13)
PAGE = 50
SIZES = {
    "rookie": 300, "daily_r18": 100, "weekly_r18": 100,
    "r18g": 50, "daily_ai": 50, "daily_r18_ai": 50,
}  # fmt: skip
WORDS = (
    "空",
    "海",
    "猫",
    "旅",
    "星",
    "花",
    "雨",
    "街",
    "夜",
    "春",
    "森",
    "光",
    "音",
    "鳥",
    "夢",
    "庭",
)
FLAGS = (
    "lo", "grotesque", "violent", "homosexual", "drug", "thoughts",
    "antisocial", "religion", "original", "furry", "bl", "yuri",
)  # fmt: skip
MASKED_SINCE = date(2024, 9, 3)
WITHHELD_SINCE = date(2025, 3, 8)
META_SINCE = date(2025, 11, 20)
WORKS_A_DAY = 400


def newest(now: datetime) -> date:
    """The newest ranking there is: day D appears about noon (JST) of D+1."""
    return (now.astimezone(JST) - timedelta(days=1, hours=12)).date()


def size(mode: str, content: str) -> int:
    """How many ranks a ranking has."""
    return 69 if content == "ugoira" else SIZES.get(mode, 500)


@lru_cache(maxsize=200_000)
def work(seed: int, artwork_id: int) -> dict[str, Any]:
    """The unchanging facts of a work. Its id tells its day."""
    rng = random.Random(f"{seed}:{artwork_id}")
    day = FIRST + timedelta(days=(artwork_id - 1_000_000) // WORKS_A_DAY)
    uploaded = datetime(day.year, day.month, day.day, tzinfo=JST) + timedelta(
        seconds=rng.randrange(86_400)
    )
    author = rng.randrange(1, 20_000)
    tags = rng.sample(range(3_000), rng.randint(0, 10))
    return {
        "illust_id": artwork_id,
        "title": "".join(rng.choices(WORDS, k=rng.randint(1, 12))),
        "user_id": 1_000 + author,
        "user_name": f"{rng.choice(WORDS)}{author}",
        "tags": [f"{WORDS[tag % len(WORDS)]}{tag}" for tag in tags],
        "uploaded": uploaded,
        "kind": str(rng.choices((0, 1, 2), (80, 18, 2))[0]),
        "pages": str(1 + int(rng.expovariate(0.6))),
        "width": rng.randint(400, 4000),
        "height": rng.randint(400, 4000),
        "series": rng.randrange(1, 5_000) if rng.random() < 0.2 else None,
        "flags": {name: rng.random() < 0.03 for name in FLAGS} | {"original": rng.random() < 0.3},
        "sexual": int(rng.random() < 0.2),
        "fame": rng.random(),
    }


@lru_cache(maxsize=64)
def order(seed: int, mode: str, content: str, day: date) -> tuple[int, ...]:
    """The works of a ranking from rank 1 on."""
    rng = random.Random(f"{seed}:{mode}:{content}:{day}")
    days = (day - FIRST).days
    scores: dict[int, float] = {}
    for age in range(min(3, days + 1)):
        for place in range(WORKS_A_DAY):
            artwork_id = 1_000_000 + (days - age) * WORKS_A_DAY + place
            fame = work(seed, artwork_id)["fame"]
            scores[artwork_id] = fame * (1.0, 0.95, 0.6)[age] + rng.random() * 0.15
    ranked = sorted(scores, key=lambda key: -scores[key])
    return tuple(ranked[: size(mode, content)])


def row(seed: int, artwork_id: int, rank: int, previous: int, day: date) -> dict[str, Any]:
    """A ranking row as pixiv sends it on that day, drift included."""
    facts = work(seed, artwork_id)
    rng = random.Random(f"{seed}:{artwork_id}:{day}")
    uploaded: datetime = facts["uploaded"]
    shown = {
        "title": facts["title"],
        "date": f"{uploaded:%Y年%m月%d日 %H:%M}",
        "tags": facts["tags"],
        "url": "https://i.pximg.net/c/240x480/img-master/img/"
        f"{uploaded:%Y/%m/%d/%H/%M/%S}/{artwork_id}_p0_master1200.jpg",
        "illust_type": facts["kind"],
        "illust_book_style": "0",
        "illust_page_count": facts["pages"],
        "user_name": facts["user_name"],
        "profile_img": f"https://i.pximg.net/user-profile/img/{facts['user_id']}_50.jpg",
        "illust_content_type": {"sexual": facts["sexual"], **facts["flags"]},
        "illust_series": series(facts) if facts["series"] else False,
        "illust_id": artwork_id,
        "width": facts["width"],
        "height": facts["height"],
        "user_id": facts["user_id"],
        "rank": rank,
        "yes_rank": previous,
        "rating_count": int(100 + 9_000 / rank + rng.random() * 300),
        "view_count": int(2_000 + 200_000 / rank + rng.random() * 5_000),
        "illust_upload_timestamp": int(uploaded.astimezone(UTC).timestamp()),
        "attr": "original" if facts["flags"]["original"] else "",
    }
    if day >= MASKED_SINCE:
        shown["is_masked"] = bool(facts["sexual"])
    if day >= WITHHELD_SINCE and facts["fame"] > 0.5 and artwork_id % 97 == 0:
        withhold(shown)
    return shown


def series(facts: dict[str, Any]) -> dict[str, str]:
    """The series object of a row: nine strings."""
    key, user = facts["series"], facts["user_id"]
    return {
        "illust_series_id": str(key),
        "illust_series_user_id": str(user),
        "illust_series_title": f"シリーズ{key}",
        "illust_series_caption": "",
        "illust_series_content_count": "9",
        "illust_series_create_datetime": "2007-01-01 00:00:00",
        "illust_series_content_illust_id": str(facts["illust_id"]),
        "illust_series_content_order": "3",
        "page_url": f"/user/{user}/series/{key}",
    }


def withhold(shown: dict[str, Any]) -> None:
    """Blank a row as pixiv does for works that only members may see."""
    shown.update(
        title="", tags=[], user_name="", date="1970年01月01日 00:00",
        url="https://s.pximg.net/common/images/limit_unviewable_s.png",
        illust_page_count=1, illust_book_style=0, illust_content_type=[],
        illust_upload_timestamp=-32400, width=100, height=100, illust_series=False,
        is_masked=False, mask_reason="login_only",
    )  # fmt: skip


def reply(
    seed: int, mode: str, content: str, day: date, page: int, last: date
) -> dict[str, Any] | None:
    """A page of a ranking, or None where there is none. last: the newest day there is."""
    ranks = size(mode, content)
    pages = -(-ranks // PAGE)
    if not FIRST <= day <= last or not 1 <= page <= pages:
        return None
    today = order(seed, mode, content, day)
    before = order(seed, mode, content, day - timedelta(days=1)) if day > FIRST else ()
    previous = {artwork_id: place + 1 for place, artwork_id in enumerate(before)}
    rows = [
        row(seed, artwork_id, rank, previous.get(artwork_id, 0), day)
        for rank, artwork_id in enumerate(
            today[(page - 1) * PAGE : page * PAGE], (page - 1) * PAGE + 1
        )
        if artwork_id % 500  # deleted since: a gap in rank, never a renumbering
    ]
    root: dict[str, Any] = {
        "contents": rows, "mode": mode, "content": content, "page": page,
        "prev": page - 1 if page > 1 else False, "next": page + 1 if page < pages else False,
        "date": f"{day:%Y%m%d}",
        "prev_date": f"{day - timedelta(days=1):%Y%m%d}" if day > FIRST else False,
        "next_date": f"{day + timedelta(days=1):%Y%m%d}" if day < last else False,
        "rank_total": ranks,
    }  # fmt: skip
    if day >= META_SINCE:
        root |= {"meta": {"title": mode}, "date_range_text": f"{day}", "zoneConfig": {"header": {}}}
    return root
