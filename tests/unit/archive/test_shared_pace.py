"""The pace of several machines is that of one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text

from crawler.archive.engine import create
from crawler.archive.shared_pace import LEAVING, SECOND, SharedPace
from crawler.errors import Unreachable

GAP = 0.2


@pytest.fixture
def shared(shared_postgresql: Engine) -> Engine:
    with shared_postgresql.begin() as connection:
        connection.execute(text("DELETE FROM paces"))
    return shared_postgresql


def test_many_who_claim_at_once_are_let_through_one_by_one(shared: Engine) -> None:
    def machine(_: int) -> list[float]:
        pace, found = SharedPace(shared, "site", ""), []
        while len(found) < 3:
            if (left := pace.claim(GAP)) > 0:
                time.sleep(left)
            else:
                found.append(time.monotonic())
        return found

    with ThreadPoolExecutor(4) as machines:
        moments = sorted(at for found in machines.map(machine, range(4)) for at in found)
    assert len(moments) == 12
    assert min(later - earlier for earlier, later in pairwise(moments)) >= GAP


def test_a_pause_holds_for_whoever_comes_next_and_never_gets_shorter(shared: Engine) -> None:
    SharedPace(shared, "site", "").pause(5)
    SharedPace(shared, "site", "").pause(1)
    assert 4 < SharedPace(shared, "site", "").claim(GAP) <= 5


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
