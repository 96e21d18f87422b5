"""Every question in queries/ gives the known answer of a small archive, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive import queries
from crawler.archive.database.engine import reading
from crawler.errors import QueryError
from tests import replies
from tests.replies import WITHHELD, work
from tests.test_archive import store

FIRST = date(2024, 2, 1)
AT = 1_790_000_000_000


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    """No test of this file changes a schema."""
    return emptied


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def query(engine: Engine, name: str, **given: str) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        found = queries.run(connection, queries.load(name), given)
        return [tuple(plain(value) for value in row) for row in found.rows]


def rank(engine: Engine, day: int, *rows: dict[str, Any], at: int = 0, **changes: Any) -> None:
    """Archive a whole ranking of the so-manieth day of February 2024."""
    on = FIRST + timedelta(days=day - 1)
    page = replies.ranking_page(
        *rows,
        date=f"{on:%Y%m%d}",
        at_ms=AT + (at or day),
        rank_total=len(rows),
        **{"prev_date": f"{on - timedelta(days=1):%Y%m%d}", **changes},
    )
    store(engine, page)


@pytest.fixture
def archive(engine: Engine) -> Engine:
    """Three days: 1 stays and climbs, 2 drops out and returns, 3 and 4 come once."""
    rank(engine, 1, work(2, 1, user_id=8, user_name="乙"), work(1, 2, tags=["海"]))
    rank(engine, 2, work(1, 1, yes_rank=2, tags=["海"]), work(3, 2, tags=["森", "海"]))
    rank(
        engine,
        3,
        work(1, 1, yes_rank=1, tags=["海"], view_count=300, rating_count=30),
        work(2, 2, user_id=8, user_name="乙", view_count=100, rating_count=5),
        work(4, 60, tags=[], user_id=9, user_name="丙", view_count=100, rating_count=1),
    )
    return engine


def test_each_question_has_a_period_that_ends_with_the_newest_ranking() -> None:
    assert queries.names()
    for name in queries.names():
        query = queries.load(name)
        assert query.question.endswith("?")
        defaults = {parameter.name: parameter.default for parameter in query.parameters}
        periods = {"since", "until", "on"} & defaults.keys()
        assert periods, f"{name}: over which period?"
        assert {defaults[period] for period in periods} <= {
            "newest-365",
            "newest",
            "today-365",
            "today-1000",
            "today",
            "2007-09-13",
        }
        assert query.group in queries.GROUPS


def test_the_path_of_an_artwork(archive: Engine) -> None:
    found = query(archive, "artwork-path", artwork_id="2")
    assert [(row[0], row[1], row[2]) for row in found] == [("2024-02-01", 1, None), ("2024-02-03", 2, None)]


def test_the_longest_charting_works(archive: Engine) -> None:
    found = query(archive, "longest-charting-works", mode="daily", most="2")
    assert [(row[0], *row[3:]) for row in found] == [
        (1, 3, 1, "2024-02-01", "2024-02-03"),
        (2, 2, 1, "2024-02-01", "2024-02-03"),
    ]


def test_artists_by_entries_and_best_rank(archive: Engine) -> None:
    assert query(archive, "top-artists") == [(7, "作家", 4, 2, 1), (8, "乙", 2, 1, 1), (9, "丙", 1, 1, 60)]


def test_tags_rising_and_falling_week_over_week(engine: Engine) -> None:
    rank(engine, 1, work(1, 1, tags=["海"]), work(2, 2, tags=["海"]))
    rank(engine, 2, work(1, 1, tags=["海"]), work(2, 2, tags=["海"]))
    rank(engine, 9, work(3, 1, tags=["森"]), work(4, 2, tags=["空"]), work(5, 3, tags=["空"]))
    assert query(engine, "tag-trends") == [("海", 2.0, 0.0, -2.0), ("空", 0.0, 2.0, 2.0), ("森", 0.0, 1.0, 1.0)]


def test_new_entries_of_a_day_and_when_they_were_last_there(archive: Engine) -> None:
    found = query(archive, "new-entries", on="2024-02-03")
    assert [(row[0], row[1], row[6]) for row in found] == [(2, 2, "2024-02-01"), (60, 4, None)]


def test_the_share_of_returns(archive: Engine) -> None:
    assert query(archive, "re-entry-share", mode="daily") == [
        ("2024-02-01", 2, 2, 0, 0.0),
        ("2024-02-02", 2, 1, 0, 0.0),
        ("2024-02-03", 3, 2, 1, 33.3),
    ]


def test_missing_and_begun_days_but_not_those_that_were_never_ranked(engine: Engine) -> None:
    rank(engine, 1, work(1))
    rank(engine, 4, work(1))
    rank(engine, 7, work(1), prev_date="20240204")
    rank(engine, 8, work(1), next=2)
    assert query(engine, "missing-days") == [
        ("daily", "all", "missing after", "2024-02-01", "2024-02-04", 2, None, None),
        ("daily", "all", "begun", "2024-02-08", None, 1, 1, 1),
    ]


def test_a_gap_that_reaches_into_the_period_is_missing(engine: Engine) -> None:
    rank(engine, 1, work(1))
    rank(engine, 500, work(1))
    ((_, _, what, after, until, days, *_rest),) = query(engine, "missing-days")
    assert (what, after, until, days) == ("missing after", "2024-02-01", "2025-06-14", 498)


def test_counts_at_a_rank_by_mode(archive: Engine) -> None:
    rank(archive, 3, work(1, 1, view_count=50, rating_count=4), mode="weekly", at=90)
    assert query(archive, "counts-at-rank", since="2024-02-02") == [
        ("daily", 1, 2, 29, 30, 150, 225),
        ("daily", 2, 2, 5, 17, 100, 125),
        ("weekly", 1, 1, 4, 4, 50, 50),
    ]


def test_the_days_that_a_tag_led(archive: Engine) -> None:
    found = query(archive, "tag-leaders", until="2024-02-02")
    assert [(row[0], row[1]) for row in found] == [("海", 2)]


def test_ranks_against_views(archive: Engine) -> None:
    assert query(archive, "rank-against-views", since="2024-02-03") == [(1, 50, 2, 200, 18), (51, 100, 1, 100, 1)]


def test_a_work_shown_once_and_withheld_later_keeps_its_title(archive: Engine) -> None:
    rank(archive, 4, work(1, 1, **WITHHELD), at=100)
    (row,) = query(archive, "withheld-later")
    assert row[:4] == (1, "題", "作家", "login_only")
    assert row[6] == 1


def test_what_changed_of_a_work(archive: Engine) -> None:
    rank(archive, 4, work(1, 1, title="新題", tags=["海"]), at=100)
    (row,) = query(archive, "work-changes", artwork_id="1")
    assert (row[0], row[1], row[4]) == ("title", "題", "新題")


def test_the_default_period_is_the_year_before_the_newest_ranking(engine: Engine) -> None:
    rank(engine, 1, work(1))
    rank(engine, 366, work(1))
    assert len(query(engine, "artwork-path", artwork_id="1")) == 2
    rank(engine, 367, work(1))
    assert [row[0] for row in query(engine, "artwork-path", artwork_id="1")] == ["2025-01-31", "2025-02-01"]


@pytest.mark.parametrize(
    "sql", ["SELECT ':x', 'a:b', '12:30', 'it''s :y'", "SELECT 1 -- at 5 :o clock", "/* :no */ SELECT 1", "SELECT 1;"]
)
def test_a_colon_in_a_text_or_comment_is_no_parameter(archive: Engine, tmp_path: Any, sql: str) -> None:
    own_colon = tmp_path / "own.sql"
    own_colon.write_text(sql)
    assert len(query(archive, str(own_colon))) == 1


def test_a_file_without_a_question_says_so(archive: Engine, tmp_path: Any) -> None:
    own = tmp_path / "own.sql"
    own.write_text("-- nothing")
    with pytest.raises(QueryError, match="no statement in it"):
        query(archive, str(own))
