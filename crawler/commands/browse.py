"""`./run browse`: pages to click through."""

from __future__ import annotations

import argparse

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """Serves the archive's tables, views and questions on this machine, read-only."""

    examples = ("browse", "browse --port 8080")

    usage = "[--port PORT] [--host HOST]"
    summary = "Browse a SQLite archive in a browser, read-only"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--port", type=int, default=8001, help="port (8001)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1: only this machine)")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from functools import partial

        from crawler.analysis.answer import notes_of
        from crawler.errors import needed

        if args:
            raise BadArgument("browse takes no argument: ARCHIVE_URL says which archive")
        with needed("browse"):
            from crawler.publish.browse.serve import serve
        url = self.settings["ARCHIVE_URL"]
        return serve(url, opts.host, opts.port, partial(notes_of, url))
