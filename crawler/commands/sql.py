"""`scrapy sql`: ask the archive one of the questions in queries/, or one of your own."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.archive import queries
from crawler.archive.engine import create, prepare, reading
from crawler.archive.queries import Answer, Query
from crawler.console.show import (
    Showing,
    end_with_reader,
    prepare_output,
    table,
    utf8_output,
)
from crawler.errors import ArchiveError, QueryError
from crawler.extensions.words import UNSAFE, clean, unable

FORMULAS = tuple("=+-@＝＋－＠")
"""How a text begins that spreadsheets take for a formula, what is blank left aside."""


BLANK = " \t\r\n\v\f\xa0\u200b\u3000\ufeff"
SEPARATORS = ";|\t\r\n"
"""What a spreadsheet may take for the end of a cell, where its language says so."""
_FORMULA = rf"[{BLANK}\"']*[{re.escape(''.join(FORMULAS))}]"
CELLS = re.compile(rf"(^|[{SEPARATORS}])({_FORMULA})")


class Command(Showing, ScrapyCommand):
    """Without a name, lists the questions."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[NAME or FILE.sql] [--param NAME=VALUE …] [--csv | --json]"

    def short_desc(self) -> str:
        return "Ask the archive a question of queries/*.sql"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--param", action="append", default=[], metavar="NAME=VALUE",
            help="a parameter of the query (repeat for several); the list of queries names them",
        )  # fmt: skip
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--csv",
            action="store_true",
            help="print comma-separated values; what a spreadsheet would run gets an apostrophe",
        )
        form.add_argument("--json", action="store_true", help="print a JSON list of objects")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        prepare_output()
        end_with_reader()
        if not args:
            rows = [(query.name, query.question, _taken(query)) for query in _all()]
            table(("query", "question", "parameters"), rows)
            return
        try:
            if len(args) > 1:
                raise QueryError("name one query")
            query, given = queries.load(args[0]), _given(opts.param)
            engine = create(self.settings["ARCHIVE_URL"], is_new=False)
            try:
                prepare(engine)
                with reading(engine) as connection:
                    found = queries.run(connection, query, given)
            finally:
                engine.dispose()
        except (ArchiveError, QueryError) as error:
            raise UsageError(clean(str(error)), print_help=False) from None
        if opts.csv or opts.json:
            utf8_output()
        _print(query, found, opts)


def _all() -> list[Query]:
    return [queries.load(name) for name in queries.names()]


def _taken(query: Query) -> str:
    return " ".join(
        f"{taken.name}={taken.default}" if taken.default else f"{taken.name}=…"
        for taken in query.parameters
    )


def _given(texts: Sequence[str]) -> dict[str, str]:
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise QueryError(f"--param {text}: write NAME=VALUE")
        if name in given:
            raise QueryError(f"--param {name} is given twice")
        given[name] = value
    return given


def _print(query: Query, answer: Answer, opts: argparse.Namespace) -> None:
    headings = [
        name if answer.headings.index(name) == place else f"{name}_{place + 1}"
        for place, name in enumerate(answer.headings)
    ]
    plain = [tuple(_plain(value) for value in row) for row in answer.rows]
    if opts.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(_harmless(headings))
        writer.writerows(map(_harmless, plain))
    elif opts.json:
        listed = [dict(zip(headings, row, strict=True)) for row in plain]
        text = json.dumps(listed, ensure_ascii=False, indent=1)
        sys.stdout.write(UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    else:
        table(headings, plain, title=query.question)
        if not plain:
            print("no rows (is the archive filled for that time? scrapy status coverage)")


def _harmless(row: Sequence[Any]) -> list[Any]:
    """A row that no spreadsheet runs, for an apostrophe makes it text, and no terminal obeys."""
    return [_text(value) if isinstance(value, str) else value for value in row]


def _text(value: str) -> str:
    is_blank = value[:1] in ("\t", "\r", "\n")
    return ("'" if is_blank else "") + CELLS.sub(r"\1'\2", unable(value))


def _plain(value: Any) -> Any:
    """A value that both databases print alike."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date) else value
