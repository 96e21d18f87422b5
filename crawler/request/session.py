"""The session: read from the environment or a private file, kept in memory, never shown."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.endpoints.model import Asker
from crawler.errors import SessionError

NAMES = ("PIXIV_PHPSESSID", "PIXIV_PHPSESSID_FILE")
COMMAND_LINE = 40


@dataclass(frozen=True)
class Session:
    """A PHPSESSID. account: a name for locks and files that does not give the secret away."""

    account: str
    cookie: bytes = field(repr=False)

    @property
    def owner(self) -> str:
        """The account's id, or a name for it that does not give the secret away."""
        return self.account.removeprefix("account-")


ANONYMOUS = "anonymous"
SESSION, PREMIUM = "session", "premium"


def asker_of(settings: BaseSettings, session: Session | None) -> Asker:
    """Who asks, as far as answers depend on it."""
    kind = "" if session is None else SESSION
    if session is not None and settings.getbool("PIXIV_PREMIUM"):
        kind = PREMIUM
    return Asker(kind, settings["PIXIV_LANG"], session.owner if session else "")


def load_session(settings: BaseSettings, environ: Mapping[str, str] = os.environ) -> Session | None:
    """The session, or None for an anonymous crawl. Raises SessionError."""
    for name in NAMES:
        if (settings.getpriority(name) or 0) >= COMMAND_LINE:
            raise SessionError(
                f"{name} must not stand on a command line, where others can read it:"
                " set it in the environment instead"
            )
    secret = environ.get("PIXIV_PHPSESSID", "").strip() or _read_file(environ)
    if not secret:
        return None
    if not re.fullmatch(r"[0-9A-Za-z_]{8,128}", secret):
        raise SessionError("PIXIV_PHPSESSID is no session: give the cookie's value alone")
    owner, underscore, _ = secret.partition("_")
    # A session begins with the account's id; without one its hash still keeps accounts apart.
    is_named = bool(underscore) and owner.isdecimal()
    account = owner if is_named else hashlib.sha256(secret.encode()).hexdigest()[:16]
    return Session(f"account-{account}", secret.encode())


def session_of(crawler: Crawler) -> Session | None:
    """The session of a crawl: its spider's; of other spiders (scrapy shell, fetch) as it is given."""
    spider = crawler.spider
    if spider is not None and hasattr(spider, "session"):
        session: Session | None = spider.session
        return session
    return load_session(crawler.settings)


def _read_file(environ: Mapping[str, str]) -> str:
    name = environ.get("PIXIV_PHPSESSID_FILE", "")
    if not name:
        return ""
    path = Path(name).expanduser()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise SessionError(f"PIXIV_PHPSESSID_FILE {path}: {reason}") from None
    if not text:
        raise SessionError(f"PIXIV_PHPSESSID_FILE {path}: is empty: it holds no session")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SessionError(f"others can read {path}: run chmod 600 {path}")
    return text
