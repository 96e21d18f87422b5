"""The project keeps its own rules."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from crawler.clock import today
from crawler.endpoints import FAMILIES
from crawler.spiders import SPIDERS
from docs.make import promises
from docs.make.__main__ import stale
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import ROOT, Crawl


def test_data_flows_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_spiders_are_named_as_their_families(scrapy: Crawl) -> None:
    assert sorted(scrapy("list").stdout.split()) == sorted(FAMILIES) == list(SPIDERS)


LOCKS = ("requirements.lock", "requirements-analysis.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", [*LOCKS, "requirements-uv.lock"])
def test_a_lock_holds_hashes_and_names_no_index(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index" not in lock


def test_locks_agree_on_every_version() -> None:
    for one, other in combinations(map(versions, LOCKS), 2):
        assert {name: one[name] for name in one.keys() & other} == {name: other[name] for name in one.keys() & other}


def versions(name: str) -> dict[str, str]:
    """The packages of a lock with their versions."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_the_real_site_is_the_default(scrapy: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXIV_BASE_URL")
    assert scrapy("settings", "--get", "PIXIV_BASE_URL").stdout.strip() == "https://www.pixiv.net"


def test_a_generated_page_is_as_its_sources_are() -> None:
    assert stale() == [], "these are stale: ./run docs makes them"


def test_every_promise_is_shown_by_a_test_and_every_mark_names_a_promise() -> None:
    titles = promises.promised()
    assert len(titles) > 50
    assert {*titles} == {*promises.shown()}


TOOLS = ("demo", "test", "lint", "docs", "bench")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.compile(r"^(?:\$ )?\./run (.*?)(?:\s+#.*)?$", re.MULTILINE)
COMMANDS = SHOWN.findall(README + (ROOT / "docs/howto/crawl.md").read_text(encoding="utf-8"))
FIRST_NIGHT = SHOWN.findall((ROOT / "docs/tutorial/first-archive.md").read_text(encoding="utf-8"))


def within(arguments: list[str], folder: Path, standin: Standin) -> list[str]:
    """A command whose files lie in a folder of the test, and whose address is the stand-in's."""
    if arguments == ["report"]:
        arguments = ["report", "report.html"]
    return [
        one.replace("https://www.pixiv.net", standin.url)
        if "://" in one
        else str(folder / Path(one).name)
        if one.startswith("var/") or one.endswith(".html")
        else one
        for one in arguments
    ]


@pytest.mark.parametrize(
    "command", [name for name in dict.fromkeys([*COMMANDS, *FIRST_NIGHT]) if name.split()[0] not in TOOLS]
)
def test_a_command_of_the_readme_works_as_shown(
    command: str, scrapy: Crawl, crawl: Any, standin: Standin, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    standin.faults.append(Fault(r"/ajax/illust/\d+(\?|$)", None, body=json.dumps(replies.detail(100412238)).encode()))
    arguments = shlex.split(command)
    given: dict[str, str] = {}
    if "date=2024-01-01.." in arguments:
        arguments[arguments.index("date=2024-01-01..")] = f"date={today() - timedelta(days=5)}.."
    if arguments[:2] == ["job", "install"]:
        arguments = [one for one in arguments if one != "--yes"]  # it would change this machine's own schedule
    if arguments[0] == "backup":
        arguments[1] = str(tmp_path / "copy.db")
    if arguments[0] in ("backup", "export", "forget", "replay", "report", "sql", "status"):
        crawl("rankings", pages="1")
    if arguments[0] in ("report", "export", "parse") or "--parquet" in arguments:
        arguments = within(arguments, tmp_path, standin)
    if "days/" in arguments:
        (tmp_path / "days").mkdir()
        (tmp_path / "days/day.json").write_text(json.dumps(replies.ranking()))
        arguments = [str(tmp_path / "days") if one == "days/" else one for one in arguments]
    if arguments[0] == "browse":
        return  # serves until it is ended: tests/test_pictures.py opens its pages
    if arguments[0] == "act":
        given["PIXIV_PHPSESSID"] = "5001_abcdefgh"
    if arguments[0] == "worker" or "--enqueue" in arguments or "queue" in arguments:
        given["ARCHIVE_URL"] = request.getfixturevalue("postgresql")
    if "queue" in arguments:
        made = scrapy("worker", "--drain", PIXIV_BASE_URL=standin.url, **given)
        assert made.returncode == 0, made.stderr
    if arguments[0] == "worker":
        arguments = ["worker", "--drain"]  # what is scheduled would be requested, and waited for
    done = scrapy(*arguments, PIXIV_BASE_URL=standin.url, **given)
    assert done.returncode == 0, done.stderr
    assert done.stdout or done.stderr


def test_the_stand_in_can_be_started_by_hand(scrapy: Crawl) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "standin", "--generate", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        name, _, url = served.stdout.readline().strip().partition("=")
        done = scrapy("crawl", "rankings", "-apages=1", **{name: url})
        served.terminate()
    assert done.returncode == 0, done.stderr
