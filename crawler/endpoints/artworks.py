"""Artworks by id."""

from __future__ import annotations

from crawler.endpoints.blocks import OWN, thumbnails
from crawler.endpoints.model import At, Endpoint, Section
from crawler.endpoints.params import Ids
from crawler.items.artworks import (
    Artwork,
    ArtworkCount,
    ArtworkDetail,
    ArtworkTag,
    ArtworkTagAuthor,
    Tag,
)
from crawler.items.listings import ListingEntry
from crawler.items.users import User

UNSEEN = "empty in every reply known; the captures keep it"

ENDPOINTS = (
    Endpoint(
        name="artwork",
        path="/ajax/illust/{illust_id}",
        params={"illust_id": Ids()},
        echoes={"illustId": "illust_id"},
        due="illustId",
        rows=(
            thumbnails("userIllusts{}"),
            thumbnails("noLoginData.zengoIdWorks[]"),
            At(Artwork),
            At(ArtworkDetail),
            At(ArtworkCount),
            At(User),
            At(User, "tags.tags[]", optional=True),
            At(Tag, "tags.tags[]"),
            At(ArtworkTag, "tags.tags[]"),
            At(ArtworkTagAuthor, "tags.tags[]"),
            Section(ListingEntry, "noLoginData.zengoIdWorks[]", name="neighbours"),
            Section(ListingEntry, "noLoginData.zengoWorkData.prevWork", name="previous"),
            Section(ListingEntry, "noLoginData.zengoWorkData.nextWork", name="next"),
        ),
        ignored={
            "zoneConfig": "advertising zones",
            "extraData": "page titles for search engines",
            "noLoginData": "breadcrumbs; its works are stored",
            "noLoginData.zengoWorkData.prevWork.title": "the listing names the work",
            "noLoginData.zengoWorkData.nextWork.title": "the listing names the work",
            "comicPromotion": UNSEEN,
            "contestBanners": UNSEEN,
            "contestData": UNSEEN,
            "imageResponseData": UNSEEN,
            "imageResponseOutData": UNSEEN,
            "pollData": UNSEEN,
            "request": UNSEEN,
            "storableTags": "opaque handles, gone since 2022",
            "alt": "made of tags, title and author for screen readers",
            "urls": "other sizes of the original",
            "titleCaptionTranslation": "machine translation in the session's language",
            "likeData": OWN,
            "bookmarkData": OWN,
            "isBookmarkable": OWN,
            "tags.writable": OWN,
            "tags.authorId": "the author, again",
            "fanboxPromotion.userName": "the author, again",
            "fanboxPromotion.userImageUrl": "the author's picture, again",
            "fanboxPromotion.imageUrlMobile": "imageUrl in another size",
        },
    ),
)
