"""Queries on recorded days of the daily ranking, beside figures that plain Python computes from the raw responses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from crawler.archive import queries
from crawler.archive.engine import create, reading
from tests import replies
from tests.test_questions import filled

NOON_AFTER = 27 * 3_600_000
"""Milliseconds from a day's begin (UTC) to noon in Japan of the next, when its ranking is published."""


@pytest.fixture(scope="module")
def raw(responses: Path) -> dict[str, list[dict[str, Any]]]:
    """The entries of each recorded day, by its date."""
    files = sorted((responses / "ranking_daily").glob("*.json"))
    assert len(files) > 40
    return {
        f"{file.stem[:4]}-{file.stem[4:6]}-{file.stem[6:]}": json.loads(file.read_text())[
            "contents"
        ]
        for file in files
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, responses: Path) -> Iterator[Engine]:
    """An archive of these days, each seen when it was published."""
    engine = create(f"sqlite:///{tmp_path_factory.mktemp('days')}/archive.db")
    files = sorted((responses / "ranking_daily").glob("*.json"))
    pages = (
        replies.body_page(json.loads(file.read_text()), at_ms=published(file.stem))
        for file in files
    )
    yield filled(engine, pages)
    engine.dispose()


def published(day: str) -> int:
    """The moment in milliseconds at which the ranking of a day appeared."""
    at = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=UTC)
    return int(at.timestamp() * 1000) + NOON_AFTER


def answer(engine: Engine, name: str, **given: str) -> list[dict[str, Any]]:
    """The rows of a query, as dicts."""
    with reading(engine) as connection:
        found = queries.run(connection, queries.load(name), given)
    return [dict(zip(found.headings, row, strict=True)) for row in found.rows]


PERIOD = {"since": "2007-09-13", "until": "2026-12-31"}


def test_tags_of_entries_are_those_of_the_response_that_they_came_with(
    engine: Engine, raw: Any
) -> None:
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT CAST(ranking_on AS TEXT), rank, tag, is_hindsight FROM v_ranking_tags")
        ).all()
    expected = {
        (day, entry["rank"], tag)
        for day, entries in raw.items()
        for entry in entries
        for tag in entry["tags"]
    }
    assert {tuple(row[:3]) for row in found} == expected
    assert not any(row.is_hindsight for row in found)


def test_an_outcome_that_is_a_tag_is_not_carried_to_the_day_before(
    engine: Engine, raw: Any
) -> None:
    days = Counter(entry["illust_id"] for entries in raw.values() for entry in entries)
    firsts: dict[int, list[str]] = {}
    for day in sorted(raw):
        for entry in raw[day]:
            firsts.setdefault(entry["illust_id"], entry["tags"])
    twice = [key for key, count in days.items() if count == 2]
    assert len(twice) > 100
    expected = sum(any("users入り" in tag for tag in firsts[key]) for key in twice)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT count(DISTINCT t.artwork_id) FROM v_ranking_tags t JOIN (SELECT artwork_id, min(ranking_on) AS first_on"
                " FROM v_ranking_history GROUP BY artwork_id HAVING count(*) = 2) w ON w.artwork_id = t.artwork_id"
                " AND w.first_on = t.ranking_on WHERE t.tag LIKE '%users入り'"
            )
        ).scalar()
    assert found == expected
