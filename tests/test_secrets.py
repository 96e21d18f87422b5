"""A session reaches the base host alone and nothing else keeps it; what replies hold does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database.engine import create, prepare
from crawler.capture.writer import CaptureWriter
from standin.server import Fault, Standin, running
from tests import replies
from tests.conftest import ROOT, Crawl, rows
from tests.test_archive import store

CANARY = "5001_abcdefCANARYABCDEF0123456789ab"
PASSWORD = "canary-password"
HARMFUL = (
    "<script>alert(1)</script>",
    "\"'; DROP TABLE artworks; --",
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "＝HYPERLINK(1)",
    " \u3000=1+1",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "\u202eexe.gpj",
    "a\r\nb\tc",
    "${jndi:x} %s %(name)s {0} $(id) `id`",
)


def files_with(folder: Path, *texts: str) -> list[Path]:
    """The files that hold a text, captures as they are and unpacked."""
    return [
        file for file in folder.rglob("*") if file.is_file() and any(text.encode() in unpacked(file) for text in texts)
    ]


def unpacked(file: Path) -> bytes:
    data = file.read_bytes()
    if ".warc" not in file.name:
        return data
    plain, rest = b"", data
    while rest:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        plain += member.decompress(rest)
        rest = member.unused_data
    return data + plain


def test_a_session_in_a_capture_would_be_found(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path, "20261123T202054-abc123", {})
    writer.keep("http://127.0.0.1/", 200, [("X-Told", CANARY)], b"")
    writer.close()
    assert files_with(tmp_path, CANARY) == [writer.path]


def command_lines() -> list[bytes]:
    """The command line of every process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended since
            found.append(path.read_bytes())
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see what others see")
@pytest.mark.promise("Session")
def test_a_session_is_in_no_argument_of_any_process(standin: Standin, tmp_path: Path) -> None:
    given = {"PIXIV_BASE_URL": standin.url, "PIXIV_PHPSESSID": CANARY, "DOWNLOAD_DELAY": "0.5"}
    job = tmp_path / "mine.toml"
    job.write_text('[[step]]\nspider = "rankings"\nmode = "daily"\n')
    with subprocess.Popen(
        [sys.executable, "-m", "crawler", "job", "run", "mine"],
        cwd=ROOT,
        env=os.environ | given | {"JOB_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    ) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        shown = command_lines()
        process.terminate()
    assert [said for said in shown if b"crawl" in said], "the job's crawl is among them"
    assert not [said for said in shown if CANARY.encode() in said]


@pytest.mark.promise("Session")
def test_a_session_is_in_no_file_or_output_whatever_goes_wrong(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str
) -> None:
    with running(Standin(generate=True)) as other:
        standin.faults += [
            Fault("p=2", times=1, status=302, headers={"Location": f"{other.url}/login.php?PHPSESSID={CANARY}"}),
            Fault("/user/1100", times=2, status=500, body=b"<html>oops"),
            Fault("/user/1100", times=1, reset=True),
            Fault("/following", times=None, status=403, body=b"<html>", content_type="text/html"),
        ]
        for arguments in (
            ("rankings", "-adate=2024-02-06", "-apages=3"),
            ("users", "-auser_id=1100"),
            ("account",),
            ("users", "-auser_id=nobody"),
            ("feeds", "-s", "ITEM_PIPELINES={}"),
            # A crash: a pipeline that does not exist, a folder that is a file.
            ("feeds", "-s", 'ITEM_PIPELINES={"no.such.Pipeline": 1}'),
        ):
            done = scrapy(
                "crawl", *arguments, "-s", "LOG_LEVEL=DEBUG", PIXIV_BASE_URL=standin.url, PIXIV_PHPSESSID=CANARY
            )
            assert CANARY not in done.stdout + done.stderr, arguments
        assert other.hits == [], "a redirect is not followed"
    cookies = [hit.headers.get("Cookie", "") for hit in standin.hits]
    assert any(CANARY in cookie for cookie in cookies), "it was used"
    database = "".join(map(str, rows(url, "SELECT * FROM crawls")))
    assert CANARY not in database
    assert files_with(tmp_path, CANARY, CANARY.partition("_")[2]) == []


@pytest.mark.promise("Passwords")
def test_a_password_of_the_archive_is_shown_nowhere(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    given = {
        "ARCHIVE_URL": f"postgresql://somebody:{PASSWORD}@127.0.0.1:9/archive?connect_timeout=1",
        "PIXIV_BASE_URL": standin.url,
        "LOG_LEVEL": "DEBUG",
    }
    for command in (
        ("crawl", "rankings", "-adate=2024-02-06", "-apages=1"),
        ("status",),
        ("status", "doctor"),
        ("sql", "top-artists"),
        ("replay",),
        ("forget", "user", "5"),
        ("job", "run", "nightly"),
        ("act", "like", "--artwork", "7"),
    ):
        done = scrapy(*command, **given)
        assert done.returncode != 0 or "doctor" in command, command
        assert PASSWORD not in done.stdout + done.stderr, command
    bad = scrapy("status", ARCHIVE_URL=f"postgre://somebody:{PASSWORD}@x:port/y")
    assert bad.returncode == 2
    assert PASSWORD not in bad.stdout + bad.stderr
    assert files_with(tmp_path, PASSWORD) == []


@pytest.fixture
def harmful(url: str) -> str:
    """An archive whose titles, names and tags try to do harm."""
    engine = create(url)
    prepare(engine)
    works = [
        replies.work(n, n, title=text, user_name=text, user_id=n, tags=[text]) for n, text in enumerate(HARMFUL, 1)
    ]
    store(engine, replies.ranking_page(*works))
    engine.dispose()
    return url


@pytest.mark.promise("Harmless text")
def test_titles_and_names_are_kept_as_they_are_and_nothing_is_run_by_the_database(harmful: str) -> None:
    told = [title for (title,) in rows(harmful, "SELECT title FROM artworks ORDER BY artwork_id")]
    assert told == list(HARMFUL)


@pytest.mark.promise("Harmless text")
def test_a_terminal_gets_no_command(scrapy: Crawl, harmful: str, tmp_path: Path) -> None:
    question = tmp_path / "all.sql"
    question.write_text("-- Everything.\nSELECT title, user_name FROM v_ranking_history")
    for command in (("sql", str(question)), ("status", "dead"), ("status", "drift"), ("status",)):
        done = scrapy(*command)
        shown = done.stdout + done.stderr
        assert not set(shown) & {"\x1b", "\x07", "\u202e", "\r"}, command
    assert done.returncode == 0


@pytest.mark.promise("Harmless text")
def test_a_log_line_gets_no_command_from_a_reply(crawl: Any, standin: Standin) -> None:
    text = HARMFUL[8]
    standin.faults.append(Fault("p=1", times=None, change=lambda root, _: {**root, "date": text, "next": text}))
    done = crawl("rankings", date="2024-02-06", pages="1", LOG_LEVEL="DEBUG")
    assert done.returncode == 1
    assert not set(done.stderr) & {"\x1b", "\x07"}, done.stderr
