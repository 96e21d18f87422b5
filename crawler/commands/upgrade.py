"""`./run upgrade`: bring the archive to this version of the project."""

from __future__ import annotations

import argparse

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """All of the upgrade, or nothing: it runs in one transaction."""

    def short_desc(self) -> str:
        return "Bring the archive to this version, after an update of the project"

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.health.upgrade import upgrade

        if args:
            raise BadArgument("upgrade takes no argument: ARCHIVE_URL says which archive")
        return upgrade(self.settings["ARCHIVE_URL"])
