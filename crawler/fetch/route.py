"""The way that requests take: directly or through a proxy, and what stands in it."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.settings import BaseSettings
from twisted.internet.error import ConnectError, DNSLookupError

from crawler.errors import SettingError
from crawler.fetch.rate_limiter import Refusal
from crawler.site import check_base

FOR_ALL = ("all", "socks")
"""Variables (ALL_PROXY, SOCKS_PROXY) that other programs honour, and Scrapy does not."""
RESOLVER = "TWISTED_DNS_RESOLVER=scrapy.resolver.CachingHostnameResolver"
UNANSWERED = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    ConnectError,
    DNSLookupError,
)


class NoWay(Refusal):
    """No request gets to the site, and none will before something is mended; the text says what."""


@dataclass(frozen=True)
class Route:
    """Route of requests. proxy: its address without user and password, "" for none; why: explains the choice."""

    proxy: str
    why: str

    def __str__(self) -> str:
        return f"through the proxy {self.proxy} ({self.why})" if self.proxy else f"directly{self.why}"


def route(settings: BaseSettings, *, has_session: bool) -> Route:
    """The way that the environment and the settings request.

    Raises SettingError for one that Scrapy would not take, or on which the session would be read.
    """
    base = check_base(settings["PIXIV_BASE_URL"])
    proxies, host = getproxies(), base.hostname or ""
    # Scrapy takes no proxy at all then, so a wrong one in the environment is no reason to stop.
    if not settings.getbool("HTTPPROXY_ENABLED"):
        return Route("", ": HTTPPROXY_ENABLED is off" if proxies else "")
    given = proxies.get(base.scheme)
    others = [name for name in FOR_ALL if proxies.get(name)]
    # Before all checks: a proxy that this host is exempt from is never used, whatever its kind.
    if (given or others) and proxy_bypass(host):
        return Route("", ": no_proxy names the host")
    if not given:
        if others:
            raise SettingError(
                f"{others[0].upper()}_PROXY is set, and Scrapy does not honour it: requests would leave"
                f" under this machine's own address. Set {base.scheme}_proxy=http://HOST:PORT, or unset"
                " it to go directly"
            )
        return Route("", "")
    name = f"{base.scheme}_proxy"
    shown = _checked(name, given)
    if has_session and base.scheme != "https":
        raise SettingError(f"{name}: the session would go to the proxy {shown} in clear text: set no_proxy={host}")
    return Route(shown, name)


def _checked(name: str, given: str) -> str:
    """A proxy's address without user and password. Raises SettingError for a kind that is not supported."""
    try:
        # A variable that is no UTF-8 arrives with surrogates, which only fail here (as a ValueError).
        given.encode()
        proxy = urlsplit(given if "://" in given else f"http://{given}")
        host, port = proxy.hostname, proxy.port or 80
    except ValueError:
        host, port, proxy = None, 0, urlsplit("")
    if not host:
        raise SettingError(f"{name} is no address; use {name}=http://HOST:PORT")
    if proxy.scheme != "http":
        raise SettingError(f"{name}: a proxy of the kind {proxy.scheme} is not supported; use {name}=http://HOST:PORT")
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def obstacle(error: BaseException | None, settings: BaseSettings) -> str:
    """Return the permanent obstacle if a request did not get through; "" for none that is known."""
    if isinstance(error, UnsupportedURLSchemeError):
        return f"an unsupported scheme: {error}"
    try:
        taken = route(settings, has_session=False)
    except SettingError as refusal:
        return str(refusal)
    if isinstance(error, TunnelError):
        reason = str(error).partition("[")[2].rstrip("]") or str(error)
        return f"the proxy {taken.proxy} refuses: {reason}"
    if not isinstance(error, UNANSWERED):
        return ""
    if taken.proxy:
        return f"the proxy {taken.proxy} does not answer ({taken.why})"
    host = urlsplit(settings["PIXIV_BASE_URL"]).hostname or ""
    if isinstance(error, (CannotResolveHostError, DNSLookupError)):
        if _has_addresses(host, socket.AF_INET6) and not _has_addresses(host, socket.AF_INET):
            return f"{host} has only IPv6 addresses: set -s {RESOLVER}"
        return f"no address is known of {host}: is this machine on the network?"
    return ""


WHYS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((DownloadConnectionRefusedError,), "connection refused"),
    ((CannotResolveHostError, DNSLookupError), "its address cannot be looked up"),
    ((DownloadTimeoutError,), "no answer in time"),
    ((ConnectError,), "no connection"),
    ((ResponseDataLossError,), "its answers broke off halfway"),
    ((DownloadFailedError,), "the connection broke"),
)


def not_reached(error: BaseException | None) -> str:
    """Return that a request got no response, and why."""
    why = next((text for kinds, text in WHYS if isinstance(error, kinds)), type(error).__name__)
    return f"pixiv could not be reached ({why})"


def _has_addresses(host: str, family: int) -> bool:
    with suppress(OSError, UnicodeError):
        return bool(socket.getaddrinfo(host, None, family))
    return False
