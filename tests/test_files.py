"""Nothing of the user's is overwritten or deleted; readers write nothing; private files are their owner's."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from crawler.files import complete_file
from standin.server import Standin
from tests.conftest import Crawl
from tests.processes import Running, free_port, run_scrapy, wait_for
from tests.test_machine import without_privilege

DAY = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1")


def commands(target: Path) -> dict[str, tuple[str, ...]]:
    """Every command that writes a file that its user names, by the form of the file."""
    rows = ("-s", "FEED_ROWS=1")
    return {
        "report": ("report", str(target)),
        "sql": ("sql", "select 1 as one", "--parquet", str(target)),
        "backup": ("backup", str(target)),
        "-O jsonl": (*DAY, "-O", f"{target}:jsonl"),
        "-O json": (*DAY, "-O", f"{target}:json"),
        "-O csv": (*DAY, *rows, "-O", f"{target}:csv"),
        "-o jsonl": (*DAY, "-o", f"{target}:jsonl"),
    }


@pytest.mark.promise("Only its own files")
def test_no_command_overwrites_the_archive_a_capture_or_a_file_of_another_form(
    crawl: Any, scrapy: Crawl, standin: Standin, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    archive = tmp_path / "archive.db"
    (capture,) = tmp_path.glob("captures/*/*.warc.gz")
    link = tmp_path / "link.html"
    link.symlink_to(archive)
    thesis = tmp_path / "thesis.docx"
    thesis.write_bytes(b"PK\x03\x04 my thesis")
    page = tmp_path / "page.xml"
    page.write_text("<?xml version='1.0'?>")
    new = capture.parent / "new"
    kept = {file: file.read_bytes() for file in (capture, thesis, page)}
    size = archive.stat().st_size
    standin.hits.clear()
    for target in (archive, Path(f"{archive}-wal"), link, capture, new, thesis, page):
        for name, words in commands(target).items():
            with subtests.test(command=name, target=target.name):
                done = scrapy(*words, PIXIV_BASE_URL=standin.url)
                assert done.returncode == 2, done.stderr
                assert "Traceback" not in done.stderr
                assert str(target) in done.stderr or "is the archive" in done.stderr
    assert {file: file.read_bytes() for file in kept} == kept
    assert archive.stat().st_size >= size
    assert not new.exists()
    assert sqlite3.connect(archive).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert standin.targets == [], "refused before anything is requested"


def test_a_file_of_the_commands_own_form_is_replaced(
    crawl: Any, scrapy: Crawl, standin: Standin, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    for name, words in commands(tmp_path / "mine").items():
        if name != "backup":  # which replaces nothing
            with subtests.test(command=name):
                (tmp_path / "mine").unlink(missing_ok=True)
                for _ in range(2):
                    done = scrapy(*words, "-s", "FEED_STORE_EMPTY=1", PIXIV_BASE_URL=standin.url)
                    assert done.returncode == 0, done.stderr


@pytest.mark.promise("Only its own files")
def test_an_export_deletes_nothing_but_what_its_release_lists(crawl: Any, scrapy: Crawl, tmp_path: Path) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    release = tmp_path / "release"
    assert scrapy("export", str(release)).returncode == 0
    mine = [release / "mine.parquet", release / "notes/mine.parquet", release / "big.part"]
    mine += [release / "ranking_entries/mine.parquet", tmp_path / "outside.parquet"]
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    package = release / "datapackage.json"
    listed = json.loads(package.read_text())
    gone = {"path": "ranking_entries/1999.parquet", "hash": "sha256:0", "bytes": 1, "rows": 1}
    listed["resources"][0]["parts"] += [gone, {**gone, "path": "../outside.parquet"}]
    package.write_text(json.dumps(listed))
    (release / "ranking_entries/1999.parquet").write_text("of a release before")
    left = release / ".tags.parquet.0123abcd.part"
    left.write_text("of an export that was killed")
    done = scrapy("export", str(release))
    assert done.returncode == 0, done.stderr
    assert [file.read_text() for file in mine] == ["mine"] * len(mine)
    assert not left.exists()
    assert not (release / "ranking_entries/1999.parquet").exists()


def test_a_file_is_complete_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before")

    def fail() -> None:
        with complete_file(file) as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.read_text() == "before"
    with complete_file(file) as beside:
        beside.write_text("after")
    assert file.read_text() == "after"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.promise("Owner only")
def test_what_holds_private_rows_is_readable_by_its_owner_alone(
    crawl: Any, scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    made = tmp_path / "made"
    assert scrapy("export", "--private", str(made / "release")).returncode == 0
    for name, words in commands(made / "file").items():
        if name != "report":
            file = made / name.replace(" ", "")
            done = scrapy(*(word.replace(str(made / "file"), str(file)) for word in words), PIXIV_BASE_URL=standin.url)
            assert done.returncode == 0, done.stderr
    found = [path for path in made.rglob("*") if path != made]
    assert len(found) > 20
    assert [path.name for path in found if path.stat().st_mode & 0o077] == []


@pytest.fixture
def read_only(crawl: Any, tmp_path: Path) -> Any:
    """An archive in a folder that nobody may write to."""
    crawl("rankings", date="2024-02-06", pages="1")
    folder = tmp_path / "medium"
    folder.mkdir()
    shutil.copy(tmp_path / "archive.db", folder / "archive.db")
    (folder / "archive.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder / "archive.db"
    folder.chmod(0o755)


@pytest.mark.parametrize(
    "words",
    [
        "sql ranking-panel",
        "sql 'select count(*) from artworks'",
        "status",
        "status coverage",
        "track list",
        "job list",
        "report",
        "export",
        "backup",
    ],
)
@pytest.mark.promise("Read-only media")
def test_a_reader_works_on_read_only_media_and_leaves_nothing_there(
    read_only: Path, tmp_path: Path, words: str
) -> None:
    arguments = shlex.split(words)
    if words in ("report", "export", "backup"):
        arguments.append(str(tmp_path / f"{words}.out"))
    given = os.environ | {"ARCHIVE_URL": f"sqlite:///{read_only}"}
    done = run_scrapy(tuple(arguments), given, without_privilege)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert [path.name for path in read_only.parent.iterdir()] == ["archive.db"]


def test_pages_are_served_from_read_only_media(read_only: Path) -> None:
    given = os.environ | {"ARCHIVE_URL": f"sqlite:///{read_only}"}
    port = free_port()
    with Running(("browse", "--port", str(port)), given, without_privilege) as served:
        wait_for(lambda: "Browse at" in served.output(), served.errors)
        with urlopen(f"http://127.0.0.1:{port}/archive/rankings.json") as answer:
            assert json.load(answer)["rows"]


def test_a_reader_sees_what_a_writer_wrote_last_and_waits_for_nobody(
    crawl: Any, scrapy: Crawl, url: str, tmp_path: Path
) -> None:
    crawl("rankings", date="2024-02-06", pages="1")
    writer = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    writer.execute("UPDATE rankings SET entry_count = 77")
    writer.execute("BEGIN IMMEDIATE")
    done = scrapy("sql", "select entry_count from rankings", "--csv")
    writer.execute("ROLLBACK")
    writer.close()
    assert done.stdout.splitlines() == ["entry_count", "77"], done.stderr


def test_a_reader_makes_no_archive(scrapy: Crawl, tmp_path: Path) -> None:
    for words in ("sql ranking-panel", "status", "track list", "report x.html", "export x"):
        done: subprocess.CompletedProcess[str] = scrapy(*words.split())
        assert done.returncode == 2, words
        assert "no archive" in done.stderr
    assert not (tmp_path / "archive.db").exists()
