"""`./run status`: what is there, what is missing, what changed, what was rejected, is all well."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices


class Command(OwnCommand):
    """Each part prints what it found and what to do; --check makes a finding exit status 1."""

    examples = ("status", "status coverage --mode daily", "status doctor", "status --check")

    summary = "Show what is archived, missing, changed and rejected; doctor: check settings and site"
    flags: ClassVar = {
        "--check": "exit status 1 if something needs a person",
        "--json": "print all of it as JSON (docs/reference/status.schema.json)",
        "--ack": "for coverage, drift and dead: what is listed was looked at; --check is silent about it until it recurs",
        "--offline": "for doctor, send no request",
        "--deep": "for doctor, read all of a large archive",
    }

    def syntax(self) -> str:
        return f"[{' | '.join(_pages())}] [--check]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--prometheus", metavar="FILE", help="write it for the textfile collector of Prometheus (FILE.prom)"
        )
        parser.add_argument("--mode", help="for coverage, only of this ranking mode")
        parser.add_argument("--content", help="for coverage, only of this content")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="for coverage, count and show days from here on")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) > 1 or (args and args[0] not in _pages()):
            raise BadArgument(f"say at most one page. {choices(args[0], _pages())}")
        for name in ("mode", "content", "since"):
            if getattr(opts, name) and args != ["coverage"]:
                raise BadArgument(f"--{name} goes with coverage")
        page = args[0] if args else ""
        if (opts.json or opts.prometheus) and page:
            raise BadArgument("--json and --prometheus go with no page: they say all of it")
        if opts.ack and page not in _acknowledgeable():
            raise BadArgument(f"--ack goes with one of {', '.join(_acknowledgeable())}")
        is_well = self._show(page, opts)
        return 1 if opts.check and not is_well else 0

    def _show(self, page: str, opts: argparse.Namespace) -> bool:
        url = self.settings["ARCHIVE_URL"]
        if page == "doctor":
            from crawler.health.doctor import examine

            return examine(self.scrapy_settings, is_offline=opts.offline, is_deep=opts.deep)
        from crawler.console.show import end_with_reader
        from crawler.health import status_pages

        # Not for doctor, which sends requests: a socket that breaks would end it.
        end_with_reader()
        if page == "queue":
            from crawler.workers.queue_status import show as show_queue

            return show_queue(url)
        if not page:
            return self._show_status(opts)
        is_well = status_pages.show(url, page, status_pages.Wanted(opts.mode, opts.content, opts.since))
        if opts.ack:
            status_pages.acknowledge(url, page)
            return True
        return is_well

    def _show_status(self, opts: argparse.Namespace) -> bool:
        from crawler.health import status_pages
        from crawler.jobs.install import installed
        from crawler.places import ROOT

        url = self.settings["ARCHIVE_URL"]
        status = status_pages.read_status(url, Path(ROOT, self.settings["CAPTURE_DIR"]), installed())
        if opts.prometheus:
            from crawler.archive.status import write_metrics

            write_metrics(status, Path(opts.prometheus))
        if opts.json:
            status_pages.print_json(status)
        elif not opts.prometheus:
            status_pages.overview(url, status)
        return status.ok


def _pages() -> list[str]:
    from crawler.health.status_pages import PAGES

    return [*PAGES, "queue", "doctor"]


def _acknowledgeable() -> list[str]:
    from crawler.health.status_pages import NOUNS

    return [*NOUNS]
