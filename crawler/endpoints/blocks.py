"""Parts that many replies carry beside their own facts, described once."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.endpoints.model import At, Block
from crawler.items.artworks import Artwork, ArtworkTag, Tag, TagTranslation
from crawler.items.commissions import (
    CommissionPlan,
    CommissionPlanTranslation,
    CommissionRequest,
    CommissionRequestCollaborator,
    CommissionRequestTag,
    CommissionRequestTranslation,
)
from crawler.items.users import User

OWN = "of the session's own account"

THUMBNAIL_IGNORED: Mapping[str, str] = {
    "isBookmarkable": OWN,
    "bookmarkData": OWN,
    "alt": "made of tags, title and author for screen readers",
    "titleCaptionTranslation": "machine translation in the session's language",
    "urls": "other sizes of url",
    "visibilityScope": "repeats restrict",
}


def thumbnails(path: str) -> Block:
    """Short works with tags and author at a path."""
    return Block(
        rows=(
            At(Artwork, path),
            At(User, path, optional=True),
            At(Tag, f"{path}.tags[]"),
            At(ArtworkTag, f"{path}.tags[]"),
        ),
        ignored={f"{path}.{key}": reason for key, reason in THUMBNAIL_IGNORED.items()},
    )


THUMBNAILS = thumbnails("thumbnails.illust[]")

USERS = Block(
    rows=(At(User, "users[]"),),
    ignored={
        "users[].isFollowed": OWN,
        "users[].isMypixiv": OWN,
        "users[].isBlocking": OWN,
        "users[].followedBack": OWN,
        "users[].partial": "whether the profile is the short one",
    },
)

TAG_TRANSLATIONS = Block(
    rows=(At(Tag, "tagTranslation{}"), At(TagTranslation, "tagTranslation{}{}")),
)

REQUESTS = Block(
    rows=(
        At(CommissionRequest, "requests[]"),
        At(
            CommissionRequestTranslation,
            "requests[].requestProposal.requestTranslationProposal[]",
        ),
        At(Tag, "requests[].requestTags[]"),
        At(CommissionRequestTag, "requests[].requestTags[]"),
        At(
            CommissionRequestCollaborator,
            "requests[].collaborateStatus.collaborateUserSamples[]",
        ),
        At(CommissionPlan, "requests[].plan"),
        At(CommissionPlanTranslation, "requests[].plan.planTitle.planTranslationTitle{}"),
        At(CommissionPlanTranslation, "requests[].plan.planDescription.planTranslationDescription{}"),
    ),
    ignored={
        "requests[].postWork.work.secret": "of the session's own account",
        "requests[].plan.planTitle.planTranslationTitle{}.planTtieLang": "the map's key",
        "requests[].plan.planDescription.planTranslationDescription{}.planLang": "the map's key",
    },
)  # fmt: skip
