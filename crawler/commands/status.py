"""`./run status`: what is there, what is missing, what changed, what was refused, is all well."""

from __future__ import annotations

import argparse

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices


class Command(OwnCommand):
    """Each part prints what it found and what to do; --check makes a finding exit status 1."""

    def syntax(self) -> str:
        return f"[{' | '.join(_pages())}] [--check]"

    def short_desc(self) -> str:
        return "Show what is archived, missing, changed and rejected; doctor: check settings and site"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="exit status 1 where something is not well")
        parser.add_argument("--mode", help="for coverage, only of this ranking mode")
        parser.add_argument("--content", help="for coverage, only of this content")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="for coverage, count and show days from here on")
        parser.add_argument("--offline", action="store_true", help="for doctor, send no request")
        parser.add_argument("--deep", action="store_true", help="for doctor, read all of a large archive")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1 or (args and args[0] not in _pages()):
            raise BadArgument(f"say at most one page. {choices(args[0], _pages())}")
        for name in ("mode", "content", "since"):
            if getattr(opts, name) and args != ["coverage"]:
                raise BadArgument(f"--{name} goes with coverage")
        is_well = self._show(args[0] if args else "", opts)
        return 1 if opts.check and not is_well else 0

    def _show(self, page: str, opts: argparse.Namespace) -> bool:
        if page == "doctor":
            from crawler.health.doctor import examine

            return examine(self.scrapy_settings, is_offline=opts.offline, is_deep=opts.deep)
        from crawler.console.show import end_with_reader
        from crawler.health.status_pages import Wanted, show

        if page == "queue":
            from crawler.workers.queue_status import show as show_queue

            end_with_reader()
            return show_queue(self.settings["ARCHIVE_URL"])

        end_with_reader()
        return show(self.settings["ARCHIVE_URL"], page, Wanted(opts.mode, opts.content, opts.since))


def _pages() -> list[str]:
    from crawler.health.status_pages import PAGES

    return [*filter(None, PAGES), "queue", "doctor"]
