"""An archive of an earlier version is brought to this one by one command."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from alembic import command

from crawler.archive.database.engine import alembic_config, create, revision_of, revisions
from crawler.capture.writer import CaptureWriter
from crawler.errors import ArchiveError
from crawler.health.upgrade import upgrade
from standin.server import Standin
from tests.conftest import Crawl
from tests.processes import Running, wait_for


def test_an_archive_that_is_behind_is_brought_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    engine = create(url)
    command.upgrade(alembic_config(engine), "0007")
    assert upgrade(url) == 0
    assert f"from 0007 to {revisions()[-1]}" in capsys.readouterr().out
    assert revision_of(engine) == revisions()[-1]
    assert upgrade(url) == 0
    assert "the newest" in capsys.readouterr().out
    engine.dispose()


def test_an_archive_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        upgrade(f"sqlite:///{tmp_path}/none.db")
    assert not list(tmp_path.iterdir())


def test_an_upgrade_waits_for_a_job_that_is_under_way_or_says_which_it_is(
    scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "slow.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-02-06"\npages = 2\n')
    given = os.environ | {"PIXIV_BASE_URL": standin.url, "JOB_DIR": str(tmp_path), "DOWNLOAD_DELAY": "8"}
    with Running(("job", "run", "slow"), given) as job:
        wait_for(lambda: standin.hits, job.output)
        _set_back(given["ARCHIVE_URL"])
        refused = scrapy("upgrade", **given)
        assert refused.returncode == 2
        assert refused.stderr == (
            "slow is under way, with this archive as it is. Stop workers; for the end of jobs and crawls wait with"
            " ./run upgrade --wait\n"
        )
        with Running(("upgrade", "--wait"), given) as waiting:
            wait_for(lambda: "waiting for slow to end" in waiting.output(), waiting.output)
            job.send_signal(signal.SIGINT)
            done = waiting.finish()
        job.finish()
    assert done.returncode == 0
    assert f"\nOK: at {revisions()[-1]}" in done.stdout


def test_a_crawl_by_hand_is_under_way_too(scrapy: Crawl, migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "archive.db")
    _set_back(f"sqlite:///{tmp_path}/archive.db")
    writer = CaptureWriter(tmp_path / "captures", "20260101T000000-abcdef", {})
    refused = scrapy("upgrade", CAPTURE_DIR=str(tmp_path / "captures"))
    assert "crawl 20260101T000000-abcdef.warc.gz is under way" in refused.stderr
    writer.close()


def test_files_that_every_user_could_read_are_made_private(scrapy: Crawl, migrated: Path, tmp_path: Path) -> None:
    archive, captures = tmp_path / "archive.db", tmp_path / "captures/2026-01"
    shutil.copy(migrated, archive)
    captures.mkdir(parents=True)
    (captures / "a.warc.gz").touch()
    (captures / "shared.warc.gz").touch()
    for path, mode in (
        (archive, 0o644),
        (captures.parent, 0o755),
        (captures, 0o755),
        (captures / "a.warc.gz", 0o644),
        (captures / "shared.warc.gz", 0o640),
    ):
        path.chmod(mode)
    done = scrapy("upgrade", CAPTURE_DIR=str(tmp_path / "captures"))
    assert "4 files and folders could be read by every user" in done.stdout
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE(captures.stat().st_mode) == 0o700
    assert stat.S_IMODE((captures / "shared.warc.gz").stat().st_mode) == 0o640, "shared with a group on purpose"


def test_a_newer_archive_ends_a_crawl_in_one_line(scrapy: Crawl, standin: Standin, migrated: Path, url: str) -> None:
    shutil.copy(migrated, url.removeprefix("sqlite:///"))
    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    done = scrapy("crawl", "rankings", "-apages=1", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 2
    *_, line = done.stderr.splitlines()
    assert "is at revision 9999, newer than this version" in line
    assert "Traceback" not in done.stderr
    assert not standin.hits


def test_one_goes_back_a_version_with_the_copy_that_was_made_before(
    scrapy: Crawl, standin: Standin, tmp_path: Path, url: str
) -> None:
    """As docs/howto/backup-upgrade-move.md has it: backup, upgrade, and back by the lines that backup prints."""
    assert scrapy("crawl", "rankings", "-apages=1", "-adate=2024-02-06", PIXIV_BASE_URL=standin.url).returncode == 0
    engine = create(url)
    command.downgrade(alembic_config(engine), "-1")
    before = revision_of(engine)
    assert before == revisions()[-2]
    engine.dispose()
    copy, file = tmp_path / "before.db", Path(url.removeprefix("sqlite:///"))
    made = scrapy("backup", str(copy))
    assert made.returncode == 0, made.stderr
    assert scrapy("upgrade").returncode == 0
    restore = made.stdout.partition("with nothing running: ")[2].partition(" && ./run replay")[0]
    subprocess.run(["/bin/sh", "-euc", restore], check=True, cwd=tmp_path)
    engine = create(url)
    assert revision_of(engine) == before
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM ranking_entries").scalar() == 50
    engine.dispose()
    assert file.exists()
    assert scrapy("upgrade").returncode == 0, "and forth again"
    assert scrapy("status").returncode == 0


def _set_back(url: str) -> None:
    """Let an archive say that it is of the version before: it is not looked at further before nothing uses it."""
    engine = create(url)
    command.downgrade(alembic_config(engine), "-1")
    engine.dispose()
