"""Generated parts of responses: works, novels, users, requests, comments, as lists carry them.

What is always the same of a part is in bodies.json; here is what differs from one to the next.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from standin import fake_works
from standin.fake_works import JST, Work

BODIES: dict[str, Any] = json.loads(Path(__file__).with_name("bodies.json").read_text(encoding="utf-8"))
ERROR_400 = {"error": True, "message": "不正なリクエストです。", "body": []}
ZONES = BODIES["zones"]
SPAN = 40
"""Days back from the newest in which a user's works are looked for."""


def body(part: str, /, **values: Any) -> Any:
    """A part of bodies.json with its values: `"$name"` is the value as it is, `{name}` is it as text."""
    return _filled(BODIES[part], values)


def _filled(part: Any, values: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        return {_filled(key, values): _filled(inner, values) for key, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    if not isinstance(part, str):
        return part
    return values[part[1:]] if part.startswith("$") else part.format_map(values)


def work_of(seed: int, artwork_id: int, last: date) -> Work | None:
    """A work by id, or None where there is none yet."""
    day, place = divmod(artwork_id - fake_works.FIRST_ID, fake_works.WORKS_A_DAY)
    if artwork_id < fake_works.FIRST_ID or day > fake_works.number_of(last):
        return None
    return fake_works.uploaded_on(seed, day)[place]


@lru_cache(maxsize=64)
def newest_works(seed: int, last: date, count: int) -> tuple[Work, ...]:
    """The newest works that everyone may see, newest first."""
    found: list[Work] = []
    day = fake_works.number_of(last)
    while len(found) < count:
        found += [work for work in reversed(fake_works.uploaded_on(seed, day)) if not work.x_restrict]
        day -= 1
    return tuple(found[:count])


@lru_cache(maxsize=256)
def works_of(seed: int, user_id: int, last: date) -> tuple[Work, ...]:
    """The works of a user in the last days, newest first."""
    newest = fake_works.number_of(last)
    days = (fake_works.uploaded_on(seed, newest - back) for back in range(SPAN))
    return tuple(work for day in days for work in reversed(day) if work.user_id == user_id)


def _of_work(seed: int, work: Work, today: date) -> dict[str, Any]:
    """The fields that a short work and a work's own page share."""
    known = fake_works.facts(seed, work)
    return {
        "id": work.artwork_id,
        "user": work.user_id,
        "title": fake_works.title(seed, work, today),
        "name": fake_works.user_name(work.user_id, today),
        "kind": work.kind,
        "x_restrict": work.x_restrict,
        "width": known["width"],
        "height": known["height"],
        "pages": int(known["pages"]),
        "ai": 2 if work.is_ai else 1,
    }


def thumbnail(seed: int, work: Work, today: date, **more: Any) -> dict[str, Any]:
    """A short work."""
    known = fake_works.facts(seed, work)
    series = {"seriesId": str(known["series"]), "seriesTitle": f"シリーズ{known['series']}"}
    sl, at = 6 if work.x_restrict else 2, known["uploaded"].isoformat()
    short = body("thumbnail", **_of_work(seed, work, today), sl=sl, tags=known["tags"], at=at)
    return {**short, **(series if known["series"] else {}), **more}


def novel(user_id: int, novel_id: int, today: date) -> dict[str, Any]:
    """A short novel."""
    return body(  # type: ignore[no-any-return]
        "novel",
        id=novel_id,
        user=user_id,
        name=fake_works.user_name(user_id, today),
        length=4000 + novel_id % 999,
        bookmarks=novel_id % 77,
        series=novel_id % 50 + 1,
        at=datetime(today.year, today.month, today.day, 9, tzinfo=JST).isoformat(),
    )


def person(user_id: int, today: date, **more: Any) -> dict[str, Any]:
    """A short profile."""
    name, is_premium, accepts = fake_works.user_name(user_id, today), user_id % 3 == 0, user_id % 2 == 0
    return {**body("person", id=user_id, name=name, is_premium=is_premium, accepts=accepts), **more}


def request(request_id: int, work: Work, kind: str, *, is_complete: bool) -> dict[str, Any]:
    """A request (commission) to the author of a work."""
    is_anonymous = request_id % 5 == 0
    made: dict[str, Any] = body(
        "request",
        id=request_id,
        plan=10_000 + work.user_id,
        user=work.user_id,
        work=work.artwork_id,
        fan=None if is_anonymous else str(1_000 + request_id % 900),
        is_anonymous=is_anonymous,
        status="complete" if is_complete else "inProgress",
        kind=kind,
        price=5000 + request_id % 7 * 1000,
    )
    return made if is_complete else made | {"postWork": None}


def comment(artwork_id: int, place: int, *, parent: int | None = None) -> dict[str, Any]:
    """A comment below a work; with `parent` a reply."""
    made = artwork_id * 1_000 + place
    is_stamp = place % 7 == 3
    told: dict[str, Any] = body(
        "comment",
        id=made,
        user=1_000 + made % 9_000,
        text="" if is_stamp else f"すてき{place}",
        stamp="303" if is_stamp else None,
        at=f"2026-10-{1 + place % 28:02d} {place % 24:02d}:30",
        parent=None if parent is None else str(parent),
    )
    if parent is None:
        return told | {"isDeletedUser": False, "hasReplies": place % 9 == 0}
    return told | {"commentRootId": str(parent), "replyToUserId": "1400", "replyToUserName": "読者1400"}


def detail(seed: int, work: Work, today: date) -> dict[str, Any]:
    """An artwork's own page."""
    known, shared = fake_works.facts(seed, work), _of_work(seed, work, today)
    days = fake_works.number_of(today) - fake_works.number_of(fake_works.day_of(work.artwork_id))
    views = int(work.views(24 * (days + 0.5) - work.hour))
    nav = {"seriesType": "manga", "seriesId": str(known["series"]), "order": known["series_order"]}
    page = body(
        "own_page",
        **shared,
        at=(known["uploaded"] - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        url=f"https://i.pximg.net/img-original/img/{work.artwork_id}_p0.png",
        tags=[body("own_tag", **shared, tag=tag, length=len(tag)) for tag in known["tags"]],
        bookmarks=views // 20,
        likes=views // 30,
        comments=comment_count(work),
        views=views,
        is_original=work.is_original,
        series=nav if known["series"] else None,
        zones=ZONES,
    )
    return {**page, **(rare(work, today) if work.artwork_id % 100 == 0 else {})}


def rare(work: Work, today: date) -> dict[str, Any]:
    """Return what only few works' own pages contain: a poll, a request and its fan, works that answer."""
    asked = request(700 + work.artwork_id % 97, work, "illust", is_complete=True) | {"fanUserId": "1300"}
    together = asked.pop("collaborateStatus")
    together["userSamples"] = together.pop("collaborateUserSamples")
    return body(  # type: ignore[no-any-return]
        "rare",
        user=work.user_id,
        name=fake_works.user_name(work.user_id, today),
        request=asked,
        together=together,
        answer=body("answer", id=work.artwork_id - 1),
        answered=body("answer", id=work.artwork_id - 2),
    )


def comment_count(work: Work) -> int:
    """Return the number of comments that begin below a work."""
    return work.artwork_id % 130
