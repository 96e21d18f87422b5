"""The questions, and answers to them as tables, CSV or JSON."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from crawler.archive import queries
from crawler.archive.engine import opened, reading
from crawler.archive.queries import Answer, Query
from crawler.console.show import table, utf8_output
from crawler.errors import QueryError
from crawler.extensions.words import UNSAFE, unable

Form = Literal["table", "csv", "json"]

FORMULAS = tuple("=+-@＝＋－＠")
"""How a text begins that spreadsheets take for a formula, what is blank left aside."""
BLANK = " \t\r\n\v\f\xa0\u200b\u3000\ufeff"
SEPARATORS = ";|\t\r\n"
"""What a spreadsheet may take for the end of a cell, where its language says so."""
_FORMULA = rf"[{BLANK}\"']*[{re.escape(''.join(FORMULAS))}]"
CELLS = re.compile(rf"(^|[{SEPARATORS}])({_FORMULA})")


def show_questions() -> None:
    """Print every question with its parameters."""
    found = (queries.load(name) for name in queries.names())
    rows = [(query.name, query.question, _taken(query)) for query in found]
    table(("query", "question", "parameters"), rows)


def show_answer(url: str, name: str, parameters: Sequence[str], form: Form) -> None:
    """Print what an archive answers to a question, a name or a file.

    parameters: texts NAME=VALUE. Raises ArchiveError and QueryError.
    """
    query, given = queries.load(name), _given(parameters)
    with opened(url) as engine, reading(engine) as connection:
        found = queries.run(connection, query, given)
    if form != "table":
        utf8_output()
    _print(query, found, form)


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


def _print(query: Query, answer: Answer, form: Form) -> None:
    headings = [
        name if answer.headings.index(name) == place else f"{name}_{place + 1}"
        for place, name in enumerate(answer.headings)
    ]
    plain = [tuple(_plain(value) for value in row) for row in answer.rows]
    if form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(_harmless(headings))
        writer.writerows(map(_harmless, plain))
    elif form == "json":
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
