"""`./run act`: one explicit action on one's own account, shown first, sent with --yes."""

from __future__ import annotations

import argparse
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices


class Command(OwnCommand):
    """A dry run unless --yes: it shows what would be sent. One action a call."""

    examples = ("act bookmark --artwork 100412238", "act like --artwork 100412238 --yes")

    summary = "Bookmark or like one work with your own account (a dry run without --yes)"
    flags: ClassVar = {"--private": "a bookmark that only you see", "--yes": "send it"}

    def syntax(self) -> str:
        from crawler.endpoints.actions import ACTIONS

        return f"{' | '.join(ACTIONS)} --artwork ID [--yes]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--artwork", metavar="ID", default="", help="the work")
        parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="of the bookmark (repeat)")
        parser.add_argument("--comment", default="", help="of the bookmark")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.actions.act import act
        from crawler.endpoints.actions import ACTIONS

        if len(args) != 1 or args[0] not in ACTIONS:
            raise BadArgument(f"say which action. {choices(args[0] if args else '', ACTIONS)}")
        bookmark = {"is_private": opts.private, "tags": opts.tag, "comment": opts.comment}
        return act(self.scrapy_settings, args[0], opts.artwork, bookmark, is_sent=opts.yes)
