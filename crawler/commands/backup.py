"""`scrapy backup`: a copy of the archive while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """Copies a SQLite archive, checks the copy, and says how to restore it."""

    def syntax(self) -> str:
        return "FILE"

    def short_desc(self) -> str:
        return "Copy the archive while it is in use, and check the copy"

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.health.backup import make_backup

        assert self.settings is not None
        if len(args) != 1:
            raise BadArgument("name one file: scrapy backup FILE")
        return make_backup(self.settings, Path(args[0]).resolve())
