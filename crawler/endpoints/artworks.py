"""Artworks by id."""

from __future__ import annotations

from crawler.endpoints.blocks import (
    OWN,
    PAGE_NOISE,
    TAG_TRANSLATIONS,
    THUMBNAILS,
    UNSEEN,
    USERS,
    listed,
    series,
    thumbnails,
)
from crawler.endpoints.model import At, Block, Endpoint, Numbered, Offset
from crawler.endpoints.params import Ids, Number
from crawler.items.artworks import (
    Artwork,
    ArtworkCount,
    ArtworkDetail,
    ArtworkPage,
    ArtworkTag,
    ArtworkTagAuthor,
    Tag,
    Ugoira,
    UgoiraFrame,
)
from crawler.items.comments import Comment
from crawler.items.rankings import SeriesWork
from crawler.items.users import User

WORK = {"illust_id": Ids()}
OF = {"artwork_id": "illust_id"}

DETAIL_IGNORED = {
    "noLoginData": "breadcrumbs; its works are stored",
    "noLoginData.zengoWorkData.prevWork.title": "the listing names the work",
    "noLoginData.zengoWorkData.nextWork.title": "the listing names the work",
    **dict.fromkeys(("comicPromotion", "contestBanners", "contestData", "pollData"), UNSEEN),
    **dict.fromkeys(("imageResponseData", "imageResponseOutData", "request"), UNSEEN),
    "seriesNavData": "read as a whole: the series and the place in it",
    "storableTags": "opaque handles, gone since 2022",
    "alt": "made of tags, title and author for screen readers",
    "urls": "other sizes of the original",
    "titleCaptionTranslation": "machine translation in the session's language",
    "tags.authorId": "the author, again",
    **dict.fromkeys(("likeData", "bookmarkData", "isBookmarkable", "tags.writable"), OWN),
    "fanboxPromotion.userName": "the author, again",
    "fanboxPromotion.userImageUrl": "the author's picture, again",
    "fanboxPromotion.imageUrlMobile": "imageUrl in another size",
}
TAGGED = (
    At(User, "tags.tags[]", only=("name",), optional=True),
    At(Tag, "tags.tags[]"),
    At(ArtworkTag, "tags.tags[]"),
    At(ArtworkTagAuthor, "tags.tags[]"),
)
NEIGHBOURS = (
    thumbnails("userIllusts{}"),
    thumbnails("noLoginData.zengoIdWorks[]"),
    listed("noLoginData.zengoIdWorks[]", "neighbours"),
    listed("noLoginData.zengoWorkData.prevWork", "previous"),
    listed("noLoginData.zengoWorkData.nextWork", "next"),
)
WHY = ("score", "reasons", "seeds")
RECOMMENDED_IGNORED = {
    "details{}.banditInfo": "of an experiment of the site",
    "details{}.recommendListId": "differs with every request",
}
REPLY = ("user_id", "text", "posted_at", "stamp_id", "parent_id")
COMMENTS = (
    At(Comment, "comments[]", given=OF),
    At(User, "comments[]", only=("name",), optional=True),
    Block(
        (),
        {
            "comments[].editable": OWN,
            "comments[].commentUserId": "userId, again",
            "comments[].img": "the author's picture, in another size",
        },
    ),
)
REPLIES = (
    At(Comment, "comments[]", only=REPLY),
    *COMMENTS[1:],
)

ENDPOINTS = (
    Endpoint(
        name="artwork",
        path="/ajax/illust/{illust_id}",
        params=WORK,
        echoes={"illustId": "illust_id"},
        due="illustId",
        gone=("artworks", "artwork_id", "illust_id"),
        rows=(*NEIGHBOURS, At(Artwork), At(ArtworkDetail), At(ArtworkCount), At(User), *TAGGED),
        ignored={**PAGE_NOISE, **DETAIL_IGNORED},
    ),
    Endpoint(
        name="artwork_pages",
        path="/ajax/illust/{illust_id}/pages",
        params=WORK,
        rows=(At(ArtworkPage, "[]", given=OF),),
    ),
    Endpoint(
        name="artwork_comments",
        path="/ajax/illusts/comments/roots",
        params={**WORK, "limit": Number(1, 1000, "50")},
        paging=Offset(50, more="hasNext"),
        rows=COMMENTS,
    ),
    Endpoint(
        name="artwork_comment_replies",
        path="/ajax/illusts/comments/replies",
        params={"comment_id": Ids()},
        paging=Numbered("page", more="hasNext", empty_is_last=True),
        after="artwork_comments",
        rows=REPLIES,
    ),
    Endpoint(
        name="artwork_recommendations",
        path="/ajax/illust/{illust_id}/recommend/init",
        params={**WORK, "limit": Number(1, 180, "18")},
        rows=(
            thumbnails("illusts[]"),
            listed("illusts[]", "shown", "artwork_id", *WHY, details="details"),
            listed("nextIds[]", "next", "artwork_id", *WHY, details="details"),
        ),
        ignored=RECOMMENDED_IGNORED,
    ),
    Endpoint(
        name="artwork_ugoira",
        path="/ajax/illust/{illust_id}/ugoira_meta",
        params=WORK,
        after="artwork",
        rows=(At(Ugoira, given=OF), At(UgoiraFrame, "frames[]", given=OF)),
    ),
    Endpoint(
        name="series",
        path="/ajax/series/{series_id}",
        params={"series_id": Ids()},
        paging=Numbered("p", last="page.lastPage", total="page.total", size=12),
        rows=(
            THUMBNAILS, USERS, TAG_TRANSLATIONS, series("illustSeries[]"),
            listed("page.series[]", "series"),
            At(SeriesWork, "page.series[]", given={"series_id": "series_id"}),
        ),
        ignored={**PAGE_NOISE, "page": "of the page's own look"},
    ),
)  # fmt: skip
