"""`./run track`: what the nightly job follows."""

from __future__ import annotations

import argparse

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices

VERBS = ("add", "remove", "list")


class Command(OwnCommand):
    """Tags, users, works and series are requested each night, rankings measured by what is wanted of them; a cohort is drawn by chance."""

    examples = ("track add tag 原神", "track add user 9153585", "track list")

    usage = "add|remove KIND NAME … | list [KIND]   (tag, user, artwork, series, ranking, cohort, volume)"
    summary = "Follow tags, users, works, series and rankings night after night"

    def long_desc(self) -> str:
        return (
            "track add tag 原神 | track add user 9153585 | track add ranking daily --pages 1 --since"
            " 2020-01-01 | track add cohort 20 (ids a day, by chance) | track add volume 原神 (works a day) | track add --file list.txt (a line each: KIND NAME) | track list"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--file", metavar="FILE", help="lines of KIND NAME; a # behind a blank begins a remark")
        parser.add_argument("--lines", action="store_true", help="for list: as --file takes it")
        parser.add_argument("--pages", type=int, help="of a ranking: how many pages are wanted")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="of a ranking: its first day")
        parser.add_argument("--content", default="all", help="of a ranking: all, illust, manga …")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.jobs import track

        if not args or args[0] not in VERBS:
            raise BadArgument(f"say what to do. {choices(args[0] if args else '', VERBS)}")
        from pathlib import Path

        from crawler.places import ROOT

        url = self.settings["ARCHIVE_URL"]
        if args[0] == "list":
            track.show_list(url, args[1] if len(args) > 1 else None, as_lines=opts.lines)
            return 0
        wanted = track.Wanted(opts.pages, opts.since, opts.content)
        things = track.read_things(args[1:], opts.file, wanted)
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        (track.add if args[0] == "add" else track.remove)(url, things, captures)
        return 0
