"""Jobs: steps of job files, their ends and their errors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from standin.server import Fault, Standin
from tests.conftest import ROOT, Crawl, rows


def test_the_nightly_job_archives_the_newest_ranking_whole(
    scrapy: Crawl, standin: Standin, url: str
) -> None:
    standin.now = datetime(2024, 2, 8, 4, tzinfo=UTC)
    done = scrapy("job", "run", "nightly", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("OK")
    assert rows(url, "SELECT ranking_on, is_complete FROM rankings") == [("2024-02-07", 1)]


def test_a_stopped_job_lets_its_crawl_end_in_order(standin: Standin, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "job", "run", "nightly"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not standin.targets and process.poll() is None:
            time.sleep(0.01)
        process.terminate()
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out.rstrip().endswith("INCOMPLETE: 1 of 1 steps")
    assert "still due" in errors
    assert not list(tmp_path.rglob("*.open")), "the capture was closed"


def test_a_job_with_a_failed_step_ends_with_1(scrapy: Crawl, standin: Standin) -> None:
    standin.faults.append(Fault("ranking.php", times=None, status=403))
    done = scrapy("job", "run", "nightly", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith("INCOMPLETE: 1 of 1 steps")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no [[step]]"),
        ("[[step]]\nspider = 'ranking'", "valid: artworks, commissions, rankings"),
        ("[[step]]\nspider = 'rankings'\nmode = 'hourly'", "mode=hourly: no such value"),
        ("steps = 1", "no such key steps; valid: description, step"),
        ("[[step]\n", "bad.toml"),
    ],
)
def test_a_bad_job_file_names_what_is_valid(
    scrapy: Crawl, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "bad.toml").write_text(text)
    done = scrapy("job", "run", "bad", "-s", f"JOB_DIR={tmp_path}")
    assert done.returncode == 2
    assert message in done.stderr


def test_an_unknown_job_names_the_jobs(scrapy: Crawl) -> None:
    done = scrapy("job", "run", "daily")
    assert done.returncode == 2
    assert "valid: nightly" in done.stderr
