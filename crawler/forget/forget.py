"""Remove a user or a work from the archive and block it, or undo that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive import saved_state
from crawler.archive.database.engine import clear_remains, erasing, explain, lock_writer, opened, reading, writing
from crawler.archive.rebuild import remove_leftovers
from crawler.capture.reader import warc_files
from crawler.endpoints.params import ANY, Ids
from crawler.errors import ArchiveError, BadArgument, ListError
from crawler.forget import suppressions
from crawler.forget.captures import clear, rewrite_all
from crawler.forget.removal import roots_of
from crawler.forget.suppressions import listed, read_list, take_over, write_list
from crawler.places import command
from crawler.tables.naming import FORGETTABLE, Forgotten, Thing
from crawler.words import counted

Wish = Literal["preview", "forget", "undo"]


def forgotten_things(url: str, captures: Path) -> list[tuple[str, int, int, str]]:
    """Return what somebody asked to forget: kind, id, number of things blocked with it, when (UTC)."""
    with _archive(url) as engine:
        take_over(engine, read_list(captures))
        with reading(engine) as connection:
            things = [
                (kind, key, more, f"{datetime.fromtimestamp(at // 10**9, UTC):%Y-%m-%d %H:%M}")
                for kind, key, more, at in suppressions.requested(connection)
            ]
    if not things:
        print("Nothing has been forgotten.")
    return things


def forget(url: str, args: Sequence[str], captures: Path, wish: Wish, *, is_cut: bool) -> int:
    """Preview or do the removal of what arguments name, or undo it; return the exit status.

    is_cut: out of the captures too. Raises Unusable.
    """
    thing = thing_of(args)
    if is_cut and not captures.is_dir():
        raise BadArgument(f"CAPTURE_DIR {captures}: no such folder")
    with _archive(url) as engine:
        take_over(engine, read_list(captures))
        if wish == "undo":
            _undo(engine, thing, captures)
        elif wish == "preview":
            return _preview(engine, thing, captures if is_cut else None)
        else:
            _forget(engine, thing, captures, is_cut=is_cut)
            status = clear(engine, captures) if is_cut else 0
            # Leftovers of a killed rebuild beside the archive hold the forgotten rows as well.
            remove_leftovers(engine)
            if is_cut:
                print(
                    "Copies of the captures elsewhere, as in a backup, still hold it: copy them again, and remove the old ones."
                )
            else:
                _say_what_stays(thing, captures)
            return status
    return 0


def thing_of(args: Sequence[str]) -> Thing:
    """Read the thing that arguments name: a kind and an ID. Raises BadArgument."""
    kinds = " or ".join(FORGETTABLE)
    if len(args) != 2 or args[0] not in FORGETTABLE:
        raise BadArgument(f"say what: {kinds}, and its id")
    try:
        (key,) = Ids().parse(args[0], args[1], ANY)
    except (BadArgument, ValueError):
        raise BadArgument(f"{args[0]} {args[1]}: one id, a whole number") from None
    return args[0], int(key)


@contextmanager
def _archive(url: str) -> Iterator[Engine]:
    try:
        with opened(url) as engine:
            yield engine
    except OSError as error:
        raise ArchiveError(str(error)) from None
    except SQLAlchemyError as error:
        raise ArchiveError(f"the archive refuses: {explain(error)}") from None


def _preview(engine: Engine, thing: Thing, captures: Path | None) -> int:
    """Say what would be removed; returns the exit status. Nothing is changed."""
    with engine.connect() as connection, connection.begin() as transaction:
        # Rows are deleted before this is rolled back, so it needs the turn of the only writer.
        lock_writer(connection)
        removed = suppressions.forget(connection, thing, is_cut=captures is not None)
        out = Forgotten(roots_of(connection, is_cut=True))
        transaction.rollback()
    _print_removed(thing, removed, "would be removed")
    status = 0
    if captures is not None:
        total = rewrite_all(captures, out, is_dry=True)
        print(total.in_words(" would be") + "; this cannot be undone")
        status = total.status
    print("Dry run: nothing was changed. --yes does it.")
    return status


def _print_removed(thing: Thing, removed: Counter[str], what: str) -> None:
    kind, key = thing
    counts = {name: count for name, count in sorted(removed.items()) if count}
    total = counted(sum(counts.values()), "row")
    print(f"{kind} {key}: {total} {what}" + (":" if counts else "; it is blocked from now on"))
    for name, count in counts.items():
        print(f"  {count:>7,} {name}")


def _forget(engine: Engine, thing: Thing, captures: Path, *, is_cut: bool) -> None:
    with erasing(engine) as connection:
        removed = suppressions.forget(connection, thing, is_cut=is_cut)
        others = roots_of(connection).get(thing, set()) - {thing}
    write_list(captures, listed(engine))
    _print_removed(thing, removed, "removed")
    try:
        # All months: earlier files of the state may name what is forgotten now.
        saved_state.save(engine, captures, is_all=True)
    except (ListError, OSError) as error:
        print(f"NOT cleared: {error}. Then run this command again.")
    for kind, key in sorted(others):
        print(f"It is blocked by {kind} {key} too, which was forgotten before.")
    if not clear_remains(engine):
        print("The database's files may hold remains of it until the next VACUUM.")


def _undo(engine: Engine, thing: Thing, captures: Path) -> None:
    with engine.connect() as connection, writing(connection):
        count = suppressions.undo(connection, thing)
        others = roots_of(connection).get(thing, set())
    kind, key = thing
    if not count:
        raise BadArgument(f"{kind} {key} is not forgotten; {command('forget')} lists what is")
    write_list(captures, listed(engine), lambda entry: (entry["root_kind"], entry["root_id"]) != thing)
    for other in sorted(others):
        print(f"{kind} {key} is still blocked, with {other[0]} {other[1]}")
    if not others:
        print(f"{kind} {key} is no longer blocked: {command('replay')} restores what the captures still have")


def _say_what_stays(thing: Thing, captures: Path) -> None:
    files = warc_files([captures]) if captures.is_dir() else []
    kind, key = thing
    if files:
        print(
            f"The captures may still hold what was seen of it:"
            f" {counted(len(files), 'file')} in {captures}."
            f" {command('forget')} {kind} {key} --captures --yes takes it out of them."
        )
    print("Copies on other machines, and files that you moved, are yours to clear.")
