"""`scrapy forget`: a person or a work leaves the archive and stays out of it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive import forgotten
from crawler.archive.engine import (
    ROOT,
    ArchiveError,
    clear_remains,
    create,
    erasing,
    explain,
    prepare,
    reading,
    writing,
)
from crawler.archive.forgotten import all_forgotten
from crawler.archive.store import place_captures
from crawler.capture.asked import ask_of
from crawler.capture.reader import warc_files
from crawler.capture.rewrite import NotRewritten, Rewritten, rewrite
from crawler.capture.writer import OPEN
from crawler.commands.show import prepare_output, table
from crawler.endpoints.params import BadArgument, Ids
from crawler.extensions.words import counted
from crawler.items.naming import ASKED_KINDS, Forgotten, Thing
from crawler.items.page import Reply
from crawler.parse.places import without


class Command(ScrapyCommand):
    """Without arguments, lists what stays out."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return f"[{' | '.join(ASKED_KINDS)} ID] [--captures] [--undo]"

    def short_desc(self) -> str:
        return "Remove a person or a work from the archive, for good"

    def long_desc(self) -> str:
        return (
            "Remove every row about a person or a work and keep them out: replay and later crawls"
            " leave them away. The captures keep what was told until --captures takes it out."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--captures", action="store_true",
            help="take it out of the files of CAPTURE_DIR too; this cannot be undone",
        )  # fmt: skip
        parser.add_argument(
            "--undo", action="store_true", help="let it in again; replay brings what captures keep"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        prepare_output()
        if opts.undo and opts.captures:
            raise UsageError("--undo cannot bring back what --captures took out", print_help=False)
        thing = _thing(args) if args or opts.undo or opts.captures else None
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        if opts.captures and not captures.is_dir():
            raise UsageError(f"CAPTURE_DIR {captures}: no such folder", print_help=False)
        with _archive(self.settings["ARCHIVE_URL"]) as engine:
            if thing is None:
                _show(engine)
            elif opts.undo:
                _undo(engine, thing)
            else:
                _forget(engine, thing)
                if opts.captures:
                    self.exitcode = _rewrite(engine, captures)
                else:
                    _say_what_stays(engine, thing, captures)


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
    except ArchiveError as error:
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


def _forget(engine: Engine, thing: Thing) -> None:
    with erasing(engine) as connection:
        removed: Counter[str] = forgotten.forget(connection, thing)
        root = forgotten.root_of(connection, thing)
    kind, key = thing
    told = {name: count for name, count in sorted(removed.items()) if count}
    total = counted(sum(told.values()), "row")
    print(f"{kind} {key}: {total} removed" + (":" if told else "; it stays out from now on"))
    for name, count in told.items():
        print(f"  {count:>7,} {name}")
    if root not in (None, thing):
        print(f"It stays out with {root[0]} {root[1]}, which was forgotten before.")
    if not clear_remains(engine):
        print("The database's files may hold remains of it until the next VACUUM.")


def _undo(engine: Engine, thing: Thing) -> None:
    with engine.connect() as connection, writing(connection):
        count = forgotten.undo(connection, thing)
    kind, key = thing
    if not count:
        raise UsageError(f"{kind} {key} does not stay out; scrapy forget lists", print_help=False)
    print(f"{kind} {key} may come in again: scrapy replay brings what captures keep of it")


def _say_what_stays(engine: Engine, thing: Thing, captures: Path) -> None:
    with reading(engine) as connection:
        about = forgotten.captures_of(connection, thing)
    files = warc_files([captures]) if captures.is_dir() else []
    kind, key = thing
    if files:
        alone = f" ({counted(about, 'reply', 'replies')} about it alone)" if about else ""
        print(
            f"The captures may still hold what was told of it{alone}:"
            f" {counted(len(files), 'file')} in {captures}."
            f" scrapy forget {kind} {key} --captures takes it out of them."
        )
    print("Backups, exports and other archives are yours to clear.")


def _rewrite(engine: Engine, captures: Path) -> int:
    """Take all that stays out out of the captures; returns the exit status."""
    with reading(engine) as connection:
        out = all_forgotten(connection)
    files = warc_files([captures])
    total, changed, skipped = Rewritten(), 0, 0
    for file in files:
        name = str(file.relative_to(captures)).removesuffix(OPEN)
        try:
            done = rewrite(file, name, lambda reply, about: _edit(out, reply, about))
        except (NotRewritten, OSError) as error:
            print(f"left as it is: {error}")
            skipped += 1
            continue
        if done.has_changed:
            changed += 1
            total.cut += done.cut
            total.dropped += done.dropped
            with engine.connect() as connection, writing(connection):
                place_captures(connection, name, done.places)
            if done.torn:
                print(f"{file}: {done.torn:,} bytes at its end were no whole record: left out")
    print(
        f"captures: {changed:,} of {counted(len(files), 'file')} rewritten;"
        f" {counted(total.cut, 'reply', 'replies')} without it, {total.dropped:,} left out whole"
    )
    if skipped:
        print(f"INCOMPLETE: {skipped:,} files not looked at. Run the same command again.")
    return 1 if skipped else 0


def _edit(out: Forgotten, reply: Reply, about: dict[str, Any]) -> bytes | None:
    """The body of a reply without what is forgotten; None where that is all of it."""
    ask = ask_of(reply, about)
    if ask is None:
        return None if out.is_told_in(reply.body.decode("utf-8", "replace")) else reply.body
    if out.is_about({**ask.params, "@account": ask.account}):
        return None
    body = without(ask, reply, lambda table, row: out.named(table, row) is not None)
    # What no row was read of may name it still: then the reply is not worth its keeping.
    if body is not None and out.is_told_in(body.decode("utf-8", "replace")):
        return None
    return body
