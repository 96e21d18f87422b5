"""Arguments as users spell them: values in a file, or in the answer of a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from crawler.archive import queries
from crawler.archive.database.engine import opened, reading, writing
from crawler.archive.wanted import tracking
from crawler.clock import now
from crawler.errors import BadArgument, QueryError
from crawler.files import read_bounded

FILE, QUESTION, SQL = "@", "?", ".sql"
TRACKED = {
    "tracked-tags": "tag",
    "tracked-users": "user",
    "tracked-artworks": "artwork",
    "tracked-series": "series",
    "tracked-volumes": "volume",
}
"""Questions after what is followed (`./run track`)."""
RECHECKS = ("due-rechecks", "cohort")
"""Queries that are not SQL: docs/explain/refresh.md."""
RENAMED = {"due-looks": "due-rechecks"}
"""Former names, accepted until version 1.0."""
_IDS = re.compile(r"[\d,\s]+")
_ID_REMARK = re.compile(r"^([\d,\s]*)#.*")
_BLANK_REMARK = re.compile(r"\s#")


class NothingGiven(BadArgument):
    """A file or a question has no value: there is nothing to request."""


def resolved(arguments: Mapping[str, str], archive_url: str, *, is_plan: bool = True) -> dict[str, str]:
    """The arguments with their values, one a line: `@FILE` and `?QUESTION` stand for them.

    A file has a value a line, or ids with commas between them, and remarks (`without_remark`); a question of
    queries/, or a FILE.sql, gives the first column of its answer; `?tracked-tags`, `?tracked-users`, `?tracked-artworks`,
    `?tracked-series` and `?tracked-volumes` what is followed, `?due-rechecks` works that are due for a re-check, `?cohort` ids
    drawn by chance; `?QUESTION:240` its first 240. `@@` and `??` begin a value that itself begins so.
    is_plan: nothing is written: what would be drawn is, and let go. Raises BadArgument, QueryError, ArchiveError, and
    NothingGiven where there is no value.
    """
    return {name: _value(name, text, archive_url, is_plan=is_plan) for name, text in arguments.items()}


def located(arguments: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The arguments with their files named from anywhere. folder: where a job file lies. Raises BadArgument."""
    found = {}
    for name, text in arguments.items():
        parts = question_of(text)
        is_query = parts is not None and parts[0].endswith(SQL)
        is_file = text.startswith(FILE) and text[1:2] not in (FILE, "")
        found[name] = f"{text[0]}{folder / text[1:]}" if is_file or is_query else text
    return found


def question_of(text: str) -> tuple[str, int | None] | None:
    """The question that a text asks, and how many of its values are meant (None: all); None where it asks none.

    Raises BadArgument.

    >>> question_of("?due-rechecks:240"), question_of("?mine.sql"), question_of("Re:ゼロ"), question_of("??why")
    (('due-rechecks', 240), ('mine.sql', None), None, None)
    """
    if text[:1] != QUESTION or text[1:2] in (QUESTION, ""):
        return None
    question, colon, most = text[1:].rpartition(":")
    if not colon or most.endswith(SQL):
        return RENAMED.get(text[1:], text[1:]), None
    if not (most.isascii() and most.isdecimal() and int(most)):
        raise BadArgument(f"{text}: after the colon goes a whole number above 0")
    return RENAMED.get(question, question), int(most)


def at_most(budget: int, text: str) -> str:
    """A value, of whose question no more than so many answers are meant. Raises BadArgument.

    >>> at_most(3, "?due-rechecks:5"), at_most(3, "?due-rechecks"), at_most(3, "1,2")
    ('?due-rechecks:3', '?due-rechecks:3', '1,2')
    """
    parts = question_of(text)
    if parts is None:
        return text
    question, most = parts
    return f"{QUESTION}{question}:{budget if most is None else min(budget, most)}"


def itself(value: str) -> str:
    """A value as an argument that stands for it.

    >>> itself("@home"), itself("空")
    ('@@home', '空')
    """
    return f"{value[:1]}{value}" if value[:1] in (FILE, QUESTION) else value


def without_remark(line: str) -> str:
    """A line of a file without its remark: from a # on that begins it, that follows an id or that follows a blank.

    >>> without_remark("# all"), without_remark("12#first"), without_remark("海 #sea"), without_remark("C#")
    ('', '12', '海', 'C#')
    """
    return _BLANK_REMARK.split(_ID_REMARK.sub(r"\1", line), maxsplit=1)[0].strip()


def _value(name: str, text: str, archive_url: str, *, is_plan: bool) -> str:
    sign, rest = text[:1], text[1:]
    parts = question_of(text)
    if parts is not None:
        question, most = parts
        values = _answers(question, archive_url, is_plan=is_plan)[:most]
    elif sign == FILE and rest[:1] != FILE:
        values = _lines(name, Path(rest))
    else:
        return rest if sign in (FILE, QUESTION) and rest[:1] == sign else text
    if not values:
        raise NothingGiven(f"{name}={text} holds nothing to request")
    return "\n".join(dict.fromkeys(values))


def _lines(name: str, path: Path) -> list[str]:
    try:
        text = read_bounded(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise BadArgument(f"{name}=@{path}: {why}") from None
    found: list[str] = []
    for line in map(without_remark, text.splitlines()):
        # A comma is between ids; of a word it may be a part.
        found += re.split(r"[,\s]+", line) if _IDS.fullmatch(line) else [line]
    return [value for value in found if value]


def _answers(question: str, archive_url: str, *, is_plan: bool) -> list[str]:
    if question in RECHECKS:
        return _rechecks(question, archive_url, is_plan=is_plan)
    kind = TRACKED.get(question)
    try:
        query = None if kind else queries.load(question)
    except QueryError as error:
        raise QueryError(f"{error}; or one of {', '.join([*RECHECKS, *TRACKED])}") from None
    # A first run has no archive yet: then the answer is empty, which is no error.
    with opened(archive_url, is_new=True) as engine, reading(engine) as connection:
        if query is None:
            return [followed.value for followed in tracking.listed(connection, kind)]
        answer = queries.run(connection, query, {})
    return [str(row[0]) for row in answer.rows if row[0] is not None]


def _rechecks(question: str, archive_url: str, *, is_plan: bool) -> list[str]:
    """The works that are due for a re-check, the most overdue first; or the ids of the cohort that nobody has requested yet."""
    with opened(archive_url, is_new=True) as engine:
        if question == "due-rechecks":
            with reading(engine) as connection:
                from crawler.archive.wanted import rechecks  # noqa: PLC0415  # with all tables

                return [str(due.artwork_id) for due in rechecks.due(connection, now())]
        found: list[int] = []
        # suppress outside writing(): the exception must pass through it, for that rolls back.
        with engine.connect() as connection, suppress(_LetGo), writing(connection):
            from crawler.archive.wanted import cohort  # noqa: PLC0415  # likewise

            found = cohort.to_request(connection, now())
            if is_plan:
                raise _LetGo
        return [str(artwork_id) for artwork_id in found]


class _LetGo(Exception):
    """Ends a transaction of which nothing is to be kept."""
