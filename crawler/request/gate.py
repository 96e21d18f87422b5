"""The gate: requests of an account leave one at a time and no faster than allowed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import platformdirs
from filelock import FileLock, Timeout
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import BaseSettings

from crawler.errors import GateError, HeldError
from crawler.private import private_folder, private_opener
from crawler.request.session import ANONYMOUS, Session

FLOOR = 1.2
"""Seconds between requests to pixiv.net: held for an account where 1.1 did not."""
WRITING = 0.01
"""Seconds that writing a moment may take, during which its request has not left."""

FLOOR_TURN = 0.05
"""Seconds until the floor's lock is tried again, which others hold for an instant."""
LONGEST_GAP = 3600.0
LONGEST_PAUSE = 7 * 86400.0
"""Seconds; a stored time that lies further ahead comes from a wrong clock and is not believed."""


class Refusal(IgnoreRequest):
    """A request that is not sent, or a reply that is not read; the text says why."""


@dataclass(frozen=True)
class Pace:
    """gap: least seconds between an account's requests; floor: between all of the machine's."""

    gap: float
    floor: float


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


def pace(settings: BaseSettings) -> Pace:
    """The pace that the settings request. Raises GateError below the floor."""
    check_base(settings["PIXIV_BASE_URL"])
    delay = settings.getfloat("DOWNLOAD_DELAY")
    gap = delay * (1 - settings.getfloat("DOWNLOAD_DELAY_JITTER"))
    if not is_pixiv(settings["PIXIV_BASE_URL"]):
        return Pace(gap, 0.0)
    if gap < FLOOR - 1e-9:
        raise GateError(
            f"DOWNLOAD_DELAY={delay:g} with its jitter sends requests {gap:.2f} s apart;"
            f" pixiv.net takes no less than {FLOOR} s: leave DOWNLOAD_DELAY at 2 or raise it"
        )
    if settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") != 1:
        raise GateError("CONCURRENT_REQUESTS_PER_DOMAIN must be 1: an account asks one at a time")
    return Pace(gap, FLOOR)


class Gate:
    """Holds an account's lock and keeps its pace, across processes and archives.

    The lock's file holds the time of the last request and, after a 429, the time before which
    nothing is sent; the next process goes on from there.
    """

    def __init__(self, settings: BaseSettings, session: Session | None) -> None:
        """Take the account's lock. Raises GateError where another crawl has it."""
        self.pace = pace(settings)
        self.account = session.account if session else ANONYMOUS
        base = check_base(settings["PIXIV_BASE_URL"])
        host = re.sub(r"[^a-z0-9.-]", "_", site_of(settings["PIXIV_BASE_URL"]))
        given = settings.get("STATE_DIR")
        root = Path(given) if given else platformdirs.user_state_path("pixiv-archive")
        folder = root / host
        self._state = folder / f"{self.account}.json"
        self._floor = folder / "floor.json"
        self._lock = FileLock(folder / f"{self.account}.lock")
        self._floor_lock = FileLock(folder / "floor.lock")
        try:
            private_folder(folder)
            self._lock.acquire(timeout=0)
        except Timeout:
            pid = _read(self._state).get("pid", "?")
            raise HeldError(
                f"another crawl holds {self.account} on {base.hostname} (process {pid}):"
                " wait for it to end, or stop it"
            ) from None
        except OSError as error:
            raise GateError(
                f"STATE_DIR {root}: {error.strerror}: the account's lock and pace are kept there"
            ) from None
        state = _read(self._state)
        self._last = _believable(state, "last", LONGEST_GAP)
        self._not_before = _believable(state, "not_before", LONGEST_PAUSE)
        self._write()
        self._turn = asyncio.Lock()

    async def wait(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Return when the next request may leave; it counts as sent at that moment.

        Raises Refusal when the crawl is stopped meanwhile.
        """
        async with self._turn:
            while (left := self._left()) > 0:  # a 429 may lengthen it meanwhile
                await asyncio.sleep(min(left, 1))
                if is_stopping():
                    raise Refusal("the crawl was stopped")
            self._last = time.time()
            try:
                if (
                    self.pace.gap
                ):  # without one there is nothing to keep from one process to the next
                    self._write()
                # The floor comes last: another account counts from when this request really leaves.
                if self.pace.floor:
                    await self._wait_for_floor()
            except OSError as error:
                raise Refusal(f"the pace cannot be kept in STATE_DIR: {error.strerror}") from None
            # Writing took a moment: the gap counts from when the request may really leave.
            self._last = time.time()

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, in this process and the next."""
        self._not_before = max(self._not_before, time.time() + min(seconds, LONGEST_PAUSE))
        self._write()

    def close(self) -> None:
        """Give the lock back, with the moment of the last request for the next process."""
        self._write()
        self._lock.release()

    def _left(self) -> float:
        now = time.time()
        return max(min(self._last + self.pace.gap - now, LONGEST_GAP), self._not_before - now)

    async def _wait_for_floor(self) -> None:
        while True:
            try:
                # Without a limit it would stand still, and all of this process with it.
                with self._floor_lock.acquire(timeout=0):
                    now = time.time()
                    last = _believable(_read(self._floor), "last", LONGEST_GAP)
                    left = last + self.pace.floor - now
                    if left <= 0:
                        _write(self._floor, {"last": now + WRITING})
                        return
            except Timeout:
                left = FLOOR_TURN
            await asyncio.sleep(left)

    def _write(self) -> None:
        state = {"pid": os.getpid(), "last": self._last, "not_before": self._not_before}
        # All of it or nothing: a disk that is full must not lose a pause that the site requested.
        beside = self._state.with_suffix(".new")
        _write(beside, state)
        beside.replace(self._state)


def _write(path: Path, state: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8", opener=private_opener) as file:  # takes an opener
        file.write(json.dumps(state))


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        state = json.loads(path.read_text())
        if isinstance(state, dict):
            return state
    return {}


def _believable(state: dict[str, Any], name: str, ahead: float) -> float:
    value = state.get(name, 0.0)
    if not isinstance(value, (int, float)) or value > time.time() + ahead:
        return 0.0
    return float(value)


def advisory_key(base_url: str, account: str) -> int:
    """The key of PostgreSQL's lock for an account on a host, 63 bits."""
    text = f"{site_of(base_url)} {account}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
