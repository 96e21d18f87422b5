"""An archive holds one site: trying the fake server on the real archive, or the other way round, is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crawler.site import is_same_site
from standin.server import Standin, running
from tests.conftest import Crawl, rows

REAL = "https://www.pixiv.net"


@pytest.mark.promise("One archive, one site")
def test_an_archive_of_a_fake_server_is_refused_for_pixiv_by_every_command_that_reads_or_writes_a_site(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    (tmp_path / "day.json").write_text("{}")
    before = [rows(url, f"SELECT count(*) FROM {table}") for table in ("captures", "crawls")]
    standin.hits.clear()
    for words in (
        ("crawl", "rankings", "-amode=daily"),
        ("crawl", "rankings", "-amode=daily", "--plan"),
        ("job", "plan", "nightly"),
        ("job", "run", "nightly"),
        ("replay",),
        ("replay", "--rebuild"),
        ("replay", str(tmp_path / "day.json"), "--as", "ranking"),
        ("export", str(tmp_path / "release")),
    ):
        with subtests.test(words=words):
            done = scrapy(*words, PIXIV_BASE_URL=REAL, DOWNLOAD_DELAY="2")
            assert done.returncode == 2, done.stderr
            assert "an archive holds one site" in done.stderr
            assert "127.0.0.1" in done.stderr
    assert [rows(url, f"SELECT count(*) FROM {table}") for table in ("captures", "crawls")] == before
    assert standin.targets == []
    assert not (tmp_path / "release").exists()


def test_an_archive_of_pixiv_takes_nothing_of_a_fake_server(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    _rename(url)
    standin.hits.clear()
    done = crawl("rankings", date="2024-02-07", pages="1")
    assert done.returncode == 2
    assert "holds www.pixiv.net, and PIXIV_BASE_URL is http://127.0.0.1" in done.stderr
    assert standin.targets == []
    assert scrapy("status").returncode == 0, "it can be read as ever"


@pytest.mark.promise("One archive, one site")
def test_a_replay_takes_nothing_of_a_fake_server_into_an_archive_of_pixiv(
    crawl: Any, scrapy: Crawl, tmp_path: Path
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    other = f"sqlite:///{tmp_path}/other.db"
    scrapy("upgrade", "--init", ARCHIVE_URL=other)
    done = scrapy("replay", ARCHIVE_URL=other, PIXIV_BASE_URL=REAL, DOWNLOAD_DELAY="2")
    assert "0 responses (none) of 1 file, 2 others passed over" in done.stderr
    assert rows(other, "SELECT count(*) FROM captures") == [(0,)]


def _rename(url: str) -> None:
    from crawler.archive.database.engine import create  # noqa: PLC0415  # here alone

    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE captures SET url = '{REAL}/ranking.php'")
    engine.dispose()


def test_the_fake_server_may_have_another_port_each_time(crawl: Any, standin: Standin) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    with running(Standin(generate=True)) as other:
        assert other.url != standin.url
        assert crawl("rankings", date="2024-02-07", pages="1", PIXIV_BASE_URL=other.url).returncode == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (REAL, "https://pixiv.net/", True),
        (REAL, "https://www.pixiv.net.", True),
        (REAL, "http://127.0.0.1:8000", False),
        (REAL, "https://pixiv.net.example", False),
        ("http://127.0.0.1:8000", "http://localhost:9000", True),
        ("http://[::1]:8000", "http://127.0.0.1", True),
        ("http://mirror.example", "http://mirror.example:8080", False),
    ],
)
def test_sites_are_the_same_by_host(one: str, other: str, is_same: bool) -> None:
    assert is_same_site(one, other) is is_same
