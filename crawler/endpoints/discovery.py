"""Discovery: what pixiv recommends to a session."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, WORKS_BRING, listed
from crawler.endpoints.feeds import MODE
from crawler.endpoints.model import At, Endpoint
from crawler.endpoints.params import Number
from crawler.items.account import AccountSnapshot

ENDPOINTS = (
    Endpoint(
        name="discovery_artworks",
        path="/ajax/discovery/artworks",
        holds=("recommendedIllusts[]", "thumbnails.illust[]"),
        brings=WORKS_BRING,
        params={"mode": MODE, "limit": Number(1, 60, "60")},
        login="yes",
        rows=(*BUNDLE, listed("recommendedIllusts[]", "recommended", "artwork_id", "score", "reasons", "seeds")),
    ),
    Endpoint(
        name="discovery_users",
        path="/ajax/discovery/users",
        holds=("recommendedUsers[]", "users[]", "thumbnails.illust[]"),
        brings=("users[].name", *WORKS_BRING),
        params={"limit": Number(1, 60, "20")},
        login="yes",
        rows=(*BUNDLE, listed("recommendedUsers[]", "recommended", "user_id", "seeds", "detail")),
    ),
    *(
        Endpoint(
            name=f"discovery_{of}_meta",
            path=f"/ajax/discovery/{of}/meta",
            holds=("meta{+}",),
            params={"mode": MODE},
            login="yes",
            rows=(At(AccountSnapshot),),
            ignored={"zoneConfig": "advertising zones"},
        )
        for of in ("artworks", "users")
    ),
)  # fmt: skip
