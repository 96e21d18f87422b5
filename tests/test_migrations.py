"""One tree of revisions for both databases: up, down, and equal to the row classes."""

from __future__ import annotations

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from crawler.archive.engine import alembic_config, create, prepare
from crawler.archive.views import definitions
from tests import replies
from tests.test_archive import store


def test_there_is_a_single_head(engine: Engine) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(engine)).get_heads()) == 1


def test_the_migrated_archive_equals_the_row_classes(engine: Engine) -> None:
    command.check(alembic_config(engine))


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


def test_preparing_twice_changes_nothing(engine: Engine, archive_url: str) -> None:
    again = create(archive_url)
    prepare(again)
    with again.connect() as connection:
        head = ScriptDirectory.from_config(alembic_config(engine)).get_current_head()
        assert MigrationContext.configure(connection).get_current_revision() == head
    again.dispose()


def test_a_filled_archive_of_an_earlier_revision_keeps_its_rows(archive_url: str) -> None:
    engine = create(archive_url)
    config = alembic_config(engine)
    command.upgrade(config, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO coverage (endpoint, params, night, page, outcome, last_outcome, last_at,"
            " completed_at) VALUES ('ranking', 'date=20240206', '', 1, 'complete', 'complete', 1, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO artworks (artwork_id, title, series_id, bookmark_count, first_seen_at,"
            " last_seen_at) VALUES (1, '題', 4, 40, 1, 1)"
        )
    command.upgrade(config, "head")
    store(engine, replies.list_page(replies.thumbnail(1, title="新題")))
    with engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT title, series_id, bookmark_count FROM artworks WHERE artwork_id = 1"
        ).all()
        covered = connection.exec_driver_sql("SELECT count(*) FROM coverage").scalar()
    engine.dispose()
    assert [tuple(row) for row in kept] == [("新題", 4, 40)]
    assert covered == 2
