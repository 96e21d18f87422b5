"""The download handler: the last step before the wire."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.fetch.middleware import GateMiddleware
from crawler.fetch.rate_limiter import Refusal

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SessionDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own, behind the rate limiter; adds the session where no log or capture sees it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Twisted would send again by itself after a reset on a reused connection.
        self._pool.retryAutomatically = False
        self._base = urlsplit(crawler.settings["PIXIV_BASE_URL"])

    async def download_request(self, request: Request) -> Response:
        owner = self._crawler.get_downloader_middleware(GateMiddleware)
        assert owner is not None, "the rate limiter is part of DOWNLOADER_MIDDLEWARES"
        address = urlsplit(request.url)
        if (address.scheme, address.netloc) != (self._base.scheme, self._base.netloc):
            raise Refusal(f"{address.netloc} is not {self._base.netloc}")
        await owner.gate.wait(lambda: not self._crawler.crawling)
        if owner.session is not None and self._is_private(address.scheme, address.hostname):
            if address.scheme == "http" and request.meta.get("proxy"):
                raise Refusal("the session would go to the proxy in clear text")
            request = request.copy()
            request.headers[b"Cookie"] = b"PHPSESSID=" + owner.session.cookie
        return await super().download_request(request)

    def _is_private(self, scheme: str, hostname: str | None) -> bool:
        """Return True if nobody on the way can read what is sent: over TLS, or on this machine."""
        return scheme == "https" or hostname in LOOPBACK
