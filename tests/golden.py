"""Dump archives and command outputs of this checkout; `diff -r` compares those of two checkouts.

    python -m tests.golden OUT --responses ../shared/responses

OUT gets a file a table of each archive, and a file a command. The archives are made through commands alone: the recorded
responses of every family, the recorded ranking days, and three days of the fake server with details and searches, on
both databases, rebuilt at the end. Times, ports, run ids and durations are replaced by fixed words.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine

from standin.server import Standin, running
from tests import postgresql
from tests.test_recorded_endpoints import ARGUMENTS, SESSIONS

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 10, 8, 6, tzinfo=UTC)
FAMILIES = ("rankings", "search", "feeds", "commissions", "artworks", "users", "tags", "discovery", "account")
DAYS = "date=2026-10-05..2026-10-07"
GENERATED: Sequence[Sequence[str]] = (
    ("track", "add", "ranking", "daily", "--pages", "2"),
    ("track", "add", "user", "1100"),
    ("crawl", "rankings", "-a", "mode=daily,weekly", "-a", DAYS),
    ("crawl", "rankings", "-a", "mode=daily", "-a", DAYS),
    ("crawl", "rankings", "-a", "mode=daily", "-a", "date=2026-10-09"),
    ("crawl", "rankings", "-a", "mode=daily", "-a", DAYS, "--plan"),
    ("crawl", "search", "-a", "word=空", "-a", "scd=2026-10-01", "-a", "ecd=2026-10-03"),
    ("crawl", "artworks", "-a", "illust_id=11441900,1"),
    ("crawl", "users", "-a", "user_id=1100", "-a", "pages=2"),
    ("crawl", "feeds"),
    ("crawl", "commissions", "-a", "pages=1"),
)
ASKED: Sequence[Sequence[str]] = (
    ("status",),
    ("status", "coverage"),
    ("status", "drift"),
    ("status", "dead"),
    ("status", "--check"),
    ("job", "list"),
    ("job", "plan", "nightly"),
    ("track", "list"),
    ("sql",),
    ("sql", "turnover"),
    ("sql", "top-artists"),
    ("sql", "stay-by-mode"),
    ("sql", "missing-days"),
    ("sql", "SELECT mode, count(*) FROM rankings GROUP BY mode"),
    ("sql", "nothing-like-it"),
    ("crawl",),
    ("crawl", "ranking"),
    ("crawl", "rankings", "-a", "mode=no"),
    ("crawl", "rankings", "mode=daily"),
    ("crawl", "artworks", "-a", "illust_id=x"),
    ("job", "run", "no"),
    ("job", "install", "nightly"),
    ("track", "add", "user", "x"),
    ("forget", "user", "1100"),
    ("forget", "--list"),
    ("replay",),
    ("replay", "--help"),
    ("job", "--help"),
    ("worker", "--help"),
    ("act", "like", "1"),
    ("parse", "https://www.pixiv.net/ajax/illust/11441900"),
    ("status", "doctor"),
)
FORGOTTEN: Sequence[Sequence[str]] = (
    ("forget", "user", "1100", "--yes"),
    ("forget", "--list"),
    ("replay", "--rebuild"),
    ("status",),
)
WORDS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "<clock>"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<site>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{32}\b|\b\d{8}T\d+Z?-\w+"), "<run>"),
    (re.compile(r"\b\d+(\.\d+)? (s|ms|min|h|d|MB|KB|GB)\b( \d+ (s|min|h)\b)?"), "<amount>"),
    (re.compile(r"process \d+|pid \d+"), "<process>"),
    (re.compile(r" +(?=<amount>)"), " "),
)
UNSTABLE = re.compile(r"crawl_id|run_id|record_id|^file|file_offset|^digest$|^summary$|^draw|^cohort")
"""Columns that differ between two runs of the same code."""
TIMES = re.compile(r"(_at|^night|^day|listing_id|_on)$")
"""Columns that differ between two runs, unless responses say when they were seen."""
RECORDS = ("crawls", "paces", "alembic_version")


def main() -> None:
    """Read the command line and write everything below OUT."""
    parser = argparse.ArgumentParser(prog="golden")
    parser.add_argument("out", type=Path)
    parser.add_argument("--responses", type=Path, required=True)
    given = parser.parse_args()
    out = given.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    work = out.with_name(f"{out.name}.work")
    shutil.rmtree(work, ignore_errors=True)
    with postgresql.server() as server:
        for name, commands, site in _cases(given.responses.resolve()):
            url = server if name == "postgresql" else f"sqlite:///{work}/{name}/archive.db"
            with _environment(work / name, site, url) as environment:
                for number, command in enumerate(commands):
                    _transcribe(out / name, number, command, environment)
                    if number == len(commands) - len(FORGOTTEN) - 1:
                        _dump(out / name / "before", url, has_times=False)
                _dump(out / name / "tables", url, has_times=name == "days")
    shutil.rmtree(work)


def _cases(responses: Path) -> Iterator[tuple[str, Sequence[Sequence[str]], Standin]]:
    families = []
    for family in FAMILIES:
        given = [f"-a{name}={value}" for name, value in ARGUMENTS.get(family, {}).items()]
        families.append(("crawl", family, "-apages=1", *given))
    yield "recorded", families, Standin(replies=responses, generate=True, robots="", now=NOW)
    days = (("replay", str(responses / "ranking_daily"), "--as", "ranking", "--seen-at", "published"),)
    yield "days", (*days, *ASKED[9:13]), Standin(generate=True, now=NOW)
    for name in ("sqlite", "postgresql"):
        yield name, (*GENERATED, *ASKED, *FORGOTTEN), Standin(generate=True, now=NOW)


@contextmanager
def _environment(folder: Path, standin: Standin, url: str) -> Iterator[dict[str, str]]:
    folder.mkdir(parents=True)
    with running(standin):
        yield {name: value for name, value in os.environ.items() if not name.startswith("PIXIV_")} | {
            "PIXIV_BASE_URL": standin.url,
            "PIXIV_PHPSESSID": SESSIONS["users"] if folder.name == "recorded" else "",
            "ARCHIVE_URL": url,
            "CAPTURE_DIR": f"{folder}/captures",
            "STATE_DIR": f"{folder}/state",
            "DOWNLOAD_DELAY": "0",
            "ALLOW_R18": "1",
            "LOG_LEVEL": "WARNING",
            "COLUMNS": "200",
            "HOME": str(folder),
            "PATH": f"{folder}:/usr/bin:/bin",
            "XDG_RUNTIME_DIR": "",
        }


def _transcribe(out: Path, number: int, command: Sequence[str], environment: dict[str, str]) -> None:
    """Run a command; write what it printed, with its exit status, under a name made of its words."""
    done = subprocess.run(
        [sys.executable, "-m", "crawler", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    work = environment["STATE_DIR"].removesuffix("/state")
    text = f"$ {' '.join(command)}\n{done.stdout}\n-- stderr\n{done.stderr}\n-- exit status {done.returncode}\n"
    for path, word in ((work, "<work>"), (str(ROOT), "<root>"), (environment["ARCHIVE_URL"], "<archive>")):
        text = text.replace(path, word)
    for pattern, word in WORDS:
        text = pattern.sub(word, text)
    out.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", " ".join(part.rpartition("/")[2] for part in command))[:60]
    (out / f"{number:02}-{name}.txt").write_text(text)


def _dump(out: Path, url: str, *, has_times: bool) -> None:
    """Write a file a table, its rows sorted, without columns that differ between two runs."""
    out.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        for name, table in found.tables.items():
            if name in RECORDS:
                continue
            names = sorted(
                c
                for c in (column.name for column in table.columns)
                if not UNSTABLE.search(c) and (has_times or not TIMES.search(c))
            )
            rows = connection.exec_driver_sql(f"SELECT {', '.join(names)} FROM {name}")
            lines = sorted("\t".join(_plain(value, has_times=has_times) for value in row) for row in rows)
            (out / f"{name}.tsv").write_text("\n".join(("\t".join(names), *lines, "")))
    engine.dispose()


def _plain(value: Any, *, has_times: bool) -> str:
    """Return a value as both databases have it."""
    if isinstance(value, bool):
        return str(int(value))
    text = "" if value is None else str(value)
    for pattern, word in WORDS[2:4]:
        text = pattern.sub(word, text)
    if not has_times:
        text = re.sub(r"\b1\d{18}\b", "<moment>", text)
    return text.replace("\n", "\\n").replace("\t", "\\t")


if __name__ == "__main__":
    main()
