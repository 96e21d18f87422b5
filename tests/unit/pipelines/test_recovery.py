"""What a run that died had kept is archived by the next. In process, SQLite."""

from __future__ import annotations

import json
from pathlib import Path

from scrapy.utils.test import get_crawler

from crawler.archive.archive import Archive
from crawler.capture.writer import CaptureWriter
from crawler.pipelines import StorePipeline, recover
from tests import replies
from tests.conftest import rows

RUN = "20240207T000000-abcdef"
ADDRESS = f"{replies.BASE}/ranking.php?format=json&mode=daily&content=all&date=20240206&p=1"


def begin(archive: Archive) -> None:
    archive.begin_crawl(
        {
            "crawl_id": RUN,
            "spider": "rankings",
            "arguments": "{}",
            "versions": "{}",
            "session": "anonymous",
            "started_at": 1,
        }
    )


def died(folder: Path) -> Path:
    """Captures of a run that ended between keeping a reply and storing its page."""
    writer = CaptureWriter(folder, RUN, {"crawl_id": RUN, "night": "2024-02-07"})
    body = json.dumps(replies.ranking(replies.work())).encode()
    writer.keep(ADDRESS, 200, [("Content-Type", "application/json")], body)
    writer.release()
    return writer.open_path


def test_a_reply_whose_page_never_reached_the_archive_is_archived(archive: Archive, url: str, tmp_path: Path) -> None:
    begin(archive)
    left = died(tmp_path / "captures")
    assert recover(archive.writer, tmp_path / "captures") == 1
    assert rows(url, "SELECT artwork_id FROM ranking_entries") == [(1,)]
    assert not left.exists(), "the file has its final name"
    assert recover(archive.writer, tmp_path / "captures") == 0


def test_files_of_a_run_that_this_archive_does_not_know_are_left_alone(archive: Archive, tmp_path: Path) -> None:
    left = died(tmp_path / "captures")
    assert recover(archive.writer, tmp_path / "captures") == 0
    assert left.exists()


def test_a_file_that_a_running_crawl_has_is_left_to_it(archive: Archive, tmp_path: Path) -> None:
    begin(archive)
    writer = CaptureWriter(tmp_path / "captures", RUN, {"crawl_id": RUN})
    assert recover(archive.writer, tmp_path / "captures") == 0
    assert writer.open_path.exists()
    writer.close()


def test_the_store_makes_the_archive_that_it_is_given(tmp_path: Path, url: str) -> None:
    settings = {"ARCHIVE_URL": url, "CAPTURE_DIR": str(tmp_path), "ARCHIVE_PATIENCE": 1}
    StorePipeline.from_crawler(get_crawler(settings_dict=settings))
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(0,)]
