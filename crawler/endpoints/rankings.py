"""Rankings by day, mode and content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crawler.endpoints.blocks import OWN_PAGE, PAGE_NOISE, listed
from crawler.endpoints.model import At, Endpoint, Numbered, Policy, ReplySpec, RequestSpec
from crawler.endpoints.params import Choice, Days, Number, Param, Words
from crawler.errors import BadArgument, choices
from crawler.model.page import Outcome
from crawler.tables import read
from crawler.tables.artworks import Artwork, ArtworkTag, Tag
from crawler.tables.novels import Novel, NovelRankingEntry, NovelSeries, NovelTag
from crawler.tables.rankings import FIRST_RANKING_ON, MODE_CODES, Ranking, RankingEntry, Series, ranking_id
from crawler.tables.users import User

ALL = ("all",)
CONTENTS = {
    **dict.fromkeys(MODE_CODES, ALL),
    **dict.fromkeys(("daily", "weekly", "daily_r18", "weekly_r18"), (*ALL, "illust", "ugoira", "manga")),
    **dict.fromkeys(("monthly", "rookie", "r18g"), (*ALL, "illust", "manga")),
}
R18_MODES = frozenset(mode for mode in MODE_CODES if "r18" in mode)
PAGES = {
    **dict.fromkeys(MODE_CODES, 10),
    "rookie": 6,
    "daily_r18": 2,
    "weekly_r18": 2,
    **dict.fromkeys(("r18g", "daily_ai", "daily_r18_ai"), 1),
}
"""Pages of 50 ranks, as a rule: `next` is what counts."""

# Named one by one, not derived from MODE: a new mode of works is none of novels until pixiv offers it.
NOVEL_MODES = (
    *("daily", "weekly", "monthly", "rookie", "weekly_original", "male", "female", "weekly_ai"),
    *("daily_r18", "weekly_r18", "weekly_r18_ai", "male_r18", "female_r18"),
)

FIRST_ON = {"daily_ai": date(2022, 10, 31), "daily_r18_ai": date(2022, 10, 31)}
"""The first day of modes that began later than rankings did."""


def first_day(mode: str) -> date:
    """The first day of which a mode can have a ranking."""
    return FIRST_ON.get(mode, FIRST_RANKING_ON)


def check(params: Mapping[str, str]) -> None:
    """Refuse a content that a mode does not have, and days before a mode began."""
    mode, content = params["mode"], params["content"]
    if content not in CONTENTS[mode]:
        raise BadArgument(f"mode={mode} has no content={content}. {choices(content, CONTENTS[mode])}")
    on = params["date"]
    if on and on < f"{first_day(mode):%Y%m%d}":
        raise BadArgument(f"mode={mode} begins on {first_day(mode)}; request that day or a later one")


def usual_pages(params: Mapping[str, str]) -> int:
    """Return the usual number of pages of a ranking."""
    # A ranking of ugoira is short, whatever its mode says: 69 ranks were measured.
    return 2 if params["content"] == "ugoira" else PAGES[params["mode"]]


def ranking_id_of(body: Any, params: Mapping[str, str]) -> int:
    """The ranking that a response says it is. Raises ValueError where it does not say."""
    try:
        return ranking_id(body["mode"], body["content"], date.fromisoformat(body["date"]))
    except (KeyError, TypeError):
        raise ValueError("mode, content or date is missing: which ranking is this?") from None


def novel_ranking_on(body: Any, params: Mapping[str, str]) -> date:
    """The day of a ranking of novels: the last of the text that is shown, else the one requested.

    Raises ValueError where neither names a day, and for a ranking that was not requested.
    """
    shown = str(body.get("date") or body["display_a"].get("date") or "")
    requested, on = read.last_day(params.get("date", "")), read.last_day(shown)
    if on and requested and on != requested:
        raise ValueError(f"requested date={requested}, answered {on}")
    if body.get("mode") not in (None, params["mode"]):
        raise ValueError(f"requested mode={params['mode']}, answered {body['mode']!r}")
    if on is None and requested is None:
        raise ValueError(f"date is {shown[:40]!r}: of which day is this ranking of novels?")
    # One of the two is a day, as checked above; date.min only tells mypy so.
    return on or requested or date.min


BRINGS = tuple(
    f"contents[].{key}"
    for key in ("title", "user_id", "user_name", "tags", "rating_count", "view_count", "yes_rank", "date", "url")
)
PARAMS: Mapping[str, Param] = {
    "mode": Choice(MODE_CODES, "daily", r18=R18_MODES),
    "content": Choice(("all", "illust", "ugoira", "manga"), "all"),
    "date": Days(FIRST_RANKING_ON),
}
UNRANKED = (
    *OWN_PAGE,
    "caption",
    "x_restrict",
    "visibility",
    "sanity_level",
    "ai_type",
    "is_unlisted",
    "updated_at",
    "bookmark_count",
)
"""Keys of a work that no ranking contains."""
ROWS = (
    At(Ranking),
    At(RankingEntry, "contents[]"),
    At(Artwork, "contents[]", without=UNRANKED),
    At(User, "contents[]", optional=True),
    At(Series, "contents[].illust_series"),
    At(Tag, "contents[].tags[]"),
    At(ArtworkTag, "contents[].tags[]"),
)
NOVELS = "display_a.rank_a[]"
NOVEL_ROWS = (
    At(NovelRankingEntry, NOVELS, given={"mode": "mode"}),
    At(Novel, NOVELS),
    At(User, NOVELS, only=("name",), optional=True),
    At(NovelSeries, NOVELS, optional=True),
    At(Tag, f"{NOVELS}.tag_a[]"),
    At(NovelTag, f"{NOVELS}.tag_a[]"),
)
NOVEL_MODE = Choice(NOVEL_MODES, "daily", r18=frozenset(m for m in NOVEL_MODES if "r18" in m))
NOVEL_LOOK = (
    "display_a",
    "date",
    "prev",
    "next",
    "prev_date",
    "next_date",
    "mode",
    "content",
    "page",
    "rank_total",
    "meta",
)
IGNORED = {
    "prev": "the page before",
    "meta": "page titles for search engines",
    "date_range_text": "the date in words",
    "zoneConfig": "advertising zones",
    "contents[].date": "artworks.created_at, with the second of the upload where it is the same",
    "contents[].illust_series.illust_series_content_order": "artworks.series_order",
    "contents[].illust_series.illust_series_content_illust_id": "the row's own work",
    "contents[].illust_series.page_url": "made of user and series id",
    "contents[].illust_content_type": "read together: level, flags, original",
    "contents[].is_bookmarked": "of the session's own account",
    "contents[].bookmarkable": "of the session's own account",
}

ENDPOINTS = (
    Endpoint(
        name="ranking",
        request=RequestSpec("/ranking.php", PARAMS, {"format": "json"}, check),
        paging=Numbered("p", more="next"),
        reply=ReplySpec(
            rows=ROWS,
            holds=("contents[+]", "mode", "content", "date", "rank_total"),
            brings=BRINGS,
            body="",
            echoes={"mode": "mode", "content": "content", "date": "date", "page": "p"},
            constants={"ranking_id": ranking_id_of},
            ignored=IGNORED,
        ),
        policy=Policy(
            needs_login=lambda params: params["mode"] in R18_MODES,
            changes="never",
            on_missing=Outcome.NOT_YET,
            expects=usual_pages,
        ),
    ),
    Endpoint(
        name="novel_ranking",
        request=RequestSpec(
            "/ajax/ranking/novel", params={"mode": NOVEL_MODE, "date": Words(""), "p": Number(1, 10, "1")}
        ),
        # Its rows are stored as they came besides: sources disagree on their keys, and none was recorded.
        reply=ReplySpec(
            rows=(listed("display_a.rank_a[]", "ranking", "novel_id", "detail"), *NOVEL_ROWS),
            holds=("display_a.rank_a[+]",),
            constants={"ranking_on": novel_ranking_on},
            ignored={**PAGE_NOISE, **dict.fromkeys(NOVEL_LOOK, "the page's own look")},
        ),
        policy=Policy(needs_login=lambda params: "r18" in params["mode"], is_extra=True),
    ),
)
