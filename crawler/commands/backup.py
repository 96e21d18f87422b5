"""`./run backup`: a copy of the archive while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument
from crawler.places import command


class Command(OwnCommand):
    """Copies the archive, checks the copy, and says how to restore it."""

    examples = ("backup --keep 14 /mnt/backup",)

    usage = "FILE | --keep N FOLDER"
    summary = "Copy the archive while it is in use, and check the copy"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="write into a folder, under a name with the time, and remove all but the newest N copies there",
        )

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive.database.engine import address
        from crawler.health.backup import make_backup
        from crawler.made_files import Made, note

        if len(args) != 1:
            raise BadArgument(
                f"name one file: {command('backup FILE')}, or a folder: {command('backup --keep 14 FOLDER')}"
            )
        target = Path(args[0]).resolve()
        if opts.keep is not None and opts.keep < 1:
            raise BadArgument(f"--keep {opts.keep}: 1 or more, the copy that is made among them")
        if opts.keep is None and target.is_dir():
            raise BadArgument(f"{target} is a folder: name a file, or say how many copies stay there: --keep 14")
        url = self.settings["ARCHIVE_URL"]
        file = make_backup(url, self.settings["CAPTURE_DIR"], target, opts.keep or 0)
        note(self.settings["STATE_DIR"], Made(address(url), "backup", str(file)))
        return 0
