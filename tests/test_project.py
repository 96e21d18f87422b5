"""The project keeps its own rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.endpoints import FAMILIES
from tests.conftest import ROOT, Crawl


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
