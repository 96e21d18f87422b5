"""`./run upgrade`: bring the archive to this version of the project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """All of the upgrade, or nothing: it runs in one transaction."""

    examples = ("upgrade --wait",)

    summary = "Bring the archive to this version, after an update of the project"
    flags: ClassVar = {
        "--init": "begin the archive if it is not there yet",
        "--wait": "wait until no job, crawl or worker uses the archive",
    }

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.health.upgrade import is_behind, make_private, upgrade, wait_for_end, workers_of
        from crawler.jobs.command import under_way
        from crawler.places import ROOT

        if args:
            raise BadArgument("upgrade takes no argument: ARCHIVE_URL says which archive")
        settings, url = self.scrapy_settings, self.settings["ARCHIVE_URL"]
        if is_behind(url):
            wait_for_end(lambda: [*under_way(settings), *workers_of(url)], is_patient=opts.wait)
        make_private(url, Path(ROOT, self.settings["CAPTURE_DIR"]))
        return upgrade(url, is_new=opts.init)
