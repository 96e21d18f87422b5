"""A copy of the archive in use is complete, sound, and never half there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crawler.archive.archive import Archive
from crawler.archive.database.engine import create, reading
from crawler.errors import ArchiveError, BadArgument
from crawler.health import backup
from crawler.health.backup import make_backup
from tests import replies
from tests.conftest import rows
from tests.test_archive import dump


def test_a_copy_holds_what_is_in_the_log_and_can_be_restored(
    archive: Archive, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.store([replies.ranking_page(replies.work())])  # open, so in the WAL still
    copy = tmp_path / "copy.db"
    assert make_backup(url, "var", copy) == 0
    assert capsys.readouterr().out.startswith(f"OK: {copy} (")
    assert not copy.with_name("copy.db.part").exists()
    assert copy.stat().st_mode & 0o077 == 0, "for its owner alone"
    restored = tmp_path / "restored.db"
    shutil.copy(copy, restored)
    engines = [create(url), create(f"sqlite:///{restored}")]
    assert dump(engines[0]) == dump(engines[1])
    for engine in engines:
        engine.dispose()


def test_a_copy_overwrites_nothing(archive: Archive, url: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadArgument, match="is there already"):
        make_backup(url, "var", tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "mine"


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
