"""Endpoints of pixiv as data: one module for each family, one entry for each endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from crawler.endpoints import account, artworks, commissions, discovery, feeds, rankings, search, tags, users
from crawler.endpoints.family import check_entries
from crawler.endpoints.model import USUAL_LANG, Asker, Endpoint
from crawler.model.target import Target

FAMILIES: Mapping[str, tuple[Endpoint, ...]] = {
    "account": account.ENDPOINTS,
    "artworks": artworks.ENDPOINTS,
    "commissions": commissions.ENDPOINTS,
    "discovery": discovery.ENDPOINTS,
    "feeds": feeds.ENDPOINTS,
    "rankings": rankings.ENDPOINTS,
    "search": search.ENDPOINTS,
    "tags": tags.ENDPOINTS,
    "users": users.ENDPOINTS,
}
"""Endpoints by family, which is the spider's name."""

ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.name: endpoint for endpoints in FAMILIES.values() for endpoint in endpoints
}
"""Every endpoint by name."""

check_entries(FAMILIES)


# Of two on one route, the one with a parameter that is always sent is meant where it is there.
_MOST_PARTICULAR_FIRST = sorted(ENDPOINTS.values(), key=lambda endpoint: -len(endpoint.request.query))


def recognise(url: str, night: str, account: str = "", kind: str = "") -> Target | None:
    """The request that an address is, or None where it is none of the endpoints'.

    night: the night of the run that kept the response, for endpoints that change nightly; account: of
    its session; kind: of its asker (`Asker.kind`).
    """
    address = urlsplit(url)
    query: dict[str, str] = {}
    for name, value in parse_qsl(address.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    for endpoint in _MOST_PARTICULAR_FIRST:
        found = endpoint.match(address.path, query)
        if found is not None:
            params, page = found
            asker = Asker(kind, query.get("lang") or USUAL_LANG, account)
            return endpoint.target(params, page, night, asker)
    return None
