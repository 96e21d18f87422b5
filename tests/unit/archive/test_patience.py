"""A database that is away is waited for, as long as was said."""

from __future__ import annotations

import asyncio

import pytest

from crawler.archive.database import shared
from crawler.archive.database.shared import patiently
from crawler.errors import Unreachable


class Away:
    """A query that fails so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise Unreachable("away")
        return "answer"


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "NEXT_TRY", 0.001)


def test_a_query_is_tried_again_until_it_is_answered() -> None:
    assert asyncio.run(patiently(Away(3), 60, lambda: False)) == "answer"


def test_after_the_time_that_was_given_the_error_goes_on() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(patiently(Away(10**6), 0.01, lambda: False))


def test_a_crawl_that_is_stopped_waits_no_longer() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(patiently(Away(1), 60, lambda: True))


def test_a_server_that_is_away_for_long_fills_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line, then one a minute."""
    monkeypatch.setattr(shared, "NEXT_TRY", 0.001)

    async def fail() -> None:
        raise Unreachable("connection refused")

    with pytest.raises(Unreachable):
        asyncio.run(patiently(fail, 0.2, lambda: False))
    assert [record.message for record in caplog.records] == ["The archive is away (connection refused): trying again"]
    monkeypatch.setattr(shared, "MINUTE", 0.05)
    caplog.clear()
    with pytest.raises(Unreachable):
        asyncio.run(patiently(fail, 0.2, lambda: False))
    assert 2 <= len(caplog.records) <= 5
