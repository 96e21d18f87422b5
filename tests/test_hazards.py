"""Statements of one's own: those that go wrong are warned of, and right ones are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from crawler.analysis.cautions import cautions
from crawler.archive import queries
from crawler.archive.engine import create, prepare, reading
from tests import replies
from tests.test_archive import store

ENTRIES = "a work counts as often as it was ranked"
TIMES = "so a sum or mean counts it as often"
AGAIN = "counts the same ones again"
MODES = "modes are mixed here"
HINDSIGHT = "tags of all times beside rankings"
SEEN = "which is less than how long it was there"
HAZARDS = (
    ENTRIES,
    TIMES,
    AGAIN,
    MODES,
    HINDSIGHT,
    SEEN,
    "are looks",
    "quotient means nothing",
    "never divide",
)

WRONG = [
    ("select count(*) as works from ranking_entries", ENTRIES),
    ("select a.user_id, count(*) as works from ranking_entries e join artworks a using (artwork_id) group by 1", ENTRIES),
    ("select mode, count(*) from v_ranking_history group by mode", ENTRIES),
    ("select count(*) as work_count from ranking_entries", ENTRIES),
    ("select user_id, count(artwork_id) as n from v_ranking_history group by user_id", ENTRIES),
    ("select substr(cast(ranking_on as text), 1, 7) as month, count(*) as works from v_ranking_history group by 1", ENTRIES),
    ("select t.name, count(*) as works from ranking_entries e join artwork_tags w using (artwork_id) join tags t using (tag_id) group by t.name", HINDSIGHT),
    ("select e.rank, t.tag from v_artwork_tags t join ranking_entries e on e.artwork_id = t.artwork_id", HINDSIGHT),
    ("select t.tag, count(distinct h.artwork_id) from v_ranking_history h join v_artwork_tags t on t.artwork_id = h.artwork_id group by 1", HINDSIGHT),
    ("select sum(e.view_count) from ranking_entries e join artwork_tags t on t.artwork_id = e.artwork_id where e.ranking_id = 5", TIMES),
    ("select avg(a.page_count) from artworks a join artwork_tags t on t.artwork_id = a.artwork_id", TIMES),
    ("select sum(a.page_count) from artworks a join ranking_entries e on e.artwork_id = a.artwork_id", TIMES),
    ("select avg(a.width) from artworks a, user_works w", TIMES),
    ("select sum(view_count) from v_ranking_history where mode = 'daily'", AGAIN),
    ("select artwork_id, sum(view_count) from ranking_entries group by artwork_id", AGAIN),
    ("select sum(bookmark_count) from artwork_counts", AGAIN),
    ("select user_id, sum(view_count) as views from v_looks group by user_id", AGAIN),
    ("select avg(rating_count) from v_ranking_history", MODES),
    ("select ranking_on, avg(rating_count) from v_ranking_history group by ranking_on", MODES),
    ("select last_seen_at - first_seen_at from artworks", SEEN),
    ("select avg(last_seen_at - first_seen_at) as lifetime from artworks", SEEN),
    ("select rating_count * 1.0 / view_count from ranking_entries", "quotient means nothing"),
]  # fmt: skip
RIGHT = [
    "select count(distinct artwork_id) as works from ranking_entries",
    "select count(*) as entries from ranking_entries",
    "select ranking_id, count(*) as n from ranking_entries group by ranking_id",
    "select ranking_on, mode, count(*) as works from v_ranking_history group by ranking_on, mode",
    "select avg(rating_count) from ranking_entries where rank = 1 and ranking_id = 7",
    "select count(*) from v_ranking_history where rank = 1",
    "select avg(days) from (select artwork_id, count(*) as days from ranking_entries group by artwork_id) x",
    "select artwork_id, count(*) as n from ranking_entries group by artwork_id order by n desc",
    "select tag, count(distinct artwork_id) from v_ranking_tags where not is_hindsight group by tag",
    "select count(*) from artworks",
    "select kind, count(*), avg(page_count) from artworks group by kind",
    "select u.name, count(*) as works from artworks a join users u on u.user_id = a.user_id group by u.name",
    "select avg(a.page_count) from artworks a left join users u on u.user_id = a.user_id",
    "select sum(e.view_count) from ranking_entries e join artworks a on a.artwork_id = e.artwork_id where e.ranking_id = 7",
    "select avg(e.rating_count) from ranking_entries e join rankings r on r.ranking_id = e.ranking_id where r.mode = 'daily'",
    "select mode, avg(rating_count) from v_ranking_history group by mode",
    "select artwork_id, max(view_count) from ranking_entries group by artwork_id",
    "select g.name, count(*) as works from artwork_tags t join tags g on g.tag_id = t.tag_id group by g.name",
    "select max(last_seen_at) from artworks",
    "with best as (select artwork_id, min(rank) as best from ranking_entries group by artwork_id) select avg(best), count(*) as works from best",
    "select mode, max(ranking_on) from rankings group by mode",
    "select e.rank, t.name from ranking_entries e join artwork_tags w on w.artwork_id = e.artwork_id and w.first_seen_at <= e.seen_at join tags t on t.tag_id = w.tag_id",
    "select count(*) from v_ranking_history where ranking_on = '2024-02-06' and mode = 'daily'",
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = create("sqlite://")
    prepare(engine)
    work = replies.work(1, 1)
    store(engine, replies.ranking_page(work, replies.work(2, 2), at_ms=1_707_274_800_000))
    store(engine, replies.ranking_page(work, mode="weekly", at_ms=1_707_274_801_000))
    yield engine
    engine.dispose()


def said(engine: Engine, sql: str) -> list[str]:
    with reading(engine) as connection:
        return cautions(connection, queries.inline(sql))


@pytest.mark.parametrize(("sql", "hazard"), WRONG)
def test_a_statement_that_goes_wrong_is_warned_of(engine: Engine, sql: str, hazard: str) -> None:
    assert any(hazard in line for line in said(engine, sql))


@pytest.mark.parametrize("sql", RIGHT)
def test_a_right_statement_is_not_warned_of(engine: Engine, sql: str) -> None:
    assert not [line for line in said(engine, sql) if any(hazard in line for hazard in HAZARDS)]


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("select rank from v_ranking_history where mode = 'weekly'", "weekly/all: ranks"),
        ("select rank from v_ranking_history where ranking_on >= '2024-03-01'", "no ranking of these days"),
        ("select rank from v_ranking_history where mode = 'daily' and ranking_on between '2024-02-01' and '2024-02-09'", "daily/all: ranks"),
    ],
)  # fmt: skip
def test_completeness_is_of_the_days_and_modes_that_a_statement_reads(
    engine: Engine, sql: str, line: str
) -> None:
    lines = [one for one in said(engine, sql) if "ranks " in one or "no ranking" in one]
    assert len(lines) == 1
    assert lines[0].startswith(line)
