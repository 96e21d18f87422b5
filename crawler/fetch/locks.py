"""Paths of an account's lock and rate limit on this machine; a crawl waits there for another."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout
from scrapy.settings import BaseSettings

from crawler.errors import SettingError
from crawler.fetch.session import ANONYMOUS, Session
from crawler.files import private_folder
from crawler.places import state_folder
from crawler.site import check_base, site_of

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
        return FileLock(self.lock, is_singleton=True)

    @property
    def is_held(self) -> bool:
        """Return True if a crawl has the account."""
        return is_locked(self.lock)


def wait_for_account(settings: BaseSettings, session: Session | None) -> FileLock:
    """Take the account's lock, waiting for another crawl for ACCOUNT_PATIENCE at most. Raises SettingError.

    The rate limiter of this process takes the same lock again; if another crawl still has it, the rate limiter says so.
    """
    place, patience = AccountPlace(settings, session), settings.getfloat("ACCOUNT_PATIENCE")
    lock = place.account_lock()
    try:
        private_folder(place.folder)
        if place.is_held and patience:
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
