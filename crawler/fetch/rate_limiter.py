"""The rate limiter: requests of an account leave one at a time and no faster than allowed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import BaseSettings

from crawler.archive.database.shared import LEAVING, LONGEST_GAP, LONGEST_PAUSE, SharedPace, patiently
from crawler.errors import ArchiveError, HeldError, SettingError
from crawler.fetch.session import GLANCE, AccountPlace, Session
from crawler.files import private_folder, private_opener
from crawler.site import check_base, is_pixiv, site_of


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a file that only its owner can read. Raises OSError."""
    with open(path, "w", encoding="utf-8", opener=private_opener) as file:  # takes an opener
        file.write(json.dumps(state))


def read_state(path: Path) -> dict[str, Any]:
    """Content of a state file."""
    with suppress(OSError, ValueError):
        state = json.loads(path.read_text())
        if isinstance(state, dict):
            return state
    return {}


FLOOR = 1.2
"""Seconds between requests to pixiv.net: held for an account where 1.1 did not."""
WRITING = 0.01
"""Seconds that writing a moment may take, during which its request has not left."""

FLOOR_TURN = 0.05
"""Seconds until the floor's lock is tried again, which others hold for an instant."""


class Refusal(IgnoreRequest):
    """A request that is not sent, or a response that is not read; the text says why."""


@dataclass(frozen=True)
class Pace:
    """gap: least seconds between an account's requests; floor: between all of the machine's.

    usual: between two on average, and at least between those of several machines: more of them are no more load.
    """

    gap: float
    floor: float
    usual: float


def pace(settings: BaseSettings) -> Pace:
    """The pace that the settings request. Raises SettingError below the floor."""
    check_base(settings["PIXIV_BASE_URL"])
    delay = settings.getfloat("DOWNLOAD_DELAY")
    gap = delay * (1 - settings.getfloat("DOWNLOAD_DELAY_JITTER"))
    if not is_pixiv(settings["PIXIV_BASE_URL"]):
        return Pace(gap, 0.0, delay)
    # The default (2 s, jitter 0.4) is the floor itself, up to the rounding of floats.
    if gap < FLOOR - 1e-9:
        raise SettingError(
            f"DOWNLOAD_DELAY={delay:g} with its jitter sends requests {gap:.2f} s apart;"
            f" pixiv.net takes no less than {FLOOR} s: leave DOWNLOAD_DELAY at 2 or raise it"
        )
    if settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") != 1:
        raise SettingError("CONCURRENT_REQUESTS_PER_DOMAIN must be 1: an account sends one request at a time")
    return Pace(gap, FLOOR, delay)


class Gate:
    """Holds an account's lock and keeps its pace, across processes and archives.

    The lock's file holds the time of the last request and, after a 429, the time before which
    nothing is sent; the next process goes on from there. Machines that share an archive share both.
    """

    def __init__(self, settings: BaseSettings, session: Session | None, shared: SharedPace | None = None) -> None:
        """Take the account's lock. Raises SettingError where another crawl has it.

        shared: the pace of all machines on the archive; None: there is this one.
        """
        self.pace = pace(settings)
        self._shared = shared
        self._patience = settings.getfloat("ARCHIVE_PATIENCE")
        base = check_base(settings["PIXIV_BASE_URL"])
        place = AccountPlace(settings, session)
        self.account = place.account
        self._state = place.state
        self._floor = place.folder / "floor.json"
        self._lock = place.account_lock()
        self._floor_lock = FileLock(place.folder / "floor.lock")
        try:
            private_folder(place.folder)
            self._lock.acquire(timeout=GLANCE)
        except Timeout:
            pid = read_state(self._state).get("pid", "?")
            raise HeldError(
                f"another crawl holds {self.account} on {base.hostname} (process {pid}): wait for it to end, or stop it"
            ) from None
        except OSError as error:
            raise SettingError(
                f"STATE_DIR {place.root}: {error.strerror}: the account's lock and rate limit are kept there"
            ) from None
        state = read_state(self._state)
        # A clock that was ahead, and is set right now, is no reason to wait until then.
        self._last = min(_believable(state, "last", LONGEST_GAP), time.time())
        self.paused_until = _believable(state, "not_before", LONGEST_PAUSE)
        """Until when pixiv wants no request, seconds since 1970; long past where it does not say."""
        self._owed_pause = self.paused_until if self.paused_until > time.time() else 0.0
        # At once, so that a crawl that is refused meanwhile can name this process.
        self._write()
        self._turn = asyncio.Lock()
        self.sent = 0
        """Requests that have left, robots.txt and those that were sent again among them."""

    async def wait(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Return when the next request may leave; it counts as sent at that moment.

        Raises Refusal when the crawl is stopped meanwhile.
        """
        async with self._turn:
            try:
                while not await self._take_turn(is_stopping):
                    pass
                # Without a gap there is nothing that the next process would go on from.
                if self.pace.gap:
                    self._last = time.time()
                    self._write()
            except OSError as error:
                raise Refusal(f"the rate limit cannot be saved in STATE_DIR: {error.strerror}") from None
            except ArchiveError as error:
                raise Refusal(f"the pace of all machines stands in the archive: {error}") from None
            # Writing took a moment: the gap counts from when the request may really leave.
            self._last = time.time()
            self.sent += 1

    async def _take_turn(self, is_stopping: Callable[[], bool]) -> bool:
        """Wait for the turn of the account, of all machines and of this one. Return False if it expired."""
        if self._shared is not None and self._owed_pause:
            await self._share_pause(self._shared, is_stopping)
        while (left := self._left()) > 0:  # a 429 may lengthen it meanwhile
            await self._sleep(left, is_stopping)
        claimed = time.monotonic()
        if self._shared is not None:
            # Not to wait for the floor with a turn in hand, which would be let slip for it.
            while (left := self._floor_left()) > 0:
                await self._sleep(left, is_stopping)
            claimed = await self._claim(self._shared, is_stopping)
        slack = max(self.pace.usual - self.pace.gap, LEAVING)
        is_kept = self._shared is not None and bool(self.pace.usual)
        # Who was slow since, or waits for the floor too long, would send too near to who claims next.
        until = claimed + slack if is_kept else math.inf
        # The floor comes last: another account counts from when this request really leaves.
        return await self._take_floor(until) and time.monotonic() <= until

    async def _claim(self, shared: SharedPace, is_stopping: Callable[[], bool]) -> float:
        """Wait for the turn of all machines; returns a moment no later than it."""

        async def claim() -> tuple[float, float]:
            begun = time.monotonic()
            return begun, await asyncio.to_thread(shared.claim, self.pace.usual)

        while True:
            begun, left = await patiently(claim, self._patience, is_stopping)
            if left <= 0:
                return begun
            await self._sleep(left, is_stopping)

    async def _share_pause(self, shared: SharedPace, is_stopping: Callable[[], bool]) -> None:
        """Share a pause that the other machines do not know: the server was away, or this process is new."""

        async def share() -> None:
            seconds = self._owed_pause - time.time()
            if seconds > 0:
                await asyncio.to_thread(shared.pause, seconds)

        await patiently(share, self._patience, is_stopping)
        self._owed_pause = 0.0

    @staticmethod
    async def _sleep(seconds: float, is_stopping: Callable[[], bool]) -> None:
        # In steps of a second, so that a stop does not have to wait out a long pause.
        await asyncio.sleep(min(seconds, 1))
        if is_stopping():
            raise Refusal("the crawl was stopped")

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, in this process and the next."""
        self.paused_until = max(self.paused_until, time.time() + min(seconds, LONGEST_PAUSE))
        self._write()
        if self._shared is not None:
            try:
                # At once, not in a thread: another machine may send within the gap.
                self._shared.pause(self.paused_until - time.time())
            except ArchiveError:
                self._owed_pause = self.paused_until  # said before the next request

    def close(self) -> None:
        """Give the lock back, with the moment of the last request for the next process."""
        if self._lock.is_locked:  # once: by now it may be another's
            self._write()
            self._lock.release()

    def _left(self) -> float:
        now = time.time()
        return max(min(self._last + self.pace.gap - now, LONGEST_GAP), self.paused_until - now)

    def _floor_left(self) -> float:
        """Seconds until any account of the machine may send."""
        if not self.pace.floor:
            return 0.0
        last = _believable(read_state(self._floor), "last", LONGEST_GAP)
        return last + self.pace.floor - time.time()

    async def _take_floor(self, until: float) -> bool:
        """Wait for the turn of this machine. Return False, and take it from nobody, if it does not come in time."""
        while self.pace.floor:
            try:
                # Without a limit it would stand still, and all of this process with it.
                with self._floor_lock.acquire(timeout=0):
                    left = self._floor_left()
                    if time.monotonic() + left > until:
                        return False
                    if left <= 0:
                        write_state(self._floor, {"last": time.time() + WRITING})
                        return True
            except Timeout:
                left = FLOOR_TURN
            await asyncio.sleep(left)
        return True

    def _write(self) -> None:
        state = {"pid": os.getpid(), "last": self._last, "not_before": self.paused_until}
        # All of it or nothing: a disk that is full must not lose a pause that the site requested.
        beside = self._state.with_suffix(".new")
        write_state(beside, state)
        beside.replace(self._state)


def _believable(state: dict[str, Any], name: str, ahead: float) -> float:
    value = state.get(name, 0.0)
    # A state file may be broken or from a clock that was ahead; then it says nothing.
    if not isinstance(value, (int, float)) or value > time.time() + ahead:
        return 0.0
    return float(value)


def advisory_key(base_url: str, account: str) -> int:
    """The key of PostgreSQL's lock for an account on a host, 63 bits."""
    text = f"{site_of(base_url)} {account}"
    # PostgreSQL takes a signed 64-bit key, so one bit has to go.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
