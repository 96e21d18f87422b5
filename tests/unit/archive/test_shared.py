"""The pace of several machines is that of one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings
from sqlalchemy import Engine, text

from crawler.archive.database.engine import create
from crawler.archive.database.shared import LEAVING, SECOND, SharedPace
from crawler.errors import Unreachable
from crawler.fetch.rate_limiter import Gate, Pace
from crawler.fetch.session import Session

GAP = 0.2


@pytest.fixture
def shared(shared_postgresql: Engine) -> Engine:
    with shared_postgresql.begin() as connection:
        connection.execute(text("DELETE FROM paces"))
    return shared_postgresql


def test_accounts_that_are_kept_apart_do_not_wait_for_each_other(shared: Engine) -> None:
    one, other = SharedPace(shared, "site", "one"), SharedPace(shared, "site", "other")
    for pace in (one, other):
        pace.claim(GAP)  # the first notes the row
        time.sleep(LEAVING)
    assert (one.claim(60), other.claim(60)) == (0, 0)
    assert one.claim(60) > 50


def test_a_moment_far_ahead_of_the_servers_clock_is_not_believed(shared: Engine) -> None:
    far = time.time_ns() + 10 * 86_400 * SECOND
    with shared.begin() as connection:
        connection.execute(text("INSERT INTO paces VALUES ('site', '', :far, :far)"), {"far": far})
    assert SharedPace(shared, "site", "").claim(GAP) == 0


def test_without_the_server_nothing_may_leave() -> None:
    away = create("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(Unreachable):
        SharedPace(away, "site", "").claim(GAP)


def gate(engine: Engine, folder: Path, account: str, **more: object) -> Gate:
    settings = get_project_settings()
    settings.setdict({"PIXIV_BASE_URL": "http://127.0.0.1:9", "STATE_DIR": str(folder), **more})
    session = Session(account, b"x" * 20)
    return Gate(settings, session, SharedPace(engine, "site", ""))


def test_a_pause_that_could_not_be_told_is_told_by_the_next_process(shared: Engine, tmp_path: Path) -> None:
    away = create("postgresql://nobody@127.0.0.1:9/nothing")
    first = gate(away, tmp_path, "account-1")
    first.pause(3)
    first.close()
    second = gate(shared, tmp_path, "account-1", DOWNLOAD_DELAY=0)
    waiting = asyncio.run(ended_within(second.wait(), 0.5))
    assert not waiting
    assert SharedPace(shared, "site", "").claim(0) > 1, "other machines know"
    second.close()


async def ended_within(work: Coroutine[object, object, None], seconds: float) -> bool:
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return False
    return True


def test_accounts_of_one_machine_keep_its_floor_behind_the_pace_of_all(shared: Engine, tmp_path: Path) -> None:
    gates = [gate(shared, tmp_path, f"account-{n}", DOWNLOAD_DELAY=0.1) for n in range(2)]
    for one in gates:
        one.pace = Pace(0.06, 0.3, 0.1)
    moments: list[float] = []

    async def send(one: Gate) -> None:
        for _ in range(3):
            await one.wait()
            moments.append(time.monotonic())

    async def both() -> None:
        await asyncio.gather(*map(send, gates))

    asyncio.run(both())
    for one in gates:
        one.close()
    assert max(moments) - min(moments) >= 4 * 0.3, "six one by one, not three and three at once"
