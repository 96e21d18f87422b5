"""The copy of an archive by columns: it answers as the archive does, never when it is older, and forgets with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crawler.archive import columnar
from crawler.archive.database.engine import reading
from crawler.errors import ReleaseError
from crawler.tables.metadata import METADATA
from standin.server import Standin
from tests.conftest import Crawl, rows
from tests.test_archive import store
from tests.test_every_table import page_of, read_bodies

ASKED = "which has all that the archive has"
OLDER = "is older than the archive"


@pytest.fixture
def copied(scrapy: Crawl, url: str, standin: Standin) -> Path:
    """The copy of an archive of one ranking."""
    assert (
        scrapy("crawl", "rankings", "-a", "date=2024-02-06", "-a", "pages=1", PIXIV_BASE_URL=standin.url).returncode
        == 0
    )
    done = scrapy("export", "--copy")
    assert done.returncode == 0, done.stderr
    file = Path(url.removeprefix("sqlite:///")).with_suffix(".duckdb")
    assert f"OK: {file}: " in done.stdout
    return file


def test_it_has_every_row_of_every_table_with_its_type(engine: Engine, tmp_path: Path) -> None:
    for at, (name, body) in enumerate(read_bodies().items()):
        store(engine, page_of(name, body, at))
    file = tmp_path / "copy.duckdb"
    columnar.make(engine.url.render_as_string(hide_password=False), file)
    with columnar.opened(file) as copy, reading(copy) as copied, reading(engine) as own:
        for table in METADATA.tables.values():
            order = table.primary_key.columns
            found = [tuple(row) for row in copied.execute(table.select().order_by(*order))]
            stored = [tuple(row) for row in own.execute(table.select().order_by(*order))]
            assert sorted(map(str, found)) == sorted(map(str, stored)), table.name
        assert columnar.is_current(engine, file)


def test_a_question_is_asked_of_it_and_says_so(scrapy: Crawl, copied: Path) -> None:
    asked, live = scrapy("sql", "ranking-panel"), scrapy("sql", "ranking-panel", "--live")
    assert f"asked of {copied}, {ASKED}" in asked.stdout
    assert f"{copied}" not in live.stdout
    assert asked.stdout.splitlines()[:3] == live.stdout.splitlines()[:3]
    own = scrapy("sql", "SELECT sqlite_version() AS v")
    assert own.returncode == 0, "SQL of one's own is asked of the archive, in its dialect"
    of_file = scrapy("sql", "--from", str(copied), "SELECT median(rank) AS m FROM ranking_entries", "--json")
    assert json.loads(of_file.stdout) == [{"m": 25.5}]
    again = scrapy("export", "--copy")
    assert again.stdout == f"OK: {copied} has all that the archive has\n"


def test_one_that_is_older_than_the_archive_is_not_asked(scrapy: Crawl, copied: Path, standin: Standin) -> None:
    scrapy("crawl", "rankings", "-a", "date=2024-02-07", "-a", "pages=1", PIXIV_BASE_URL=standin.url)
    asked = scrapy("sql", "ranking-panel", "--json")
    assert OLDER in asked.stderr
    assert json.loads(asked.stdout)[0]["days"] == 2
    assert scrapy("track", "add", "tag", "海").returncode == 0
    assert scrapy("export", "--copy").returncode == 0
    assert ASKED in scrapy("sql", "ranking-panel").stdout


def test_a_job_brings_it_up_to_date_where_there_is_one(
    scrapy: Crawl, copied: Path, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text("[[step]]\nspider = 'rankings'\ndate = '2024-02-08'\npages = 1\n")
    done = scrapy("job", "run", "mine", JOB_DIR=str(tmp_path), PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert ASKED in scrapy("sql", "nights").stdout, "the run itself is in it"
    copied.unlink()
    scrapy("job", "run", "mine", JOB_DIR=str(tmp_path), PIXIV_BASE_URL=standin.url)
    assert not copied.exists()


def test_what_is_forgotten_is_in_no_copy(scrapy: Crawl, copied: Path, url: str) -> None:
    ((user,),) = rows(url, "SELECT min(user_id) FROM artworks")
    done = scrapy("forget", "user", f"{user}", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"Removed {copied}: " in done.stdout
    assert not copied.exists()


def test_one_that_cannot_be_read_is_not_asked_and_made_again(scrapy: Crawl, copied: Path) -> None:
    copied.write_text("somebody else's")
    asked = scrapy("sql", "ranking-panel")
    assert asked.returncode == 0, asked.stderr
    assert OLDER in asked.stdout
    assert scrapy("export", "--copy").returncode == 0
    assert ASKED in scrapy("sql", "ranking-panel").stdout


def test_one_that_cannot_be_written_leaves_the_one_before_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "copy.duckdb"
    file.write_text("the one before")
    with pytest.raises(ReleaseError, match=r"copy\.duckdb could not be written: "), columnar.made(file) as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    assert file.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [file]
