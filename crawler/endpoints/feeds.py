"""Feeds: what a session is shown as new."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, OWN, PAGE_NOISE, WORKS_BRING, listed, thumbnails
from crawler.endpoints.model import Block, Cursor, Endpoint, Numbered, Policy, ReplySpec, RequestSpec
from crawler.endpoints.params import Choice, Number

# `all` contains R-18 works too, so without ALLOW_R18 it counts as one of them.
MODE = Choice(("all", "safe", "r18"), "all", r18=frozenset({"all", "r18"}), safe="safe")
# With a session pixiv refuses mode=safe here: `all` is its ordinary page.
TOP_MODE = Choice(("all", "safe", "r18"), "all", r18=frozenset({"r18"}))
FEED = (*BUNDLE, listed("page.ids[]", "feed"), Block((), {"page.tags": OWN}))

TOP = (
    listed("page.follow[]", "follow"),
    listed("page.mypixiv[]", "mypixiv"),
    listed("page.recommend.ids[]", "recommend", "artwork_id", "score", "reasons", "seeds", details="details"),
    listed("page.recommendByTag[]", "recommend_by_tag", "label", "seeds", "detail"),
    listed("page.ranking.items[]", "ranking", "artwork_id", "detail"),
    listed("page.newPost[]", "new"),
    listed("page.tags[]", "tags", "label", "seeds"),
    listed("page.trendingTags[]", "trending_tags", "label", "score", "seeds"),
    listed("page.myFavoriteTags[]", "favorite_tags", "label"),
    listed("page.pixivision[]", "pixivision", "label", "url", "detail"),
    listed("page.contestOngoing[]", "contests", "label", "url", "seeds", "detail"),
    listed("page.contestResult[]", "contest_results", "label", "url", "detail"),
    listed("page.editorRecommend[]", "editors_picks", "artwork_id", "detail"),
    listed("page.recommendUser[]", "users", "user_id", "seeds", "detail"),
    listed("page.completeRequestIds[]", "requests", "request_id"),
    listed("page.userEventIds[]", "user_events"),
    listed("page.boothFollowItemIds[]", "booth_of_followed", "label"),
    listed("page.sketchLiveFollowIds[]", "lives_of_followed", "label"),
    listed("page.sketchLivePopularIds[]", "lives_popular", "label"),
    listed("boothItems[]", "booth", "label", "url", "detail"),
    listed("sketchLives[]", "lives", "label", "url", "detail"),
)
"""The blocks of a session's first page."""
TOP_HOLDS = ("page.follow[]", "page.recommend.ids[]", "page.ranking.items[]", "page.newPost[]", "thumbnails.illust[]")

NEW = {
    "limit": Number(1, 20, "20"),
    "type": Choice(("illust", "manga"), "illust"),
    "r18": Choice(("false", "true"), "false", r18=frozenset({"true"})),
}

ENDPOINTS = (
    *(
        Endpoint(
            name=f"{of}_latest",
            request=RequestSpec(f"/ajax/{of}_latest/illust", params),
            paging=Numbered("p", last="page.isLastPage", repeats_at_end=True),
            reply=ReplySpec(rows=FEED, holds=("page.ids[]", "thumbnails.illust[]"), brings=WORKS_BRING),
            policy=Policy(login="yes"),
        )
        for of, params in (("follow", {"mode": MODE}), ("mypixiv", {}))
    ),
    Endpoint(
        name="watch_list_manga",
        request=RequestSpec("/ajax/watch_list/manga"),
        paging=Numbered("p", last="page.maxPage"),
        reply=ReplySpec(
            rows=(*BUNDLE, listed("page.watchedSeriesIds[]", "watched", "series_id")),
            holds=("page.watchedSeriesIds[]", "illustSeries[]"),
        ),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="live_following",
        request=RequestSpec("/ajax/sketch/live/following"),
        reply=ReplySpec(rows=(listed("[]", "live", "user_id", "label", "url", "detail"),), holds=("[]",)),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="top_illust",
        request=RequestSpec("/ajax/top/illust", params={"mode": TOP_MODE}),
        reply=ReplySpec(
            rows=(*BUNDLE, *TOP),
            holds=TOP_HOLDS,
            brings=WORKS_BRING,
            ignored={"page.ranking.date": "the day of the ranking, which rankings hold in full"},
        ),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="new_illusts",
        request=RequestSpec("/ajax/illust/new", NEW),
        paging=Cursor("lastId", more="lastId"),
        reply=ReplySpec(
            rows=(thumbnails("illusts[]"), listed("illusts[]", "new"), Block((), PAGE_NOISE)),
            holds=("illusts[]", "lastId"),
        ),
        policy=Policy(login="yes", most_pages=5),
    ),
)
