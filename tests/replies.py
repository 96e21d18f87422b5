"""Small replies of the project's own making."""

from __future__ import annotations

import json
from typing import Any

from crawler.capture.record import digest, moment
from crawler.model.page import Page, Reply
from crawler.model.target import Target
from crawler.parse import parse

BASE = "https://www.pixiv.net"
DAY = "20240206"


def work(artwork_id: int = 1, rank: int = 1, **changes: Any) -> dict[str, Any]:
    """A ranking row."""
    return {
        "title": "題",
        "date": "2024年02月05日 00:02",
        "tags": ["空", "海"],
        "url": f"https://i.pximg.net/c/240x480/img/{artwork_id}_p0.jpg",
        "illust_type": "0",
        "illust_book_style": "0",
        "illust_page_count": "4",
        "user_name": "作家",
        "profile_img": "https://i.pximg.net/u_50.png",
        "illust_content_type": {"sexual": 0, "violent": True, "original": True, "bl": False},
        "illust_series": False,
        "illust_id": artwork_id,
        "width": 1146,
        "height": 1314,
        "user_id": 7,
        "rank": rank,
        "yes_rank": 0,
        "rating_count": 29,
        "view_count": 150,
        "illust_upload_timestamp": 1707058929,
        "attr": "violent original",
        **changes,
    }


WITHHELD: dict[str, Any] = {
    "title": "",
    "tags": [],
    "user_name": "",
    "date": "1970年01月01日 00:00",
    "url": "https://s.pximg.net/common/images/limit_unviewable_s.png",
    "illust_page_count": 1,
    "illust_book_style": 0,
    "illust_content_type": [],
    "illust_upload_timestamp": -32400,
    "width": 100,
    "height": 100,
    "is_masked": False,
    "mask_reason": "login_only",
}


def ranking(*contents: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A page of a ranking."""
    return {
        "contents": list(contents) or [work()],
        "mode": "daily",
        "content": "all",
        "page": 1,
        "prev": False,
        "next": False,
        "date": DAY,
        "prev_date": "20240205",
        "next_date": False,
        "rank_total": 500,
        **changes,
    }


def detail(artwork_id: int = 1, **changes: Any) -> dict[str, Any]:
    """An artwork's own page."""
    body = {
        "illustId": str(artwork_id),
        "illustTitle": "題",
        "illustComment": "説明<br />",
        "id": str(artwork_id),
        "title": "題",
        "description": "説明<br />",
        "illustType": 0,
        "createDate": "2024-02-04T15:02:09+00:00",
        "uploadDate": "2024-02-04T15:02:09+00:00",
        "restrict": 0,
        "xRestrict": 0,
        "sl": 2,
        "urls": {
            "thumb": f"https://i.pximg.net/c/250x250/{artwork_id}.jpg",
            "original": f"https://i.pximg.net/img-original/{artwork_id}_p0.png",
        },
        "tags": {
            "authorId": "7",
            "isLocked": False,
            "writable": False,
            "tags": [{"tag": "空", "locked": True, "deletable": False, "userId": "7", "userName": "作家"}],
        },
        "userId": "7",
        "userName": "作家",
        "userAccount": "sakka",
        "userIllusts": {str(artwork_id): None, "9": None},
        "width": 1146,
        "height": 1314,
        "pageCount": 4,
        "bookmarkCount": 40,
        "likeCount": 24,
        "commentCount": 5,
        "responseCount": 0,
        "viewCount": 114,
        "bookStyle": 0,
        "isHowto": False,
        "isOriginal": True,
        "aiType": 1,
        "isUnlisted": False,
        "commentOff": 0,
        **changes,
    }
    return {"error": False, "message": "", "body": body}


def thumbnail(artwork_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A short work as lists carry it."""
    return {
        "id": str(artwork_id),
        "title": "題",
        "illustType": 0,
        "xRestrict": 0,
        "restrict": 0,
        "sl": 2,
        "url": f"https://i.pximg.net/c/250x250/{artwork_id}.jpg",
        "description": "",
        "tags": ["空"],
        "userId": "7",
        "userName": "作家",
        "width": 1146,
        "height": 1314,
        "pageCount": 4,
        "createDate": "2024-02-05T00:02:09+09:00",
        "updateDate": "2024-02-05T00:02:09+09:00",
        "isUnlisted": False,
        "isMasked": False,
        "profileImageUrl": "https://i.pximg.net/u_50.png",
        **changes,
    }


def commission(*thumbnails: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A page of completed requests."""
    body = {
        "page": {
            "requestIds": ["5"],
            "recommendRequestIds": [],
            "workType": "illust",
            "mode": "all",
            "pager": {"hasNextPage": False, "page": 1},
        },
        "thumbnails": {"illust": list(thumbnails), "novel": [], "novelSeries": [], "novelDraft": []},
        "tagTranslation": [],
        "illustSeries": [],
        "users": [],
        "requests": [],
        **changes,
    }
    return {"error": False, "message": "", "body": body}


def reply(url: str, body: Any, *, status: int = 200, at_ms: int = 1_790_000_000_000, **fields: Any) -> Reply:
    """A kept reply; body is JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    seal = digest(url, status, data)
    return Reply(
        url=url,
        status=status,
        body=data,
        observed_at=moment(at_ms, seal),
        digest=seal,
        **{"content_type": "application/json", "crawl_id": "c", **fields},
    )


def ranking_target(date: str = DAY, page: int = 1, mode: str = "daily") -> Target:
    """The target of a ranking page."""
    return Target("ranking", {"mode": mode, "content": "all", "date": date}, page)


def artwork_target(artwork_id: int = 1) -> Target:
    """The target of an artwork's page."""
    return Target("artwork", {"illust_id": str(artwork_id)}, 1, "2026-09-21")


COMMISSION_TARGET = Target("commission_complete_illust", {"mode": "all"}, 1, "2026-09-21")


def ranking_page(*contents: dict[str, Any], at_ms: int = 1_790_000_000_000, **changes: Any) -> Page:
    """A parsed ranking page."""
    return body_page(ranking(*contents, **changes), at_ms=at_ms)


def body_page(body: dict[str, Any], *, at_ms: int = 1_790_000_000_000) -> Page:
    """A parsed page of a ranking, as its body says which."""
    target = ranking_target(body["date"], body["page"], body["mode"])
    return parse(target, reply(f"{BASE}/ranking.php?date={body['date']}&p={body['page']}", body, at_ms=at_ms))


def detail_page(artwork_id: int = 1, *, at_ms: int = 1_790_000_000_000, **changes: Any) -> Page:
    """A parsed artwork page."""
    url = f"{BASE}/ajax/illust/{artwork_id}"
    return parse(artwork_target(artwork_id), reply(url, detail(artwork_id, **changes), at_ms=at_ms))


def list_page(*thumbnails: dict[str, Any], at_ms: int = 1_790_000_000_000, **changes: Any) -> Page:
    """A parsed page of completed requests."""
    url = f"{BASE}/ajax/commission/page/request/complete/illust"
    return parse(COMMISSION_TARGET, reply(url, commission(*thumbnails, **changes), at_ms=at_ms))
