"""The pages of `./run status`, on a small archive. In process, SQLite."""

from __future__ import annotations

import json
import re
import stat
import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import pytest

from crawler.archive import job_runs
from crawler.archive.archive import Archive
from crawler.archive.database.engine import opened, writing
from crawler.archive.status import LEAST_FREE, VERSION, Disk, Finding, says_full, write_metrics
from crawler.clock import JST, newest
from crawler.errors import BadArgument
from crawler.health.status_pages import PAGES, Wanted, acknowledge, print_json, read_status, show
from tests import replies


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("archive")
def test_of_an_empty_archive_every_page_says_that_all_is_well(
    page: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(url, page, Wanted())
    assert capsys.readouterr().out.strip()


def test_what_is_not_archived_is_named_with_what_is(archive: Archive, url: str) -> None:
    archive.store([replies.ranking_page(replies.work())])
    with pytest.raises(BadArgument, match="there are: daily all"):
        show(url, "coverage", Wanted(mode="weekly"))
    with pytest.raises(BadArgument, match="no date"):
        show(url, "coverage", Wanted(since="yesterday"))


@pytest.mark.usefixtures("archive")
def test_an_empty_archive_needs_a_person(url: str, tmp_path: Path) -> None:
    """A monitor that was set up before the first night must not be content."""
    (finding,) = read_status(url, tmp_path, ()).findings
    assert finding == Finding("empty", "nothing is archived yet (./run job run nightly)", needs_person=True)


def test_an_installed_job_that_never_ended_is_noticed(archive: Archive, url: str, tmp_path: Path) -> None:
    archive.store([replies.ranking_page(replies.work())])
    assert "silent" not in {one.name for one in read_status(url, tmp_path, ()).findings}
    found = {one.name: one.text for one in read_status(url, tmp_path, ("nightly",)).findings}
    assert found["silent"] == "installed, but no job has ever ended: nightly (./run job list)"


@pytest.mark.parametrize("page", ["drift", "dead"])
def test_what_was_acknowledged_is_well_until_more_of_it_comes(
    page: str, archive: Archive, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work(width="wide"), surprise=1)])
    acknowledge(url, page)
    assert "Acknowledged by " in capsys.readouterr().out
    assert show(url, page, Wanted())
    assert "acknowledged others at" in capsys.readouterr().out
    # Of an old response that is read again: older than the acknowledgement, and new to the user.
    archive.store([replies.ranking_page(replies.work(2, width="wide"), second_surprise=1)])
    assert not show(url, page, Wanted())


def test_rejected_rows_whose_page_came_whole_later_need_nobody(
    archive: Archive, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work(1, 1), {**replies.work(2, 2), "rank": "first"})])
    assert "rejected" in {one.name for one in read_status(url, tmp_path, ()).findings}
    archive.store([replies.ranking_page(replies.work(1, 1), replies.work(2, 2))])
    assert "rejected" not in {one.name for one in read_status(url, tmp_path, ()).findings}
    assert show(url, "dead", Wanted())
    assert "came whole later" in capsys.readouterr().out


def test_a_ranking_is_overdue_when_two_nights_have_passed_it_by(archive: Archive, url: str, tmp_path: Path) -> None:
    _rank(archive, newest() - timedelta(days=2))
    names = {one.name: one.needs_person for one in read_status(url, tmp_path, ()).findings}
    assert names == {"due": False}, "a night is under way, or the next one brings it"
    _rank(archive, newest() - timedelta(days=4))
    (overdue,) = read_status(url, tmp_path, ()).findings
    assert (overdue.name, overdue.needs_person) == ("overdue", True)
    since = newest() - timedelta(days=3)
    assert overdue.text.endswith(f": ./run crawl rankings -a mode=daily -a content=all -a date={since}..")


def test_nothing_is_acknowledged_where_nothing_is(
    archive: Archive, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work())])
    acknowledge(url, "dead")
    assert capsys.readouterr().out == "\nNothing is there to acknowledge.\n"


def test_a_job_that_could_not_begin_needs_a_person_at_once(archive: Archive, url: str, tmp_path: Path) -> None:
    _rank(archive, newest())
    end = {"run_id": "1", "job": "mine", "started_at": 1, "finished_at": time.time_ns(), "request_count": 0}
    with opened(url) as engine, engine.connect() as connection, writing(connection):
        summary = "mine could not begin: DOWNLOAD_DELAY must be a number\nNothing was requested."
        job_runs.record(connection, end | {"outcome": "could not begin", "summary": summary})
    (finding,) = read_status(url, tmp_path, ()).findings
    assert finding.needs_person
    assert finding.text == "mine could not begin: DOWNLOAD_DELAY must be a number"


def test_a_disk_that_will_be_full_within_a_week_needs_a_person() -> None:
    free = 10 * LEAST_FREE
    assert says_full(Disk("captures", "/a", free, 6.9)) == "the disk will be full in 6 d 21 h at this rate"
    assert not says_full(Disk("captures", "/a", free, 7.1))
    assert says_full(Disk("temporary", "/t", LEAST_FREE - 1, None)) == "the disk is full: 100 MB are free"
    assert not says_full(Disk("temporary", "/t", free, None))


def test_metrics_are_in_prometheus_text_format(archive: Archive, url: str, tmp_path: Path) -> None:
    _rank(archive, newest())
    file = tmp_path / "pixiv.prom"
    status = read_status(url, tmp_path, ())
    write_metrics(status, file)
    samples = parsed(file.read_text())
    assert samples["pixiv_archive_ok"] == 1
    assert samples['pixiv_archive_ranking_days_complete{mode="daily",content="all"}'] == 1
    assert samples['pixiv_archive_rows{table="rankings"}'] == 1
    assert samples["pixiv_archive_written_timestamp_seconds"] == pytest.approx(time.time(), abs=60)
    assert stat.S_IMODE(file.stat().st_mode) & 0o044, "the exporter is another user"
    other = tmp_path / "notes.prom"
    other.write_text("mine")
    with pytest.raises(BadArgument, match="holds something else"):
        write_metrics(status, other)


def parsed(text: str) -> dict[str, float]:
    """Samples by name and labels; every one has its HELP and TYPE before it."""
    samples, described = {}, set()
    for line in text.splitlines():
        if line.startswith("# "):
            described.add(line.split()[2])
        else:
            sample, _, value = line.rpartition(" ")
            assert re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})?', sample), line
            assert sample.partition("{")[0] in described
            samples[sample] = float(value)
    return samples


def test_status_as_json_follows_the_schema_that_is_documented(
    archive: Archive, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _rank(archive, newest())
    print_json(read_status(url, tmp_path, ()))
    found = json.loads(capsys.readouterr().out)
    schema = json.loads(Path("docs/reference/status.schema.json").read_text())
    assert found["version"] == VERSION == 1
    assert set(found) == set(schema["required"])
    assert found["rankings"][0] | {"mode": "daily", "complete": 1, "due": 0} == found["rankings"][0]
    assert {disk["name"] for disk in found["disks"]} == {"archive", "captures", "temporary"}


def _rank(archive: Archive, on: date) -> None:
    """Archive a ranking of one page, as of one o'clock (Japan) of the day after."""
    at = datetime.combine(on + timedelta(days=1), clock_time(13), JST)
    before = f"{on - timedelta(days=1):%Y%m%d}"
    page = replies.ranking_page(
        replies.work(), date=f"{on:%Y%m%d}", prev_date=before, rank_total=1, at_ms=int(at.timestamp() * 1000)
    )
    archive.store([page])
