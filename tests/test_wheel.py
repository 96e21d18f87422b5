"""Installed as a package, in another folder, without a checkout: everything is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from standin.server import Standin
from tests.conftest import ROOT, rows
from tests.processes import TIMEOUT

Installed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and of everything else what the tests have."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    unwanted = shutil.ignore_patterns(".*", "var", "tests", "standin", "__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=unwanted)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True, cwd=folder)
    (wheel,) = folder.glob("pixiv_archive-*.whl")
    made = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    target = ["--python", str(made / "bin/python"), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *target], check=True, cwd=folder)
    return made


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Installed:
    """`installed("status")`: runs `pixiv-archive status` in an empty folder."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        given = {
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "DOWNLOAD_DELAY": "0",
            "PIXIV_BASE_URL": "http://127.0.0.1:9",
            **more,
        }
        return subprocess.run(
            [environment / "bin/pixiv-archive", *arguments],
            cwd=tmp_path,
            env=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )

    return run


@pytest.mark.more
def test_a_package_crawls_asks_and_sums_up_in_the_users_own_folder(
    installed: Installed, standin: Standin, tmp_path: Path
) -> None:
    crawled = installed("crawl", "rankings", "-adate=2024-02-06", "-apages=1", PIXIV_BASE_URL=standin.url)
    assert crawled.returncode == 0, crawled.stderr
    data = tmp_path / ".local/share/pixiv-archive"
    assert rows(f"sqlite:///{data}/var/archive.db", "SELECT count(*) FROM ranking_entries") == [(50,)]
    assert list(data.glob("var/captures/*/*.warc.gz"))
    asked = installed("sql", "top-artists", "--csv", "--param", "since=2024-02-01", "--param", "until=2024-02-07")
    assert asked.returncode == 0, asked.stderr
    assert len(asked.stdout.splitlines()) > 5
    jobs = installed("job", "list")
    assert "nightly" in jobs.stdout
    planned = installed("job", "plan", "nightly", PIXIV_BASE_URL=standin.url)
    assert "Nothing was sent." in planned.stdout
    assert installed("status").returncode == 0
    upgraded = installed("upgrade")
    assert upgraded.stdout.startswith("OK: at "), upgraded.stderr
    replayed = installed("replay", ARCHIVE_URL=f"sqlite:///{tmp_path}/other.db")
    assert replayed.returncode == 0, replayed.stderr


@pytest.mark.more
def test_an_installed_package_names_itself_and_the_pages_that_it_holds(
    installed: Installed, environment: Path, subtests: pytest.Subtests
) -> None:
    for words in ((), ("sql",), ("worker",)):
        with subtests.test(words=words):
            done = installed(*words)
            said = done.stdout + done.stderr
            assert "./run" not in said
            pages = re.findall(r"/\S+\.md", said)
            assert pages
            assert all(Path(page).is_relative_to(environment) and Path(page).is_file() for page in pages)
