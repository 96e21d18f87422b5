"""The address of the site that is crawled."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from crawler.errors import GateError


def is_pixiv(base_url: str) -> bool:
    """Whether a base address is the real site."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    return host == "pixiv.net" or host.endswith(".pixiv.net")


def site_of(base_url: str) -> str:
    """One name for one site, however its address is written: host, and port where it is no usual one."""
    base = check_base(base_url)
    if is_pixiv(base_url):
        return "pixiv.net"
    host = (base.hostname or "").rstrip(".")
    usual = {"http": 80, "https": 443}[base.scheme]
    return host if base.port in (None, usual) else f"{host}:{base.port}"


def is_local(base_url: str) -> bool:
    """Return True if an address is this machine's own: a fake server, for a demo or a test."""
    host = urlsplit(base_url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def is_same_site(one: str, other: str) -> bool:
    """Return True if two addresses are of one site. Fake servers of this machine are one, whatever their port."""
    return site_of(one) == site_of(other) or (is_local(one) and is_local(other))


def check_base(base_url: str) -> SplitResult:
    """The base address in parts. Raises GateError for one with a path, a user or a password."""
    try:
        base_url.encode()
        base = urlsplit(base_url)
        is_plain = base.hostname and base.port != 0 and base.scheme in ("http", "https")
    except ValueError:
        raise GateError("PIXIV_BASE_URL must be an address like https://www.pixiv.net") from None
    is_plain = is_plain and "@" not in base.netloc
    if not is_plain or base.path not in ("", "/") or base.query:
        raise GateError("PIXIV_BASE_URL must be an address like https://www.pixiv.net")
    return base
