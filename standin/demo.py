"""`./run demo`: a first night from beginning to end, against the fake server, on this machine alone."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standin import rankings
from standin.server import Standin, running

ROOT = Path(__file__).resolve().parents[1]
DAYS = 10
MODES = ("daily", "weekly", "monthly", "rookie")
QUESTIONS = (
    ("longest-charting-works", "most=5"),
    ("top-artists", "most=5"),
    ("tag-trends", "most=5"),
    ("rank-against-views", "mode=weekly"),
    ("stay-by-mode", "since=newest-9"),
)
FIRST_PAGES = 60
"""Days of first pages with --first-pages."""
QUESTIONS_ON_FIRST_PAGES = (
    ("turnover", "since=newest-4"),
    ("stay-by-mode", "since=2007-09-13"),
    ("views-by-age", "since=2007-09-13"),
)


def main() -> int:
    """Show everything; returns 1 where a step failed."""
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var/demo", help="where the files go; emptied first")
    parser.add_argument(
        "--first-pages",
        action="store_true",
        help=f"instead: ranks 1 to 50 of {FIRST_PAGES} days, as recorded on each day",
    )
    given = parser.parse_args()
    folder: Path = given.folder.resolve()
    if folder.exists() and not (folder / "captures").exists() and any(folder.iterdir()):
        parser.error(f"{folder} holds other files; name an empty or new folder")
    shutil.rmtree(folder, ignore_errors=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    standin = Standin(generate=True)
    if given.first_pages:
        commands = _first_pages(folder)
    else:
        standin.render_ahead(DAYS + 1, MODES)
        commands = _night()
    commands.append(("the archive in pictures", ["report", f"{_shown(folder)}/report.html"]))
    try:
        with running(standin):
            status = show(commands, standin, folder)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return 1
    shown = _shown(folder)
    if status:
        print("\nThe demo did not come to its end; the lines above say why.")
        return 1
    archive = f"ARCHIVE_URL=sqlite:///{shown}/archive.db"
    # Recorded days are stored as pixiv's, a crawl's as the server's: a release is made of one site.
    site = "" if given.first_pages else f"PIXIV_BASE_URL={standin.url} "
    print(f"""
Done in {time.monotonic() - begun:.0f} s; nothing is left running.

  the archive    {shown}/archive.db   SQLite, {(folder / "archive.db").stat().st_size / 1e6:.0f} MB
  the responses  {shown}/captures     each one as it came, WARC
  in pictures    {shown}/report.html  open it in a browser: it needs no network

Try next:
  {archive} ./run sql        # every question, and its parameters
  {archive} ./run status coverage
  {archive} ./run browse     # pages to click through
  {archive} {site}./run export var/demo/release   # Parquet and DuckDB
  ./run job plan nightly                                # what a real night costs; sends nothing
  ./run crawl rankings -a mode=daily                    # the first real crawl: 10 requests""")
    return 0


def _night() -> list[tuple[str, list[str]]]:
    first = rankings.newest(datetime.now(UTC)) - timedelta(days=DAYS - 1)
    nightly = ["job", "run", "nightly", "-a", f"date={first}.."]
    return [
        (f"the nightly job, over the last {DAYS} days", nightly),
        *(("a query", ["sql", name, "--param", parameter]) for name, parameter in QUESTIONS),
    ]


def _first_pages(folder: Path) -> list[tuple[str, list[str]]]:
    """Write one JSON file a day; return the commands that archive and query them."""
    recorded = folder / "recorded"
    recorded.mkdir(parents=True)
    last = rankings.newest(datetime.now(UTC))
    first = last - timedelta(days=FIRST_PAGES - 1)
    for body in rankings.first_pages(1, "daily", first, last):
        (recorded / f"{body['date']}.json").write_text(json.dumps(body, ensure_ascii=False))
    replay = ["replay", f"{_shown(folder)}/recorded", "--as", "ranking", "--seen-at", "published"]
    return [
        ("ranks 1 to 50 are all that is wanted", ["track", "add", "ranking", "daily", "--pages", "1"]),
        (f"{FIRST_PAGES} recorded days", replay),
        *(("a query", ["sql", name, "--param", given]) for name, given in QUESTIONS_ON_FIRST_PAGES),
    ]


def show(commands: list[tuple[str, list[str]]], standin: Standin, folder: Path) -> int:
    """Run the commands one by one. Returns the first exit status that is not 0."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PIXIV_")}
    environment |= {
        "PIXIV_BASE_URL": standin.url,
        "ARCHIVE_URL": f"sqlite:///{folder}/archive.db",
        "CAPTURE_DIR": str(folder / "captures"),
        "STATE_DIR": str(folder / "state"),
        "DOWNLOAD_DELAY": "0",  # nobody to be gentle to
        "ALLOW_R18": "0",
        "LOG_LEVEL": "WARNING",
    }
    print(f"A fake pixiv server answers at {standin.url}: invented works, true shapes and sizes.\n")
    for what, command in commands:
        print(f"$ ./run {' '.join(command):<60} # {what}", flush=True)
        status = _run(command, environment)
        print(flush=True)
        if status:
            return status
    return 0


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen([sys.executable, "-m", "crawler", *command], cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except BaseException:
            # The job passes it on to its crawl, which ends in order.
            process.terminate()
            process.wait()
            raise


def _shown(folder: Path) -> str:
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


if __name__ == "__main__":
    sys.exit(main())
