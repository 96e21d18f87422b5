"""From a Target to a scrapy.Request."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from scrapy import Request

from crawler.endpoints import ENDPOINTS
from crawler.model.target import Target


def url(target: Target, base_url: str, lang: str = "") -> str:
    """The address of a target: fixed parameters, given ones in the documented order, the page.

    lang: added to /ajax/ routes, which translate by it.
    """
    endpoint = ENDPOINTS[target.endpoint]
    pairs = list(endpoint.request.query.items())
    paged = endpoint.paging.query(target.page, target.params)
    for name, param in endpoint.request.params.items():
        is_sent = name in endpoint.request.query or name in paged  # as a fixed one, or a page's size
        if name not in endpoint.request.path_params and not is_sent:
            pairs += param.pairs(name, target.params.get(name, ""))
    pairs += paged.items()
    if lang and endpoint.request.path.startswith("/ajax/"):
        pairs.append(("lang", lang))
    text = urlencode(pairs, quote_via=quote)
    path = base_url.rstrip("/") + endpoint.request.url_path(target.params)
    return f"{path}?{text}" if text else path


def build(target: Target, base_url: str, lang: str = "") -> Request:
    """The request of a target, with the target as the callback's argument."""
    return Request(
        url(target, base_url, lang),
        headers={"Referer": base_url.rstrip("/") + "/"},
        cb_kwargs={"target": target},
        dont_filter=True,
    )
