"""What is forgotten leaves the files of captures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from crawler.archive.database.engine import reading, writing
from crawler.archive.forgotten import all_forgotten
from crawler.archive.writing.store import place_captures
from crawler.capture.reader import warc_files
from crawler.capture.rewrite import rewrite
from crawler.capture.writer import OPEN
from crawler.errors import NotRewritten
from crawler.fetch.clearing import clearing
from crawler.tables.naming import Forgotten
from crawler.words import clean, counted


def clear(engine: Engine, captures: Path) -> int:
    """Take all that captures are to be cleared of out of them; returns the exit status."""
    with reading(engine) as connection:
        out = all_forgotten(connection, is_cut=True)

    def note(name: str, places: dict[int, int]) -> None:
        with engine.connect() as connection, writing(connection):
            place_captures(connection, name, places)

    total = rewrite_all(captures, out, note)
    print(total.in_words(""))
    if total.skipped:
        print(f"INCOMPLETE: {total.skipped:,} files not looked at. Run the same command again.")
    if total.unread:
        print(f"INCOMPLETE: {total.unread:,} replies cannot be read, so nobody knows what they hold.")
    return total.status


@dataclass
class Total:
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


def rewrite_all(
    captures: Path, out: Forgotten, note: Callable[[str, dict[int, int]], None] | None = None, *, is_dry: bool = False
) -> Total:
    """Clear all files below CAPTURE_DIR. note: called with where a file's replies lie now."""
    files, edits = warc_files([captures]), clearing(out)
    total = Total(len(files))
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
                print(f"{file}: {done.cut_short:,} bytes at its end were no intact record: left out")
    return total
