"""One tree of revisions for both databases: up, down, and equal to the row classes."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, inspect, text

from crawler.archive.database.engine import alembic_config, create, prepare, revisions
from crawler.archive.view_columns import write_comments
from crawler.archive.views import definitions
from standin.server import Standin
from tests.conftest import ROOT, Crawl
from tests.processes import TIMEOUT


def test_there_is_a_single_head(engine: Engine) -> None:
    heads = ScriptDirectory.from_config(alembic_config(engine)).get_heads()
    assert heads == revisions()[-1:], "the newest file by name"


def test_the_migrated_archive_equals_the_row_classes(engine: Engine) -> None:
    command.check(alembic_config(engine))


def test_postgresql_says_what_its_tables_and_columns_mean(postgresql: str) -> None:
    engine = create(postgresql)
    prepare(engine)
    with engine.begin() as connection:
        write_comments(connection)  # again: nothing else may come of it
    with engine.connect() as connection:
        assert inspect(connection).get_table_comment("rankings")["text"]
        columns = inspect(connection).get_columns("paces")
    engine.dispose()
    assert {column["name"]: column["comment"] for column in columns}["account"].startswith("empty:")


def test_every_revision_goes_down_and_up_again(engine: Engine) -> None:
    config = alembic_config(engine)
    before = set(inspect(engine).get_table_names())
    command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert not inspect(engine).get_view_names()
    command.upgrade(config, "head")
    assert set(inspect(engine).get_table_names()) == before


def test_views_are_there_after_an_upgrade(engine: Engine) -> None:
    assert set(inspect(engine).get_view_names()) == set(definitions(engine.dialect.name))
    with engine.connect() as connection:
        for name in definitions(engine.dialect.name):
            connection.exec_driver_sql(f"SELECT * FROM {name}").all()


REVISIONS = [
    script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions() if not script.is_head
]
RENAMED = {"told": "group_times", "whole_at": "complete_at"}
"""Columns under another name since."""
RENAMED_TIMES = ("told", "group_times")
"""The column that holds JSON of the archive's own."""
MADE_UP: dict[type, Callable[[int], Any]] = {
    int: lambda n: n,
    str: lambda n: f"空{n}",
    bool: lambda n: n % 2 == 0,
    float: float,
    date: lambda n: date(2024, 1, 1 + n % 28),
    datetime: lambda n: datetime(2024, 1, 1, tzinfo=UTC),
}


def fill(engine: Engine, rows: int) -> dict[str, Table]:
    """So many made-up rows in every table, whatever its columns are at this revision."""
    metadata = MetaData()
    metadata.reflect(engine)
    tables = {name: table for name, table in metadata.tables.items() if name != "alembic_version"}
    with engine.begin() as connection:
        for table in tables.values():
            connection.execute(table.insert(), [made_up(table, n) for n in range(1, rows + 1)])
    return tables


def made_up(table: Table, n: int) -> dict[str, Any]:
    row = {column.name: MADE_UP[column.type.python_type](n) for column in table.columns}
    times = {name: f'{{"at":{{"title":{n}}}}}' for name in RENAMED_TIMES if name in row}
    return row | times


def kept(engine: Engine, tables: dict[str, Table]) -> dict[str, list[str]]:
    """The rows of tables in the columns that they had, by key."""
    with engine.connect() as connection:
        present = {name: {c["name"] for c in inspect(connection).get_columns(name)} for name in tables}
        return {
            name: sorted(
                str([str(value) for value in row])
                for row in connection.exec_driver_sql(
                    "SELECT "
                    + ", ".join(
                        known
                        for c in table.columns
                        for known in (c.name, RENAMED.get(c.name))
                        if known in present[name]
                    )
                    + f" FROM {name}"
                )
            )
            for name, table in tables.items()
        }


def upgrade(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        env=os.environ | {"ARCHIVE_URL": url},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def revision_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.mark.more
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.promise("Upgrades keep rows")
def test_a_populated_archive_of_every_earlier_revision_keeps_every_row(archive_url: str, revision: str) -> None:
    engine = create(archive_url)
    config = alembic_config(engine)
    command.upgrade(config, revision)
    tables = fill(engine, 20)
    before = kept(engine, tables)
    command.upgrade(config, "head")
    assert kept(engine, tables) == before
    command.check(config)
    engine.dispose()


def test_moments_of_a_group_under_another_name_since_are_kept(archive_url: str) -> None:
    engine = create(archive_url)
    config = alembic_config(engine)
    command.upgrade(config, "0006")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO comments (comment_id, first_seen_at, last_seen_at, told)"
            ' VALUES (1, 1, 9, \'{"at":{"gone":5}}\')'
        )
    command.upgrade(config, "head")
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT group_times FROM comments").scalar_one()
    assert found == '{"at":{"deleted_user":5}}'
    engine.dispose()


def test_the_usual_null_is_not_listed_any_more_and_the_unusual_nothing_is(archive_url: str) -> None:
    engine = create(archive_url)
    config = alembic_config(engine)
    command.upgrade(config, "0007")
    before = {
        1: (None, '{"at":{"series":9}}'),
        2: (None, '{"at":{"series":5},"since":{"title":7}}'),
        3: (None, None),
        4: (31, None),
        5: (None, '{"at":{"caption":3}}'),
    }
    after = {
        1: None,
        2: '{"at":{"series":5},"since":{"title":7}}',
        3: '{"at":{"series":0}}',
        4: None,
        5: '{"at":{"caption":3,"series":0}}',
    }
    with engine.begin() as connection:
        for key, (series, times) in before.items():
            connection.execute(
                text(
                    "INSERT INTO artworks (artwork_id, series_id, group_times, first_seen_at,"
                    " last_seen_at) VALUES (:key, :series, :times, 1, 9)"
                ),
                {"key": key, "series": series, "times": times},
            )
    command.upgrade(config, "head")
    assert listed(engine) == after
    command.downgrade(config, "0007")
    assert listed(engine) == {key: times for key, (_, times) in before.items()}
    engine.dispose()


def listed(engine: Engine) -> dict[int, str | None]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT artwork_id, group_times FROM artworks").all()
    return dict(map(tuple, found))


@pytest.mark.more
@pytest.mark.promise("Upgrades keep rows")
def test_an_interrupted_upgrade_leaves_the_archive_as_it_was_and_is_run_again(
    archive_url: str, is_long: bool, figure: Callable[[str, int], None]
) -> None:
    engine = create(archive_url)
    config = alembic_config(engine)
    rng, kills = random.Random(3), 0
    command.upgrade(config, REVISIONS[-1])
    tables = fill(engine, 1_500)
    before = kept(engine, tables)
    head = ScriptDirectory.from_config(config).get_current_head()
    for _ in range(20 if is_long else 4):
        with upgrade(archive_url) as process:
            time.sleep(rng.uniform(0.5, 1.3))  # some before it begins, some in the middle
            process.kill()
            process.communicate()
        kills += 1
        assert revision_of(engine) in (REVISIONS[-1], head)
        assert kept(engine, tables) == before
        if revision_of(engine) == head:
            command.downgrade(config, REVISIONS[-1])
    with upgrade(archive_url) as process:
        _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    assert revision_of(engine) == head
    assert kept(engine, tables) == before
    figure("upgrades killed", kills)
    engine.dispose()


@pytest.mark.promise("Upgrades keep rows")
def test_two_processes_may_upgrade_at_once(archive_url: str) -> None:
    engine = create(archive_url)
    command.upgrade(alembic_config(engine), REVISIONS[-1])
    tables = fill(engine, 500)
    before = kept(engine, tables)
    both = [upgrade(archive_url) for _ in range(2)]
    for process in both:
        with process:
            _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, errors
    assert kept(engine, tables) == before
    command.check(alembic_config(engine))
    engine.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.promise("Upgrades keep rows")
def test_a_crawl_on_an_archive_that_is_behind_says_which_command_to_run(
    url: str, scrapy: Crawl, standin: Standin, revision: str
) -> None:
    engine = create(url)
    command.upgrade(alembic_config(engine), revision)
    engine.dispose()
    done = scrapy("crawl", "rankings", "-adate=2024-02-06", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 2
    assert "run ./run upgrade" in done.stderr
    assert "Traceback" not in done.stderr
    assert standin.targets == []


def test_an_upgrade_that_cannot_be_done_is_told_in_a_line(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = other.read_bytes()
    (tmp_path / "no.db").write_text("a file, no folder")
    for file, told in ((other, "holds other tables"), (tmp_path / "no.db/x.db", "cannot make")):
        with upgrade(f"sqlite:///{file}") as process:
            _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1
        assert told in errors
        assert "Traceback" not in errors
    assert other.read_bytes()[100:] == before[100:], "nothing of it is touched"
