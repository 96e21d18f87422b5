"""`./run forget`: a person or a work leaves the archive and stays out of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """Shows what it would remove, and does it with --yes. Without arguments, lists what stays out."""

    def syntax(self) -> str:
        from crawler.tables.naming import FORGETTABLE

        return f"[{' | '.join(FORGETTABLE)} ID] [--captures] [--yes] [--undo]"

    def short_desc(self) -> str:
        return "Remove a person or a work, for good (shows what it would remove without --yes)"

    def long_desc(self) -> str:
        return (
            "Remove every row about a person or a work and keep them out: replay and later crawls"
            " leave them away. The captures keep what was seen until --captures takes it out, of"
            " those that are there and of those of later runs."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--captures", action="store_true", help="take it out of the files of CAPTURE_DIR too; this cannot be undone"
        )
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument("--undo", action="store_true", help="let it in again; replay brings what captures keep")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive.database.engine import address
        from crawler.forget.forget import Wish, forget
        from crawler.made_files import made_of
        from crawler.places import ROOT
        from crawler.publish.release.again import clear_made, show_made

        if opts.undo and opts.captures:
            raise BadArgument("--undo cannot bring back what --captures took out")
        is_listed = not (args or opts.undo or opts.captures or opts.yes)
        wish: Wish = "undo" if opts.undo else "forget" if opts.yes else "preview"
        url = self.settings["ARCHIVE_URL"]
        status = forget(
            url, args, Path(ROOT, self.settings["CAPTURE_DIR"]), "list" if is_listed else wish, is_cut=opts.captures
        )
        made = made_of(self.settings["STATE_DIR"], address(url))
        if not is_listed and wish == "preview":
            show_made(made)
        elif not is_listed and wish == "forget":
            return max(status, clear_made(made, url, self.settings["PIXIV_BASE_URL"]))
        return status
