"""`./run export`: a release of the archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument
from crawler.places import command


class Command(OwnCommand):
    """Writes Parquet, a DuckDB file, a description and what is missing; again into the same folder: what changed."""

    def syntax(self) -> str:
        return "FOLDER [--private]"

    def short_desc(self) -> str:
        return "Make a release: Parquet, DuckDB, a description, a report of gaps"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--private",
            action="store_true",
            help="with what only the session's own account sees: for yourself, not to publish",
        )

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive.database.engine import address
        from crawler.errors import needed
        from crawler.made_files import Made, note

        if len(args) != 1:
            raise BadArgument(f"name one folder: {command('export FOLDER')}")
        with needed("export"):
            from crawler.publish.release.export import export
        url, site = self.settings["ARCHIVE_URL"], self.settings["PIXIV_BASE_URL"]
        folder = Path(args[0]).resolve()
        status = export(url, site, folder, is_private=opts.private)
        note(self.settings["STATE_DIR"], Made(address(url), "release", str(folder), is_private=opts.private))
        return status
