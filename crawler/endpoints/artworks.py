"""Artworks by id."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, OWN, PAGE_NOISE, SHORT_IGNORED, WORKS_BRING, listed, request, thumbnails
from crawler.endpoints.model import At, Block, Endpoint, Numbered, Offset, Policy, Proof, ReplySpec, RequestSpec
from crawler.endpoints.params import Ids, Number
from crawler.tables.artworks import (
    Artwork,
    ArtworkCount,
    ArtworkDetail,
    ArtworkPage,
    ArtworkPoll,
    ArtworkPollChoice,
    ArtworkResponse,
    ArtworkTag,
    ArtworkTagAuthor,
    Tag,
    TagTranslation,
    Ugoira,
    UgoiraFrame,
)
from crawler.tables.comments import Comment
from crawler.tables.commissions import CommissionRequestCollaborator
from crawler.tables.rankings import SeriesWork
from crawler.tables.users import User

WORK = {"illust_id": Ids()}
OF = {"artwork_id": "illust_id"}

ARTWORK_BRINGS = (
    "title",
    "illustType",
    "userId",
    "viewCount",
    "bookmarkCount",
    "likeCount",
    "commentCount",
    "createDate",
    "uploadDate",
    "urls",
    "width",
    "pageCount",
    "xRestrict",
)
DETAIL_IGNORED = {
    "noLoginData": "breadcrumbs; its works are stored",
    "noLoginData.zengoWorkData.prevWork.title": "the list snapshot names the work",
    "noLoginData.zengoWorkData.nextWork.title": "the list snapshot names the work",
    "pollData.selectedValue": OWN,
    "imageResponseData": "stored as they are listed",
    "imageResponseOutData": "stored as they are listed",
    "request.editable": OWN,
    "tags.tags[].translation": "read by language",
    "seriesNavData": "read together: the series and the place in it",
    "storableTags": "opaque handles, not sent since 2022",
    "alt": "made of tags, title and author for screen readers",
    "urls": "other sizes of the original",
    **SHORT_IGNORED,
    "tags.authorId": "the author, again",
    **dict.fromkeys(("likeData", "tags.writable"), OWN),
    "fanboxPromotion.userName": "the author, again",
    "fanboxPromotion.userImageUrl": "the author's picture, again",
    "fanboxPromotion.imageUrlMobile": "imageUrl in another size",
}
TAGGED = (
    At(User, "tags.tags[]", only=("name",), optional=True),
    At(Tag, "tags.tags[]"),
    At(ArtworkTag, "tags.tags[]", given=OF),
    At(ArtworkTagAuthor, "tags.tags[]", given=OF),
    At(TagTranslation, "tags.tags[].translation{}", optional=True),
    At(TagTranslation, "tags.tags[]", fixed={"lang": "romaji"}, optional=True),
)
POLL = (At(ArtworkPoll, "pollData"), At(ArtworkPollChoice, "pollData.choices[]", given=OF))
ANSWERS = (
    At(ArtworkResponse, "imageResponseData[]", given=OF),
    At(ArtworkResponse, "imageResponseOutData[]", given={"response_artwork_id": "illust_id"}),
    *(
        part
        for path, name in (("imageResponseData[]", "responses"), ("imageResponseOutData[]", "responds_to"))
        for part in (
            At(Artwork, path, only=("user_id", "x_restrict", "visibility", "sanity_level")),
            At(User, path, only=("name", "image_url"), optional=True),
            listed(path, name, "artwork_id", "label", "detail"),
        )
    ),
)
FROM = (
    request("request", when="requestId"),
    request("request.request"),
    At(User, "request.fan", only=("name", "image_url"), optional=True),
    At(User, "request.creator", only=("name", "image_url"), optional=True),
    At(CommissionRequestCollaborator, "request.collaborateStatus.userSamples[]"),
    listed("contestData", "contest", "label", "url", "detail"),
    listed("contestBanners[]", "contests", "label", "url", "detail"),
    listed("comicPromotion", "comic", "label", "detail"),
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
REPLY = ("user_id", "text", "posted_at", "stamp_id", "parent_id", "reply_to_user_id", "reply_to_user_name")
COMMENTS_BRING = ("comments[].userId", "comments[].comment", "comments[].commentDate")
COMMENTS = (
    At(Comment, "comments[]", given=OF),
    At(User, "comments[]", only=("name",), optional=True),
    listed("comments[]", "comments", "comment_id"),
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
    At(Comment, "comments[]", only=REPLY, given={"root_comment_id": "comment_id"}),
    *COMMENTS[1:],
    Block((), {"comments[].commentRootId": "the requested comment"}),
)

ENDPOINTS = (
    Endpoint(
        name="artwork",
        request=RequestSpec("/ajax/illust/{illust_id}", params=WORK),
        reply=ReplySpec(
            rows=(
                *NEIGHBOURS,
                At(Artwork),
                At(ArtworkDetail),
                At(ArtworkCount),
                At(User),
                *TAGGED,
                *POLL,
                *ANSWERS,
                *FROM,
            ),
            # `id`, not `illustId`, which pixiv keeps for compatibility only.
            holds=("id", "tags.tags[]"),
            brings=ARTWORK_BRINGS,
            echoes={"id": "illust_id"},
            ignored={**PAGE_NOISE, **DETAIL_IGNORED},
        ),
        policy=Policy(marked_missing=("artworks", "artwork_id", "illust_id")),
    ),
    Endpoint(
        name="artwork_pages",
        request=RequestSpec("/ajax/illust/{illust_id}/pages", params=WORK),
        reply=ReplySpec(rows=(At(ArtworkPage, "[]", given=OF),), holds=("[+]",), brings=("[].urls", "[].width")),
    ),
    Endpoint(
        name="artwork_comments",
        # At least 2: pages share an element, so pages of one would not join.
        request=RequestSpec("/ajax/illusts/comments/roots", params={**WORK, "limit": Number(2, 1000, "50")}),
        paging=Offset(50, more="hasNext"),
        reply=ReplySpec(rows=COMMENTS, holds=("comments[]", "hasNext"), brings=COMMENTS_BRING),
        policy=Policy(proof=Proof("artwork", "its author has closed the comments")),
    ),
    Endpoint(
        name="artwork_comment_replies",
        request=RequestSpec("/ajax/illusts/comments/replies", params={"comment_id": Ids()}),
        paging=Numbered("page", more="hasNext", ends_empty=True),
        reply=ReplySpec(rows=REPLIES, holds=("comments[]", "hasNext"), brings=COMMENTS_BRING),
        policy=Policy(after="artwork_comments"),
    ),
    Endpoint(
        name="artwork_recommendations",
        request=RequestSpec("/ajax/illust/{illust_id}/recommend/init", params={**WORK, "limit": Number(1, 180, "18")}),
        reply=ReplySpec(
            rows=(
                thumbnails("illusts[]"),
                listed("illusts[]", "shown", "artwork_id", *WHY, details="details"),
                listed("nextIds[]", "next", "artwork_id", *WHY, details="details"),
            ),
            holds=("illusts[]", "nextIds[]", "details{}"),
            ignored=RECOMMENDED_IGNORED,
        ),
    ),
    Endpoint(
        name="artwork_ugoira",
        request=RequestSpec("/ajax/illust/{illust_id}/ugoira_meta", params=WORK),
        reply=ReplySpec(
            rows=(At(Ugoira, given=OF), At(UgoiraFrame, "frames[]", given=OF)), holds=("frames[+]", "originalSrc")
        ),
        policy=Policy(after="artwork"),
    ),
    Endpoint(
        name="series",
        request=RequestSpec("/ajax/series/{series_id}", params={"series_id": Ids()}),
        paging=Numbered("p", last="page.lastPage", total="page.total", size=12, past_end="empty"),
        reply=ReplySpec(
            rows=(
                *BUNDLE,
                listed("page.series[]", "series"),
                At(SeriesWork, "page.series[]", given={"series_id": "series_id"}),
            ),
            holds=("page.series[]", "page.total", "thumbnails.illust[]", "illustSeries[]"),
            brings=("page.series[].workId", "page.series[].order", *WORKS_BRING),
            ignored={"page": "of the page's own look"},
        ),
    ),
)
