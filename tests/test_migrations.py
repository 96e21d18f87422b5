"""One tree of revisions for both databases: up, down, and equal to the row classes."""

from __future__ import annotations

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from crawler.archive.engine import alembic_config, create, prepare
from crawler.archive.views import definitions


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
