"""A replay reads what captures hold, parses it in other processes, and stores many pages at once."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.archive.archive import Archive
from crawler.archive.database.engine import reading
from crawler.capture.reader import warc_files
from crawler.capture.writer import CaptureWriter
from crawler.errors import ArchiveError
from crawler.extensions.outcome import RunCounts
from crawler.model.page import Page
from crawler.model.run_summary import FINISHED, RunSummary
from crawler.replay.parsing import WORTH_PROCESSES, Parsers, Reading, processes_for
from crawler.replay.run import BatchWriter, Replay, ReplayProgress
from tests import replies

RUN = "20240207T120000-abc123"
BASE = "https://www.pixiv.net"
DAYS = ("20240201", "20240202", "20240203")
RANKING = BASE + "/ranking.php?format=json&mode=daily&content=all&date={}&p=1"
SETTINGS = {"PIXIV_BASE_URL": BASE, "ARCHIVE_PATIENCE": 0, "REPLAY_PROCESSES": "", "PROGRESS_INTERVAL": 0}


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """A capture of three rankings, with a reply of another site among them."""
    folder = tmp_path / "captures"
    writer = CaptureWriter(folder, RUN, {"crawl_id": RUN, "night": "2024-02-07", "spider": "rankings"})
    for number, day in enumerate(DAYS):
        page = replies.ranking_page(replies.work(number + 1), date=day)
        assert page.reply is not None
        writer.keep(RANKING.format(day), 200, [], page.reply.body)
    writer.keep("https://example.org/", 200, [], b"{}")
    writer.close()
    return folder


def reading_of(captures: Path) -> Reading:
    return Reading(warc_files([captures]), captures, BASE, None)


def parsed(captures: Path, processes: int) -> list[Page]:
    with Parsers(processes) as parsers:
        replies_of = reading_of(captures).replies(lambda crawl: None)
        return [page for pages in parsers.pages(replies_of) for page in pages]


@pytest.mark.promise("One archive, one site")
def test_responses_of_pixiv_are_passed_over_for_an_archive_of_a_fake_server(captures: Path) -> None:
    reading = Reading(warc_files([captures]), captures, "http://127.0.0.1:8000", None)
    reading.site = "http://127.0.0.1:9000"
    assert list(reading.replies(lambda crawl: None)) == []
    assert reading.others == len(DAYS) + 1


def test_pages_are_the_same_and_in_order_whatever_process_parses_them(captures: Path) -> None:
    assert parsed(captures, 1) == parsed(captures, 0)


def test_a_parser_that_is_ended_from_outside_is_a_clear_word(captures: Path) -> None:
    with Parsers(1) as parsers:
        replies_of = list(reading_of(captures).replies(lambda crawl: None))
        assert list(parsers.pages(iter(replies_of)))
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        with pytest.raises(ArchiveError, match="REPLAY_PROCESSES=0"):
            list(parsers.pages(iter(replies_of)))


def test_few_replies_are_worth_no_process() -> None:
    assert processes_for("", WORTH_PROCESSES - 1) == 0
    assert processes_for("3", 1) == 3


def test_a_page_that_cannot_be_stored_costs_itself_alone(archive: Archive) -> None:
    outcome = RunCounts()
    writer = BatchWriter(archive, outcome, 0, lambda: False)
    first, second = (replies.ranking_page(date=day, at_ms=1_790_000_000_000 + n) for n, day in enumerate(DAYS[:2]))
    impostor = replies.ranking_page(date=DAYS[2], at_ms=1_790_000_000_000)
    assert impostor.reply is not None
    reply = replace(impostor.reply, digest=5, observed_at=first.observed_at)
    impostor = replace(impostor, reply=reply, observed_at=first.observed_at)
    writer.store([first, impostor, second])
    (failure,) = outcome.sum_up(RunSummary(), FINISHED, archive="").failures
    assert failure.startswith("1 page not stored: ")
    assert f"claim the moment {first.observed_at}" in failure
    with reading(archive._engine) as connection:  # noqa: SLF001  # what is stored, as it stands
        stored = connection.exec_driver_sql("SELECT observed_at FROM captures").all()
    assert sorted(stored) == [(first.observed_at,), (second.observed_at,)]
    assert not writer.is_full


def test_an_archive_that_takes_nothing_is_given_no_more() -> None:
    outcome = RunCounts()
    assert [outcome.lost() for _ in range(3)] == [False, False, True]
    assert not RunCounts().lost(is_for_its_data=True)


def test_a_replay_sums_up_what_it_read(captures: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings({**SETTINGS, "ARCHIVE_URL": url, "CAPTURE_DIR": str(captures)})
    one = Replay(settings, warc_files([captures]))
    assert one.run() == (0, True)
    told = capsys.readouterr().err
    assert "replay: 3 responses (3 complete) of 1 file, 1 others passed over, 0 damaged" in told
    assert told.rstrip().endswith("OK")


def test_progress_says_how_far_how_long_and_how_fast(capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayProgress(1000, 1e-9) as shown:
        shown.show(0, 0)
        shown.show(250, 10)
    first, second = capsys.readouterr().err.splitlines()
    assert "replay: 0 responses, 0%" in first
    assert "10 responses, 25%, about" in second
    assert "a second" in second
