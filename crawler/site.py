"""The address of the site that is crawled."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from crawler.errors import SettingError


def is_pixiv(base_url: str) -> bool:
    """Return True if a base address is the real site."""
    # With the dot of a full domain name it is the same site: the least gap holds there too.
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


def base_of(url: str) -> str:
    """Return the base address of a site from the address of a response.

    >>> base_of("https://me:secret@www.pixiv.net/ajax/illust/1?lang=ja")
    'https://www.pixiv.net'
    """
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"  # other tools keep a user and a password in it


def is_same_site(one: str, other: str) -> bool:
    """Return True if two addresses are of one site. Fake servers of this machine are one, whatever their port."""
    return site_of(one) == site_of(other) or (is_local(one) and is_local(other))


ADDRESS = re.compile(
    r"https?://(?:www\.)?pixiv\.net/(?:[a-z]{2}/)?(?:(artworks|users)/([0-9]+)|user/[0-9]+/(series)/([0-9]+))(?:[/?#].*)?"
)
KINDS = {"artworks": ("illust_id", "artwork"), "users": ("user_id", "user"), "series": ("series_id", "series")}


def id_of(text: str, name: str) -> str:
    """The id in the address of a page of pixiv's; other texts as they are. name: of the argument, or the kind of thing.

    >>> id_of("https://www.pixiv.net/en/artworks/100412238", "illust_id")
    '100412238'
    >>> id_of("https://www.pixiv.net/users/11", "illust_id")
    'https://www.pixiv.net/users/11'
    """
    found = ADDRESS.fullmatch(text)
    if found is None:
        return text
    kind, number = (part for part in found.groups() if part)
    return number if name.lstrip("-") in KINDS[kind] else text


def check_base(base_url: str) -> SplitResult:
    """The base address in parts. Raises SettingError for one with a path, a user or a password."""
    with suppress(ValueError):
        base_url.encode()
        base = urlsplit(base_url)
        is_address = base.hostname and base.port != 0 and base.scheme in ("http", "https")
        if is_address and "@" not in base.netloc and base.path in ("", "/") and not base.query:
            return base
    raise SettingError("PIXIV_BASE_URL must be an address like https://www.pixiv.net")
