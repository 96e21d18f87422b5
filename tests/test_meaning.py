"""Every column, view, code and setting says what it means, and what it says is true of replies."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import inspect

from crawler.archive.database.engine import create, prepare
from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables import codes
from crawler.tables.meaning import CUMULATIVE, OF_THE_RANKING, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.relations import relations
from docs.make.filling import filled_by
from tests.processes import ROOT
from tests.test_recorded_endpoints import recorded_names, recorded_page

COLUMNS = [(name, column.name) for name, table in METADATA.tables.items() for column in table.columns]
CODE = re.compile(
    r"(^|_)(mode|content|kind|state|status|outcome|x_restrict|visibility|ai_type|role|variant|rest|json_type)$"
)
NO_CODE = {("notifications", "kind"), ("notifications", "content"), ("captures", "status"), ("actions", "status")}
"""Named as codes are, and none: pixiv's own words and HTML, and HTTP's numbers."""


def test_a_column_without_a_meaning_is_refused_when_its_class_is_defined(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from sqlalchemy.orm import Mapped\nfrom crawler.tables.row import Base, column\n"
        "class Mine(Base):\n"
        "    'A table.'\n"
        "    __tablename__ = 'mine'\n"
        "    nameless: Mapped[int] = column(primary_key=True)\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", "import mine"], env={"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert f"{file}: Mine.nameless has no meaning: give the column a comment" in done.stderr


def test_a_column_that_may_be_null_says_what_null_means(subtests: pytest.Subtests) -> None:
    for table, name in COLUMNS:
        with subtests.test(table=table, column=name):
            own = METADATA.tables[table].columns[name]
            assert bool(meaning_of(own).null) == bool(own.nullable)


def test_a_view_says_what_it_shows_and_what_its_columns_mean(subtests: pytest.Subtests) -> None:
    for view in view_meanings():
        with subtests.test(view=view):
            assert view_purposes()[view]
            assert [name for name, meaning in view_meanings()[view].items() if not meaning.text] == []


def test_a_column_that_counts_says_over_which_span_where_two_are_near() -> None:
    columns = METADATA.tables["ranking_entries"].columns
    assert meaning_of(columns["rating_count"]).window == OF_THE_RANKING
    assert meaning_of(columns["view_count"]).window == CUMULATIVE


def test_a_code_has_its_list() -> None:
    without = [
        (table, name)
        for table, name in COLUMNS
        if CODE.search(name) and not meaning_of(METADATA.tables[table].columns[name]).codes
    ]
    assert set(without) == NO_CODE


def test_each_list_of_codes_says_what_each_means_and_is_used() -> None:
    lists = {name: value for name, value in vars(codes).items() if name.isupper() and isinstance(value, dict)}
    used = [meaning_of(column).codes for table in METADATA.tables.values() for column in table.columns]
    for name, values in lists.items():
        assert all(values.values()), name
        assert any(values is one for one in used), f"{name} is of no column"


def test_the_values_of_recorded_replies_are_in_their_lists(responses: Path) -> None:
    index = json.loads((responses / "index.json").read_text())
    for name in recorded_names(index):
        page = recorded_page(index, responses, name)
        for table, rows in page.rows.items():
            for row in rows:
                for column, value in row.items():
                    known = meaning_of(METADATA.tables[table].columns[column]).codes
                    if known and "…" not in known:
                        assert value is None or value in known, (table, column, value)


def test_what_recorded_replies_fill_is_what_their_entries_say(responses: Path) -> None:
    index = json.loads((responses / "index.json").read_text())
    wrong = defaultdict(set)
    for name in recorded_names(index):
        for table, rows in recorded_page(index, responses, name).rows.items():
            for row in rows if table != "member_sets" else ():  # the archive's own
                for column in row:
                    if name not in filled_by().get((table, column), ()):
                        wrong[table, column].add(name)
    written_by_the_merge = {"first_seen_at", "last_seen_at", "tags_seen_at", "group_times"}
    assert {place: by for place, by in wrong.items() if place[1] not in written_by_the_merge} == {}


def test_no_ranking_fills_what_its_warning_says_it_does_not() -> None:
    for column in ("ai_type", "bookmark_count", "like_count", "view_count"):
        assert "ranking" not in filled_by()["artworks", column]
    assert filled_by()["artworks", "view_count"] == ("artwork",)


def test_an_id_names_a_row_of_a_table_that_there_is() -> None:
    found = relations()
    assert len(found) > 50
    assert {home for _, _, home in found} <= METADATA.tables.keys()


def test_postgresql_says_it_of_views_too(postgresql: str) -> None:
    engine = create(postgresql)
    prepare(engine)
    with engine.connect() as connection:
        columns = inspect(connection).get_columns("v_ranking_tags")
        said = inspect(connection).get_table_comment("v_ranking_tags")["text"]
    engine.dispose()
    assert said
    assert said == view_purposes()["v_ranking_tags"]
    assert all(column["comment"] for column in columns)
