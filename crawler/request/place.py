"""Where an account's lock and pace lie on this machine, and how a crawl waits for another."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout
from scrapy.settings import BaseSettings

from crawler.errors import GateError
from crawler.places import state_folder
from crawler.request.session import ANONYMOUS, Session
from crawler.site import check_base, site_of

GLANCE = 0.2
"""Seconds that somebody who looks whether a lock is held may hold it: who wants it waits so long."""
TURN = 0.25
"""Seconds between two looks at a lock that is waited for: shorter than a job is between two pieces."""


class AccountPlace:
    """The files of an account on a site. state: pace and who holds the lock."""

    def __init__(self, settings: BaseSettings, session: Session | None) -> None:
        """Raises GateError for a base address that is none."""
        self.account = session.account if session else ANONYMOUS
        check_base(settings["PIXIV_BASE_URL"])
        host = re.sub(r"[^a-z0-9.-]", "_", site_of(settings["PIXIV_BASE_URL"]))
        self.root = state_folder(settings.get("STATE_DIR") or "")
        self.folder = self.root / host
        self.state = self.folder / f"{self.account}.json"
        self.lock = self.folder / f"{self.account}.lock"

    @property
    def is_held(self) -> bool:
        """Whether a crawl has the account."""
        return is_locked(self.lock)


def wait_for_account(settings: BaseSettings, session: Session | None) -> None:
    """Wait until no other crawl uses the account, for ACCOUNT_PATIENCE at most. Raises GateError.

    Whether it is free then is for the gate to say.
    """
    place = AccountPlace(settings, session)
    until = time.monotonic() + settings.getfloat("ACCOUNT_PATIENCE")
    is_said = False
    try:
        while place.is_held and time.monotonic() < until:
            if not is_said:
                minutes = settings.getfloat("ACCOUNT_PATIENCE") / 60
                sys.stderr.write(
                    f"another crawl uses {place.account}: waiting for it, {minutes:.0f} min at most …\n"
                )
            is_said = True
            time.sleep(TURN)
    except OSError as error:
        raise GateError(f"STATE_DIR {place.root}: {error.strerror}") from None


def is_locked(path: Path) -> bool:
    """Return True if a process holds a lock file."""
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=GLANCE / 4):  # others look too
            return False
    except Timeout:
        return True
