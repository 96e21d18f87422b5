"""The questions, and answers to them as tables, CSV or JSON."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from crawler.analysis.parquet import write_parquet
from crawler.archive import columnar, queries
from crawler.archive.completeness import notes
from crawler.archive.database.engine import opened, reading
from crawler.archive.queries import Answer, Query
from crawler.cells import SAFE_INTEGER, CsvWriter, plain
from crawler.console.show import table, utf8_output
from crawler.errors import QueryError
from crawler.places import command, page
from crawler.words import UNSAFE, clean, counted

Form = Literal["table", "csv", "json"]
INLINE = re.compile(r"(?!.*\.sql$)\S+\s+\S.*", re.DOTALL)
"""Characters of SQL that no name has: names are one word."""


def show_questions() -> None:
    """Print every question with its parameters, by group."""
    for group, members in queries.by_group().items():
        print(f"{group}:")
        for query in members:
            print(f"  {query.name:<26} {query.question}")
            taken = (f"{one.name}={one.default or '…'}" for one in query.parameters)
            print(f"  {'':<26} {' '.join(taken)}")
    print(
        f"\n{command('sql NAME')} runs one; {command('sql')} 'select …' runs your own. {page('reference/queries.md')} says what each cannot tell you."
    )


def show_answer(
    archive: str | Path,
    question: str,
    parameters: Sequence[str],
    form: Form,
    parquet: Path | None = None,
    *,
    copy: Path | None = None,
    is_raw: bool = False,
    is_for_excel: bool = False,
) -> None:
    """Print what an archive answers to a question, and how much it knows.

    archive: its address, or the database of a release. question: a name, a file, or SQL. parameters: texts NAME=VALUE.
    parquet: a file to write instead. copy: by columns, of the archive; a question of the project is asked of it if it
    has all that the archive has. SQL of one's own is not: it is in the archive's dialect. is_raw: CSV has texts as they
    are, those that a spreadsheet would run too. is_for_excel: it begins with a byte order mark. Raises ArchiveError,
    ReleaseError and QueryError.
    """
    is_inline = bool(INLINE.fullmatch(question.strip()))
    is_own = is_inline or question.endswith(".sql")
    query, given = (queries.inline(question) if is_inline else queries.load(question), _given(parameters))
    with columnar.asked(archive, None if is_own else copy) as (engine, asked), reading(engine) as connection:
        found = queries.run(connection, query, given)
        known = [*asked, *notes(connection, query, found)]
        if is_own:
            # With all tables and a parser of SQL: 0.3 s that other questions save.
            from crawler.analysis.cautions import cautions  # noqa: PLC0415

            known += cautions(connection, query, found.values)
    types: Mapping[str, type | None] = {}
    if parquet is not None or form == "json":
        # With a parser of SQL: half a second that other forms save.
        from crawler.analysis.statement import json_columns  # noqa: PLC0415
        from crawler.analysis.types import types_of  # noqa: PLC0415

        types = types_of(query.sql, engine.dialect.name)
        if form == "json":
            types = {**types, **dict.fromkeys(json_columns(query.sql, engine.dialect.name), list)}
    if parquet is not None:
        write_parquet(parquet, _distinct(found.headings), found.rows, types, known)
        sys.stderr.write(f"Wrote {counted(len(found.rows), 'row')} to {parquet}\n")
    else:
        if form != "table":
            utf8_output()
        if is_for_excel:
            sys.stdout.write("\ufeff")
        _print(query, found, form, "" if is_inline else query.question, types, is_raw=is_raw)
    # Beside an answer that a program reads they go where they do not stand in its way.
    out = sys.stdout if form == "table" and parquet is None else sys.stderr
    for line in known:
        out.write(f"  * {clean(line)}\n")


def notes_of(url: str, name: str, sql: str, given: Mapping[str, str]) -> list[str]:
    """Return what is to be said of a result that somebody else shows. Raises ArchiveError and QueryError.

    name: of a query; "": sql is somebody's own. given: values of its parameters, "" for the default.
    """
    query = queries.load(name) if name else queries.inline(sql)
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        if not name:
            from crawler.analysis.cautions import cautions  # noqa: PLC0415  # as above

            return cautions(connection, query)
        taken = {one.name for one in query.parameters}
        named = {key: value for key, value in given.items() if key in taken and value}
        values = queries.values_of(connection, query, named)
        return notes(connection, query, Answer((), [], values))


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


def _distinct(headings: Sequence[str]) -> list[str]:
    """Headings of which none stands twice."""
    # JSON objects and Parquet files hold each name once; a dict would drop a column silently.
    return [name if headings.index(name) == place else f"{name}_{place + 1}" for place, name in enumerate(headings)]


def _print(
    query: Query, answer: Answer, form: Form, title: str, types: Mapping[str, type | None], *, is_raw: bool
) -> None:
    headings = _distinct(answer.headings)
    rows = [tuple(plain(value) for value in row) for row in answer.rows]
    if form == "csv":
        writer = CsvWriter(csv.writer(sys.stdout), is_raw=is_raw, is_terminal=sys.stdout.isatty())
        writer.writerow(headings)
        writer.writerows(rows)
    elif form == "json":
        kinds = [types.get(name) for name in answer.headings]
        listed = [dict(zip(headings, map(_typed, row, kinds), strict=True)) for row in rows]
        text = json.dumps(listed, ensure_ascii=False, indent=1)
        # Escaped, not replaced as elsewhere: a JSON reader gets the text back, and a terminal gets no command.
        sys.stdout.write(UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    else:
        table(headings, rows, title=title)
        if not rows:
            print("no rows")


def _typed(value: Any, kind: type | None) -> Any:
    """A value as every JSON reader has it: truths and lists are ones; JavaScript's and jq's numbers end at 2^53."""
    if kind is bool and value in (0, 1):
        return bool(value)
    if kind is list and isinstance(value, str):
        with suppress(ValueError):
            return json.loads(value)
    return str(value) if type(value) is int and abs(value) > SAFE_INTEGER else value
