"""From an Ask to a scrapy.Request."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from scrapy import Request

from crawler.endpoints import ENDPOINTS
from crawler.items.page import Ask


def url(ask: Ask, base_url: str, lang: str = "") -> str:
    """The address of an ask: fixed parameters, given ones in the documented order, the page.

    lang: added to /ajax/ routes, which translate by it.
    """
    endpoint = ENDPOINTS[ask.endpoint]
    in_path = endpoint.path_params
    query = dict(endpoint.query)
    query |= {
        name: ask.params[name]
        for name in endpoint.params
        if name not in in_path and ask.params.get(name)
    }
    query |= endpoint.paging.query(ask.page)
    if lang and endpoint.path.startswith("/ajax/"):
        query["lang"] = lang
    text = urlencode(query, quote_via=quote)
    path = base_url.rstrip("/") + endpoint.url_path(ask.params)
    return f"{path}?{text}" if text else path


def build(ask: Ask, base_url: str, lang: str = "") -> Request:
    """The request of an ask, with the ask as the callback's argument."""
    return Request(
        url(ask, base_url, lang),
        headers={"Referer": base_url.rstrip("/") + "/"},
        cb_kwargs={"ask": ask},
        dont_filter=True,
    )
