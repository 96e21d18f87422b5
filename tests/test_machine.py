"""A machine in trouble: a clear error, and nothing half-written is counted as complete."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import coverage
import pytest
from sqlalchemy.exc import OperationalError

from crawler.archive.database.engine import explain
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.clock import ahead
from standin.server import Fault, Standin
from tests.conftest import rows
from tests.processes import run_scrapy

DAYS = ("rankings", "-adate=2024-02-06..2024-02-08", "-apages=2")
CAPABILITY_VERSION_3 = 0x20080522  # of Linux; elsewhere nobody tests as root


def crawl(
    site: Standin, before: Callable[[], object] | None = None, arguments: tuple[str, ...] = DAYS, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Crawl after `before` was done in the process."""
    given = os.environ | {"PIXIV_BASE_URL": site.url} | environment
    return run_scrapy(("crawl", *arguments), given, before)


def no_file_beyond(size: int) -> Callable[[], object]:
    """What a full disk does to a process: writes beyond fail."""
    return partial(_limit_files, size)


def _limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    # Coverage could not save what it measured, and its failure would be the command's.
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.save = lambda: None  # type: ignore[method-assign]


def without_privilege() -> None:
    """Take root's right to write everywhere from a process."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        data = (ctypes.c_uint32 * 6)()
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        if libc.capset(ctypes.byref(header), ctypes.byref(data)):
            raise OSError(ctypes.get_errno(), "root cannot give up its rights")


def stored(url: str) -> tuple[int, int]:
    """Pages that coverage calls complete, and pages of which there are entries."""
    complete = rows(url, "SELECT count(*) FROM coverage WHERE outcome = 'complete'")[0][0]
    there = rows(url, "SELECT count(*) FROM (SELECT DISTINCT ranking_id, (rank - 1) / 50 FROM ranking_entries)")[0][0]
    return complete, there


@pytest.mark.parametrize("size", [600_000, 700_000, 900_000])
@pytest.mark.promise("Full disk")
def test_a_full_disk_ends_the_crawl_with_what_was_stored_whole(
    standin: Standin, url: str, tmp_path: Path, size: int
) -> None:
    done = crawl(standin, no_file_beyond(size))
    assert done.returncode == 1, done.stderr
    assert "is the disk full, or away?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("INCOMPLETE: ")
    complete, there = stored(url)
    assert complete == there < 6, "a page is there with its coverage, or not at all"
    assert rows(url, "PRAGMA integrity_check") == [("ok",)]
    assert crawl(standin).returncode == 0
    assert stored(url) == (6, 6)


def test_a_full_temporary_folder_is_named_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    error = OperationalError("SELECT", {}, full)
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    assert explain(error) == "database or disk is full: make room"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=4096))
    assert f"the temporary folder {tmp_path} is full" in explain(error)
    assert "SQLITE_TMPDIR=FOLDER" in explain(error)


def test_a_disk_that_is_full_at_once_is_told_in_a_line(standin: Standin, tmp_path: Path) -> None:
    done = crawl(standin, no_file_beyond(50_000))
    assert done.returncode == 2
    assert "cannot make sqlite://" in done.stderr
    assert "Traceback" not in done.stderr
    assert standin.targets == []
    assert crawl(standin).returncode == 0


@pytest.mark.promise("Full disk")
def test_captures_that_do_not_fit_end_the_crawl_and_are_read_back_whole(
    standin: Standin, url: str, tmp_path: Path
) -> None:
    assert crawl(standin).returncode == 0  # the database has its size
    standin.faults.append(Fault("p=2", times=None, body=os.urandom(1_000_000)))
    big = max(file.stat().st_size for file in tmp_path.glob("archive.db*"))
    assert big < 3_000_000
    done = crawl(standin, no_file_beyond(3_000_000), ("rankings", "-adate=2023-01-01..2023-02-28"))
    assert done.returncode == 1
    assert "Responses cannot be saved" in done.stderr
    assert "Traceback" not in done.stderr
    complete, there = stored(url)
    assert complete == there > 6, "what was kept before is stored"
    findings, kept = Findings(), 0
    for file in warc_files([tmp_path / "captures"]):
        kept += sum(1 for _ in read_replies(file, file.name, findings))
    assert kept >= complete
    standin.faults.clear()
    again = crawl(standin, None, ("rankings", "-adate=2023-02-27..2023-02-28", "-apages=2"))
    assert again.returncode == 0, again.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which nobody may write."""
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    return closed


@pytest.mark.promise("Full disk")
def test_a_folder_without_write_permission_is_named_before_anything_is_asked(standin: Standin, folder: Path) -> None:
    for name, value, told in (
        ("ARCHIVE_URL", f"sqlite:///{folder}/archive.db", "unable to open database file"),
        ("ARCHIVE_URL", f"sqlite:///{folder}/new/archive.db", f"cannot make {folder}/new"),
        ("CAPTURE_DIR", str(folder), "not writable: responses cannot be saved"),
        ("CAPTURE_DIR", f"{folder}/new", "Permission denied: responses cannot be saved"),
        ("STATE_DIR", str(folder), f"STATE_DIR {folder}"),
    ):
        done = crawl(standin, without_privilege, **{name: value})
        assert done.returncode == 2, done.stderr
        assert told in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert standin.targets == []


def test_an_archive_without_write_permission_is_left_as_it_is(standin: Standin, tmp_path: Path) -> None:
    place = tmp_path / "archive"
    url = f"sqlite:///{place}/archive.db"
    assert crawl(standin, ARCHIVE_URL=url).returncode == 0
    before = stored(url)
    (place / "archive.db").chmod(0o444)
    place.chmod(0o555)
    standin.hits.clear()
    done = crawl(standin, without_privilege, ("rankings", "-adate=2024-03-01"), ARCHIVE_URL=url)
    place.chmod(0o755)
    (place / "archive.db").chmod(0o644)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "write permission" in done.stderr
    assert standin.targets == []
    assert stored(url) == before


def test_a_locked_database_is_waited_for(standin: Standin, url: str, tmp_path: Path) -> None:
    crawl(standin)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "archive.db"), "3"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        done = crawl(standin, None, ("rankings", "-adate=2024-03-01", "-apages=1"))
    assert done.returncode == 0, done.stderr


HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.promise("Full disk")
def test_a_database_that_stays_locked_ends_the_crawl_and_nothing_is_covered(
    standin: Standin, url: str, tmp_path: Path
) -> None:
    assert crawl(standin, ARCHIVE_URL=url).returncode == 0
    before = stored(url)
    holder = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    standin.hits.clear()
    done = crawl(standin, None, ("rankings", "-adate=2024-03-01..2024-03-09"), ARCHIVE_URL=f"{url}?timeout=0.2")
    holder.close()
    assert done.returncode == 1
    assert "database is locked: another program has held it for too long" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(standin.targets) <= 3, "the site is left alone"
    assert stored(url) == before


@pytest.mark.parametrize(("hours", "said"), [(-26, "1 d"), (3, "3 h")])
@pytest.mark.promise("Wrong clock")
def test_a_wrong_clock_is_named_and_nothing_is_kept_under_a_wrong_moment(
    standin: Standin, url: str, tmp_path: Path, hours: int, said: str
) -> None:
    told = format_datetime(datetime.now(UTC) - timedelta(hours=hours), usegmt=True)
    standin.faults.append(Fault("ranking", times=None, headers={"Date": told}, change=lambda root, _: root))
    done = crawl(standin)
    assert done.returncode == 1
    word = "ahead of" if hours > 0 else "behind"
    assert re.search(rf"this machine's clock is {said} [\w ]*{word} the site's", done.stderr)
    assert "Traceback" not in done.stderr
    assert rows(url, "SELECT count(*) FROM captures WHERE status = 200") == [(0,)]
    findings = Findings()
    for file in warc_files([tmp_path / "captures"]):
        assert not [r.url for r, _ in read_replies(file, file.name, findings) if "ranking" in r.url]
    assert len(standin.targets) <= 1
    standin.faults.clear()
    assert crawl(standin).returncode == 0


def test_a_clock_that_agrees_within_minutes_is_believed(standin: Standin, url: str) -> None:
    told = format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)
    standin.faults.append(Fault("ranking", times=None, headers={"Date": told}, change=lambda root, _: root))
    assert crawl(standin).returncode == 0


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "off"),
    [
        ({"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}, 0),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 -0000"}, 0),
        ({"Date": "Tue, 24 Nov 2026 11:00:00 GMT"}, 3600),
        ({"Date": "Tue, 24 Nov 2026 11:00:00 GMT", "Age": "3600"}, 0),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "Age": "3000"}, 0),
        ({"Date": "Tue, 24 Nov 2026 13:00:00 GMT", "Age": "9" * 5000}, -3600),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 +99999999999999999999"}, None),
        ({"Date": "Tue, 24 Nov 99999999999 12:00:00 GMT"}, None),
        ({"Date": "noon"}, None),
        ({}, None),
    ],
)
def test_a_clock_is_judged_by_what_the_site_can_mean(headers: dict[str, str], off: int | None) -> None:
    date, age = (headers[name].encode() if name in headers else None for name in ("Date", "Age"))
    assert ahead(date, age, NOON.timestamp()) == off
