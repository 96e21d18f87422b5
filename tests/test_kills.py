"""Whatever dies, and whenever: run again, nothing is lost and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.archive.database.engine import create, reading
from crawler.capture.reader import warc_files
from crawler.tables.metadata import METADATA
from standin.server import Standin, running
from tests.conftest import Crawl, rows
from tests.moments import MOMENTS
from tests.postgresql import stop
from tests.processes import TIMEOUT, Running, wait_for
from tests.test_archive import RECORDS, dump

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
WORKLOADS = (
    ("rankings", "-adate=2024-02-06..2024-02-08"),
    ("users", "-auser_id=1100"),
    ("artworks", "-aillust_id=11441900,11445201"),
    ("search", "-aword=空", "-ascd=2024-01-01", "-aecd=2024-03-31", "-aendpoints=search_artworks"),
)
"""Crawls of a second or so: lists and single things, asked for once and nightly."""
KILLS, KILLS_LONG = 2, 13
"""Of each crawl, on each database."""


@pytest.fixture
def site() -> Iterator[Standin]:
    with running(Standin(generate=True)) as served:
        yield served


def facts(url: str, *, only_keys: bool = False) -> set[str]:
    """Every fact but the moments it was seen at, which differ between two crawls.

    only_keys: what there is, without values that change with who told them last.
    """
    engine, found = create(url), set()
    with reading(engine) as connection:
        for name, table in METADATA.tables.items():
            is_former = only_keys and name.endswith("_history")
            if name in (*RECORDS, "captures", "coverage", "drift") or is_former:
                continue
            columns = list(table.primary_key) if only_keys else list(table.columns)
            names = [column.name for column in columns if column.name not in {*MOMENTS, "group_times"}]
            for row in connection.exec_driver_sql(f"SELECT {', '.join(names or ['1'])} FROM {name}"):
                found.add(f"{name} {[plain(value) for value in row]}")
    engine.dispose()
    return found


def plain(value: Any) -> str:
    """A value alike from both databases: SQLite has 1 for true, and text for dates."""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return text.removesuffix("+00:00")


def start(site: Standin, *arguments: str, **environment: str) -> Running:
    given = {"PIXIV_BASE_URL": site.url, "PIXIV_PHPSESSID": SESSION, "LOG_LEVEL": "ERROR"}
    return Running(("crawl", *arguments), os.environ | given | environment)


def finish(site: Standin, *arguments: str, **environment: str) -> None:
    with start(site, *arguments, **environment) as running:
        done = running.finish()
    assert done.returncode == 0, done.stderr


def kill_at_random(rng: random.Random, site: Standin, *arguments: str, **environment: str) -> bool:
    """Kill a crawl at a random request, or while it starts; returns whether it was still running."""
    before, wanted = len(site.targets), rng.randint(0, 8)
    with start(site, *arguments, **environment) as process:
        until = time.monotonic() + TIMEOUT
        while len(site.targets) - before < wanted and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.0005)
        # From before the first line of code to the middle of a transaction.
        time.sleep(rng.random() * (0.3 if wanted == 0 else 0.03))
        was_running = process.poll() is None
        if was_running:
            process.send_signal(signal.SIGKILL)
        status = process.finish().returncode
    assert status == -signal.SIGKILL or not was_running
    return was_running


@pytest.mark.more
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload[0])
@pytest.mark.promise("Killed runs")
def test_crawls_killed_at_random_and_run_again_have_every_row_once(
    site: Standin,
    archive_url: str,
    workload: tuple[str, ...],
    scrapy: Crawl,
    tmp_path: Path,
    is_long: bool,
    figure: Callable[[str, int], None],
) -> None:
    unkilled = f"sqlite:///{tmp_path}/whole.db"
    finish(site, *workload, ARCHIVE_URL=unkilled, CAPTURE_DIR=str(tmp_path / "whole"))
    whole = facts(unkilled, only_keys=True)
    wanted = KILLS_LONG if is_long else KILLS
    rng, kills, turn = random.Random(workload[0]), 0, 0
    given = {"ARCHIVE_URL": archive_url}
    while kills < wanted:
        turn += 1
        # What an earlier turn completed is asked for anew: there is always something to kill.
        again = ("-arefetch=1",) if turn > 2 else ()
        kills += kill_at_random(rng, site, *workload, *again, **given)
    finish(site, *workload, **given)
    killed = facts(archive_url, only_keys=True)
    figure("kills", kills)
    figure("lost rows", len(whole - killed))
    assert whole - killed == set(), "nothing is lost"
    assert killed - whole == set(), "nothing is there twice, or made up"
    assert_captures_tell_the_same(scrapy, archive_url, tmp_path)


def assert_captures_tell_the_same(scrapy: Crawl, url: str, tmp_path: Path) -> None:
    """What was kept and not stored comes in by replay; then captures and archive are one."""
    other = f"sqlite:///{tmp_path}/other.db"
    for archive in (url, other):
        done = scrapy("replay", ARCHIVE_URL=archive, LOG_LEVEL="ERROR")
        assert done.returncode == 0, done.stderr
    live, replayed = shown(url), shown(other)
    for table, told in replayed.items():
        assert live[table] == told, table


def shown(url: str) -> dict[str, list[str]]:
    """All facts, alike from both databases."""
    engine = create(url)
    found = dump(engine)
    engine.dispose()
    del found["coverage"]  # of requests without a reply there is no capture
    return {name: sorted(str([plain(value) for value in row]) for row in told) for name, told in found.items()}


@pytest.mark.promise("Torn captures")
def test_what_a_torn_capture_alone_held_is_fetched_again(
    site: Standin, scrapy: Crawl, url: str, tmp_path: Path
) -> None:
    crawl = ("rankings", "-adate=2024-02-06", "-apages=4")
    finish(site, *crawl)
    whole = facts(url)
    (file,) = warc_files([tmp_path / "captures"])
    file.write_bytes(file.read_bytes()[:-20])  # the last record lost its end
    other = f"sqlite:///{tmp_path}/other.db"
    done = scrapy("replay", ARCHIVE_URL=other)
    assert "1 damaged" in done.stderr
    assert f"damaged, left out: {file}" in done.stderr
    assert rows(other, "SELECT max(rank) FROM ranking_entries") == [(150,)]
    site.hits.clear()
    finish(site, *crawl, ARCHIVE_URL=other)
    assert len(site.targets) == 1, "what whole records held is not asked for again"
    assert facts(other) == whole


@pytest.mark.promise("Two writers")
def test_two_crawls_at_once_on_one_archive_do_not_disturb_each_other(
    site: Standin, archive_url: str, scrapy: Crawl, tmp_path: Path
) -> None:
    both = [
        # Two accounts: one account asks one at a time.
        start(site, *workload, ARCHIVE_URL=archive_url, PIXIV_PHPSESSID=session)
        for workload, session in zip(WORKLOADS[:2], ("", SESSION), strict=True)
    ]
    for process in both:
        with process:
            done = process.finish()
        assert done.returncode == 0, done.stderr
    assert_captures_tell_the_same(scrapy, archive_url, tmp_path)


@pytest.mark.more
@pytest.mark.parametrize("how", ["stopped", "crashed"])
@pytest.mark.promise("PostgreSQL restarts")
def test_a_crawl_outlives_a_restart_of_postgresql(
    site: Standin, server: Any, url: str, tmp_path: Path, how: str
) -> None:
    crawl = (*WORKLOADS[0], "-apages=4")
    finish(site, *crawl, CAPTURE_DIR=str(tmp_path / "whole"))
    site.hits.clear()
    with start(site, *crawl, ARCHIVE_URL=server.get_uri(), DOWNLOAD_DELAY="0.25", LOG_LEVEL="WARNING") as process:
        while len(site.targets) < 5 and process.poll() is None:
            time.sleep(0.01)
        stop(server, how)
        asked = len(site.targets)
        wait_for(lambda: "The archive is away" in process.errors(), process.errors)
        more = len(site.targets) - asked
        server.start()
        done = process.finish()
    assert done.returncode == 0, done.stderr
    assert more <= 1, "while the archive is away only the request under way is answered"
    assert facts(server.get_uri()) == facts(url)


@pytest.mark.more
@pytest.mark.promise("PostgreSQL restarts")
def test_a_postgresql_that_stays_away_ends_the_crawl_which_is_completed_later(
    site: Standin, server: Any, url: str, tmp_path: Path
) -> None:
    crawl = (*WORKLOADS[0], "-apages=4", "-s", "ARCHIVE_PATIENCE=1")
    finish(site, *crawl, CAPTURE_DIR=str(tmp_path / "whole"))
    site.hits.clear()
    given = {"ARCHIVE_URL": server.get_uri(), "DOWNLOAD_DELAY": "0.1"}
    with start(site, *crawl, **given) as process:
        while len(site.targets) < 5 and process.poll() is None:
            time.sleep(0.01)
        stop(server, "stopped")
        done = process.finish()
    assert done.returncode == 1
    assert done.stderr.rstrip().splitlines()[-1].startswith("INCOMPLETE: ")
    assert "Traceback" not in done.stderr, done.stderr
    server.start()
    finish(site, *crawl, **given)
    assert facts(server.get_uri()) == facts(url)
