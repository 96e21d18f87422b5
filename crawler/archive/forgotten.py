"""What stays out of the archive: the list, and pages without what is on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_, update

from crawler.archive.removal import WITHHELD, moments_about, remove, roots_of
from crawler.items.naming import Forgotten, Thing, named_by
from crawler.items.page import Page
from crawler.items.provenance import DeadLetter, Drift, Suppression


class Memory:
    """The list as one writer knows it; read anew when it has changed."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._forgotten = Forgotten({})

    def leave_out(self, connection: Connection, page: Page) -> bool:
        """Take out of a page, and of the archive, what is forgotten.

        Returns whether the request asked about it. To be called in the page's transaction.
        """
        forgotten = self._read(connection)
        if not forgotten:
            return False
        told = page.row_count
        page.rows, more = forgotten.sift(page.rows)
        if more:
            remove(connection, more)
        # After the rows: a work's own page tells whose it is.
        is_about = forgotten.is_about({**page.ask.params, "@account": page.ask.account})
        # A fragment, or a sample, does not always tell whom it is about.
        is_touched = is_about or page.row_count < told
        page.refused = [
            letter._replace(fragment=WITHHELD)
            if is_touched or forgotten.is_told_in(letter.fragment)
            else letter
            for letter in page.refused
        ]
        page.sights = [
            sight._replace(sample=None)
            if is_touched or forgotten.is_told_in(sight.sample)
            else sight
            for sight in page.sights
        ]
        return is_about

    def lose(self) -> None:
        """To be called after a transaction failed: what it learned is not true."""
        self._stamp = None

    def _read(self, connection: Connection) -> Forgotten:
        found = connection.exec_driver_sql(
            "SELECT count(*), coalesce(max(forgotten_at), 0) FROM suppressions"
        ).one()
        stamp = (int(found[0]), int(found[1]))
        if stamp != self._stamp:
            self._stamp, self._forgotten = stamp, Forgotten(roots_of(connection))
        return self._forgotten


def forget(connection: Connection, thing: Thing) -> Counter[str]:
    """Put a user or a work on the list and remove what names it; returns rows by table.

    Fragments of refused rows and samples of drift do not always tell whom they are about: all are
    emptied. The next replay brings those of others.
    """
    removed = remove(connection, {thing: thing})
    connection.execute(update(DeadLetter).values(fragment=WITHHELD))
    connection.execute(update(Drift).where(Drift.sample.is_not(None)).values(sample=None))
    return removed


def root_of(connection: Connection, thing: Thing) -> Thing | None:
    """With whom a thing stays out; itself where it was asked for; None where it does not."""
    return roots_of(connection).get(thing)


def undo(connection: Connection, thing: Thing) -> int:
    """Take a user or a work, and what belongs to it, off the list; returns how many things."""
    kind, key = thing
    off = delete(Suppression).where(Suppression.root_kind == kind, Suppression.root_id == key)
    return connection.execute(off).rowcount


def is_forgotten(connection: Connection, params: Mapping[str, str]) -> bool:
    """Whether a request asks about what stays out."""
    named = list(named_by(params))
    if not named:
        return False
    key = tuple_(Suppression.kind, Suppression.thing_id)
    found = select(Suppression.kind).where(key.in_(named)).limit(1)
    return connection.scalar(found) is not None


def asked(connection: Connection) -> Sequence[Any]:
    """What somebody asked for: kind, id, how many things stay out with it, since when."""
    root = (Suppression.root_kind, Suppression.root_id)
    return connection.execute(
        select(*root, func.count() - 1, func.min(Suppression.forgotten_at))
        .group_by(*root)
        .order_by(func.min(Suppression.forgotten_at), *root)
    ).all()


def all_forgotten(connection: Connection) -> Forgotten:
    """Everything that stays out."""
    return Forgotten(roots_of(connection))


def captures_of(connection: Connection, thing: Thing) -> int:
    """How many kept replies are about a thing alone."""
    return len(moments_about(connection, {thing}))
