"""Redact what is forgotten in the files of captures."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from crawler.archive.database.engine import reading, writing
from crawler.archive.writing.store import Store, place_captures
from crawler.capture.reader import warc_files
from crawler.capture.record import target_of
from crawler.capture.rewrite import Change, Edits, rewrite
from crawler.capture.writer import OPEN
from crawler.errors import NotRewritten
from crawler.forget.bodies import redact, redact_unread
from crawler.forget.removal import roots_of
from crawler.forget.requests import erase_params, erase_url
from crawler.forget.suppressions import cleared_of
from crawler.model.page import Reply
from crawler.tables.naming import NO_ID, Forgotten
from crawler.words import clean, counted

logger = logging.getLogger(__name__)

NUMBER = re.compile(rb"\d+")
OWNER = "x-userid"
"""The header with the user ID of the session."""
HIDDEN_DIGIT = b"\\u003"
"""JSON may escape a digit like this, though nobody does."""


def clearing(out: Forgotten) -> Edits:
    """Return the edits that redact a file of captures."""
    return Edits(partial(_change, out), partial(_about, out), partial(_header, out), out.is_named_in)


def clear_run(store: Store, folder: Path, path: Path, name: str) -> None:
    """Redact the file of a run by the list beside the captures; also drop a record that is cut short at its end.

    store: notes where the responses of the file are now. folder: CAPTURE_DIR. Raises ListError, NotRewritten,
    OSError and what the store raises.
    """
    done = rewrite(path, name, clearing(cleared_of(folder)))
    for place in done.unread:
        logger.warning("Not redacted, because it cannot be read: %s", place)
    if done.has_changed:
        store.place(name, done.places)


def _change(out: Forgotten, reply: Reply, about: dict[str, Any]) -> Change | None:
    if not _may_name(out, reply, about):
        return Change(reply.url, reply.body)
    target = target_of(reply, about)
    if target is not None:
        try:
            body, named = redact(target, reply, out)
        except Exception:  # one odd response must not keep others from being redacted
            logger.exception("%s at byte %d: redacted by its keys only", reply.file, reply.file_offset)
            body, named = redact_unread(reply.body, out), out
        # By `named`: a batch loses the IDs of works that its response showed to be a forgotten user's, too.
        return Change(out.redacted(erase_url(reply.url, named.is_out)), body)
    if out.is_named_in(reply.url):
        return None  # a page about it that no endpoint reads
    return Change(reply.url, redact_unread(reply.body, out))


def _header(out: Forgotten, name: str, value: str) -> str:
    if name.lower() == OWNER and value.isdecimal() and out.is_out(("user", int(value))):
        return str(NO_ID)
    return out.redacted(value)


def _may_name(out: Forgotten, reply: Reply, about: dict[str, Any]) -> bool:
    """Return True if a forgotten ID is anywhere in a response. Most have none, and need no parsing."""
    # The account of the run is a parameter of its targets (@account), and in no byte of the response.
    if about.get("account", "") in out.numbers or HIDDEN_DIGIT in reply.body:
        return True
    numbers = {*NUMBER.findall(reply.body), *NUMBER.findall(reply.url.encode())}
    return not out.numbers.isdisjoint(number.decode() for number in numbers)


def _about(out: Forgotten, about: dict[str, Any]) -> dict[str, Any]:
    account = about.get("account")
    if not isinstance(account, str):
        return about
    (erased,) = erase_params({"@account": account}, out.is_out).values()
    return about if erased == account else {**about, "account": erased}


def clear(engine: Engine, captures: Path) -> int:
    """Redact all captures; return the exit status."""
    with reading(engine) as connection:
        out = Forgotten(roots_of(connection, is_cut=True))

    def note(name: str, places: dict[int, int]) -> None:
        with engine.connect() as connection, writing(connection):
            place_captures(connection, name, places)

    total = rewrite_all(captures, out, note)
    print(total.in_words(""))
    if total.skipped:
        print(f"INCOMPLETE: {total.skipped:,} files not redacted. Run the same command again.")
    if total.unread:
        print(f"INCOMPLETE: {counted(total.unread, 'response')} cannot be read, so they are not redacted.")
    return total.status


@dataclass
class Total:
    """Counts of files and of the responses in them."""

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
        """Return the counts as a line."""
        return (
            f"captures: {self.changed:,} of {counted(self.files, 'file')}{verb} rewritten;"
            f" {counted(self.cut, 'response')} redacted, {self.dropped:,} removed"
        )


def rewrite_all(
    captures: Path, out: Forgotten, note: Callable[[str, dict[int, int]], None] | None = None, *, is_dry: bool = False
) -> Total:
    """Redact all files below CAPTURE_DIR. note: called with the new offsets of a file's responses, by moment."""
    files, edits = warc_files([captures]), clearing(out)
    total = Total(len(files))
    for file in files:
        name = str(file.relative_to(captures)).removesuffix(OPEN)
        try:
            done = rewrite(file, name, edits, is_dry=is_dry)
        except (NotRewritten, OSError) as error:
            print(f"unchanged: {clean(str(error))}")
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
                print(f"{file}: {done.cut_short:,} bytes at its end were no intact record: removed")
    return total
