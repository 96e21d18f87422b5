"""Users: profile, works, who follows whom, bookmarks."""

from __future__ import annotations

from crawler.endpoints.blocks import COLLECTIONS, OWN, PAGE_NOISE, RELATION, UNSEEN, listed, novels, series, thumbnails
from crawler.endpoints.model import At, Block, Endpoint, Offset, Policy, ReplySpec, RequestSpec
from crawler.endpoints.params import Choice, IdBatch, Ids, Number, Words
from crawler.tables.artworks import Artwork, Tag
from crawler.tables.novels import Novel
from crawler.tables.users import Bookmark, BookmarkTag, Follow, User, UserCount, UserDetail, UserGroup, UserWork

USER = {"user_id": Ids()}
OF = {"user_id": "user_id"}
OF_REST = {**OF, "rest": "rest"}
FOLLOWED = {"followed_user_id": "user_id"}
REST = Choice(("show", "hide"), "show")
PROFILE = {**RELATION, "partial": "whether the profile is the full one", "sketchLives": UNSEEN}
PRIVACY = {
    f"{fact}.privacyLevel": "who may see it; what is shown is seen"
    for fact in ("region", "age", "birthDay", "gender", "job")
}
BOOKMARK_COUNTS = ("public_artwork_bookmark_count", "public_novel_bookmark_count", "public_collection_bookmark_count")
FULL = {**USER, "full": Choice(("1",), "1")}
ALL_IGNORED = {
    "novelSeries": UNSEEN,
    **dict.fromkeys(("collections", "collectionIds"), COLLECTIONS),
    "bookmarkCount.private": OWN,
}
PEOPLE = (
    At(User, "users[]"),
    thumbnails("users[].illusts[]"),
    novels("users[].novels[]"),
    listed("users[]", "users", "user_id"),
    Block((), {f"users[].{key}": OWN for key in ("following", "followed", "isBlocking", "isMypixiv")}),
    Block((), {**PAGE_NOISE, "followUserTags": OWN}),
)

ALL_WORKS = (
    At(Artwork, "illusts{}", given=OF, only=("user_id",)),
    At(Artwork, "manga{}", given=OF, only=("user_id",)),
    At(Novel, "novels{}", given=OF, only=("user_id",)),
    listed("illusts{}", "illusts"),
    listed("manga{}", "manga"),
    listed("novels{}", "novels", "novel_id"),
    listed("mangaSeries[]", "series", "series_id"),
    series("mangaSeries[]"),
    thumbnails("pickup[]", when="illustType"),
    listed("pickup[]", "pickup", "artwork_id", "label", "detail"),
    listed("request.postWorks.artworks[]", "requested"),
    listed("request.postWorks.novels[]", "requested_novels", "novel_id"),
)

BOOKMARKS = (
    thumbnails("works[]"),
    listed("works[]", "bookmarks"),
    At(Bookmark, "works[]", given=OF_REST, part_if=("tag",)),
    At(Tag, "bookmarkTags{}[]"),
    At(BookmarkTag, "bookmarkTags{}[]", owners_at="works[].bookmarkData"),
)

ENDPOINTS = (
    Endpoint(
        name="user",
        request=RequestSpec("/ajax/user/{user_id}", params=USER),
        reply=ReplySpec(
            rows=(At(User), At(UserDetail, only=("sketch_live_id", "is_official", "publisher"))),
            holds=("userId", "name"),
            echoes={"userId": "user_id"},
            ignored={**PROFILE, "commission": "what user_full contains"},
        ),
        policy=Policy(is_extra=True),  # user_full contains all of it
    ),
    Endpoint(
        name="user_full",
        request=RequestSpec("/ajax/user/{user_id}", FULL, {"full": "1"}),
        reply=ReplySpec(
            rows=(
                At(User),
                At(UserDetail),
                At(UserGroup, "group[]", is_null_empty=True),
                At(UserCount, only=("following_count", "mypixiv_count")),
            ),
            holds=("userId", "name", "following"),
            echoes={"userId": "user_id"},
            ignored={**PROFILE, **PRIVACY, "canSendMessage": OWN, "acceptRequest": "users holds it"},
        ),
    ),
    Endpoint(
        name="user_profile_all",
        request=RequestSpec("/ajax/user/{user_id}/profile/all", params=USER),
        reply=ReplySpec(
            rows=(*ALL_WORKS, At(UserWork, given=OF), At(UserCount, given=OF, only=BOOKMARK_COUNTS)),
            holds=("illusts{}", "manga{}", "novels{}"),
            ignored=ALL_IGNORED,
        ),
    ),
    Endpoint(
        name="user_illusts",
        # 60 is the largest batch that was measured to be answered.
        request=RequestSpec("/ajax/user/{user_id}/illusts", params={**USER, "ids": IdBatch(60)}),
        reply=ReplySpec(rows=(thumbnails("{}"),), holds=("{}",), answers="ids"),
        policy=Policy(after="user_profile_all"),
    ),
    Endpoint(
        name="user_works_latest",
        request=RequestSpec("/ajax/user/{user_id}/works/latest", params=USER),
        reply=ReplySpec(
            rows=(
                thumbnails("illusts{}"),
                novels("novels{}"),
                At(Artwork, "illusts{}", given=OF, only=("user_id",)),
                At(Novel, "novels{}", given=OF, only=("user_id",)),
                listed("illusts{}", "illusts"),
                listed("novels{}", "novels", "novel_id"),
            ),
            holds=("illusts{}", "novels{}"),
        ),
    ),
    Endpoint(
        name="user_following",
        request=RequestSpec(
            "/ajax/user/{user_id}/following",
            params={**USER, "limit": Number(2, 100, "100"), "rest": REST, "tag": Words("")},
        ),
        paging=Offset(100, more="total", least=24),
        reply=ReplySpec(
            rows=(*PEOPLE, At(Follow, "users[]", given=OF_REST, part_if=("tag",))),
            holds=("users[]", "total"),
            brings=("users[].userName",),
        ),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="user_followers",
        request=RequestSpec("/ajax/user/{user_id}/followers", params={**USER, "limit": Number(2, 100, "100")}),
        paging=Offset(100, more="total", least=24),
        reply=ReplySpec(
            rows=(*PEOPLE, At(Follow, "users[]", given=FOLLOWED, fixed={"rest": "show"})),
            holds=("users[]", "total"),
            brings=("users[].userName",),
        ),
        # Clients report 403 for the followers of another account.
        policy=Policy(login="own"),
    ),
    Endpoint(
        name="user_bookmarks",
        request=RequestSpec(
            "/ajax/user/{user_id}/illusts/bookmarks",
            {**USER, "tag": Words("", is_always_sent=True), "limit": Number(2, 100, "100"), "rest": REST},
        ),
        paging=Offset(100, more="total", least=48),
        reply=ReplySpec(
            rows=BOOKMARKS,
            holds=("works[]", "total"),
            brings=("works[].title", "works[].tags"),
            ignored={**PAGE_NOISE, "lastMonthAllBookmarkCount": OWN},
        ),
        policy=Policy(login="yes"),
    ),
)
