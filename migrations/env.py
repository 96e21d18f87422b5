"""Alembic's environment: one tree for SQLite and PostgreSQL, views made anew after upgrading."""

from alembic import context
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import VERSION_TABLE, ArchiveError, create, explain, lock_writer, shown
from crawler.archive.view_columns import write_comments
from crawler.archive.views import create_views, drop_views
from crawler.settings import ARCHIVE_URL
from crawler.tables.metadata import METADATA
from crawler.tables.row import INT64, WHERE, UtcDateTime


def render(kind: str, item: object, _context: object) -> str | bool:
    """Write the archive's own types so that a revision stands without the project's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is INT64:
        return "INT64"
    return False


def migrate(engine: Engine) -> None:
    # All of an upgrade or nothing: SQLite takes DDL in a transaction too, once BEGIN is sent.
    if engine.dialect.name == "postgresql":
        for table in METADATA.tables.values():
            for index in table.indexes:
                if WHERE in index.info:
                    index.dialect_options["postgresql"]["where"] = text(index.info[WHERE])
    with engine.begin() as connection:
        lock_writer(connection)  # two processes may find the archive behind at once
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
            render_item=render,
        )
        # Views stand in the way of altering what they show.
        drop_views(connection)
        context.run_migrations()
        # Views show the newest tables: on the way up or down they wait.
        if context.get_context().get_current_revision() == context.script.get_current_head():
            create_views(connection)
            write_comments(connection)


def migrate_by_hand() -> None:
    """`alembic upgrade head`: what goes wrong is a line."""
    try:
        engine = create(ARCHIVE_URL)
        names = inspect(engine).get_table_names()
        if names and VERSION_TABLE not in names:
            message = f"{shown(engine)} holds other tables; give the archive its own database"
            raise SystemExit(message)
        migrate(engine)
        engine.dispose()
    except ArchiveError as error:
        raise SystemExit(str(error)) from None
    except SQLAlchemyError as error:
        message = f"nothing was changed: {explain(error)}"
        raise SystemExit(message) from None


if context.is_offline_mode():
    message = "SQL scripts cannot be written: upgrade the archive itself"
    raise SystemExit(message)
if "engine" in context.config.attributes:
    migrate(context.config.attributes["engine"])
else:
    migrate_by_hand()
