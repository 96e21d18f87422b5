"""When a scheduled job was due last."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.jobs.calendar import last_due

NIGHTLY = ("40 12 * * *", "Asia/Tokyo")


def due(now: datetime, when: tuple[str, str] = NIGHTLY) -> str | None:
    found = last_due(*when, now)
    return None if found is None else f"{found.astimezone(UTC):%m-%d %H:%M}"


def test_the_newest_moment_that_has_passed_is_due() -> None:
    assert due(datetime(2024, 2, 6, 3, 39, tzinfo=UTC)) == "02-05 03:40"
    assert due(datetime(2024, 2, 6, 3, 41, tzinfo=UTC)) == "02-06 03:40"


def test_one_run_makes_up_for_all_that_were_missed() -> None:
    assert due(datetime(2024, 2, 9, 12, tzinfo=UTC)) == "02-09 03:40"


def test_what_was_due_long_ago_is_let_pass() -> None:
    assert due(datetime(2024, 2, 6, tzinfo=UTC), ("0 0 1 * *", "UTC")) is None
