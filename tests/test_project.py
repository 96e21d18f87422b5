"""The project keeps its own rules."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crawler.endpoints import FAMILIES
from crawler.endpoints.params import today
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import ROOT, Crawl
from tests.test_archive import store


def test_data_flows_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_spiders_are_named_as_their_files_and_families(scrapy: Crawl) -> None:
    listed = scrapy("list").stdout.split()
    files = [
        path.stem
        for path in (ROOT / "crawler/spiders").glob("*.py")
        if path.stem not in ("__init__", "base")
    ]
    assert sorted(listed) == sorted(files) == sorted(FAMILIES)


def test_the_lock_holds_hashes_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index" not in lock


def test_the_real_site_is_the_default(scrapy: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXIV_BASE_URL")
    assert scrapy("settings", "--get", "PIXIV_BASE_URL").stdout.strip() == "https://www.pixiv.net"


def test_tests_reach_nobody_without_a_stand_in(scrapy: Crawl) -> None:
    assert scrapy("settings", "--get", "PIXIV_BASE_URL").stdout.startswith("http://127.0.0.1")


def test_the_data_dictionary_follows_from_the_row_classes() -> None:
    namespace = runpy.run_path(str(ROOT / "docs/make_tables.py"))
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == namespace["render"]()


def test_every_query_asks_a_question_and_runs(engine: Engine) -> None:
    for path in (ROOT / "queries").glob("*.sql"):
        sql = path.read_text(encoding="utf-8")
        assert sql.splitlines()[0].startswith("-- ")
        assert sql.splitlines()[0].endswith("?")
        with engine.connect() as connection:
            connection.exec_driver_sql(sql.replace("%", "%%")).all()


def test_the_longest_charting_work_is_the_one_with_most_days(engine: Engine) -> None:
    days = ("20240205", "20240206", "20240207")
    for at, day in enumerate(days):
        works = [replies.work(1, 1), replies.work(2, 2)] if at else [replies.work(1, 1)]
        store(engine, replies.ranking_page(*works, date=day, at_ms=1_790_000_000_000 + at))
    sql = (ROOT / "queries/longest-charting-works.sql").read_text(encoding="utf-8")
    with engine.connect() as connection:
        found = connection.exec_driver_sql(sql).all()
    assert [(row.artwork_id, row.days, row.best_rank) for row in found] == [(1, 3, 1), (2, 2, 2)]


README = re.findall(
    r"^\./run (scrapy .*?)(?:\s+#.*)?$", (ROOT / "README.md").read_text(), re.MULTILINE
)


@pytest.mark.parametrize("command", README)
def test_a_command_of_the_readme_works_as_shown(
    command: str, scrapy: Crawl, standin: Standin, tmp_path: Path
) -> None:
    standin.faults.append(
        Fault(r"/ajax/illust/\d+(\?|$)", None, body=json.dumps(replies.detail(100412238)).encode())
    )
    arguments = command.split()[1:]
    if "date=2024-01-01.." in arguments:
        arguments[arguments.index("date=2024-01-01..")] = f"date={today() - timedelta(days=5)}.."
    if arguments[0] == "replay":
        scrapy("crawl", "rankings", "-a", "pages=1", PIXIV_BASE_URL=standin.url)
    done = scrapy(*arguments, PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr


def test_run_starts_a_command_in_well_under_a_second() -> None:
    stamp = ROOT / ".venv/made-from"
    assert stamp.exists(), "tests are run with ./run test"
    begun = time.monotonic()
    done = subprocess.run([ROOT / "run", "true"], check=False)
    assert done.returncode == 0
    assert time.monotonic() - begun < 0.5


def test_the_stand_in_can_be_started_by_hand(scrapy: Crawl) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "standin", "--generate", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdout is not None
        name, _, url = served.stdout.readline().strip().partition("=")
        done = scrapy("crawl", "rankings", "-apages=1", **{name: url})
        served.terminate()
    assert done.returncode == 0, done.stderr
