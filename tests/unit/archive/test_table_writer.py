"""How rows are written: the upsert of each kind of row, on both databases."""

from __future__ import annotations

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from crawler.archive.writing.upsert_sql import upsert_sql
from crawler.tables.users import UserGroup

SQLITE, POSTGRESQL = sqlite.dialect(), psycopg.dialect()


def test_a_text_is_greater_on_every_server_as_it_is_in_the_program() -> None:
    assert 'excluded.icon_url COLLATE "C"' in upsert_sql(UserGroup, POSTGRESQL)
    assert "COLLATE" not in upsert_sql(UserGroup, SQLITE)
