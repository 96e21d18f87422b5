"""How rows are written: the upsert of each kind of row, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from crawler.archive.database.engine import mark
from crawler.archive.views import definitions, written_out
from crawler.archive.writing.upsert_sql import upsert_sql, writer_of
from crawler.tables.account import AccountSnapshot
from crawler.tables.artworks import Artwork, ArtworkTag, Tag
from crawler.tables.commissions import CommissionRequest
from crawler.tables.metadata import METADATA
from crawler.tables.novels import Novel
from crawler.tables.rankings import RankingEntry
from crawler.tables.users import UserGroup

SQLITE, POSTGRESQL = sqlite.dialect(), psycopg.dialect()
BOTH = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])


@BOTH
@pytest.mark.parametrize("row", [Artwork, CommissionRequest, Novel])
def test_of_an_entity_the_merged_row_replaces_the_stored_one(row: type, dialect: object) -> None:
    sql = upsert_sql(row, dialect)  # type: ignore[arg-type]
    columns = METADATA.tables[row.__tablename__].columns  # type: ignore[attr-defined]
    others = [column.name for column in columns if not column.primary_key]
    assert all(f"{name} = excluded.{name}" in sql for name in others)
    assert " WHERE " not in sql


@BOTH
def test_of_an_observation_the_first_moment_stands(dialect: object) -> None:
    sql = upsert_sql(RankingEntry, dialect)  # type: ignore[arg-type]
    assert sql.endswith("WHERE excluded.seen_at <= ranking_entries.seen_at")


@BOTH
def test_of_a_sighting_the_least_and_the_greatest_moment_stand(dialect: object) -> None:
    sql = upsert_sql(ArtworkTag, dialect)  # type: ignore[arg-type]
    assert "excluded.first_seen_at < artwork_tags.first_seen_at" in sql
    assert "excluded.last_seen_at > artwork_tags.last_seen_at" in sql
    assert "position = CASE WHEN (excluded.last_seen_at >= artwork_tags.last_seen_at)" in sql


def test_a_text_is_greater_on_every_server_as_it_is_in_the_program() -> None:
    assert 'excluded.icon_url COLLATE "C"' in upsert_sql(UserGroup, POSTGRESQL)
    assert "COLLATE" not in upsert_sql(UserGroup, SQLITE)


@BOTH
def test_a_name_alone_is_never_written_twice(dialect: object) -> None:
    assert upsert_sql(Tag, dialect).endswith("DO NOTHING")  # type: ignore[arg-type]


def test_values_go_to_the_drivers_in_order() -> None:
    assert upsert_sql(Tag, SQLITE).count(mark(SQLITE)) == 2
    assert upsert_sql(Tag, POSTGRESQL).count("%s") == 1, "all rows at once, as JSON"
    assert mark(psycopg.dialect(paramstyle="format")) == "%s"


def test_sqlite_is_given_dates_as_text_and_postgresql_as_they_are() -> None:
    assert writer_of(Artwork, SQLITE).converters.keys() >= {"created_at", "updated_at"}
    assert writer_of(Artwork, POSTGRESQL).converters == {}
    key = {"endpoint": "webpush", "params": "", "body_digest": 1}
    assert writer_of(AccountSnapshot, SQLITE).key_of(key) == ("webpush", "", 1)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_view_is_written_out_for_each_database(dialect: str) -> None:
    found = definitions(dialect)
    assert {"v_ranking_history", "v_artworks", "v_artwork_tags_past", "v_drift"} <= found.keys()
    for name, sql in found.items():
        assert not {"MOMENT(", "ALIGNED(", "ARTWORK("} & set(sql.replace("(", "( ").split()), name


def test_a_moment_within_a_function_is_shown_as_a_time() -> None:
    assert written_out("MOMENT(max(a.b))", "sqlite") == (
        "strftime('%Y-%m-%d %H:%M:%S', max(a.b) / 1000000000, 'unixepoch')"
    )
