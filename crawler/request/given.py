"""Arguments as users spell them: values in a file, or in the answer of a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from crawler.archive import cohort, looks, queries, tracking
from crawler.archive.engine import opened, reading, writing
from crawler.clock import now
from crawler.errors import BadArgument, QueryError

FILE, QUESTION, SQL = "@", "?", ".sql"
TRACKED = {
    "tracked-tags": "tag", "tracked-users": "user", "tracked-artworks": "artwork",
    "tracked-series": "series", "tracked-volumes": "volume",
}  # fmt: skip
"""Questions after what is followed (`scrapy track`)."""
LOOKS = ("due-looks", "cohort")
"""Questions that no SQL answers: docs/refresh.md."""


class NothingGiven(BadArgument):
    """A file or a question has no value: there is nothing to request."""


def resolved(
    arguments: Mapping[str, str], archive_url: str, *, is_plan: bool = True
) -> dict[str, str]:
    """The arguments with their values, one a line: `@FILE` and `?QUESTION` stand for them.

    A file has a value a line (a line that begins with # is a remark, and what follows a # between blanks); a question of
    queries/, or a FILE.sql, gives the first column of its answer; `?tracked-tags`, `?tracked-users`, `?tracked-artworks`,
    `?tracked-series` and `?tracked-volumes` what is followed, `?due-looks` works to be looked at again, `?cohort` ids
    drawn by chance; `?QUESTION:240` its first 240. `@@` and `??` begin a value that itself begins so.
    is_plan: nothing is written: what would be drawn is, and let go. Raises BadArgument, QueryError, ArchiveError, and
    NothingGiven where there is no value.
    """
    return {
        name: _value(name, text, archive_url, is_plan=is_plan) for name, text in arguments.items()
    }


def located(arguments: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The arguments with their files named from anywhere. folder: where a job file lies. Raises BadArgument."""
    found = {}
    for name, text in arguments.items():
        sign, rest = text[:1], text[1:]
        is_file = sign == FILE or (sign == QUESTION and counted_off(rest)[0].endswith(SQL))
        is_named = is_file and rest[:1] not in (FILE, QUESTION, "")
        found[name] = f"{sign}{folder / rest}" if is_named else text
    return found


def counted_off(text: str) -> tuple[str, int | None]:
    """A `?QUESTION` without its number, and how many of its values are meant; None: all. Raises BadArgument.

    >>> counted_off("?due-looks:240"), counted_off("?mine.sql")
    (('?due-looks', 240), ('?mine.sql', None))
    """
    question, colon, most = text.rpartition(":")
    if not colon or most.endswith(SQL):
        return text, None
    if not (most.isascii() and most.isdecimal() and int(most)):
        raise BadArgument(f"{text}: behind the colon stands how many, a whole number above 0")
    return question, int(most)


def at_most(budget: int, text: str) -> str:
    """A value, of whose question no more than so many answers are meant. Raises BadArgument.

    >>> at_most(3, "?due-looks:5"), at_most(3, "?due-looks"), at_most(3, "1,2")
    ('?due-looks:3', '?due-looks:3', '1,2')
    """
    if not text.startswith(QUESTION) or text.startswith(QUESTION * 2):
        return text
    question, most = counted_off(text)
    return f"{question}:{budget if most is None else min(budget, most)}"


def without_remark(line: str) -> str:
    """A line of a file without its remark; a # within a word, as in #tag or C#, is a part of it.

    >>> without_remark("# all"), without_remark("12 # the first"), without_remark("C#")
    ('', '12', 'C#')
    """
    return re.split(r"^\s*#|\s#\s", f"{line} ", maxsplit=1)[0].strip()


def _value(name: str, text: str, archive_url: str, *, is_plan: bool) -> str:
    sign, rest = text[:1], text[1:]
    if sign not in (FILE, QUESTION):
        return text
    if rest[:1] == sign:
        return rest
    if sign == FILE:
        values = _lines(name, Path(rest))
    else:
        question, most = counted_off(rest)
        values = _answers(question, archive_url, is_plan=is_plan)[:most]
    if not values:
        raise NothingGiven(f"{name}={text} holds nothing to request")
    return "\n".join(dict.fromkeys(values))


def _lines(name: str, path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise BadArgument(f"{name}=@{path}: {why}") from None
    return [value for line in text.splitlines() if (value := without_remark(line).strip(","))]


def _answers(question: str, archive_url: str, *, is_plan: bool) -> list[str]:
    if question in LOOKS:
        return _looks(question, archive_url, is_plan=is_plan)
    kind = TRACKED.get(question)
    try:
        query = None if kind else queries.load(question)
    except QueryError as error:
        raise QueryError(f"{error}; or one of {', '.join([*LOOKS, *TRACKED])}") from None
    with opened(archive_url, is_new=True) as engine, reading(engine) as connection:
        if query is None:
            return [followed.value for followed in tracking.listed(connection, kind)]
        answer = queries.run(connection, query, {})
    return [str(row[0]) for row in answer.rows if row[0] is not None]


def _looks(question: str, archive_url: str, *, is_plan: bool) -> list[str]:
    """The works to be looked at again, the most overdue first; or the ids of the cohort that nobody has requested yet."""
    with opened(archive_url, is_new=True) as engine:
        if question == "due-looks":
            with reading(engine) as connection:
                return [str(look.artwork_id) for look in looks.due(connection, now())]
        found: list[int] = []
        with engine.connect() as connection, suppress(_LetGo), writing(connection):
            found = cohort.to_request(connection, now())
            if is_plan:
                raise _LetGo
        return [str(artwork_id) for artwork_id in found]


class _LetGo(Exception):
    """Ends a transaction of which nothing is to be kept."""
