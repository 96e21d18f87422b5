"""Arguments as users spell them: values in a file, or in the answer of a question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crawler.archive import cohort, looks, queries, tracking
from crawler.archive.engine import opened, reading, writing
from crawler.clock import now
from crawler.errors import BadArgument

FILE, QUESTION = "@", "?"
TRACKED = {
    "tracked-tags": "tag", "tracked-users": "user", "tracked-artworks": "artwork",
    "tracked-series": "series", "tracked-volumes": "volume",
}  # fmt: skip
"""Questions after what is followed (`scrapy track`)."""
LOOKS = ("due-looks", "cohort")
"""Questions that no SQL answers: docs/refresh.md."""


class NothingGiven(BadArgument):
    """A file or a question has no value: there is nothing to request."""


def resolved(arguments: Mapping[str, str], archive_url: str) -> dict[str, str]:
    """The arguments with their values: `@FILE` and `?QUESTION` stand for them.

    A file has a value a line (what follows a # is a remark); a question of queries/, or a FILE.sql, gives the first
    column of its answer; `?tracked-tags`, `?tracked-users`, `?tracked-artworks`, `?tracked-series` and `?tracked-volumes` what is followed, `?due-looks` works to be looked at
    again, `?cohort` ids drawn by chance; `?QUESTION:240` its first 240. `@@` and `??` begin a value that itself begins so. Raises BadArgument, QueryError,
    ArchiveError, and NothingGiven where there is no value.
    """
    return {name: _value(name, text, archive_url) for name, text in arguments.items()}


def located(arguments: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The arguments with their files named from anywhere. folder: where a job file lies."""
    found = {}
    for name, text in arguments.items():
        sign, rest = text[:1], text[1:]
        is_file = sign == FILE or (sign == QUESTION and rest.endswith(".sql"))
        is_named = is_file and rest[:1] not in (FILE, QUESTION, "")
        found[name] = f"{sign}{folder / rest}" if is_named else text
    return found


def _value(name: str, text: str, archive_url: str) -> str:
    sign, rest = text[:1], text[1:]
    if sign not in (FILE, QUESTION):
        return text
    if rest[:1] == sign:
        return rest
    values = _lines(name, Path(rest)) if sign == FILE else _answers(rest, archive_url)
    if not values:
        raise NothingGiven(f"{name}={text} holds nothing to request")
    return ",".join(dict.fromkeys(values))


def _lines(name: str, path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise BadArgument(f"{name}=@{path}: {why}") from None
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [value for line in lines for part in line.split(",") if (value := part.strip())]


def _answers(question: str, archive_url: str) -> list[str]:
    question, _, most = question.partition(":")
    if question in LOOKS:
        return _looks(question, archive_url)[: int(most) if most.isdecimal() else None]
    kind = TRACKED.get(question)
    query = None if kind else queries.load(question)
    with opened(archive_url, is_new=True) as engine, reading(engine) as connection:
        if query is None:
            return [followed.value for followed in tracking.listed(connection, kind)]
        answer = queries.run(connection, query, {})
    found = [str(row[0]) for row in answer.rows if row[0] is not None]
    return found[: int(most)] if most.isdecimal() else found


def _looks(question: str, archive_url: str) -> list[str]:
    """The works to be looked at again, the most overdue first; or the ids of the cohort that nobody has requested yet."""
    with opened(archive_url, is_new=True) as engine:
        if question == "due-looks":
            with reading(engine) as connection:
                return [str(look.artwork_id) for look in looks.due(connection, now())]
        with engine.connect() as connection, writing(connection):
            return [str(artwork_id) for artwork_id in cohort.to_request(connection, now())]
