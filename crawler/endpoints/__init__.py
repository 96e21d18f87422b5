"""What pixiv offers, as data: a module a family, an entry an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from crawler.endpoints import artworks, commissions, rankings
from crawler.endpoints.model import Endpoint
from crawler.items.page import Ask

FAMILIES: Mapping[str, tuple[Endpoint, ...]] = {
    "artworks": artworks.ENDPOINTS,
    "commissions": commissions.ENDPOINTS,
    "rankings": rankings.ENDPOINTS,
}
"""Endpoints by family, which is the spider's name."""

ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.name: endpoint for endpoints in FAMILIES.values() for endpoint in endpoints
}
"""Every endpoint by name."""


def recognise(url: str, night: str) -> Ask | None:
    """The request that an address is, or None where it is none of the endpoints'.

    night: the night of the run that kept the reply, for endpoints that change nightly.
    """
    address = urlsplit(url)
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    for endpoint in ENDPOINTS.values():
        found = endpoint.match(address.path, query)
        if found is not None:
            params, page = found
            return Ask(endpoint.name, params, page, endpoint.night_of(params, night))
    return None
