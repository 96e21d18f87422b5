"""`scrapy forget`: a person or a work leaves the archive and stays out of it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive import forgotten
from crawler.archive.engine import (
    ROOT,
    clear_remains,
    create,
    erasing,
    explain,
    lock_writer,
    prepare,
    reading,
    writing,
)
from crawler.archive.forgotten import all_forgotten, listed, take_over
from crawler.archive.store import place_captures
from crawler.capture.list import read_list, write_list
from crawler.capture.reader import warc_files
from crawler.capture.rewrite import rewrite
from crawler.capture.writer import OPEN
from crawler.console.show import Showing, prepare_output, table
from crawler.endpoints.params import Ids
from crawler.errors import ArchiveError, BadArgument, ListError, NotRewritten
from crawler.extensions.words import clean, counted
from crawler.items.naming import ASKED_KINDS, Forgotten, Thing
from crawler.request.clearing import clearing


class Command(Showing, ScrapyCommand):
    """Shows what it would remove, and does it with --yes. Without arguments, lists what stays out."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return f"[{' | '.join(ASKED_KINDS)} ID] [--captures] [--yes] [--undo]"

    def short_desc(self) -> str:
        return "Remove a person or a work, for good (shows what it would remove without --yes)"

    def long_desc(self) -> str:
        return (
            "Remove every row about a person or a work and keep them out: replay and later crawls"
            " leave them away. The captures keep what was seen until --captures takes it out, of"
            " those that are there and of those of later runs."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--captures", action="store_true",
            help="take it out of the files of CAPTURE_DIR too; this cannot be undone",
        )  # fmt: skip
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument(
            "--undo", action="store_true", help="let it in again; replay brings what captures keep"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        prepare_output()
        if opts.undo and opts.captures:
            raise UsageError("--undo cannot bring back what --captures took out", print_help=False)
        has_options = opts.undo or opts.captures or opts.yes
        thing = _thing(args) if args or has_options else None
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        if opts.captures and not captures.is_dir():
            raise UsageError(f"CAPTURE_DIR {captures}: no such folder", print_help=False)
        with _archive(self.settings["ARCHIVE_URL"]) as engine:
            take_over(engine, read_list(captures))
            if thing is None:
                _show(engine)
            elif opts.undo:
                _undo(engine, thing, captures)
            elif not opts.yes:
                self.exitcode = _preview(engine, thing, captures if opts.captures else None)
            else:
                _forget(engine, thing, captures, is_cut=opts.captures)
                if opts.captures:
                    self.exitcode = _clear(engine, captures)
                else:
                    _say_what_stays(thing, captures)


def _thing(args: list[str]) -> Thing:
    kinds = " or ".join(ASKED_KINDS)
    if len(args) != 2 or args[0] not in ASKED_KINDS:
        raise UsageError(f"say what: {kinds}, and its id", print_help=False)
    try:
        (key,) = Ids().parse(args[0], args[1], allow_r18=True)
    except (BadArgument, ValueError):
        raise UsageError(f"{args[0]} {args[1]}: one id, a whole number", print_help=False) from None
    return args[0], int(key)


@contextmanager
def _archive(url: str) -> Iterator[Engine]:
    try:
        engine = create(url, is_new=False)
        try:
            prepare(engine)
            yield engine
        finally:
            engine.dispose()
    except (ArchiveError, ListError, OSError) as error:
        raise UsageError(str(error), print_help=False) from None
    except SQLAlchemyError as error:
        raise UsageError(f"the archive refuses: {explain(error)}", print_help=False) from None


def _show(engine: Engine) -> None:
    with reading(engine) as connection:
        rows = [
            (kind, key, more, f"{datetime.fromtimestamp(at // 10**9, UTC):%Y-%m-%d %H:%M}")
            for kind, key, more, at in forgotten.asked(connection)
        ]
    if not rows:
        print("nothing stays out")
        return
    table(("what", "id", "things with it", "since (UTC)"), rows)


def _preview(engine: Engine, thing: Thing, captures: Path | None) -> int:
    """Say what would be removed; returns the exit status. Nothing is changed."""
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            lock_writer(connection)
            removed = forgotten.forget(connection, thing, is_cut=captures is not None)
            out = all_forgotten(connection, is_cut=True)
        finally:
            transaction.rollback()
    _print_removed(thing, removed, "would be removed")
    status = 0
    if captures is not None:
        total = _rewrite(captures, out, is_dry=True)
        print(total.in_words(" would be") + "; this cannot be undone")
        status = total.status
    print("Nothing was changed. --yes does it.")
    return status


def _print_removed(thing: Thing, removed: Counter[str], what: str) -> None:
    kind, key = thing
    counts = {name: count for name, count in sorted(removed.items()) if count}
    total = counted(sum(counts.values()), "row")
    print(f"{kind} {key}: {total} {what}" + (":" if counts else "; it stays out from now on"))
    for name, count in counts.items():
        print(f"  {count:>7,} {name}")


def _forget(engine: Engine, thing: Thing, captures: Path, *, is_cut: bool) -> None:
    with erasing(engine) as connection:
        removed = forgotten.forget(connection, thing, is_cut=is_cut)
        others = forgotten.roots_of_thing(connection, thing) - {thing}
    write_list(captures, listed(engine))
    _print_removed(thing, removed, "removed")
    for kind, key in sorted(others):
        print(f"It stays out with {kind} {key} too, which was forgotten before.")
    if not clear_remains(engine):
        print("The database's files may hold remains of it until the next VACUUM.")


def _undo(engine: Engine, thing: Thing, captures: Path) -> None:
    with engine.connect() as connection, writing(connection):
        count = forgotten.undo(connection, thing)
        others = forgotten.roots_of_thing(connection, thing)
    kind, key = thing
    if not count:
        raise UsageError(f"{kind} {key} does not stay out; scrapy forget lists", print_help=False)
    write_list(
        captures, listed(engine), lambda entry: (entry["root_kind"], entry["root_id"]) != thing
    )
    for other in sorted(others):
        print(f"{kind} {key} still stays out, with {other[0]} {other[1]}")
    if not others:
        print(f"{kind} {key} may come in again: scrapy replay brings what captures keep of it")


def _say_what_stays(thing: Thing, captures: Path) -> None:
    files = warc_files([captures]) if captures.is_dir() else []
    kind, key = thing
    if files:
        print(
            f"The captures may still hold what was seen of it:"
            f" {counted(len(files), 'file')} in {captures}."
            f" scrapy forget {kind} {key} --captures --yes takes it out of them."
        )
    print("Backups, exports and other archives are yours to clear.")


def _clear(engine: Engine, captures: Path) -> int:
    """Take all that captures are to be cleared of out of them; returns the exit status."""
    with reading(engine) as connection:
        out = all_forgotten(connection, is_cut=True)

    def note(name: str, places: dict[int, int]) -> None:
        with engine.connect() as connection, writing(connection):
            place_captures(connection, name, places)

    total = _rewrite(captures, out, note)
    print(total.in_words(""))
    if total.skipped:
        print(f"INCOMPLETE: {total.skipped:,} files not looked at. Run the same command again.")
    if total.unread:
        print(
            f"INCOMPLETE: {total.unread:,} replies cannot be read, so nobody knows what they hold."
        )
    return total.status


@dataclass
class _Total:
    """What became of all files together."""

    files: int
    changed: int = 0
    cut: int = 0
    dropped: int = 0
    skipped: int = 0
    unread: int = 0

    @property
    def status(self) -> int:
        """The exit status."""
        return 1 if self.skipped or self.unread else 0

    def in_words(self, verb: str) -> str:
        """The figures in a line."""
        return (
            f"captures: {self.changed:,} of {counted(self.files, 'file')}{verb} rewritten;"
            f" {counted(self.cut, 'reply', 'replies')} without it, {self.dropped:,} left out entirely"
        )


def _rewrite(
    captures: Path,
    out: Forgotten,
    note: Callable[[str, dict[int, int]], None] | None = None,
    *,
    is_dry: bool = False,
) -> _Total:
    """Clear all files below CAPTURE_DIR. note: called with where a file's replies lie now."""
    files, edits = warc_files([captures]), clearing(out)
    total = _Total(len(files))
    for file in files:
        name = str(file.relative_to(captures)).removesuffix(OPEN)
        try:
            done = rewrite(file, name, edits, is_dry=is_dry)
        except (NotRewritten, OSError) as error:
            print(f"left as it is: {clean(str(error))}")
            total.skipped += 1
            continue
        for place in done.unread:
            print(f"cannot be read: {clean(place)}")
        total.unread += len(done.unread)
        if done.has_changed:
            total.changed += 1
            total.cut += done.cut
            total.dropped += done.dropped
            if note is not None:
                note(name, done.places)
            if done.cut_short:
                print(
                    f"{file}: {done.cut_short:,} bytes at its end were no intact record: left out"
                )
    return total
