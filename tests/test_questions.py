"""Every shipped question on the recorded days and on the stand-in's: it answers, knows how much, and divides no window by a total."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from crawler.analysis.answer import show_answer
from crawler.analysis.hazards import hazards
from crawler.analysis.parquet import write_parquet
from crawler.analysis.statement import read
from crawler.analysis.types import types_of
from crawler.archive import columnar, queries
from crawler.archive.completeness import notes
from crawler.archive.database.engine import create, prepare, reading
from crawler.archive.queries import Answer
from crawler.archive.writing.store import Store
from crawler.arrow import TYPES
from crawler.errors import QueryError
from crawler.publish.release.export import export
from crawler.tables.metadata import METADATA
from standin import rankings
from tests import replies
from tests.conftest import Crawl
from tests.test_archive import store

LAST = date(2026, 10, 7)
GRAIN = re.compile("never divide|counted once|as often|same ones again|modes are mixed|nanoseconds|hindsight")
PARQUET = "import sys, pyarrow.parquet as p; print(p.read_table(sys.argv[1]).num_rows)"


def filled(engine: Engine, pages: Iterator[Any]) -> Engine:
    prepare(engine)
    written = Store(engine)
    for page in pages:
        written.pages([page])
    written.close()
    return engine


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    return emptied


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Fourteen days of the stand-in's daily and weekly rankings, of fifty ranks each."""
    engine = create(f"sqlite:///{tmp_path_factory.mktemp('generated')}/archive.db")
    days = ((mode, LAST - timedelta(days=back)) for mode in ("daily", "weekly") for back in range(14))
    bodies = (rankings.reply(1, mode, "all", day, 1, LAST) for mode, day in days)
    yield filled(engine, (replies.body_page(body) for body in bodies if body))
    engine.dispose()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, responses: Path) -> Iterator[Engine]:
    """The recorded days of the daily ranking."""
    engine = create(f"sqlite:///{tmp_path_factory.mktemp('recorded')}/archive.db")
    yield filled(
        engine,
        (replies.body_page(json.loads(file.read_text())) for file in (responses / "ranking_daily").glob("*.json")),
    )
    engine.dispose()


def query(engine: Engine, name: str, **given: str) -> tuple[Answer, list[str]]:
    with reading(engine) as connection:
        answer = queries.run(connection, queries.load(name), given)
        return answer, notes(connection, queries.load(name), answer)


def whatever(engine: Engine, name: str) -> Mapping[str, str]:
    """A value for each parameter that has none of its own."""
    with engine.connect() as connection:
        some = {
            "artwork_id": "SELECT min(artwork_id) FROM ranking_entries",
            "user_id": "SELECT min(user_id) FROM artworks",
            "tag": "SELECT min(tag) FROM v_artwork_tags",
            "text": "SELECT max(title) FROM artworks",
        }
        taken = [one.name for one in queries.load(name).parameters if one.default is None]
        return {one: str(connection.exec_driver_sql(some[one]).scalar()) for one in taken}


def test_a_question_says_what_it_cannot_say_and_is_not_warned_of(subtests: pytest.Subtests) -> None:
    for name in queries.names():
        with subtests.test(name=name):
            query = queries.load(name)
            assert query.cannot_say
            statement = read(query.sql, "sqlite")
            assert statement is not None
            assert not [line for line in hazards(statement, has_modes=True) if GRAIN.search(line)]
            assert all(parameter.meaning for parameter in query.parameters)


def test_every_question_is_answered_alike_by_both_databases_and_a_release(postgresql: str, tmp_path: Path) -> None:
    bodies = [rankings.reply(1, "daily", "all", LAST - timedelta(days=back), 1, LAST) for back in range(3)]
    engines = [create(f"sqlite:///{tmp_path}/one.db"), create(postgresql)]
    for engine in engines:
        filled(engine, (replies.body_page(body) for body in bodies if body))
    export(f"sqlite:///{tmp_path}/one.db", replies.BASE, tmp_path / "release", is_private=False)
    given = {name: whatever(engines[0], name) for name in queries.names()}
    with columnar.opened(tmp_path / "release" / columnar.DATABASE) as release:
        for name in queries.names():
            (answer, known), *others = (query(engine, name, **given[name]) for engine in [*engines, release])
            for other, notes in others:
                assert (answer.headings, plain(answer)) == (other.headings, plain(other)), name
                assert known == notes, name
    for engine in engines:
        engine.dispose()


def plain(answer: Answer) -> list[tuple[Any, ...]]:
    """Rows as the command prints them: databases differ in types of numbers and times."""

    def of(value: Any) -> Any:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        if isinstance(value, (Decimal, float)):
            return float(value)
        return None if value is None else str(value)

    return [tuple(map(of, row)) for row in answer.rows]


@pytest.mark.parametrize("world", ["generated", "recorded"])
def test_no_daily_work_stays_longer_than_two_days_and_views_rise_while_ratings_fall(
    world: str, request: pytest.FixtureRequest
) -> None:
    engine = request.getfixturevalue(world)
    answer, _ = query(engine, "stay-by-mode", since="2007-09-13")
    stays = {row[0]: dict(zip(answer.headings, row, strict=True)) for row in answer.rows}
    assert stays["daily"]["most_days_seen"] == 2
    assert stays["daily"]["works_with_gaps"] == 0
    with engine.connect() as connection:
        pairs = connection.exec_driver_sql(
            "SELECT a.rating_count, a.view_count, b.rating_count, b.view_count FROM v_ranking_history a"
            " JOIN v_ranking_history b ON b.artwork_id = a.artwork_id AND b.mode = a.mode AND b.day_number = a.day_number + 1"
            " WHERE a.mode = 'daily'"
        ).all()
    assert len(pairs) > 20
    assert all(views >= before for _, before, _, views in pairs)
    assert 0.6 < sum(after < before for before, _, after, _ in pairs) / len(pairs) < 0.95


def test_tags_are_those_of_the_day_where_a_reply_within_two_days_lists_them(engine: Engine) -> None:
    on = date(2024, 2, 6)
    noon = 1_707_274_800_000  # ms: 2024-02-07 03:00 UTC, when that ranking is published
    work = replies.work(1, 1, tags=["空"])
    store(engine, replies.ranking_page(work, at_ms=noon + 86_400_000))
    later = {**work, "tags": ["海"]}
    store(engine, replies.ranking_page(later, at_ms=noon + 40 * 86_400_000, date="20240316"))
    store(engine, replies.ranking_page(replies.work(2, 1, tags=["森"]), at_ms=noon + 41 * 86_400_000, date="20230101"))
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT CAST(ranking_on AS TEXT), artwork_id, tag, is_hindsight FROM v_ranking_tags ORDER BY ranking_on"
        ).all()
    assert [tuple(row) for row in found] == [
        ("2023-01-01", 2, "森", True),
        (f"{on}", 1, "空", False),
        ("2024-03-16", 1, "海", False),
    ]


def test_an_answer_says_of_how_many_works_it_knows_and_what_would_make_it_better(generated: Engine) -> None:
    _, known = query(generated, "ai-share")
    (line,) = [line for line in known if line.startswith("ai_type known for 0 of")]
    assert "to improve: ./run crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details' (" in line
    assert any(line.startswith("cannot tell you: works whose author does not say so") for line in known)


def test_days_that_are_begun_or_missing_are_said(engine: Engine) -> None:
    store(engine, replies.ranking_page(replies.work(1), rank_total=1))
    store(
        engine,
        replies.ranking_page(replies.work(1), date="20240210", prev_date="20240209", next=2, at_ms=1_790_000_100_000),
    )
    _, known = query(engine, "turnover")
    assert known[:1] == [
        (
            "daily/all: ranks 1–500 on 1 day, 1–1 on 1 day, of 500 (depths are mixed), 2 of 5 days, 2024-02-06 to 2024-02-10;"
            " to improve: ./run crawl rankings -a mode=daily -a content=all -a date=2024-02-06..2024-02-10"
        )
    ]


@pytest.mark.parametrize("name", queries.unanswerable())
def test_a_question_that_no_reply_answers_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(queries.QueryError, match="can't be answered: "):
        queries.load(name)


@pytest.fixture
def archive(url: str) -> None:
    engine = create(url)
    prepare(engine)
    store(engine, replies.ranking_page(replies.work(1, 1), replies.work(2, 2)))
    engine.dispose()


@pytest.mark.usefixtures("archive")
def test_sql_on_the_command_line_is_answered_and_warned_of(scrapy: Crawl) -> None:
    done = scrapy(
        "sql", "select sum(rating_count) * 1.0 / sum(view_count) as rate, avg(ai_type) from v_ranking_history"
    )
    assert done.returncode == 0, done.stderr
    assert "0.19" in done.stdout
    assert "never divide rating_count by view_count" in done.stdout
    assert "ai_type known for 0 of 2 rows of v_ranking_history" in done.stdout


@pytest.mark.usefixtures("archive")
def test_a_file_of_ones_own_with_parameters_is_answered_and_warned_whatever_its_name(
    scrapy: Crawl, tmp_path: Path
) -> None:
    own = tmp_path / "turnover.sql"
    own.write_text(
        "-- Mine?\n-- :mode text = daily  which\nSELECT sum(e.rating_count) / sum(e.view_count) FROM rankings r"
        " JOIN ranking_entries e ON e.ranking_id = r.ranking_id WHERE r.mode = :mode;"
    )
    done = scrapy("sql", str(own))
    assert done.returncode == 0, done.stderr
    assert "the quotient means nothing" in done.stdout
    assert "daily/all: ranks 1–500 of 500, 1 of 1 days, 2024-02-06" in done.stdout


def test_what_is_not_in_the_archive_is_said(generated: Engine) -> None:
    _, known = query(generated, "tags-by-month", tag="そら")
    assert known[0] == "tag=そら is not in this archive"


@pytest.mark.usefixtures("archive")
def test_an_answer_is_written_as_parquet(scrapy: Crawl, tmp_path: Path) -> None:
    file = tmp_path / "answer.parquet"
    done = scrapy("sql", "longest-charting-works", "--param", "mode=daily", "--parquet", str(file))
    assert done.returncode == 0, done.stderr
    assert f" to {file}" in done.stderr, "what was written, and where"
    read = subprocess.run([sys.executable, "-c", PARQUET, file], capture_output=True, text=True, check=True)
    assert read.stdout == "2\n"
    notes = parquet.read_schema(file).metadata[b"notes"].decode()
    assert "ranks 1–500 of 500" in notes
    assert all(f"  * {line}" in done.stderr for line in notes.splitlines())


@pytest.mark.promise("Typed results")
def test_a_parquet_file_has_the_declared_types_on_both_databases_and_without_rows(
    engine: Engine, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    store(engine, replies.ranking_page(replies.work(1, 1), replies.work(2, 2)))
    url = engine.url.render_as_string(hide_password=False)
    seen_types = 0
    for name in queries.names():
        with subtests.test(name=name):
            query = queries.load(name)
            given = [f"{one.name}=1" for one in query.parameters if one.default is None]
            types = types_of(query.sql, engine.dialect.name)
            file = tmp_path / f"{name}.parquet"
            try:
                show_answer(url, name, given, "table", file)
            except QueryError:
                continue  # about something that is not archived
            schema = parquet.read_schema(file)
            assert len(types) == len(schema), "the statement says what its columns are"
            expected = [TYPES.get(types[name] or object) for name in schema.names]
            for field, kind in zip(schema, expected, strict=True):
                assert kind is None or field.type == kind, field
                assert field.type != pa.null()
            seen_types += 1
    assert seen_types > 40


@pytest.mark.parametrize("condition", ["true", "false"])
def test_dates_times_truths_and_sums_are_what_they_are_declared_as(
    engine: Engine, tmp_path: Path, condition: str
) -> None:
    store(engine, replies.ranking_page(replies.work(1, 1), replies.work(2, 2)))
    file = tmp_path / "mine.parquet"
    sql = (
        "SELECT r.ranking_on, r.is_complete, a.created_at, sum(e.view_count) AS views, avg(e.rank) AS mean, a.title"
        " FROM ranking_entries e JOIN rankings r USING (ranking_id) JOIN artworks a USING (artwork_id)"
        f" WHERE {condition} GROUP BY r.ranking_on, r.is_complete, a.created_at, a.title"
    )
    show_answer(engine.url.render_as_string(hide_password=False), sql, (), "table", file)
    kinds = (date, bool, datetime, int, float, str)
    assert parquet.read_schema(file).types == [TYPES[kind] for kind in kinds]
    assert bool(parquet.read_table(file).num_rows) is (condition == "true")


@pytest.mark.parametrize(
    ("sql", "kind", "value"),
    [
        ("SELECT sum(is_last) AS n FROM listings", pa.int64(), 1),
        ("SELECT n FROM (SELECT sum(is_last) AS n FROM listings) x", pa.int64(), 1),
        ("SELECT max(observed_at, 0.5) AS n FROM captures", pa.int64(), None),
        ("SELECT is_last AS n FROM listings", pa.bool_(), True),
        ("SELECT last_page FROM (SELECT * FROM listings) x", pa.int64(), 1),
    ],
)
def test_values_in_parquet_are_those_of_the_database(url: str, tmp_path: Path, sql: str, kind: Any, value: Any) -> None:
    # On SQLite, which adds up truths and compares a whole number with another.
    engine = create(url)
    prepare(engine)
    page = replies.list_page(replies.thumbnail(1))
    page.rows["listings"][0]["last_page"] = 1
    store(engine, page)
    engine.dispose()
    file = tmp_path / "mine.parquet"
    show_answer(url, sql, (), "table", file)
    column = parquet.read_table(file).column(0)
    assert column.type == kind
    assert value is None or column.to_pylist() == [value]


def test_all_columns_of_every_table_have_their_own_types(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "mine.parquet"
    url = engine.url.render_as_string(hide_password=False)
    for name, table in METADATA.tables.items():
        show_answer(url, f"SELECT * FROM {name}", (), "table", file)
        for field in parquet.read_schema(file):
            assert field.type == TYPES[table.columns[field.name].type.python_type], name


def test_json_has_truths_numbers_and_lists(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    store(engine, replies.ranking_page(replies.work(1, 1, tags=["空", "海"], title="[1]")))
    url = engine.url.render_as_string(hide_password=False)
    sql = "SELECT r.is_complete, a.tags, a.title, e.rank FROM ranking_entries e JOIN rankings r USING (ranking_id) JOIN artworks a USING (artwork_id)"
    show_answer(url, sql, (), "json")
    assert json.loads(capsys.readouterr().out) == [
        {"is_complete": True, "tags": ["空", "海"], "title": "[1]", "rank": 1}
    ]


def test_sqlite_has_median_and_quantile(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    engine = create(url)
    prepare(engine)
    works = [replies.work(place, place) for place in range(1, 5)]
    store(engine, replies.ranking_page(*works))
    engine.dispose()
    show_answer(url, "SELECT median(rank), quantile(rank, 0.9), median(NULL) FROM ranking_entries", (), "csv")
    assert capsys.readouterr().out.splitlines()[1] == "2.5,3.7,"


@pytest.mark.usefixtures("archive")
def test_numbers_that_json_readers_would_round_are_texts(scrapy: Crawl) -> None:
    done = scrapy("sql", "select 9007199254740993 as great, 5 as small", "--json")
    assert '"great": "9007199254740993"' in done.stdout
    assert '"small": 5' in done.stdout


def test_a_parquet_file_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(queries.QueryError, match="nowhere"):
        write_parquet(tmp_path / "nowhere/answer.parquet", ["a"], [(1,)])
