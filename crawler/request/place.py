"""Where an account's lock and pace lie on this machine, and how one crawl makes room for another."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout
from scrapy.settings import BaseSettings

from crawler.errors import GateError
from crawler.files import private_folder
from crawler.places import state_folder
from crawler.request.session import ANONYMOUS, Session
from crawler.request.state import read_state
from crawler.site import check_base, site_of

GLANCE = 0.2
"""Seconds that somebody who looks whether a lock is held may hold it: who wants it waits so long."""
PATIENCE = 180
"""Seconds that a crawl which gives way may take: its request under way, and storing the page."""


class AccountPlace:
    """The files of an account on a site. state: pace and who holds the lock; wish: see `wish_for`."""

    def __init__(self, settings: BaseSettings, session: Session | None) -> None:
        """Raises GateError for a base address that is none."""
        self.account = session.account if session else ANONYMOUS
        check_base(settings["PIXIV_BASE_URL"])
        host = re.sub(r"[^a-z0-9.-]", "_", site_of(settings["PIXIV_BASE_URL"]))
        self.root = state_folder(settings.get("STATE_DIR") or "")
        self.folder = self.root / host
        self.state = self.folder / f"{self.account}.json"
        self.lock = self.folder / f"{self.account}.lock"
        self.wish = self.folder / f"{self.account}.wish.lock"

    @property
    def is_wished_for(self) -> bool:
        """Whether another crawl waits for the account."""
        return _is_held(self.wish)

    @property
    def is_held(self) -> bool:
        """Whether a crawl has the account."""
        return _is_held(self.lock)


def wish_for(place: AccountPlace) -> FileLock | None:
    """Let crawls that give way make room, for as long as the lock that is returned is held.

    None where another holds it: then they make room already.
    """
    private_folder(place.folder)
    wish = FileLock(place.wish)
    with suppress(Timeout):
        wish.acquire(timeout=GLANCE)
        return wish
    return None


def make_room(settings: BaseSettings, session: Session | None) -> FileLock | None:
    """Wait for a crawl that gives way. Returns the wish, to be held for as long as the account is used.

    A crawl that does not is left to the gate, which says who it is. Raises GateError.
    """
    place = AccountPlace(settings, session)
    if settings.getbool("GIVES_WAY"):
        return None
    try:
        if not place.is_held or not read_state(place.state).get("gives_way"):
            return None
        wish = wish_for(place)
        sys.stderr.write(f"waiting for another crawl of {place.account} to make room …\n")
        with suppress(Timeout), FileLock(place.lock).acquire(timeout=PATIENCE):
            pass
    except OSError as error:
        raise GateError(f"STATE_DIR {place.root}: {error.strerror}") from None
    return wish


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=GLANCE / 4):  # others look too
            return False
    except Timeout:
        return True
