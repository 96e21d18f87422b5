"""`./run act`: one explicit action on one's own account, shown first, sent with --yes."""

from __future__ import annotations

import argparse

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices


class Command(OwnCommand):
    """A dry run unless --yes: it shows what would be sent. One action a call."""

    examples = ("act bookmark --artwork 100412238", "act like --artwork 100412238 --yes")

    def syntax(self) -> str:
        from crawler.endpoints.actions import ACTIONS

        return f"{' | '.join(ACTIONS)} --artwork ID [--yes]"

    def short_desc(self) -> str:
        return "Bookmark or like one work with your own account (a dry run without --yes)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--artwork", metavar="ID", default="", help="the work")
        parser.add_argument("--private", action="store_true", help="a bookmark that only you see")
        parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="of the bookmark (repeat)")
        parser.add_argument("--comment", default="", help="of the bookmark")
        parser.add_argument("--yes", action="store_true", help="send it")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.actions.act import act
        from crawler.endpoints.actions import ACTIONS

        if len(args) != 1 or args[0] not in ACTIONS:
            given = args[0] if args else ""
            raise BadArgument(f"say which action. {choices(given, ACTIONS)}")
        bookmark = {"is_private": opts.private, "tags": opts.tag, "comment": opts.comment}
        return act(self.scrapy_settings, args[0], opts.artwork, bookmark, is_sent=opts.yes)
