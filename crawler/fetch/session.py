"""The session, kept in memory and never shown, and the lock of its account."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.endpoints.model import Asker
from crawler.errors import SessionError, SettingError, choices
from crawler.files import private_folder, read_bounded
from crawler.places import state_folder
from crawler.setting_defaults import OF_FILE, VARIABLE
from crawler.site import check_base, site_of

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
    """The session, or None for an anonymous crawl. Raises SessionError.

    With PIXIV_ACCOUNT=NAME it is PIXIV_PHPSESSID_NAME, or in the file that PIXIV_PHPSESSID_NAME_FILE names.
    """
    account = str(settings.get("PIXIV_ACCOUNT") or "").upper()
    # FILE is the ending of the variable that names a file, so it cannot be an account's name.
    if account and (not re.fullmatch(r"[A-Z0-9]{1,40}", account) or f"_{account}" == OF_FILE):
        raise SessionError(f"PIXIV_ACCOUNT={account}: a name of letters and digits, and not FILE")
    variable = f"{VARIABLE}_{account}" if account else VARIABLE
    for name in [name for name in settings if str(name).startswith(VARIABLE)]:
        if (settings.getpriority(name) or 0) >= COMMAND_LINE:
            raise SessionError(
                f"{name} must not stand on a command line, where others can read it: set it in the environment instead"
            )
    secret = environ.get(variable, "").strip() or _read_file(variable + OF_FILE, environ)
    if not secret:
        if account:
            raise SessionError(
                f"no session of {account}: set {variable}, or {variable}{OF_FILE};"
                f" {choices(account, account_names(environ))}"
            )
        return None
    if not re.fullmatch(r"[0-9A-Za-z_]{8,128}", secret):
        raise SessionError(f"{variable} is no session: give only the cookie's value")
    owner, underscore, _ = secret.partition("_")
    # A session begins with the account's id; without one its hash still keeps accounts apart.
    is_named = bool(underscore) and owner.isdecimal()
    account = owner if is_named else hashlib.sha256(secret.encode()).hexdigest()[:16]
    return Session(f"account-{account}", secret.encode())


def account_names(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The accounts whose sessions are given by name.

    >>> account_names({"PIXIV_PHPSESSID": "x", "PIXIV_PHPSESSID_ANN": "x", "PIXIV_PHPSESSID_BOB_FILE": "x"})
    ['ANN', 'BOB']
    """
    named = (name.removeprefix(f"{VARIABLE}_") for name in environ if name.startswith(f"{VARIABLE}_"))
    return sorted({name.removesuffix(OF_FILE) for name in named} - {OF_FILE[1:]})


def session_of(crawler: Crawler) -> Session | None:
    """The session of a crawl: its spider's; of other spiders (scrapy shell, fetch) as it is given."""
    spider = crawler.spider
    if spider is not None and hasattr(spider, "session"):
        session: Session | None = spider.session
        return session
    return load_session(crawler.settings)


def _read_file(variable: str, environ: Mapping[str, str]) -> str:
    name = environ.get(variable, "")
    if not name:
        return ""
    path = Path(name).expanduser()
    try:
        mode = path.stat().st_mode
        text = read_bounded(path).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise SessionError(f"{variable} {path}: {reason}") from None
    if not text:
        raise SessionError(f"{variable} {path}: is empty: it holds no session")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SessionError(f"others can read {path}: run chmod 600 {path}")
    return text


GLANCE = 0.2
"""Seconds that somebody who looks whether a lock is held may hold it: who wants it waits so long."""
TURN = 0.25
"""Seconds between two looks at a lock."""


class AccountPlace:
    """The files of an account on a site. state: pace and who holds the lock."""

    def __init__(self, settings: BaseSettings, session: Session | None) -> None:
        """Raises SettingError for a base address that is none."""
        self.account = session.account if session else ANONYMOUS
        check_base(settings["PIXIV_BASE_URL"])
        host = re.sub(r"[^a-z0-9.-]", "_", site_of(settings["PIXIV_BASE_URL"]))
        self.root = state_folder(settings.get("STATE_DIR") or "")
        self.folder = self.root / host
        self.state = self.folder / f"{self.account}.json"
        self.lock = self.folder / f"{self.account}.lock"

    def account_lock(self) -> FileLock:
        """The account's lock: one object in a process, however often it is asked for."""
        # The command and the rate limiter both take it: only one shared object may be taken twice.
        return FileLock(self.lock, is_singleton=True)


def wait_for_account(settings: BaseSettings, session: Session | None) -> FileLock:
    """Take the account's lock, waiting for another crawl for ACCOUNT_PATIENCE at most. Raises SettingError.

    The rate limiter of this process takes the same lock again; if another crawl still has it, the rate limiter says so.
    """
    place, patience = AccountPlace(settings, session), settings.getfloat("ACCOUNT_PATIENCE")
    lock = place.account_lock()
    try:
        private_folder(place.folder)
        if is_locked(place.lock) and patience:
            sys.stderr.write(f"another crawl uses {place.account}: waiting for it, {patience / 60:.0f} min at most …\n")
        with suppress(Timeout):
            lock.acquire(timeout=max(patience, GLANCE))
    except OSError as error:
        raise SettingError(f"STATE_DIR {place.root}: {error.strerror}") from None
    return lock


def is_locked(path: Path) -> bool:
    """Return True if a process holds a lock file."""
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=GLANCE / 4):  # others look too
            return False
    except Timeout:
        return True
