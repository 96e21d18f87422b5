"""`./run forget`: remove a user or a work and block it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """Shows what it would remove, and does it with --yes. Without arguments, lists what is blocked."""

    examples = ("forget", "forget user 9153585", "forget user 9153585 --captures --yes")

    summary = "Remove a user or a work, for good (without --yes it only shows what it would remove)"
    flags: ClassVar = {
        "--captures": "also redact the files of CAPTURE_DIR; this cannot be undone",
        "--yes": "do it",
        "--undo": "lift the block; a replay restores what the captures still have",
    }

    def syntax(self) -> str:
        from crawler.tables.naming import FORGETTABLE

        return f"[{' | '.join(FORGETTABLE)} ID] [--captures] [--yes] [--undo]"

    def long_desc(self) -> str:
        return (
            "Remove every row about a user or a work, and block them for replays and later crawls."
            " The captures keep what was seen, unless --captures redacts it in those that exist and in those of"
            " later runs."
        )

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive import columnar
        from crawler.archive.database.engine import address
        from crawler.console.show import table
        from crawler.forget.forget import Wish, forget, forgotten_things
        from crawler.made_files import Made, made_of
        from crawler.places import ROOT
        from crawler.publish.release.again import clear_made, show_made

        if opts.undo and opts.captures:
            raise BadArgument("--undo cannot restore what --captures has redacted")
        url, captures = self.settings["ARCHIVE_URL"], Path(ROOT, self.settings["CAPTURE_DIR"])
        if not (args or opts.undo or opts.captures or opts.yes):
            if things := forgotten_things(url, captures):
                table(("what", "id", "things with it", "since (UTC)"), things)
            return 0
        wish: Wish = "undo" if opts.undo else "forget" if opts.yes else "preview"
        status = forget(url, args, captures, wish, is_cut=opts.captures)
        made = made_of(self.settings["STATE_DIR"], address(url))
        copy = columnar.place(url, self.settings["STATE_DIR"])
        if copy.exists():
            made.append(Made(address(url), "copy", f"{copy}"))
        if wish == "preview":
            show_made(made)
        elif wish == "forget":
            return max(status, clear_made(made, url, self.settings["PIXIV_BASE_URL"]))
        return status
