"""`./run import`: an archive from a release."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument
from crawler.places import command


class Command(OwnCommand):
    """Checks the digests of a release and fills an empty archive from it, all or nothing."""

    def syntax(self) -> str:
        return "FOLDER"

    def short_desc(self) -> str:
        return "Fill an empty archive from a release"

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.console.extras import needed

        if len(args) != 1:
            raise BadArgument(f"name one folder: {command('import FOLDER')}")
        with needed("export"):
            from crawler.release.bring_in import bring_in
        return bring_in(
            self.settings["ARCHIVE_URL"], Path(args[0]), Path(self.settings["CAPTURE_DIR"])
        )
