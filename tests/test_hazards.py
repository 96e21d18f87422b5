"""Statements of one's own: those that go wrong are warned of, and right ones are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from crawler.analysis.cautions import cautions
from crawler.archive import queries
from crawler.archive.database.engine import create, prepare, reading
from tests import replies
from tests.test_archive import store

ENTRIES = "a work counts as often as it was ranked"
TIMES = "so a sum or mean counts it as often"
AGAIN = "counts the same ones again"
MODES = "modes are mixed here"
HINDSIGHT = "tags of all times beside rankings"
SEEN = "which is less than how long it was there"
ONCE = "counted once for each row"
GONE = "is only known if its own page was requested again"
NANO = "nanoseconds since 1970"
FIRST_RANKS = "may have been ranked below"
AS_NO = "rows where it is unknown count as no"
HAZARDS = (
    ONCE,
    GONE,
    NANO,
    FIRST_RANKS,
    AS_NO,
    "takes it",
    "is UTC",
    "0 means",
    "no ranking carries it",
    ENTRIES,
    TIMES,
    AGAIN,
    MODES,
    HINDSIGHT,
    SEEN,
    "are re-checks",
    "quotient means nothing",
    "never divide",
)

WRONG = [
    (
        "select avg(a.like_count * 100.0 / e.view_count) from ranking_entries e join artworks a using (artwork_id)",
        "they are of different moments",
    ),
    (
        "select max(a.ai_type) from artworks a join artworks b on b.artwork_id = a.artwork_id",
        "ai_type known for 0 of 2 rows of artworks",
    ),
    ("select title, rank from v_ranking_history", "as they are now, not as on the ranking's day"),
    (
        "with x(r, v) as (select rating_count, view_count from ranking_entries) select r * 1.0 / v from x",
        "never divide",
    ),
    ("select count(*) as works from ranking_entries", ENTRIES),
    (
        "select a.user_id, count(*) as works from ranking_entries e join artworks a using (artwork_id) group by 1",
        ENTRIES,
    ),
    ("select mode, count(*) from v_ranking_history group by mode", ENTRIES),
    ("select count(*) as work_count from ranking_entries", ENTRIES),
    ("select user_id, count(artwork_id) as n from v_ranking_history group by user_id", ENTRIES),
    (
        "select substr(cast(ranking_on as text), 1, 7) as month, count(*) as works from v_ranking_history group by 1",
        ENTRIES,
    ),
    (
        "select t.name, count(*) as works from ranking_entries e join artwork_tags w using (artwork_id) join tags t using (tag_id) group by t.name",
        HINDSIGHT,
    ),
    ("select e.rank, t.tag from v_artwork_tags t join ranking_entries e on e.artwork_id = t.artwork_id", HINDSIGHT),
    (
        "select t.tag, count(distinct h.artwork_id) from v_ranking_history h join v_artwork_tags t on t.artwork_id = h.artwork_id group by 1",
        HINDSIGHT,
    ),
    (
        "select sum(e.view_count) from ranking_entries e join artwork_tags t on t.artwork_id = e.artwork_id where e.ranking_id = 5",
        TIMES,
    ),
    ("select avg(a.page_count) from artworks a join artwork_tags t on t.artwork_id = a.artwork_id", TIMES),
    ("select sum(a.page_count) from artworks a join ranking_entries e on e.artwork_id = a.artwork_id", TIMES),
    ("select avg(a.width) from artworks a, user_works w", TIMES),
    ("select sum(view_count) from v_ranking_history where mode = 'daily'", AGAIN),
    ("select artwork_id, sum(view_count) from ranking_entries group by artwork_id", AGAIN),
    ("select sum(bookmark_count) from artwork_counts", AGAIN),
    ("select user_id, sum(view_count) as views from v_counts group by user_id", AGAIN),
    ("select avg(rating_count) from v_ranking_history", MODES),
    ("select ranking_on, avg(rating_count) from v_ranking_history group by ranking_on", MODES),
    ("select last_seen_at - first_seen_at from artworks", SEEN),
    ("select avg(last_seen_at - first_seen_at) as lifetime from artworks", SEEN),
    ("select rating_count * 1.0 / view_count from ranking_entries", "quotient means nothing"),
    (
        "with tagged as (select x.artwork_id from artwork_tags x join tags g using (tag_id) where g.name = '空') select count(distinct e.artwork_id) from ranking_entries e where e.artwork_id in (select artwork_id from tagged)",
        HINDSIGHT,
    ),
    (
        "select count(distinct h.artwork_id) from v_ranking_history h where exists (select 1 from v_artwork_tags t where t.artwork_id = h.artwork_id and t.tag = '空')",
        HINDSIGHT,
    ),
    (
        "with d as (select r.ranking_on, e.artwork_id as work, e.view_count as v from rankings r, ranking_entries e where e.ranking_id = r.ranking_id and r.mode = 'weekly') select distinct work, sum(v) over (partition by work) as total_views from d",
        AGAIN,
    ),
    (
        "select work, sum(v) as views from (select artwork_id as work, view_count as v from ranking_entries) d group by work",
        AGAIN,
    ),
    ("select avg(n) from (select rating_count as n from v_ranking_history) x", MODES),
    ("select count(*) as works from (select * from ranking_entries where rank < 100) d", ENTRIES),
    (
        "select u.user_id, count(a.artwork_id) as works from users u left join artworks a using (user_id) left join artwork_tags t on t.artwork_id = a.artwork_id group by 1",
        ONCE,
    ),
    (
        "select sum(case when a.page_count > 1 then a.page_count else 0 end) from artworks a join artwork_tags t on t.artwork_id = a.artwork_id",
        TIMES,
    ),
    (
        "select 100.0 * (select count(*) from artworks where state = 'not_found' and artwork_id in (select artwork_id from ranking_entries)) / (select count(distinct artwork_id) from ranking_entries)",
        GONE,
    ),
    ("select count(*) from users where last_seen_at - first_seen_at > 7 * 86400", NANO),
    ("select datetime(seen_at, 'unixepoch') from ranking_entries where rank = 1", NANO),
    ("select avg(seen_at - strftime('%s', '2026-11-20')) / 86400 from ranking_entries", NANO),
    ("select max(observed_at) - 86400 from artwork_counts", NANO),
    (
        "select r.ranking_on, count(*) as n from rankings r join ranking_entries e using (ranking_id) where e.rank <= 50 and not exists (select 1 from rankings p join ranking_entries f on f.ranking_id = p.ranking_id where p.mode = r.mode and f.rank <= 50 and f.artwork_id = e.artwork_id) group by r.ranking_on",
        FIRST_RANKS,
    ),
    (
        "select mode, avg(coalesce(previous_rank, 0) - rank) as climb from v_ranking_history group by mode",
        "coalesce() takes it as 0",
    ),
    ("select 100.0 * sum(case when a.ai_type = 2 then 1 else 0 end) / count(*) from artworks a", AS_NO),
    ("select avg(case when ai_type = 2 then 1.0 else 0 end) from artworks", AS_NO),
    ("select count(*) filter (where is_premium) * 1.0 / count(*) from users", AS_NO),
    (
        "select case coalesce(ai_type, 1) when 2 then 'AI' else 'human' end, count(*) from v_artworks group by 1",
        "coalesce() takes it as 1",
    ),
    (
        "select (select count(*) from users where is_premium is not true) * 100.0 / count(*) from users",
        "IS NOT takes it with the others",
    ),
    ("select strftime('%H', created_at) from artworks", "is UTC"),
    (
        "with top as (select artwork_id, day_number from v_ranking_history where mode = 'weekly' and rank <= 50) select a.day_number, count(*) - count(b.artwork_id) as dropped_out from top a left join top b on b.artwork_id = a.artwork_id and b.day_number = a.day_number + 1 group by 1",
        FIRST_RANKS,
    ),
    (
        "select count(*) as human_works from (select artwork_id from artworks except select artwork_id from artworks where ai_type = 2) x",
        AS_NO,
    ),
    (
        "select count(*) from artworks where artwork_id not in (select artwork_id from artworks where ai_type = 2)",
        AS_NO,
    ),
    (
        "select count(*) from artworks a where not exists (select 1 from artworks b where b.artwork_id = a.artwork_id and b.ai_type = 2)",
        AS_NO,
    ),
    ("select count(*) - count(*) filter (where ai_type = 2) as human from artworks", AS_NO),
    ("select avg(state <> 'visible') as gone from artworks", GONE),
    (
        "select kind, round(100.0 * count(*) filter (where state in ('not_found', 'unknown')) / count(*), 2) as deleted_percent from artworks group by 1",
        GONE,
    ),
    ("select avg(price) from commission_requests", "0 means that it is not shown"),
]
RIGHT = [
    "select like_count * 1.0 / view_count from artwork_counts",
    "select max(created_at) from artworks",
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
    "with reached as (select artwork_id, max(view_count) as views from ranking_entries group by artwork_id) select a.user_id, sum(p.views), count(*) as ranked_works from reached p join artworks a on a.artwork_id = p.artwork_id group by a.user_id",
    "select strftime('%H', a.created_at, '+9 hours') from artworks a",
    "select ranking_on, title, rating_count, view_count from v_ranking_history where mode = 'weekly' and rank = 1",
    "select count(*) as authors_seen_over_a_week from users where last_seen_at - first_seen_at > 7 * 86400 * 1000000000",
    "select t.tag, count(*) as entries, avg(e.rating_count) from v_ranking_tags t join ranking_entries e on e.ranking_id = t.ranking_id and e.rank = t.rank where t.mode = 'daily' and not t.is_hindsight group by t.tag having count(*) >= 20",
    "select work_kind, avg(price) filter (where price > 0) as mean_yen from commission_requests group by work_kind",
    "select sum(view_count) as views, count(*) as works from ranking_entries where ranking_id = (select max(ranking_id) from rankings where mode = 'daily')",
    "select avg(case when ai_type = 2 then 1.0 else 0 end) from artworks where ai_type is not null",
    "select 100.0 * sum(case when ai_type = 2 then 1 else 0 end) / count(ai_type) from artworks",
    "select artwork_id, view_count - lag(view_count) over (partition by artwork_id order by observed_at) as grown from artwork_counts",
    "select artwork_id from (select artwork_id, row_number() over (partition by artwork_id order by observed_at desc) as n from artwork_counts) x where n = 1",
    "select datetime(seen_at / 1000000000, 'unixepoch') from ranking_entries where rank = 1",
    "select count(*) as new_entries from v_ranking_history where mode = 'daily' and ranking_on = '2024-02-06' and previous_rank is null",
    "select u.user_id, count(distinct a.artwork_id) as works from users u left join artworks a using (user_id) left join artwork_tags t on t.artwork_id = a.artwork_id group by 1",
    "select user_id, coalesce(name, '?') from users",
    "select b.ranking_on, count(*) as works, avg(1.0 * b.view_count / a.view_count) as growth, sum(b.view_count - a.view_count) as gained from v_ranking_history a join v_ranking_history b on b.artwork_id = a.artwork_id and b.mode = a.mode and b.content = a.content and b.day_number = a.day_number + 1 where a.mode = 'daily' and a.content = 'all' and a.view_count > 0 group by b.ranking_on",
    "select e.rank, avg(e.seen_at / 1000000000 - cast(strftime('%s', a.created_at) as integer)) / 3600 as hours from ranking_entries e join artworks a using (artwork_id) group by e.rank",
    "select state, count(*) from artworks group by state",
    "select count(*) from artworks where artwork_id not in (select artwork_id from ranking_entries)",
    "select count(*) as works, avg(rechecks) from (select artwork_id, count(*) as rechecks from v_rechecks group by artwork_id) x",
]


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
        (
            "select rank from v_ranking_history where mode = 'daily' and ranking_on between '2024-02-01' and '2024-02-09'",
            "daily/all: ranks",
        ),
    ],
)
def test_completeness_is_of_the_days_and_modes_that_a_statement_reads(engine: Engine, sql: str, line: str) -> None:
    lines = [one for one in said(engine, sql) if "ranks " in one or "no ranking" in one]
    assert len(lines) == 1
    assert lines[0].startswith(line)
