"""`./run sql`: answer one of the questions in queries/, or one of your own, and say how much the answer knows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import QueryError


class Command(OwnCommand):
    """Without a name, lists the questions."""

    examples = (
        "sql top-artists --param most=10",
        "sql 'select mode, count(*) from rankings group by mode'",
        "sql turnover --csv",
    )

    usage = "[NAME, FILE.sql or 'SELECT …'] [--from FOLDER] [--param NAME=VALUE …] [--csv | --json | --parquet FILE]"
    summary = "Ask the archive a question of queries/*.sql"
    flags: ClassVar = {
        "--live": "ask the archive itself, also where a copy is as new",
        "--raw": "with --csv: texts and numbers as they are, also what a spreadsheet would run or round",
        "--excel": "with --csv: begin with a byte order mark, for Excel",
    }

    def choices(self) -> str:
        from crawler.archive.queries import by_group
        from crawler.console.command import listed

        return listed("Queries", {group: [one.name for one in several] for group, several in by_group().items()})

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--param",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a parameter of the query (repeat for several); the list of queries names them",
        )
        parser.add_argument(
            "--from",
            dest="release",
            metavar="FOLDER",
            help="ask the release in a folder, or a DuckDB file, not the archive",
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--csv",
            action="store_true",
            help="print comma-separated values; an apostrophe stands before what a spreadsheet would run, and before numbers"
            " above 2^53",
        )
        form.add_argument("--json", action="store_true", help="print a JSON list of objects")
        form.add_argument("--parquet", metavar="FILE", help="write a Parquet file, with types")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.analysis.answer import Form, show_answer, show_questions
        from crawler.archive import columnar
        from crawler.console.show import end_with_reader

        end_with_reader()
        if len(args) > 1:
            raise QueryError("name one query; SQL of your own stands in quotes")
        if (opts.raw or opts.excel) and not opts.csv:
            raise QueryError(f"--{'raw' if opts.raw else 'excel'} goes with --csv")
        if opts.release and not Path(opts.release).exists():
            raise QueryError(f"--from {opts.release}: no such folder")
        if args:
            form: Form = "csv" if opts.csv else "json" if opts.json else "table"
            file = Path(opts.parquet) if opts.parquet else None
            if file is not None:
                from crawler.archive.database.engine import archive_file
                from crawler.files import check_target
                from crawler.places import ROOT

                captures = Path(ROOT, self.settings["CAPTURE_DIR"])
                check_target(file, "parquet", archive_file(self.settings["ARCHIVE_URL"]), captures)
            url = self.settings["ARCHIVE_URL"]
            release = Path(opts.release) if opts.release else None
            if release and release.suffix != ".duckdb":
                release /= columnar.DATABASE
            show_answer(
                release or url,
                args[0],
                opts.param,
                form,
                file,
                copy=None if opts.live else columnar.place(url, self.settings["STATE_DIR"]),
                is_raw=opts.raw,
                is_for_excel=opts.excel,
            )
        else:
            show_questions()
        return 0
