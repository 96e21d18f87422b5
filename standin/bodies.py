"""Generated parts of replies: works, novels, users, requests, comments, as lists carry them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from standin import fake_works
from standin.fake_works import JST, Work

ERROR_400 = {"error": True, "message": "不正なリクエストです。", "body": []}
NOTHING: dict[str, Any] = {
    "tagTranslation": [],
    "thumbnails": {"illust": [], "novel": [], "novelSeries": [], "novelDraft": []},
    "illustSeries": [],
    "requests": [],
    "users": [],
}
ZONES = {"header": {"url": "https://pixon.ads-pixiv.example/show?zone_id=header"}}
SPAN = 40
"""Days back from the newest in which a user's works are looked for."""


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


def thumbnail(seed: int, work: Work, today: date, **more: Any) -> dict[str, Any]:
    """A short work."""
    known = fake_works.facts(seed, work)
    uploaded: datetime = known["uploaded"]
    series = {"seriesId": str(known["series"]), "seriesTitle": f"シリーズ{known['series']}"}
    return {
        "id": str(work.artwork_id),
        "title": fake_works.title(seed, work, today),
        "illustType": work.kind,
        "xRestrict": work.x_restrict,
        "restrict": 0,
        "sl": 6 if work.x_restrict else 2,
        "url": f"https://i.pximg.net/c/250x250_80_a2/img-master/img/{work.artwork_id}_square1200.jpg",
        "description": "",
        "tags": known["tags"],
        "userId": str(work.user_id),
        "userName": fake_works.user_name(work.user_id, today),
        "width": known["width"],
        "height": known["height"],
        "pageCount": int(known["pages"]),
        "isBookmarkable": True,
        "bookmarkData": None,
        "alt": "イラスト",
        "createDate": uploaded.isoformat(),
        "titleCaptionTranslation": {"workTitle": None, "workCaption": None},
        "updateDate": uploaded.isoformat(),
        "isUnlisted": False,
        "isMasked": False,
        "aiType": 2 if work.is_ai else 1,
        "visibilityScope": 0,
        "profileImageUrl": f"https://i.pximg.net/user-profile/img/{work.user_id}_50.jpg",
        **(series if known["series"] else {}),
        **more,
    }


def novel(user_id: int, novel_id: int, today: date) -> dict[str, Any]:
    """A short novel."""
    at = datetime(today.year, today.month, today.day, 9, tzinfo=JST).isoformat()
    return {
        "id": str(novel_id),
        "title": f"小説{novel_id}",
        "xRestrict": 0,
        "restrict": 0,
        "url": f"https://i.pximg.net/c/600x600/novel-cover/{novel_id}.jpg",
        "tags": ["小説", "空"],
        "userId": str(user_id),
        "userName": fake_works.user_name(user_id, today),
        "profileImageUrl": f"https://i.pximg.net/user-profile/img/{user_id}_50.jpg",
        "textCount": 4000 + novel_id % 999,
        "wordCount": 1200,
        "readingTime": 480,
        "useWordCount": False,
        "description": "あらすじ<br />",
        "isBookmarkable": True,
        "bookmarkData": None,
        "bookmarkCount": novel_id % 77,
        "isOriginal": True,
        "marker": None,
        "titleCaptionTranslation": {"workTitle": None, "workCaption": None},
        "createDate": at,
        "updateDate": at,
        "isMasked": False,
        "isUnlisted": False,
        "seriesId": str(novel_id % 50 + 1),
        "seriesTitle": f"連作{novel_id % 50 + 1}",
        "aiType": 1,
    }


def person(user_id: int, today: date, **more: Any) -> dict[str, Any]:
    """A short profile."""
    return {
        "partial": 0,
        "comment": f"よろしく{user_id}",
        "followedBack": False,
        "userId": str(user_id),
        "name": fake_works.user_name(user_id, today),
        "image": f"https://i.pximg.net/user-profile/img/{user_id}_50.jpg",
        "imageBig": f"https://i.pximg.net/user-profile/img/{user_id}_170.jpg",
        "premium": user_id % 3 == 0,
        "isFollowed": False,
        "isMypixiv": False,
        "isBlocking": False,
        "background": None,
        "acceptRequest": user_id % 2 == 0,
        **more,
    }


def request(request_id: int, work: Work, kind: str, *, is_complete: bool) -> dict[str, Any]:
    """A request (commission) to the author of a work."""
    text = f"{request_id}枚目をお願いします"
    plan = 10_000 + work.user_id
    return {
        "requestId": str(request_id),
        "planId": str(plan),
        "creatorUserId": str(work.user_id),
        "fanUserId": None if request_id % 5 == 0 else str(1_000 + request_id % 900),
        "requestStatus": "complete" if is_complete else "inProgress",
        "requestPostWorkType": kind,
        "requestPrice": 5000 + request_id % 7 * 1000,
        "role": "others",
        "requestProposal": {
            "requestOriginalProposal": text,
            "requestOriginalProposalHtml": text,
            "requestOriginalProposalLang": "ja",
            "requestTranslationProposal": [
                {"requestProposal": "please", "requestProposalHtml": "please", "requestProposalLang": "en"}
            ],
        },
        "requestTags": ["空", "海"],
        "requestAdultFlg": False,
        "requestAnonymousFlg": request_id % 5 == 0,
        "requestRestrictFlg": False,
        "requestAcceptCollaborateFlg": True,
        "requestResponseDeadlineDatetime": "2026-08-01T23:59:59+09:00",
        "requestPostDeadlineDatetime": "2026-09-23T23:59:59+09:00",
        "collaborateStatus": {
            "collaborating": False,
            "collaborateAnonymousFlg": False,
            "collaboratedCnt": 1,
            "collaborateUserSamples": [{"collaborateUserId": "1002", "collaborateAnonymousFlg": False}],
        },
        "postWork": {
            "postWorkId": str(work.artwork_id),
            "postWorkType": kind,
            "work": {"isUnlisted": False, "secret": None},
        }
        if is_complete
        else None,
        "plan": {
            "currentPlanId": str(plan),
            "planId": str(plan),
            "creatorUserId": str(work.user_id),
            "planAcceptRequestFlg": True,
            "planStandardPrice": 5000,
            "planTitle": {
                "planOriginalTitle": "おまかせ",
                "planOriginalTitleLang": "ja",
                "planTranslationTitle": {"en": {"planTitle": "Up to me", "planTtieLang": "en"}},
            },
            "planDescription": {
                "planOriginalDescription": "何でも",
                "planOriginalDescriptionHtml": "何でも",
                "planOriginalLang": "ja",
                "planTranslationDescription": {
                    "en": {"planDescription": "anything", "planDescriptionHtml": "anything", "planLang": "en"}
                },
            },
            "planAcceptIllustFlg": True,
            "planAcceptMangaFlg": True,
            "planAcceptUgoiraFlg": False,
            "planAcceptNovelFlg": False,
            "planAcceptAdultFlg": False,
            "planAcceptAnonymousFlg": True,
        },
    }


def comment(artwork_id: int, place: int, *, parent: int | None = None) -> dict[str, Any]:
    """A comment below a work; with `parent` a reply."""
    made = artwork_id * 1_000 + place
    user = 1_000 + made % 9_000
    told = {
        "id": str(made),
        "userId": str(user),
        "userName": f"読者{user}",
        "img": f"https://i.pximg.net/user-profile/img/{user}_170.jpg",
        "comment": "" if place % 7 == 3 else f"すてき{place}",
        "stampId": "303" if place % 7 == 3 else None,
        "commentDate": f"2026-10-{1 + place % 28:02d} {place % 24:02d}:30",
        "commentParentId": None if parent is None else str(parent),
        "commentUserId": str(user),
        "editable": False,
    }
    if parent is None:
        return told | {"isDeletedUser": False, "hasReplies": place % 9 == 0}
    return told | {"commentRootId": str(parent), "replyToUserId": "1400", "replyToUserName": "読者1400"}


def detail(seed: int, work: Work, today: date) -> dict[str, Any]:
    """An artwork's own page."""
    known = fake_works.facts(seed, work)
    days = fake_works.number_of(today) - fake_works.number_of(fake_works.day_of(work.artwork_id))
    views = int(work.views(24 * (days + 0.5) - work.hour))
    at = (known["uploaded"] - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    base = f"https://i.pximg.net/img-original/img/{work.artwork_id}_p0.png"
    nav = {"seriesType": "manga", "seriesId": str(known["series"]), "order": known["series_order"]}
    return {
        "illustId": str(work.artwork_id),
        "illustTitle": fake_works.title(seed, work, today),
        "illustComment": "説明<br />",
        "id": str(work.artwork_id),
        "title": fake_works.title(seed, work, today),
        "description": "説明<br />",
        "illustType": work.kind,
        "createDate": at,
        "uploadDate": at,
        "restrict": 0,
        "xRestrict": work.x_restrict,
        "sl": 2,
        "urls": {"mini": base, "thumb": base, "small": base, "regular": base, "original": base},
        "tags": {
            "authorId": str(work.user_id),
            "isLocked": False,
            "writable": False,
            "tags": [
                {
                    "tag": tag,
                    "locked": True,
                    "deletable": False,
                    "userId": str(work.user_id),
                    "userName": fake_works.user_name(work.user_id, today),
                    "romaji": f"r{len(tag)}",
                    "translation": {"en": f"tag {len(tag)}", "ko": ""},
                }
                for tag in known["tags"]
            ],
        },
        "alt": "イラスト",
        "userId": str(work.user_id),
        "userName": fake_works.user_name(work.user_id, today),
        "userAccount": f"user{work.user_id}",
        "userIllusts": {str(work.artwork_id): None},
        "likeData": False,
        "width": known["width"],
        "height": known["height"],
        "pageCount": int(known["pages"]),
        "bookmarkCount": views // 20,
        "likeCount": views // 30,
        "commentCount": comment_count(work),
        "responseCount": 0,
        "viewCount": views,
        "bookStyle": 0,
        "isHowto": False,
        "isOriginal": work.is_original,
        "imageResponseCount": 0,
        "pollData": None,
        "seriesNavData": nav if known["series"] else None,
        "descriptionBoothId": None,
        "descriptionYoutubeId": None,
        "comicPromotion": None,
        "fanboxPromotion": None,
        "contestBanners": [],
        "isBookmarkable": True,
        "bookmarkData": None,
        "contestData": None,
        "zoneConfig": ZONES,
        "extraData": {"meta": {}},
        "titleCaptionTranslation": {"workTitle": None, "workCaption": None},
        "isUnlisted": False,
        "request": None,
        "commentOff": 0,
        "aiType": 2 if work.is_ai else 1,
        "reuploadDate": None,
        "isLoginOnly": False,
        "imageResponseData": [],
        "imageResponseOutData": [],
        **(rare(work, today) if work.artwork_id % 100 == 0 else {}),
    }


def rare(work: Work, today: date) -> dict[str, Any]:
    """Return what only few works' own pages contain: a poll, a request and its fan, works that answer."""
    answer = {
        "workId": str(work.artwork_id - 1),
        "title": "返事",
        "userId": "1200",
        "userName": "返す人",
        "illustType": 0,
        "illustPageCount": 1,
        "restrict": 0,
        "xRestrict": 0,
        "sl": 2,
        "type": "illust",
        "imageUrl": "https://i.pximg.net/c/360x360_70/a.jpg",
        "profileImageUrl": "https://i.pximg.net/u.png",
    }
    asked = request(700 + work.artwork_id % 97, work, "illust", is_complete=True)
    fan = {"userId": "1300", "userName": "依頼主", "profileImg": "https://i.pximg.net/f.png"}
    together = asked.pop("collaborateStatus")
    together["userSamples"] = together.pop("collaborateUserSamples")
    return {
        "pollData": {
            "question": "どちら?",
            "total": 3,
            "selectedValue": None,
            "choices": [{"id": 1, "text": "空", "count": 2}, {"id": 2, "text": "海", "count": 1}],
        },
        "imageResponseData": [answer],
        "imageResponseOutData": [{**answer, "workId": str(work.artwork_id - 2)}],
        "imageResponseCount": 1,
        "contestData": {
            "icon": "https://i.pximg.net/c.png",
            "title": "コンテスト",
            "url": "https://www.pixiv.net/contest/x",
        },
        "comicPromotion": {
            "userId": str(work.user_id),
            "author": "作者",
            "title": "本",
            "description": "",
            "imgSrc": "https://i.pximg.net/b.jpg",
            "magazine": "雑誌",
            "magazineUrl": "https://comic.pixiv.net/m",
            "workUrl": "https://comic.pixiv.net/w",
            "amazonUrl": "https://example.com/a",
        },
        "request": {
            "request": {**asked, "fanUserId": "1300"},
            "fan": fan,
            "editable": False,
            "collaborateStatus": together,
            "creator": {**fan, "userId": str(work.user_id), "userName": fake_works.user_name(work.user_id, today)},
        },
    }


def comment_count(work: Work) -> int:
    """Return the number of comments that begin below a work."""
    return work.artwork_id % 130
