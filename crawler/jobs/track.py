"""Work of `./run track`: things are read from arguments or a file, added, removed and listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crawler.archive.database.engine import opened, reading, writing
from crawler.archive.wanted import tracking
from crawler.archive.wanted.tracking import KINDS, OF_A_NAME, Followed
from crawler.console.show import table
from crawler.errors import BadArgument, choices
from crawler.files import read_bounded
from crawler.places import command
from crawler.site import id_of
from crawler.tables.rankings import CONTENT_CODES, FIRST_RANKING_ON, MODE_CODES
from crawler.words import clean, counted

MOST_DRAWN = 1000
PARAMETER = {"user": "user_id", "artwork": "illust_id", "series": "series_id"}


class Wanted(NamedTuple):
    """Request to track a ranking: number of pages, first day, content."""

    pages: int | None = None
    since: str | None = None
    content: str = "all"


NIGHTLY = "; the nightly job fetches it from tonight"


def read_things(args: Sequence[str], file: str | None, wanted: Wanted) -> list[Followed]:
    """Read what is to be tracked: a kind and its names, or the lines of a file. Raises BadArgument."""
    if file is None:
        if len(args) < 2:
            if args and args[0] in KINDS:
                raise BadArgument(f"Missing name: {command(f'track add {args[0]} NAME')}")
            raise BadArgument(f"What to track? {choices(args[0] if args else '', KINDS)}")
        if args[0] == "cohort" and len(args) > 2:
            raise BadArgument("cohort: one number, of ids a day")
        return [_thing(args[0], name, wanted) for name in args[1:]]
    if args:
        raise BadArgument("--file names all: nothing beside it")
    try:
        lines = read_bounded(Path(file)).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise BadArgument(f"--file {file}: {why}") from None
    from crawler.planning.arguments import without_remark  # noqa: PLC0415  # with all tables

    found = []
    for number, line in enumerate(lines, 1):
        kind, _, name = line.strip().partition(" ")
        # A name may itself begin with a #.
        name = re.split(r"\s#", name)[0] if kind in OF_A_NAME else without_remark(name)
        if kind and not kind.startswith("#"):
            try:
                own = _wanted_of(name.strip(), wanted) if kind == "ranking" else (name.strip(), wanted)
                found.append(_thing(kind, *own))
            except BadArgument as error:
                raise BadArgument(f"{file}, line {number}: {error}") from None
    return found


def _wanted_of(text: str, wanted: Wanted) -> tuple[str, Wanted]:
    """A line's name, and what it says of its own: `daily pages=1 since=2020-01-01`."""
    words = text.split(" ")
    own: dict[str, Any] = dict(word.split("=", 1) for word in words[1:] if word.partition("=")[0] in Wanted._fields)
    name = " ".join(word for word in words if word.partition("=")[0] not in own)
    if "pages" in own:
        if not own["pages"].isdecimal():
            raise BadArgument(f"pages={own['pages']}: a whole number")
        own["pages"] = int(own["pages"])
    return name, wanted._replace(**own)


def line_of(one: Followed) -> str:
    """Something that is followed as `--file` takes it."""
    if one.kind != "ranking":
        return f"{one.kind} {one.value}"
    mode, content = one.name.split(" ")
    more = {"content": content, "pages": one.pages, "since": one.first_on}
    said = (f"{name}={value}" for name, value in more.items() if value is not None)
    return " ".join(("ranking", mode, *said))


def _thing(kind: str, name: str, wanted: Wanted) -> Followed:
    if kind not in KINDS:
        raise BadArgument(f"no kind {kind}. {choices(kind, KINDS)}")
    if kind == "ranking":
        return _ranking(name, wanted)
    if wanted.pages is not None or wanted.since is not None:
        raise BadArgument("--pages and --since go with ranking")
    if kind == "cohort":
        # isdecimal alone takes the digits of every script.
        if not (name.isascii() and name.isdecimal() and 0 < int(name) <= MOST_DRAWN):
            raise BadArgument(f"cohort {name}: how many ids a day, 1 to {MOST_DRAWN}")
        return Followed(kind, pages=int(name))
    if kind in OF_A_NAME:
        if not name:
            raise BadArgument(f"{kind}: which?")
        if "\n" in name:
            raise BadArgument(f"{kind} {name!r}: one a line")
        from crawler.endpoints.params import Words  # noqa: PLC0415  # with all endpoints

        (one,) = Words().read(kind, name)  # what no search takes would stop each night
        return Followed(kind, name=one)
    name = id_of(name, kind)
    if not (name.isascii() and name.isdecimal() and 0 < int(name) < 2**63):
        raise BadArgument(f'{kind} must be an ID, a whole number above 0 (got "{name}")')
    return Followed(kind, int(name))


def _ranking(mode: str, wanted: Wanted) -> Followed:
    if mode not in MODE_CODES:
        raise BadArgument(f"no ranking mode {mode}. {choices(mode, MODE_CODES)}")
    if wanted.content not in CONTENT_CODES:
        raise BadArgument(f"no content {wanted.content}. {choices(wanted.content, CONTENT_CODES)}")
    if wanted.pages is not None and wanted.pages < 1:
        raise BadArgument(f"--pages {wanted.pages}: 1 or more")
    first = None
    if wanted.since is not None:
        try:
            first = date.fromisoformat(wanted.since)
        except ValueError:
            raise BadArgument(f"--since {wanted.since}: no date; write YYYY-MM-DD") from None
        if first < FIRST_RANKING_ON:
            raise BadArgument(f"--since {first}: the first ranking is of {FIRST_RANKING_ON}")
    return Followed("ranking", 0, f"{mode} {wanted.content}", wanted.pages, first)


def add(url: str, things: Sequence[Followed], captures: Path) -> None:
    """Follow things. Raises BadArgument for what is forgotten, with nothing added."""
    from crawler.archive import saved_state  # noqa: PLC0415  # with all tables
    from crawler.forget.suppressions import is_forgotten  # noqa: PLC0415  # likewise

    with opened(url, is_new=True) as engine:
        with engine.connect() as connection, writing(connection):
            for thing in things:
                name = PARAMETER.get(thing.kind)
                if name and is_forgotten(connection, {name: str(thing.thing_id)}):
                    raise BadArgument(f"{thing.kind} {thing.value} is forgotten: {command('forget')} lists what is")
            new = sum(tracking.add(connection, thing) for thing in things)
        # After the transaction: what is beside the captures must be in the archive.
        saved_state.save(engine, captures, is_all=True)
    if len(things) == 1:
        print(f"Now tracking {_named(things[0])}{NIGHTLY}." if new else f"{_named(things[0])} was tracked before.")
    else:
        print(f"Now tracking {counted(new, 'thing')} more{NIGHTLY}; {len(things) - new:,} were tracked before.")


def remove(url: str, things: Sequence[Followed], captures: Path) -> None:
    """Follow things no more; what is archived of them stays."""
    from crawler.archive import saved_state  # noqa: PLC0415  # with all tables

    with opened(url, is_new=True) as engine:
        with engine.connect() as connection, writing(connection):
            ended = sum(tracking.remove(connection, thing) for thing in things)
        keys = [(thing.kind, thing.thing_id, thing.name) for thing in things]
        saved_state.save(engine, captures, is_all=True, untracked=keys)
    if len(things) == 1:
        print(f"{_named(things[0])} {'is tracked no more. Its rows stay' if ended else 'was not tracked'}.")
    else:
        print(f"{counted(ended, 'thing')} tracked no more, {len(things) - ended:,} were not tracked. Rows stay.")


def _named(thing: Followed) -> str:
    pages = f", {counted(thing.pages, 'page')} of it only" if thing.kind == "ranking" and thing.pages else ""
    return f"{thing.kind} {thing.value}{pages}"


def show_list(url: str, kind: str | None, *, as_lines: bool = False) -> None:
    """Print all that is followed, or of one kind. as_lines: as `--file` takes it. Raises BadArgument."""
    if kind is not None and kind not in KINDS:
        raise BadArgument(f"no kind {kind}. {choices(kind, KINDS)}")
    with opened(url, is_reader=True) as engine, reading(engine) as connection:
        found = tracking.listed(connection, kind)
    if as_lines:
        for one in found:
            print(line_of(one))
        return
    if not found:
        print(
            f"Nothing is tracked yet: {command('track add tag NAME')}, user ID, artwork ID, series ID, ranking MODE,"
            " volume TAG, cohort N"
        )
        return
    table(("kind", "which", "pages", "since"), [(one.kind, clean(one.value), one.pages, one.first_on) for one in found])
