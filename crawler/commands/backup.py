"""`./run backup`: a copy of the archive while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument
from crawler.places import command


class Command(OwnCommand):
    """Copies a SQLite archive, checks the copy, and says how to restore it."""

    def syntax(self) -> str:
        return "FILE"

    def short_desc(self) -> str:
        return "Copy the archive while it is in use, and check the copy"

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.health.backup import make_backup

        if len(args) != 1:
            raise BadArgument(f"name one file: {command('backup FILE')}")
        return make_backup(
            self.settings["ARCHIVE_URL"], self.settings["CAPTURE_DIR"], Path(args[0]).resolve()
        )
