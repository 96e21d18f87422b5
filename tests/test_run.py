"""`./run` and `pixiv-archive`: the environment heals, commands start without Scrapy, hints run as printed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from crawler import places
from crawler.__main__ import own_commands, scrapy_commands
from crawler.archive import queries
from crawler.endpoints import FAMILIES
from crawler.places import command
from tests.conftest import ROOT, Crawl

LOCKS = ("requirements.lock", "requirements-analysis.lock", "requirements-dev.lock")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the real `run` and `crawler` and locks of one small package, installed without a network."""
    content = {"small.py": "", "small-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: small\nVersion: 1\n"}
    content["small-1.dist-info/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    wheel = tmp_path / "small-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for name, text in content.items():
            file.writestr(name, text)
        names = [*content, "small-1.dist-info/RECORD"]
        file.writestr("small-1.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
    made = tmp_path / "checkout"
    made.mkdir()
    shutil.copy(ROOT / "run", made)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for name in LOCKS:
        (made / name).write_text(f"small @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    (made / "crawler").mkdir()
    (made / "crawler/__main__.py").write_text("import os, small; print('here', os.environ['PYTHONPATH'])")
    return made


def start(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, checkout / "run", *arguments],
        env=plain_environment() | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def plain_environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return plain | {"PATH": f"{ROOT / '.uv/bin'}{os.pathsep}{os.environ['PATH']}"}


def test_an_environment_whose_interpreter_was_removed_or_replaced_is_made_again(checkout: Path) -> None:
    first = start(checkout, "status")
    assert first.returncode == 0, first.stderr
    assert "making .venv" in first.stderr
    assert start(checkout, "status").stderr == "", "made once"
    python = checkout / ".venv/bin/python"
    interpreter = python.resolve()
    python.unlink()
    python.symlink_to(checkout / "removed-by-an-upgrade")
    healed = start(checkout, "status")
    assert healed.stdout.startswith("here"), healed.stderr
    replaced = checkout / "python-of-another-version"
    shutil.copy(interpreter, replaced)
    python.unlink()
    python.symlink_to(replaced)
    assert start(checkout, "status").stdout.startswith("here")
    assert python.resolve() != replaced


def test_an_environment_that_was_copied_or_half_made_is_made_again(checkout: Path, tmp_path: Path) -> None:
    assert start(checkout, "status").returncode == 0
    (checkout / ".venv/made-from").unlink()
    assert "making .venv" in start(checkout, "status").stderr
    moved = shutil.copytree(checkout, tmp_path / "moved", symlinks=True)
    again = start(moved, "status")
    assert "making .venv" in again.stderr
    assert again.returncode == 0


def test_a_command_installs_what_it_needs_and_takes_nothing_away(checkout: Path) -> None:
    stamp = checkout / ".venv/made-from"
    for name, locks in (("status", 1), ("report", 2), ("status", 2)):
        assert start(checkout, name).returncode == 0
        assert len(stamp.read_text().splitlines()) == 1 + locks, name


def test_packages_that_cannot_be_installed_are_named_and_tried_again(checkout: Path) -> None:
    good = (checkout / "requirements.lock").read_text()
    (checkout / "requirements.lock").write_text(good[:-2] + "\n")
    failed = start(checkout, "status")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert "Traceback" not in failed.stderr
    (checkout / "requirements.lock").write_text(good)
    assert start(checkout, "status").returncode == 0


def test_an_upgrade_that_cannot_be_installed_leaves_the_environment_that_was_there(checkout: Path) -> None:
    assert start(checkout, "status").returncode == 0
    good, environment = (checkout / "requirements.lock").read_text(), (checkout / ".venv").resolve()
    (checkout / "requirements.lock").write_text(good.replace("file://", "file:///nowhere"))
    failed = start(checkout, "status")
    assert failed.returncode == 1
    assert "Nothing was changed" in failed.stderr
    (checkout / "requirements.lock").write_text(good)
    assert start(checkout, "status").stderr == "", "the version before works as before, without a network"
    assert (checkout / ".venv").resolve() == environment
    assert [one.name for one in (checkout / ".venvs").iterdir()] == [environment.name]


def test_a_command_under_way_keeps_the_environment_that_it_began_with(checkout: Path) -> None:
    assert start(checkout, "status").returncode == 0
    first = (checkout / ".venv").resolve()
    (checkout / "crawler/__main__.py").write_text("import sys; print(sys.prefix, flush=True); input(); import small")
    with subprocess.Popen(
        [sys.executable, checkout / "run", "job"],
        env=plain_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as job:
        assert job.stdout is not None
        assert job.stdout.readline().strip() == str(first)
        (checkout / "crawler/__main__.py").write_text("")
        lock = checkout / "requirements.lock"
        lock.write_text(f"# of another version\n{lock.read_text()}")
        assert start(checkout, "status").returncode == 0
        second = (checkout / ".venv").resolve()
        assert second != first
        job.communicate("\n")
        assert job.returncode == 0, "what it imports later is still there"
    lock.write_text(f"# of a third\n{lock.read_text()}")
    assert start(checkout, "status").returncode == 0
    assert not first.exists()
    assert not second.exists(), "nothing is under way with them"


def test_an_environment_of_version_0_1_is_replaced(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    assert start(checkout, "status").returncode == 0
    assert (checkout / ".venv").is_symlink()
    assert len(list((checkout / ".venvs").iterdir())) == 1


def test_a_pythonpath_that_is_set_stays_behind_the_checkout(checkout: Path) -> None:
    given = start(checkout, "status", PYTHONPATH="/my/own")
    assert given.stdout == f"here {checkout}{os.pathsep}/my/own\n"


def test_commands_that_read_start_without_scrapy_and_twisted(scrapy: Crawl, tmp_path: Path) -> None:
    scrapy("track", "add", "tag", "空")
    show = "import sys; from crawler.__main__ import run; run(sys.argv[1], sys.argv[2:]); "
    show += "assert not {'scrapy', 'twisted'} & sys.modules.keys()"
    for words in (
        "sql",
        "sql missing-days",
        "status",
        "status coverage",
        "status drift",
        "status dead",
        "track list",
        "job list",
        "report report.html",
        "export release",
        "browse -h",
        "backup copy.db",
    ):
        given = [sys.executable, "-c", show, *words.split()]
        done = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr)


def test_who_knows_scrapy_finds_every_command_under_scrapy_too(tmp_path: Path) -> None:
    def scrapy(*words: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-m", "scrapy", *words]
        return subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False)

    assert {*own_commands()} <= {line.split()[0] for line in scrapy().stdout.splitlines() if line[:2] == "  "}
    assert "longest-charting-works" in scrapy("sql").stdout
    wrong = scrapy("track", "ad")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean add?" in wrong.stderr


def test_a_name_that_is_no_command_is_answered_with_the_nearest(scrapy: Crawl) -> None:
    done = scrapy("repor")
    assert done.returncode == 2
    assert done.stderr == 'No command "repor". Did you mean report? All of them: ./run\n'
    assert "--everything: no such option" in scrapy("status", "--everything").stderr
    assert "give NAME=VALUE" in scrapy("status", "-s", "x").stderr
    needs = scrapy("crawl", "rankings", "mode=daily").stderr
    assert '"mode=daily" needs -a: ./run crawl rankings -a mode=daily' in needs


def test_without_arguments_every_command_is_shown_with_an_example(scrapy: Crawl) -> None:
    shown = scrapy().stdout
    assert [name for name in own_commands() if f"./run {name}" not in shown] == []


def test_scrapys_own_commands_are_there(scrapy: Crawl) -> None:
    assert {"shell", "list", "settings", "fetch"} <= {*scrapy_commands()}
    assert "rankings" in scrapy("list").stdout.split()


def test_no_installed_program_hides_a_command() -> None:
    programs = {path.name for path in Path(sys.executable).parent.iterdir()}
    assert not programs & {*own_commands()}


def test_hints_name_the_form_that_the_reader_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("upgrade") == "./run upgrade"
    monkeypatch.setattr(places, "IS_CHECKOUT", False)
    assert command("upgrade") == "pixiv-archive upgrade"


def test_what_archives_alone_needs_no_libraries_of_reports() -> None:
    """A small machine: 200 MB at most, without what draws, writes Parquet or serves pages."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    there = {one.metadata["Name"].lower().replace("_", "-"): one for one in distributions()}
    found = [there[name] for name in locked if name in there]
    assert len(found) > 40
    size = sum(path.locate().stat().st_size for one in found for path in one.files or [] if path.locate().exists())
    assert size < 200e6
    assert not {"altair", "pyarrow", "duckdb", "datasette", "vl-convert-python"} & {*locked}


def test_nobody_is_told_to_install_from_an_index_where_the_name_is_not_ours() -> None:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "crawler").rglob("*.py")]
    told = re.compile(r"pip(x)? install ['\"]?pixiv[-_]archive(?!\S* @ )")
    assert [file.name for file in files if told.search(file.read_text(encoding="utf-8"))] == []


def test_an_extra_is_installed_from_where_the_package_came(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "IS_CHECKOUT", False)
    about = tmp_path / "pixiv_archive-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pixiv-archive\nVersion: 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert (
        places.with_extra("export")
        == "install the package once more from where you have it, with [export] behind its name"
    )
    wheel = tmp_path / "a.whl"
    wheel.touch()
    (about / "direct_url.json").write_text(json.dumps({"url": f"file://{wheel}", "archive_info": {}}))
    assert places.with_extra("export") == f"{sys.executable} -m pip install 'pixiv-archive[export] @ file://{wheel}'"
    wheel.unlink()
    assert places.with_extra("export").startswith("it is not in this installation"), "as in a container"
    (about / "direct_url.json").write_text('{"url": "https://x/y", "vcs_info": {"vcs": "git", "commit_id": "12ab"}}')
    assert places.with_extra("export").endswith("'pixiv-archive[export] @ git+https://x/y@12ab'")


def test_help_names_what_may_be_given_and_shows_commands_that_work(scrapy: Crawl, subtests: pytest.Subtests) -> None:
    reference = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    crawling, asking = scrapy("crawl", "-h").stdout, scrapy("sql", "-h").stdout
    assert all(f"  {family}: " in crawling for family in FAMILIES)
    assert all(name in asking for name in queries.names())
    for name in own_commands():
        with subtests.test(name=name):
            _, _, shown = scrapy(name, "-h").stdout.partition("Examples:\n")
            assert shown
            assert f"\n## {name}\n" in reference
            assert all(line.startswith(f"  ./run {name}") for line in shown.splitlines())
