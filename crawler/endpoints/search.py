"""Searches by word."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.endpoints.blocks import COLLECTIONS, PAGE_NOISE, TAG_TRANSLATIONS, listed, novels, thumbnails
from crawler.endpoints.model import At, Block, Endpoint, Numbered, Policy, ReplySpec, RequestSpec, Section
from crawler.endpoints.params import Choice, Day, Number, Param, Words
from crawler.errors import BadArgument
from crawler.tables.artworks import Tag
from crawler.tables.listings import ListingTotal

PREMIUM_ORDERS = ("popular_d", "popular_male_d", "popular_female_d")
KINDS = ("illust_and_ugoira", "illust", "ugoira")

AROUND = (
    thumbnails("popular.recent[]"),
    thumbnails("popular.permanent[]"),
    TAG_TRANSLATIONS,
    At(Tag, "relatedTags[]"),
    listed("popular.recent[]", "popular_recent"),
    listed("popular.permanent[]", "popular_permanent"),
    listed("relatedTags[]", "related_tags", "label"),
    Block((), {**PAGE_NOISE, "suggestChips": "buttons that narrow a search"}),
)


def parameters(kinds: tuple[str, ...]) -> Mapping[str, Param]:
    """The documented parameters of a search for some kinds of work."""
    return {
        "word": Words(),
        "type": Choice(kinds, kinds[0]),
        "order": Choice(("date_d", "date", *PREMIUM_ORDERS), "date_d"),
        # `all` contains R-18 works too, so without ALLOW_R18 it counts as one of them.
        "mode": Choice(("all", "safe", "r18"), "all", r18=frozenset({"all", "r18"}), safe="safe"),
        "s_mode": Choice(("s_tag_full", "s_tag", "s_tc", "s_tag_only", "tag_tc", "tc"), "s_tag_full"),
        **{name: Number() for name in ("wlt", "wgt", "hlt", "hgt")},
        "ai_type": Choice(("0", "1"), ""),
        "ratio": Choice(("-0.5", "0", "0.5"), ""),
        "tool": Words(""),
        "scd": Day(),
        "ecd": Day(),
        "blt": Number(),
        "bgt": Number(),
        **({"work_lang": Words("")} if kinds == ("manga",) else {}),
    }


def check(params: Mapping[str, str]) -> None:
    """Refuse a period that ends before it begins."""
    if params["scd"] and params["ecd"] and params["ecd"] < params["scd"]:
        raise BadArgument(f"ecd={params['ecd']} is before scd={params['scd']}")


def needs_login(params: Mapping[str, str]) -> bool:
    """Return True if a search is answered to a session only (of a premium account, in part)."""
    is_premium = params["order"] in PREMIUM_ORDERS or params["blt"] or params["bgt"]
    return params["mode"] == "r18" or bool(is_premium)


def search(name: str, key: str, kinds: tuple[str, ...]) -> Endpoint:
    """A search whose works are below a key of the body: 60 slots a page, one an advertisement."""
    total = f"{key}.total"
    return Endpoint(
        name=f"search_{name}",
        request=RequestSpec(path=f"/ajax/search/{name}/{{word}}", params=parameters(kinds), check=check),
        # The caps are those of anyone, of a session, and of Premium.
        paging=Numbered("p", last=f"{key}.lastPage", total=total, size=59, past_end="last", caps=(10, 1000, 5000)),
        reply=ReplySpec(
            rows=(thumbnails(f"{key}.data[]"), listed(f"{key}.data[]", "works"), *AROUND),
            holds=(f"{key}.data[]", total),
            brings=tuple(f"{key}.data[].{of}" for of in ("title", "tags")),
            total=total,
            newest_first=lambda params: params["order"] == "date_d",
            ignored={f"{key}.bookmarkRanges": "choices of the search form"},
        ),
        policy=Policy(needs_login=needs_login),
    )


ENDPOINTS = (
    Endpoint(
        name="search_top",
        request=RequestSpec("/ajax/search/top/{word}", params={"word": Words()}),
        reply=ReplySpec(
            rows=(
                *AROUND,
                thumbnails("illust.data[]"),
                thumbnails("manga.data[]"),
                novels("novel.data[]"),
                listed("illust.data[]", "illust"),
                listed("manga.data[]", "manga"),
                listed("novel.data[]", "novel", "novel_id"),
                *(Section(ListingTotal, of, name=of, of="total") for of in ("illust", "manga", "novel")),
            ),
            holds=tuple(f"{of}.{key}" for of in ("illust", "manga", "novel") for key in ("data[]", "total")),
            total="illust.total",
            zeros=("manga.total", "novel.total"),
            ignored={"collection": COLLECTIONS},
        ),
    ),
    search("artworks", "illustManga", ("all", *KINDS, "manga")),
    search("illustrations", "illust", KINDS),
    search("manga", "manga", ("manga",)),
)
