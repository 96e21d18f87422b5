"""Endpoints of pixiv as data: one module for each family, one entry for each endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crawler.endpoints import account, artworks, commissions, discovery, feeds, rankings, search, tags, users
from crawler.endpoints.model import USUAL_LANG, Asker, Endpoint
from crawler.endpoints.params import IdBatch, Ids
from crawler.endpoints.reply import WrongEntry, check_name
from crawler.model.target import Target
from crawler.tables.naming import BATCHES, PARAMS

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


def check_entries(families: Mapping[str, tuple[Endpoint, ...]]) -> None:
    """Raises WrongEntry where two have one name, or one names another that is not there."""
    every = [endpoint for endpoints in families.values() for endpoint in endpoints]
    known = {endpoint.name: endpoint for endpoint in every}
    twice = [name for name, count in Counter(endpoint.name for endpoint in every).items() if count > 1]
    if twice:
        raise WrongEntry(f"{', '.join(twice)}: two entries of one name")
    for endpoints in families.values():
        beside = {endpoint.name for endpoint in endpoints}
        for endpoint in endpoints:
            policy = endpoint.policy
            for name, param in endpoint.request.params.items():
                # Undecided, `scrapy forget` would miss what is requested about somebody.
                if isinstance(param, Ids):
                    known_names = BATCHES if isinstance(param, IdBatch) else PARAMS
                    place = f"{endpoint.name}: params"
                    check_name(place, "parameter decided in tables/naming.py", name, known_names)
            if policy.after is not None:
                check_name(f"{endpoint.name}: after", "endpoint of its family", policy.after, beside)
            if policy.proof is not None:
                place = f"{endpoint.name}: proof"
                check_name(place, "endpoint", policy.proof.endpoint, known)
                # proof_of() takes the other endpoint's parameters from this one's target.
                for name in known[policy.proof.endpoint].request.params:
                    check_name(place, "parameter of its own", name, endpoint.request.params)


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
    # Blank ones too: a parameter that no entry knows may narrow the answer, also without a value.
    for name, value in parse_qsl(address.query, keep_blank_values=True):
        # `ids[]=1&ids[]=2` repeats the key: a target joins the values with commas.
        query[name] = f"{query[name]},{value}" if name in query else value
    for endpoint in _MOST_PARTICULAR_FIRST:
        found = endpoint.match(address.path, query)
        if found is not None:
            params, page = found
            asker = Asker(kind, query.get("lang") or USUAL_LANG, account)
            return endpoint.target(params, page, night, asker)
    return None


def url(target: Target, base_url: str, lang: str = "") -> str:
    """The address of a target: fixed parameters, given ones in the documented order, the page.

    lang: added to /ajax/ routes, which translate by it.
    """
    endpoint = ENDPOINTS[target.endpoint]
    pairs = list(endpoint.request.query.items())
    paged = endpoint.paging.query(target.page, target.params)
    for name, param in endpoint.request.params.items():
        is_sent = name in endpoint.request.query or name in paged  # as a fixed one, or a page's size
        if name not in endpoint.request.pattern.groupindex and not is_sent:
            pairs += param.pairs(name, target.params.get(name, ""))
    pairs += paged.items()
    if lang and endpoint.request.path.startswith("/ajax/"):
        pairs.append(("lang", lang))
    text = urlencode(pairs, quote_via=quote)
    quoted = {name: quote(value, safe="") for name, value in target.params.items()}
    path = base_url.rstrip("/") + endpoint.request.path.format_map(quoted)
    return f"{path}?{text}" if text else path
