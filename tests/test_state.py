"""What no response holds goes where the captures go."""

from __future__ import annotations

import json
import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from crawler.archive.database.engine import create
from crawler.archive.saved_state import KEPT, STATE
from crawler.tables.cohort import CohortDraw
from crawler.tables.jobs import Acknowledgement
from crawler.tables.metadata import METADATA
from standin.server import Standin
from tests.conftest import Crawl, rows
from tests.test_archive import PLACES

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
TABLES = sorted(METADATA.tables)
JOB = '[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 1\n'


def table(url: str, name: str) -> set[tuple[object, ...]]:
    """The rows of a table, without where responses lie."""
    left_out = PLACES.get(name, ())
    columns = ", ".join(c.name for c in METADATA.tables[name].columns if c.name not in left_out)
    return set(rows(url, f"SELECT {columns} FROM {name}"))


@pytest.fixture
def lived(scrapy: Crawl, standin: Standin, url: str, tmp_path: Path) -> str:
    """The address of an archive with something in each table of state."""
    given = {"PIXIV_BASE_URL": standin.url, "PIXIV_PHPSESSID": SESSION}
    (tmp_path / "mine.toml").write_text(JOB)
    for words in (
        ("track", "add", "tag", "原神"),
        ("track", "add", "user", "1100"),
        ("track", "add", "ranking", "daily", "--pages", "1", "--since", "2024-02-06"),
        ("crawl", "users", "-aendpoints=user_full", "-auser_id=1100,1101"),
        ("act", "like", "--artwork", "4120000", "--yes"),
    ):
        assert scrapy(*words, **given).returncode == 0
    engine = create(url)
    draw = {"first_id": 1, "last_id": 90, "draw_count": 2, "drawn_at": time.time_ns()}
    with engine.begin() as connection:
        of_a_day = [{"artwork_id": key, "drawn_on": date(2026, 9, 21), **draw} for key in (7, 4120000)]
        connection.execute(insert(CohortDraw), of_a_day)
        seen = {"page": "drift", "acknowledged_at": 1, "acknowledged_by": "ada@host", "item_count": 2}
        connection.execute(insert(Acknowledgement).values(seen))
    engine.dispose()
    assert scrapy("job", "run", str(tmp_path / "mine.toml"), **given).returncode == 0
    assert all(table(url, name) for name in STATE)
    return url


@pytest.mark.promise("State beside the captures")
def test_every_table_is_derived_from_captures_or_comes_back_from_beside_them(
    lived: str, scrapy: Crawl, standin: Standin, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    shutil.copytree(tmp_path / "captures", tmp_path / "elsewhere/captures")
    new = f"sqlite:///{tmp_path}/elsewhere/archive.db"
    given = {"ARCHIVE_URL": new, "CAPTURE_DIR": str(tmp_path / "elsewhere/captures"), "PIXIV_BASE_URL": standin.url}
    done = scrapy("replay", **given)
    assert done.returncode == 0, done.stderr
    assert "brought back from" in done.stderr
    for name in TABLES:
        with subtests.test(name=name):
            if name in STATE:
                assert table(lived, name) <= table(new, name)
            elif name not in KEPT:
                assert table(lived, name) == table(new, name)
    assert scrapy("replay", "--rebuild", **given).returncode == 0
    assert table(lived, "cohort") == table(new, "cohort")


def test_what_is_not_tracked_any_more_does_not_come_back(lived: str, scrapy: Crawl) -> None:
    assert scrapy("track", "remove", "user", "1100").returncode == 0
    scrapy("replay")
    assert rows(lived, "SELECT count(*) FROM tracked WHERE kind = 'user'") == [(0,)]


@pytest.mark.promise("Forgotten everywhere")
def test_state_names_nobody_who_is_forgotten(lived: str, scrapy: Crawl, tmp_path: Path) -> None:
    folder = tmp_path / "captures/state"
    assert "1100" in (folder / "tracked.json").read_text()
    for thing in (("user", "1100"), ("artwork", "4120000")):
        assert scrapy("forget", *thing, "--yes").returncode == 0
    assert "1100" not in (folder / "tracked.json").read_text()
    drawn = [row for file in folder.glob("cohort-*.json") for row in json.loads(file.read_text())]
    assert [row["artwork_id"] for row in drawn] == [7]
    scrapy("replay")
    assert rows(lived, "SELECT artwork_id FROM cohort") == [(7,)]


def test_what_was_tracked_stays_when_another_archive_of_the_folder_tracks_or_forgets(
    lived: str, scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    file = tmp_path / "captures/state/tracked.json"
    other = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/other.db", "PIXIV_BASE_URL": standin.url}
    assert scrapy("track", "add", "user", "2000", **other).returncode == 0
    assert len(json.loads(file.read_text())) == 4
    assert scrapy("forget", "user", "999", "--yes", **other).returncode == 0
    assert scrapy("track", "remove", "user", "2000", **other).returncode == 0
    assert {row["thing_id"] for row in json.loads(file.read_text())} == {0, 1100}
    assert scrapy("replay", **other).returncode == 0
    assert table(lived, "tracked") == table(other["ARCHIVE_URL"], "tracked")


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "{}",
        '[{"kind": "tag"}]',
        '[{"kind": ["tag"], "thing_id": 0, "name": "x"}]',
        '[{"kind": "tag", "thing_id": 0, "name": "x", "added_at": "soon"}]',
    ],
)
def test_a_file_of_state_that_is_damaged_is_named_and_nothing_is_lost(
    lived: str, scrapy: Crawl, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "captures/state/tracked.json"
    file.write_text(text)
    done = scrapy("replay")
    assert done.returncode == 2
    assert f"{file}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == text
    assert table(lived, "tracked")
