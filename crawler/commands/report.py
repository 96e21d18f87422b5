"""`./run report`: the archive in pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices
from crawler.places import command


class Command(OwnCommand):
    """Writes one HTML file that needs no network."""

    examples = ("report", "report var/weekly.html --mode weekly --since today-365")

    usage = "[FILE] [--since DATE] [--until DATE] [--mode MODE,…]"
    summary = "Write a page of pictures of the archive"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", default="newest-365", help="first ranking date (newest-365)")
        parser.add_argument("--until", default="newest", help="last ranking date (newest)")
        parser.add_argument("--mode", default="", help="ranking modes, the first that serves (all that are archived)")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive import columnar
        from crawler.archive.database.engine import address, archive_file
        from crawler.errors import needed
        from crawler.files import check_target
        from crawler.made_files import Made, note
        from crawler.places import ROOT
        from crawler.publish.report.facts import Wish
        from crawler.tables.rankings import MODE_CODES

        if len(args) > 1:
            raise BadArgument(f"name one file: {command('report')} report.html")
        modes = tuple(filter(None, opts.mode.split(",")))
        for mode in modes:
            if mode not in MODE_CODES:
                raise BadArgument(f"--mode {mode}: no such value. {choices(mode, MODE_CODES)}")
        with needed("report"):
            from crawler.publish.report.page import write
        file = Path(args[0] if args else "var/report.html")
        url = self.settings["ARCHIVE_URL"]
        check_target(file, "html", archive_file(url), Path(ROOT, self.settings["CAPTURE_DIR"]))
        copy = columnar.place(url, self.settings["STATE_DIR"])
        status = write(url, file, Wish(opts.since, opts.until, modes), copy)
        note(self.settings["STATE_DIR"], Made(address(url), "report", str(file.resolve())))
        return status
