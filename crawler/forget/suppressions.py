"""Block what is forgotten: the list in a file, the table, and pages without the rows that name it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, tuple_, update

from crawler.archive.database.engine import erasing, reading
from crawler.errors import ListError
from crawler.files import complete_file, private_folder, read_bounded
from crawler.forget.removal import WITHHELD, remove, roots_in, roots_of
from crawler.forget.requests import erase_target, erase_url
from crawler.model.page import Outcome, Page
from crawler.tables.naming import KINDS, Forgotten, Thing, named_by
from crawler.tables.provenance import DeadLetter, Drift, Suppression

LIST = "forgotten.json"
KEY = ("kind", "thing_id", "root_kind", "root_id")
Entry = dict[str, Any]
"""A row of `suppressions`."""


def read_list(folder: Path) -> list[Entry]:
    """Return the list of a folder of captures, empty if there is none. Raises ListError."""
    path = folder / LIST
    try:
        entries = json.loads(read_bounded(path))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise ListError(_refusal(path, error)) from None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise ListError(_refusal(path, "it is no list of forgotten things"))
    return entries


def _refusal(path: Path, why: object) -> str:
    return (
        f"{path}: {why}. Without it nobody knows what is blocked, so nothing is read. Put a backup of the"
        " file in its place, or remove it and forget again what it held"
    )


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {*KEY, "forgotten_at", "is_cut"}
        and all(entry[name] in KINDS.values() for name in ("kind", "root_kind"))
        and all(type(entry[name]) is int for name in ("thing_id", "root_id", "forgotten_at"))
        and type(entry["is_cut"]) is bool
    )


def foreign_lists(paths: Iterable[Path], captures: Path) -> dict[Path, list[Entry]]:
    """Return the lists of folders that somebody named and that are not our own captures. Raises ListError.

    A list applies to the folder that it lies in, never to one above or to a single file.
    """
    own = captures.resolve()
    folders = [path for path in paths if path.is_dir() and not path.resolve().is_relative_to(own)]
    found = {folder / LIST: read_list(folder) for folder in folders}
    return {file: entries for file, entries in found.items() if entries}


def cleared_of(folder: Path) -> Forgotten:
    """Return what is to be redacted in the captures of a folder. Raises ListError."""
    return Forgotten(roots_in([entry[name] for name in KEY] for entry in read_list(folder) if entry["is_cut"]))


def write_list(folder: Path, entries: Iterable[Entry], stays: Callable[[Entry], bool] = lambda _entry: True) -> None:
    """Add entries to the list of a folder. stays: keeps an earlier entry.

    The file is replaced completely or not at all. Raises ListError and OSError.
    """
    before = read_list(folder)
    merged = {tuple(entry[name] for name in KEY): entry for entry in (*filter(stays, before), *entries)}
    after = [merged[key] for key in sorted(merged)]
    if after == before or (not after and not (folder / LIST).exists()):
        return
    private_folder(folder)
    with complete_file(folder / LIST) as beside, beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(after, indent=0) + "\n")
        file.flush()
        # Without the list, the next replay would bring back what was forgotten.
        os.fsync(file.fileno())


class ForgottenList:
    """The suppressions as one writer knows them; read again when they have changed."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._forgotten = Forgotten({})

    def concerns(self, connection: Connection, pages: Sequence[Page]) -> bool:
        """Return True if rows of pages may be blocked. To be called in their transaction."""
        return bool(self._read(connection)) or any(page.is_cut for page in pages)

    def leave_out(self, connection: Connection, page: Page) -> tuple[Page, bool]:
        """Return a page without what is forgotten, and whether its request was about something forgotten.

        Also removes from the archive what the page shows to be a forgotten user's. To be called in the page's
        transaction.
        """
        forgotten = self._read(connection)
        if not forgotten and not page.is_cut:
            return page, False
        before, target, reply = page.row_count, page.target, page.reply
        rows, more = forgotten.sift(page.rows)
        if more:
            remove(connection, more)
        # After the rows: a work's own page says whose it is.
        is_about = forgotten.is_about({**target.params, "@account": target.account})
        if reply is not None:
            reply = replace(reply, url=erase_url(reply.url, forgotten.is_out))
        # After is_about, which needs the IDs that are erased here.
        target = erase_target(target, forgotten.is_out)
        message = forgotten.redacted(page.message)
        left = replace(page, target=target, message=message, reply=reply, rows=rows)
        # A fragment or a sample does not always name whom it is about.
        is_touched = is_about or page.is_cut or left.row_count < before
        refused = [
            letter._replace(fragment=WITHHELD) if is_touched else letter
            for letter in page.refused
            if not forgotten.is_named_by(letter)
        ]
        paths = [
            seen._replace(sample=None) if is_touched or forgotten.is_named_in(seen.sample) else seen
            for seen in page.paths
            if forgotten.numbers.isdisjoint(seen.path.split("."))
        ]
        left = replace(left, refused=refused, paths=paths)
        # All rows that made it partial named what is forgotten: nothing that may be stored is missing.
        if page.outcome is Outcome.PARTIAL and not any(row.is_row for row in refused):
            left = replace(left, outcome=Outcome.COMPLETE, message="", lost="")
        return left, is_about

    def invalidate(self) -> None:
        """Read the suppressions again next time: a transaction failed."""
        self._stamp = None

    def _read(self, connection: Connection) -> Forgotten:
        # Cheap enough for every transaction: an undo lowers the count, a new entry raises the time.
        found = connection.exec_driver_sql("SELECT count(*), coalesce(max(forgotten_at), 0) FROM suppressions").one()
        stamp = (int(found[0]), int(found[1]))
        if stamp != self._stamp:
            self._stamp, self._forgotten = stamp, Forgotten(roots_of(connection))
        return self._forgotten


def forget(connection: Connection, thing: Thing, *, is_cut: bool = False) -> Counter[str]:
    """Block a user or a work and remove the rows that name it; return how many, by table.

    is_cut: captures are redacted too, those of later runs included. Fragments of rejected rows and samples of
    drift do not always name whom they are about, so all are emptied; the next replay restores those of others.
    """
    removed = remove(connection, {thing: {thing}})
    if is_cut:
        _mark_cut(connection, thing)
    connection.execute(update(DeadLetter).values(fragment=WITHHELD))
    connection.execute(update(Drift).where(Drift.sample.is_not(None)).values(sample=None))
    return removed


def undo(connection: Connection, thing: Thing) -> int:
    """Lift the block of a user or a work and of what belongs to it; return how many things."""
    kind, key = thing
    off = delete(Suppression).where(Suppression.root_kind == kind, Suppression.root_id == key)
    return connection.execute(off).rowcount


def is_forgotten(connection: Connection, params: Mapping[str, str]) -> bool:
    """Return True if a request is about something forgotten."""
    named = list(named_by(params))
    if not named:
        return False
    key = tuple_(Suppression.kind, Suppression.thing_id)
    found = select(Suppression.kind).where(key.in_(named)).limit(1)
    return connection.scalar(found) is not None


def requested(connection: Connection) -> Sequence[Any]:
    """Return what somebody named: kind, id, number of things blocked with it, since when."""
    root = (Suppression.root_kind, Suppression.root_id)
    return connection.execute(
        select(*root, func.count() - 1, func.min(Suppression.forgotten_at))
        .group_by(*root)
        .order_by(func.min(Suppression.forgotten_at), *root)
    ).all()


def listed(engine: Engine) -> list[dict[str, Any]]:
    """Return the suppressions, to be kept beside the captures. Raises ArchiveError."""
    table = Suppression.__table__
    with reading(engine) as connection:
        found = connection.execute(select(table).order_by(*table.primary_key))
        return [row._asdict() for row in found]


def take_over(engine: Engine, entries: Sequence[Mapping[str, Any]]) -> int:
    """Forget what another archive of the same captures has forgotten; return how many things are new.

    Raises ArchiveError, and what the database raises.
    """
    if not entries:
        return 0
    key = ("kind", "thing_id", "root_kind", "root_id", "is_cut")
    known = {tuple(entry[name] for name in key) for entry in listed(engine)}
    given = {tuple(entry[name] for name in key) for entry in entries}
    # Redacted captures stay redacted, whatever another list says.
    new = {entry for entry in given - known if entry[-1] or (*entry[:-1], True) not in known}
    if not new:
        return 0
    roots = roots_in(entry[:-1] for entry in new)
    with erasing(engine) as connection:
        remove(connection, roots)
        # After remove(), which writes the rows that are marked here.
        for kind, key_ in {(entry[2], entry[3]) for entry in new if entry[4]}:
            _mark_cut(connection, (kind, key_))
    return len(roots)


def _mark_cut(connection: Connection, root: Thing) -> None:
    """Note that captures are to be redacted of a thing and of what belongs to it."""
    kind, key = root
    of_it = (Suppression.root_kind == kind, Suppression.root_id == key)
    connection.execute(update(Suppression).where(*of_it).values(is_cut=True))
