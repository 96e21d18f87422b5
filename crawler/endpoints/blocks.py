"""Parts that many responses carry beside their own facts, described once."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.endpoints.model import At, Block, Section
from crawler.tables.artworks import Artwork, ArtworkCount, ArtworkDetail, ArtworkTag, Tag, TagTranslation
from crawler.tables.commissions import (
    CommissionPlan,
    CommissionPlanTranslation,
    CommissionRequest,
    CommissionRequestCollaborator,
    CommissionRequestTag,
    CommissionRequestTranslation,
)
from crawler.tables.listings import ListingEntry
from crawler.tables.novels import Novel, NovelSeries, NovelTag
from crawler.tables.rankings import Series, SeriesWork
from crawler.tables.users import User

OWN = "of the session's own account"
UNSEEN = "always empty so far; a non-empty value is reported as drift"
"""The one reason that is checked: a value that is not empty is news."""
COLLECTIONS = "collections, which no documented endpoint is about"

WORKS_BRING = tuple(f"thumbnails.illust[].{key}" for key in ("title", "userId", "tags", "url"))
"""Rows of the works that a response carries."""

PAGE_NOISE: Mapping[str, str] = {"zoneConfig": "advertising zones", "extraData": "page titles for search engines"}

OWN_PAGE = ("original_url", "restriction", "like_count", "view_count", "comment_count", "response_count")
"""Keys of a work that only its own page contains."""

RELATION = dict.fromkeys(("isFollowed", "isMypixiv", "isBlocking", "followedBack"), OWN)

SHORT_IGNORED: Mapping[str, str] = {
    "isBookmarkable": OWN,
    "bookmarkData": OWN,
    "titleCaptionTranslation": "machine translation in the session's language",
}


def _below(path: str, ignored: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{key}": reason for key, reason in ignored.items()}


DETAILS = (("image_response_count", "imageResponseCount"), ("is_howto", "isHowto"), ("is_howto", "is_howto"))
"""Keys of a work's own page that short works carry too, here or there: of the thing, wherever it stands."""


def thumbnails(path: str, when: str = "") -> Block:
    """Short works with tags and author at a path. when: a key that only works have there."""
    return Block(
        rows=(
            # A list must not overwrite what only the work's own page says.
            At(Artwork, path, when=when, without=OWN_PAGE),
            # Without the key there would be a row of a moment at which nothing was counted.
            At(ArtworkCount, path, only=("bookmark_count",), when="bookmarkCount"),
            *(At(ArtworkDetail, path, only=(column,), when=key) for column, key in DETAILS),
            At(User, path, only=("name", "image_url"), optional=True, when=when),
            At(Series, path, only=("title", "user_id"), when="seriesId"),
            At(SeriesWork, path, when="seriesId"),
            At(Tag, f"{path}.tags[]"),
            At(ArtworkTag, f"{path}.tags[]"),
        ),
        ignored=_below(
            path,
            {
                **SHORT_IGNORED,
                "alt": "made of tags, title and author for screen readers",
                "urls": "other sizes of url",
                "visibilityScope": "repeats restrict",
                "type": "the kind of work, which illustType holds",
            },
        ),
    )


def novels(path: str) -> Block:
    """Short novels with tags, author and series at a path."""
    return Block(
        rows=(
            At(Novel, path),
            At(User, path, only=("name", "image_url"), optional=True),
            At(NovelSeries, path, when="seriesId"),
            At(Tag, f"{path}.tags[]"),
            At(NovelTag, f"{path}.tags[]"),
        ),
        ignored=_below(path, {**SHORT_IGNORED, "marker": OWN}),
    )


def series(path: str) -> Block:
    """Series of illustrations or manga at a path."""
    return Block(
        rows=(At(Series, path),),
        ignored=_below(
            path,
            {
                "isWatched": OWN,
                "isNotifying": OWN,
                "description": "caption, again",
                "content_order": UNSEEN,
                "coverImageSl": "sanity level of the cover",
            },
        ),
    )


def listed(path: str, name: str, of: str = "artwork_id", *also: str, details: str = "") -> Section:
    """A section of a listing: an ordered list of ids or things at a path."""
    return Section(ListingEntry, path, name=name, of=of, also=also, details=details)


USERS = Block(
    rows=(At(User, "users[]"),),
    ignored=_below(
        "users[]",
        {
            **RELATION,
            "partial": "whether the profile is the short one",
            "commission": "what the requests' own pages contain",
        },
    ),
)

TAG_TRANSLATIONS = Block(rows=(At(Tag, "tagTranslation{}"), At(TagTranslation, "tagTranslation{}{}", optional=True)))


def request(path: str, when: str = "") -> Block:
    """Requests with tags, plan and translations at a path. when: a key that only requests have."""
    rows = (
        At(CommissionRequest, path, when=when),
        At(CommissionRequestTranslation, f"{path}.requestProposal.requestTranslationProposal[]"),
        At(Tag, f"{path}.requestTags[]"),
        At(CommissionRequestTag, f"{path}.requestTags[]"),
        At(CommissionRequestCollaborator, f"{path}.collaborateStatus.collaborateUserSamples[]"),
        At(CommissionPlan, f"{path}.plan"),
        At(CommissionPlanTranslation, f"{path}.plan.planTitle.planTranslationTitle{{}}"),
        At(CommissionPlanTranslation, f"{path}.plan.planDescription.planTranslationDescription{{}}"),
    )
    ignored = {
        "postWork.work.secret": OWN,
        "plan.planTitle.planTranslationTitle{}.planTtieLang": "the map's key",
        "plan.planDescription.planTranslationDescription{}.planLang": "the map's key",
    }
    return Block(rows, _below(path, ignored))


BUNDLE = (
    thumbnails("thumbnails.illust[]"),
    novels("thumbnails.novel[]"),
    series("illustSeries[]"),
    request("requests[]"),
    USERS,
    TAG_TRANSLATIONS,
    Block(
        (),
        {
            **PAGE_NOISE,
            **dict.fromkeys(("thumbnails.novelSeries", "thumbnails.novelDraft", "novelSeries"), UNSEEN),
            "thumbnails.collection": COLLECTIONS,
        },
    ),
)
"""Keys that most responses carry side by side, empty or not."""
