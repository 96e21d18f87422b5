"""What others recorded gives the facts that a crawl of it would give, and lies in captures of one's own."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database.engine import create
from crawler.errors import BadArgument
from crawler.replay.naming import Naming
from standin.server import Standin, running
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import dump


@pytest.fixture(autouse=True)
def of_pixiv(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is brought in is of pixiv; nothing is requested."""
    monkeypatch.setenv("PIXIV_BASE_URL", "https://www.pixiv.net")


def facts(url: str) -> Any:
    engine = create(url)
    found = dump(engine)
    engine.dispose()
    return found


def undated(url: str) -> dict[str, Any]:
    """The facts of rankings without the moments at which they were seen, which decide whose title stands."""
    return {
        "entries": rows(
            url,
            "SELECT ranking_id, rank, artwork_id, previous_rank, rating_count, view_count FROM ranking_entries ORDER BY 1, 2",
        ),
        "works": rows(url, "SELECT artwork_id, user_id, kind FROM artworks ORDER BY 1"),
        "rankings": rows(
            url, "SELECT mode, content, ranking_on, rank_total, entry_count, is_complete FROM rankings ORDER BY 1, 2, 3"
        ),
    }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "recorded"
    folder.mkdir()
    for day in ("20240206", "20240207"):
        body = replies.ranking(replies.work(int(day), 1), date=day, rank_total=1)
        (folder / f"daily-{day}.json").write_text(json.dumps(body))
    return folder


def test_the_recorded_days_as_files_give_the_facts_of_a_crawl_of_them(
    scrapy: Crawl, responses: Path, tmp_path: Path, url: str
) -> None:
    with running(Standin(replies=responses)) as site:
        done = scrapy(
            "crawl", "rankings", "-amode=daily", "-adate=2024-02-06..2024-09-08", "-apages=1", PIXIV_BASE_URL=site.url
        )
    assert done.returncode == 0, done.stderr
    other = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/other.db", "CAPTURE_DIR": str(tmp_path / "others")}
    given = (
        "replay",
        str(responses / "ranking_daily"),
        "--as",
        "ranking",
        "--seen-at",
        "published",
        "--source",
        "a study",
    )
    done = scrapy(*given, **other)
    assert done.returncode == 0, done.stderr
    assert "53 responses of 53 files imported, 0 known before, 0 refused" in done.stderr
    assert undated(other["ARCHIVE_URL"]) == undated(url)
    # Seen at noon in Japan of the day after: the tags are the day's.
    assert rows(other["ARCHIVE_URL"], "SELECT sum(is_hindsight) FROM v_ranking_hindsight") == [(0,)]
    assert (
        '"source": "a study"'
        in rows(other["ARCHIVE_URL"], "SELECT arguments FROM crawls WHERE arguments LIKE '%as%'")[0][0]
    )


def test_a_second_time_adds_nothing_and_a_rebuilt_archive_has_it_too(
    scrapy: Crawl, files: Path, url: str, tmp_path: Path
) -> None:
    given = ("replay", str(files), "--as", "ranking", "--seen-at", "published")
    assert scrapy(*given).returncode == 0
    before, kept = facts(url), sorted((tmp_path / "captures").rglob("*.warc.gz"))
    done = scrapy(*given)
    assert done.returncode == 0
    assert "0 responses of 2 files imported, 2 known before" in done.stderr
    assert facts(url) == before
    assert sorted((tmp_path / "captures").rglob("*.warc.gz")) == kept
    assert scrapy("replay", "--rebuild").returncode == 0
    assert facts(url) == before


@pytest.mark.parametrize(
    ("seen_at", "name", "shown"),
    [
        ("2024-03-01T00:00:00Z", None, "2024-03-01 00:00:00"),
        ("{day:%Y%m%d}", r"daily-(?P<day>\d+)", "2024-02-06 00:00:00"),
        ("published", None, "2024-02-07 03:00:00"),
    ],
)
def test_when_it_was_seen_is_said_or_read_off_the_name(
    scrapy: Crawl, files: Path, url: str, seen_at: str, name: str | None, shown: str
) -> None:
    more = ("--name", name) if name else ()
    done = scrapy("replay", str(files / "daily-20240206.json"), "--as", "ranking", "--seen-at", seen_at, *more)
    assert done.returncode == 0, done.stderr
    assert rows(url, "SELECT seen_at FROM v_ranking_history") == [(shown,)]


def test_file_times_that_a_copy_has_set_are_refused(scrapy: Crawl, files: Path) -> None:
    for day in range(7, 10):
        body = replies.ranking(date=f"2024020{day}")
        (files / f"{day}.json").write_text(json.dumps(body))
    done = scrapy("replay", str(files), "--as", "ranking")
    assert done.returncode == 2
    assert "as after a copy or a checkout" in done.stderr
    assert "--seen-at published" in done.stderr
    for place, file in enumerate(sorted(files.iterdir())):
        os.utime(file, (1_790_000_000 + 60 * place,) * 2)
    assert scrapy("replay", str(files), "--as", "ranking").returncode == 0


@pytest.mark.parametrize(
    ("entry", "more", "message"),
    [
        ("rankings", {}, "Did you mean ranking?"),
        ("ranking?day=1", {}, "ranking takes no day. Valid: mode, content, date"),
        ("artwork?illust_id=1", {"seen_at": "published"}, "goes with --as ranking"),
        ("ranking", {"seen_at": "yesterday"}, "--seen-at yesterday: mtime, published"),
        ("ranking", {"pattern": "("}, "--name (:"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(
    entry: str, more: dict[str, str], message: str
) -> None:
    given = {"pattern": None, "seen_at": "mtime", "source": "", **more}
    with pytest.raises(BadArgument) as error:
        Naming.of(entry, **given)
    assert message in str(error.value)


def test_a_capture_under_another_name_is_copied_under_its_runs_and_archived_from_there(
    scrapy: Crawl, files: Path, tmp_path: Path, url: str
) -> None:
    other = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/other.db", "CAPTURE_DIR": str(tmp_path / "others")}
    given = ("replay", str(files), "--as", "ranking", "--seen-at", "published")
    assert scrapy(*given, **other).returncode == 0
    (warc,) = (tmp_path / "others").rglob("*.warc.gz")
    elsewhere = tmp_path / "elsewhere.dat"
    shutil.copy(warc, elsewhere)
    for _ in range(2):
        assert scrapy("replay", str(elsewhere)).returncode == 0
    (copy,) = (tmp_path / "captures").rglob("*.warc.gz")
    assert copy.relative_to(tmp_path / "captures") == warc.relative_to(tmp_path / "others")
    assert facts(url) == facts(other["ARCHIVE_URL"])
    elsewhere.unlink()
    assert scrapy("replay", "--rebuild").returncode == 0
    assert facts(url) == facts(other["ARCHIVE_URL"])
