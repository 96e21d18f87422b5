"""`./run export`: a release of the archive."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument
from crawler.places import command


class Command(OwnCommand):
    """Writes Parquet, a DuckDB file, a description and what is missing; again into the same folder: what changed."""

    examples = ("export var/release", "export --copy")

    usage = "FOLDER [--private] | --copy"
    summary = "Make a release: Parquet, DuckDB, a description, a report of gaps"
    flags: ClassVar = {
        "--private": "with what only the session's own account sees: for yourself, not to publish",
        "--copy": "no release: a copy of the archive by columns, beside it, which `sql` asks: many times as fast",
    }

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.archive import columnar
        from crawler.archive.database.engine import address
        from crawler.errors import needed
        from crawler.made_files import Made, note

        if len(args) != (not opts.copy):
            raise BadArgument(f"name one folder, or --copy: {command('export FOLDER')}")
        with needed("export"):
            from crawler.publish.release.export import export, renew_copy
        url, site, state = (self.settings[name] for name in ("ARCHIVE_URL", "PIXIV_BASE_URL", "STATE_DIR"))
        copy = columnar.place(url, state)
        if opts.copy:
            renew_copy(url, copy)
            return 0
        folder = Path(args[0]).resolve()
        status = export(url, site, folder, copy=copy, is_private=opts.private)
        note(state, Made(address(url), "release", str(folder), is_private=opts.private))
        return status
