"""Measure, print the figures beside their bars, and end with 1 where one is missed."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from pathlib import Path

from tests.bench import commands, history, parsing, rebuilding, requests, small, storing
from tests.bench.figures import Figure, show
from tests.bench.pages import bodies, parsed, tags_a_work


def measure(folder: Path, *, days: int, rounds: int, has_commands: bool = True) -> list[Figure]:
    """All figures. days: of one ranking, ten pages each; has_commands: whole commands too."""
    replies = bodies(days)
    figures = [parsing.measure(replies, rounds)]
    pages = parsed(replies)
    gc.collect()
    gc.freeze()  # a crawl holds one page, not all of them: they must not burden the collector
    figures.append(storing.measure(folder, pages, rounds))
    recorded = folder / "recorded.db"
    figures += storing.sizes(recorded, sum(len(page.rows["ranking_entries"]) for page in pages))
    tags = tags_a_work(pages)
    figures.append(Figure("tags a work, as real ones have (6.4)", tags, (tags, tags)))
    if not has_commands:
        return figures
    figures.append(storing.measure_server(folder, pages, max(1, rounds // 2)))
    figures += commands.crawl_and_replay(folder, days + 10, max(1, rounds // 2))
    figures += requests.measure(folder, min(days, 3))
    empty = folder / "empty"
    empty.mkdir()
    figures += commands.starts(f"sqlite:///{recorded}", empty, rounds)
    return figures


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    parser.add_argument("--days", type=int, default=20, help="days of a ranking, ten pages each")
    parser.add_argument(
        "--history",
        type=int,
        nargs="?",
        const=10_000_000,
        metavar="ENTRIES",
        help="instead: how fast an archive of so many ranking entries is (10 million)",
    )
    parser.add_argument("--archive", help="with --history: an empty database, instead of SQLite in a new folder")
    parser.add_argument(
        "--rebuild",
        type=int,
        nargs="?",
        const=50_000,
        metavar="PAGES",
        help="instead: an archive built anew from the captures of so many pages (50,000)",
    )
    parser.add_argument(
        "--small",
        type=int,
        nargs="?",
        const=30,
        metavar="DAYS",
        help="instead: memory and written bytes on an archive of four rankings of so many days (30)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns that each side takes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.history:
            url = given.archive or f"sqlite:///{name}/history.db"
            pages = parsed(bodies(given.days, "weekly"))
            figures = history.measure(url, given.history, pages, given.rounds)
        elif given.small:
            figures = small.measure(Path(name), given.small)
        elif given.rebuild:
            figures = rebuilding.rebuild(Path(name), given.rebuild)
        else:
            figures = measure(Path(name), days=given.days, rounds=given.rounds)
    show(figures)
    if given.json:
        text = json.dumps([one.as_json() for one in figures], indent=1, ensure_ascii=False)
        given.json.write_text(text + "\n", encoding="utf-8")
    missed = [one.name for one in figures if one.is_missed]
    print("OK" if not missed else f"MISSED: {len(missed)} of {len(figures)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
