"""Rankings by day, mode and content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crawler.endpoints.blocks import PAGE_NOISE, listed
from crawler.endpoints.model import At, Endpoint, Numbered
from crawler.endpoints.params import BadArgument, Choice, Days, Number, Param, Words
from crawler.items.artworks import Artwork, ArtworkTag, Tag
from crawler.items.page import Outcome
from crawler.items.rankings import (
    FIRST_RANKING_ON,
    MODE_CODES,
    Ranking,
    RankingEntry,
    Series,
    ranking_id,
)
from crawler.items.users import User

ALL = ("all",)
CONTENTS = {
    **dict.fromkeys(MODE_CODES, ALL),
    **dict.fromkeys(("daily", "weekly", "daily_r18", "weekly_r18"), (*ALL, "illust", "ugoira", "manga")),
    **dict.fromkeys(("monthly", "rookie", "r18g"), (*ALL, "illust", "manga")),
}  # fmt: skip
R18_MODES = frozenset(mode for mode in MODE_CODES if "r18" in mode)
PAGES = {
    **dict.fromkeys(MODE_CODES, 10), "rookie": 6, "daily_r18": 2, "weekly_r18": 2,
    **dict.fromkeys(("r18g", "daily_ai", "daily_r18_ai"), 1),
}  # fmt: skip
"""Pages of 50 ranks, as a rule: `next` is what counts."""

NOVEL_MODES = (
    "daily", "weekly", "monthly", "rookie", "weekly_original", "male", "female",
    "weekly_ai", "daily_r18", "weekly_r18",
)  # fmt: skip

AI_FIRST_ON = date(2022, 10, 31)


def check(params: Mapping[str, str]) -> None:
    """Refuse a content that a mode does not have, and AI rankings before there were any."""
    mode, content = params["mode"], params["content"]
    if content not in CONTENTS[mode]:
        raise BadArgument(
            f"mode={mode} has no content={content}; valid: {', '.join(CONTENTS[mode])}"
        )
    on = params["date"]
    if on and "_ai" in mode and on < f"{AI_FIRST_ON:%Y%m%d}":
        raise BadArgument(f"mode={mode} begins on {AI_FIRST_ON}; ask for that day or a later one")


def ranking_id_of(body: Any, params: Mapping[str, str]) -> int:
    """The ranking that a reply says it is. Raises ValueError where it does not say."""
    try:
        return ranking_id(body["mode"], body["content"], date.fromisoformat(body["date"]))
    except (KeyError, TypeError):
        raise ValueError("mode, content or date is missing: which ranking is this?") from None


PARAMS: Mapping[str, Param] = {
    "mode": Choice(MODE_CODES, "daily", r18=R18_MODES),
    "content": Choice(("all", "illust", "ugoira", "manga"), "all"),
    "date": Days(FIRST_RANKING_ON),
}
ROWS = (
    At(Ranking),
    At(RankingEntry, "contents[]"),
    At(Artwork, "contents[]"),
    At(User, "contents[]", optional=True),
    At(Series, "contents[].illust_series"),
    At(Tag, "contents[].tags[]"),
    At(ArtworkTag, "contents[].tags[]"),
)
IGNORED = {
    "prev": "the page before",
    "meta": "page titles for search engines",
    "date_range_text": "the date in words",
    "zoneConfig": "advertising zones",
    "contents[].illust_series.illust_series_content_order": "artworks.series_order",
    "contents[].illust_series.illust_series_content_illust_id": "the row's own work",
    "contents[].illust_series.page_url": "made of user and series id",
    "contents[].illust_content_type": "read as a whole: level, flags, original",
    "contents[].is_bookmarked": "of the session's own account",
    "contents[].bookmarkable": "of the session's own account",
}

ENDPOINTS = (
    Endpoint(
        name="ranking",
        path="/ranking.php",
        query={"format": "json"},
        params=PARAMS,
        paging=Numbered("p", more="next"),
        body="",
        rows=ROWS,
        constants={"ranking_id": ranking_id_of},
        echoes={"mode": "mode", "content": "content", "date": "date", "page": "p"},
        check=check, due="contents", changes="never", on_missing=Outcome.NOT_YET,
        needs_login=lambda params: params["mode"] in R18_MODES,
        expects=lambda params: 2 if params["content"] == "ugoira" else PAGES[params["mode"]],
        ignored=IGNORED,
    ),
    Endpoint(
        name="novel_ranking",
        path="/ajax/ranking/novel",
        params={
            "mode": Choice(NOVEL_MODES, "daily", r18=frozenset({"daily_r18", "weekly_r18"})),
            "date": Words(""), "p": Number(1, 10, "1"),
        },
        is_extra=True,
        needs_login=lambda params: "r18" in params["mode"],
        # Its rows are kept whole: sources disagree on their keys, and none was recorded.
        rows=(listed("display_a.rank_a[]", "ranking", "novel_id", "detail"),),
        ignored={**PAGE_NOISE, "display_a": "the page's own look", "meta": "page titles"},
    ),
)  # fmt: skip
