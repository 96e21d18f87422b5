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
        from crawler.archive.database.engine import address
        from crawler.health.backup import make_backup
        from crawler.made_files import Made, note

        if len(args) != 1:
            raise BadArgument(f"name one file: {command('backup FILE')}")
        url, file = self.settings["ARCHIVE_URL"], Path(args[0]).resolve()
        status = make_backup(url, self.settings["CAPTURE_DIR"], file)
        note(self.settings["STATE_DIR"], Made(address(url), "backup", str(file)))
        return status
