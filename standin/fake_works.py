"""Generated works: who made what on which day, and how it fares afterwards; the same for a seed."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

JST = timezone(timedelta(hours=9))
FIRST = date(2007, 9, 13)
FIRST_AI = date(2022, 10, 31)
FIRST_ID = 1_000_000
WORKS_A_DAY = 1_500
USERS = 12_000
WORDS = "空海猫旅星花雨街夜春森光音鳥夢庭"
FLAGS = (
    "lo",
    "grotesque",
    "violent",
    "homosexual",
    "drug",
    "thoughts",
    "antisocial",
    "religion",
    "original",
    "furry",
    "bl",
    "yuri",
)
ATTRIBUTES = ("violent", "drug", "thoughts", "antisocial", "religion", "original")
EVENTS = (
    ("お正月", 12, 28, 14),
    ("バレンタイン", 2, 7, 9),
    ("桜", 3, 20, 25),
    ("七夕", 7, 1, 8),
    ("水着", 7, 10, 50),
    ("ハロウィン", 10, 18, 15),
    ("クリスマス", 12, 12, 15),
)


@dataclass(frozen=True, slots=True)
class Work:
    """Traits that decide where a work stands.

    hour: of its day, when it was uploaded; growth: the power of its age by which its views grow, about 0.4 as
    measured on real ones; revival: its age in days when it is found again; 0: never.
    """

    artwork_id: int
    user_id: int
    fame: float
    hour: float
    growth: float
    revival: int
    kind: int
    x_restrict: int
    is_ai: bool
    is_original: bool
    appeal: float

    def views(self, hours: float) -> float:
        """All views at an age: they never fall."""
        if hours <= 0:
            return 0.0
        first = 400 / (1.002 - self.fame) ** 0.85  # few have most of it
        found_again = 6 * first if self.revival and hours >= 24 * self.revival else 0.0
        return first * float(hours**self.growth) + found_again

    def gained(self, first: int, last: int) -> float:
        """The views of its days from one to another, counted from that of its upload as 0."""
        return self.views(24 * (last + 1) - self.hour) - self.views(24 * first - self.hour)


def number_of(day: date) -> int:
    """Days since the first ranking."""
    return (day - FIRST).days


def day_of(artwork_id: int) -> date:
    """The day a work was uploaded: its id tells."""
    return FIRST + timedelta(days=(artwork_id - FIRST_ID) // WORKS_A_DAY)


def _chosen(rng: random.Random, values: Sequence[T], up_to: Sequence[int]) -> T:
    """One of some values. up_to: the percentages, added up; `choices` takes four times as long."""
    return values[bisect(up_to, rng.random() * 100, 0, len(values) - 1)]


@lru_cache(maxsize=200)
def uploaded_on(seed: int, day: int) -> tuple[Work, ...]:
    """The works of a day, by number."""
    rng = random.Random(f"{seed}:{day}")
    has_ai = day >= number_of(FIRST_AI) - 1
    made = []
    for place in range(WORKS_A_DAY if day >= 0 else 0):
        is_ai = has_ai and rng.random() < 0.08
        restrict = _chosen(rng, (0, 1, 2), (55, 97, 100) if is_ai else (76, 95, 100))
        made.append(
            Work(
                artwork_id=FIRST_ID + day * WORKS_A_DAY + place,
                user_id=1_000 + int(USERS * rng.random() ** 2),
                fame=rng.random() ** 2,
                hour=rng.random() * 24,
                growth=rng.uniform(0.3, 0.5),
                revival=rng.randint(5, 28) if rng.random() < 0.02 else 0,
                kind=_chosen(rng, (0, 1, 2), (72, 97, 100)),
                x_restrict=restrict,
                is_ai=is_ai,
                is_original=rng.random() < 0.5,
                appeal=rng.uniform(-1, 1),
            )
        )
    return tuple(made)


@lru_cache(maxsize=200)
def found_again(seed: int, day: int) -> tuple[Work, ...]:
    """The works of a day that are found again later."""
    return tuple(work for work in uploaded_on(seed, day) if work.revival)


@lru_cache(maxsize=50_000)
def facts(seed: int, work: Work) -> dict[str, Any]:
    """Lasting traits of a work."""
    rng = random.Random(f"{seed}:{work.artwork_id}")
    day = day_of(work.artwork_id)
    midnight = datetime(day.year, day.month, day.day, tzinfo=JST)
    uploaded = midnight + timedelta(seconds=int(work.hour * 3600))
    has_series = rng.random() < 0.2
    return {
        "title": "".join(rng.choices(WORDS, k=rng.randint(1, 12))),
        "tags": tags(rng, work, day),
        "uploaded": uploaded,
        "timestamp": int(uploaded.astimezone(UTC).timestamp()),
        # Images that were uploaded again: 4% of rows.
        "again": rng.randrange(3_600, 86_400) if rng.random() < 0.04 else 0,
        "pages": str(1 if work.kind == 2 else 1 + int(rng.expovariate(0.6))),
        "width": rng.randint(400, 4000),
        "height": rng.randint(400, 4000),
        "series": 1_000 + work.user_id * 3 + rng.randrange(3) if has_series else None,
        "series_order": rng.randint(1, 9),
        "flags": {name: rng.random() < 0.03 for name in FLAGS} | {"original": work.is_original},
        "sexual": 2 if work.x_restrict else int(rng.random() < 0.2),
        "renamed": rng.randint(2, 60) if rng.random() < 0.02 else None,
        "deleted": rng.randint(2, 400) if rng.random() < 0.003 else None,
        "withheld": rng.choice((0, rng.randint(1, 200))) if rng.random() < 0.012 else None,
    }


def tags(rng: random.Random, work: Work, day: date) -> list[str]:
    """At most ten tags: what it is, the season, and common ones more often than rare ones."""
    chosen = ["オリジナル"] if work.is_original else []
    chosen += ["漫画"] if work.kind == 1 else ["うごイラ"] if work.kind == 2 else []
    chosen += ["AIイラスト"] if work.is_ai else []
    for name, month, begins, days in EVENTS:
        start = date(day.year, month, begins)
        if 0 <= (day - start).days < days and rng.random() < 0.15:
            chosen.append(name)
    # A fashion of a few weeks, found again by its number.
    if rng.random() < 0.05:
        chosen.append(f"流行{number_of(day) // 20}")
    chosen += [
        f"{WORDS[place % len(WORDS)]}{place // len(WORDS) or ''}"
        for place in (int(3_000 * rng.random() ** 4) for _ in range(rng.randint(0, 7)))
    ]
    return list(dict.fromkeys(chosen))[:10]


def tags_of(seed: int, work: Work, today: date) -> list[str]:
    """The tags as they are today: a work that many bookmark gets a tag that says so, overnight."""
    own: list[str] = facts(seed, work)["tags"]
    age = (today - day_of(work.artwork_id)).days
    bookmarks = BOOKMARKED * work.views(24 * age - work.hour) if age > 0 else 0
    reached = [number for number in OUTCOMES if bookmarks >= number]
    return [*own[: 9 if reached else 10], *(f"{number}users入り" for number in reached[-1:])]


OUTCOMES = (100, 300, 500, 1_000, 5_000, 10_000)
BOOKMARKED = 0.08
"""The share of views that become bookmarks, about."""


def is_past(work: Work, days: int | None, today: date) -> bool:
    """Return True if something that befalls a work so many days after its upload has happened."""
    return days is not None and (today - day_of(work.artwork_id)).days >= days


def title(seed: int, work: Work, today: date) -> str:
    """The title as it is today: some are changed."""
    known = facts(seed, work)
    return known["title"] + "（改）" if is_past(work, known["renamed"], today) else known["title"]


def user_name(user_id: int, today: date) -> str:
    """The author's name as it is today: one in twenty takes another for an event each August."""
    name = f"{WORDS[user_id % len(WORDS)]}{user_id}"
    return f"{name}@夏コミ" if user_id % 20 == 0 and today.month == 8 else name
