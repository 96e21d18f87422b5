"""Discovery: what pixiv recommends to a session."""

from __future__ import annotations

from crawler.endpoints.blocks import BUNDLE, WORKS_BRING, listed
from crawler.endpoints.feeds import MODE
from crawler.endpoints.model import At, Endpoint, Policy, ReplySpec, RequestSpec
from crawler.endpoints.params import Number
from crawler.tables.account import AccountSnapshot

ENDPOINTS = (
    Endpoint(
        name="discovery_artworks",
        request=RequestSpec("/ajax/discovery/artworks", params={"mode": MODE, "limit": Number(1, 60, "60")}),
        reply=ReplySpec(
            rows=(*BUNDLE, listed("recommendedIllusts[]", "recommended", "artwork_id", "score", "reasons", "seeds")),
            holds=("recommendedIllusts[]", "thumbnails.illust[]"),
            brings=WORKS_BRING,
        ),
        policy=Policy(login="yes"),
    ),
    Endpoint(
        name="discovery_users",
        request=RequestSpec("/ajax/discovery/users", params={"limit": Number(1, 60, "20")}),
        reply=ReplySpec(
            rows=(*BUNDLE, listed("recommendedUsers[]", "recommended", "user_id", "seeds", "detail")),
            holds=("recommendedUsers[]", "users[]", "thumbnails.illust[]"),
            brings=("users[].name", *WORKS_BRING),
        ),
        policy=Policy(login="yes"),
    ),
    *(
        Endpoint(
            name=f"discovery_{of}_meta",
            request=RequestSpec(path=f"/ajax/discovery/{of}/meta", params={"mode": MODE}),
            reply=ReplySpec(
                rows=(At(AccountSnapshot),), holds=("meta{+}",), ignored={"zoneConfig": "advertising zones"}
            ),
            policy=Policy(login="yes"),
        )
        for of in ("artworks", "users")
    ),
)
