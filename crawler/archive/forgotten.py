"""What stays out of the archive: the list, and the removal of all that names what is on it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from crawler.archive.rankings import recount
from crawler.items import METADATA
from crawler.items.naming import (
    ABOUT,
    PARAMS,
    TEXTS,
    Forgotten,
    Thing,
    named_by,
    naming,
    read_params,
)
from crawler.items.page import Page, Refused
from crawler.items.provenance import Capture, DeadLetter, Drift, Suppression

_T = TypeVar("_T")

KEYS_PER_STATEMENT = 500
WITHHELD = "withheld: it names what is forgotten"
HELD_BY_PAGE = "listing"
"""The kind that only its own page names: nothing of it needs to be remembered."""


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
        is_about = forgotten.is_about({**page.ask.params, "@account": page.ask.account})
        told = page.row_count
        page.rows, more = forgotten.sift(page.rows)
        refused = () if is_about else page.refused
        page.refused = [_withhold(forgotten, letter) for letter in refused]
        if page.row_count < told:
            # A sample does not tell whom it is about.
            page.sights = [sight._replace(sample=None) for sight in page.sights]
        if more:
            _remove(connection, more)
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
            self._stamp, self._forgotten = stamp, Forgotten(_roots(connection))
        return self._forgotten


def forget(connection: Connection, thing: Thing) -> Counter[str]:
    """Put a user or a work on the list and remove what names it; returns rows by table."""
    removed = _remove(connection, {thing: thing})
    removed += _remove_texts(connection, thing)
    connection.execute(update(Drift).where(Drift.sample.is_not(None)).values(sample=None))
    return removed


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
    return Forgotten(_roots(connection))


def captures_of(connection: Connection, thing: Thing) -> int:
    """How many kept replies are about a thing alone."""
    return len(_moments_about(connection, thing))


def _roots(connection: Connection) -> dict[Thing, Thing]:
    columns = (
        Suppression.kind, Suppression.thing_id, Suppression.root_kind, Suppression.root_id,
    )  # fmt: skip
    return {
        (kind, key): (root_kind, root_id)
        for kind, key, root_kind, root_id in connection.execute(select(*columns))
    }


def _parts(values: Sequence[_T], size: int = KEYS_PER_STATEMENT) -> Iterator[Sequence[_T]]:
    """Values in as many as a statement takes."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _withhold(forgotten: Forgotten, refused: Refused) -> Refused:
    is_told = forgotten.is_told_in(refused.fragment)
    return refused._replace(fragment=WITHHELD) if is_told else refused


def _remove(connection: Connection, roots: Mapping[Thing, Thing]) -> Counter[str]:
    """Remember things, and remove every row that names one, or names what belongs to one."""
    known = set(_roots(connection))
    removed: Counter[str] = Counter()
    pending = dict(roots)
    rankings: set[int] = set()
    while pending:
        _remember(connection, pending, known)
        known |= pending.keys()
        more: dict[Thing, Thing] = {}
        rankings |= _rankings(connection, pending)
        for name, table in METADATA.tables.items():
            for which in _naming(connection, table, pending):
                about = _about(connection, table, which, pending)
                more |= {thing: root for thing, root in about if thing not in known}
                removed[name] += connection.execute(delete(table).where(which)).rowcount
        pending = more
    recount(connection, sorted(rankings))
    return removed


def _remember(connection: Connection, roots: Mapping[Thing, Thing], known: set[Thing]) -> None:
    now = time.time_ns()
    rows = [
        {
            "kind": kind, "thing_id": key, "root_kind": root[0], "root_id": root[1],
            "forgotten_at": now,
        }
        for (kind, key), root in roots.items()
        if (kind, key) not in known and kind != HELD_BY_PAGE
    ]  # fmt: skip
    if rows:
        connection.execute(insert(Suppression), rows)
    # What was forgotten with another, and is now asked for by itself, is its own root.
    for kind, key in {thing for thing, root in roots.items() if thing == root} & known:
        connection.execute(
            update(Suppression)
            .where(Suppression.kind == kind, Suppression.thing_id == key)
            .values(root_kind=kind, root_id=key)
        )


def _naming(
    connection: Connection, table: Table, things: Iterable[Thing]
) -> Iterator[ColumnElement[bool]]:
    """Conditions for the rows of a table that name things, in parts that a statement takes."""
    if table.name == Suppression.__tablename__:
        return
    for name, kind in naming(table.name):
        ids = sorted(key for known, key in things if known == kind)
        for part in _parts(ids):
            yield table.c[name].in_(part)
    if "params" in table.c and table.name != Capture.__tablename__:
        for keys in _parts(_keys_about(connection, table, things)):
            yield table.c.params.in_(keys)


def _keys_about(connection: Connection, table: Table, things: Iterable[Thing]) -> list[str]:
    """The parameters in a table that ask about things."""
    wanted = {
        (name, key) for name, known in PARAMS.items() for kind, key in things if kind == known
    }
    found: set[str] = set()
    for part in _parts(sorted(wanted), 50):
        alike = or_(*(table.c.params.contains(f"{name}={key}") for name, key in part))
        for (params,) in connection.execute(select(table.c.params).distinct().where(alike)):
            if any(thing in things for thing in named_by(read_params(params))):
                found.add(params)
    return sorted(found)


def _about(
    connection: Connection, table: Table, which: ColumnElement[bool], roots: Mapping[Thing, Thing]
) -> Iterator[tuple[Thing, Thing]]:
    """The things that the rows of a table are about, with their roots."""
    if table.name not in ABOUT:
        return
    kind, key = ABOUT[table.name]
    naming_columns = naming(table.name)
    columns = [table.c[name] for name, _ in naming_columns]
    params = [table.c.params] if "params" in table.c else []
    for row in connection.execute(select(table.c[key], *columns, *params).where(which)):
        about, named = row[0], zip(naming_columns, row[1:], strict=False)
        root = next(
            (roots[known, value] for (_, known), value in named if (known, value) in roots), None
        )
        if root is None and params:
            root = next(roots[thing] for thing in named_by(read_params(row[-1])) if thing in roots)
        if about is not None and root is not None:
            yield (kind, about), root


def _rankings(connection: Connection, things: Iterable[Thing]) -> set[int]:
    """The rankings that hold works, whose entries are to be counted anew."""
    entries = METADATA.tables["ranking_entries"].c
    works = sorted(key for kind, key in things if kind == "artwork")
    return {
        found
        for part in _parts(works)
        for (found,) in connection.execute(
            select(entries.ranking_id).distinct().where(entries.artwork_id.in_(part))
        )
    }


def _remove_texts(connection: Connection, thing: Thing) -> Counter[str]:
    """Remove rows with a piece of a reply that names what is asked for."""
    forgotten, removed = Forgotten({thing: thing}), Counter[str]()
    for name, columns in TEXTS.items():
        table = METADATA.tables[name]
        for column in columns:
            for key in _told(connection, table, table.c[column], forgotten):
                removed[name] += connection.execute(delete(table).where(key)).rowcount
    letters = METADATA.tables[DeadLetter.__tablename__]
    for key in _told(connection, letters, letters.c.fragment, forgotten):
        connection.execute(update(letters).where(key).values(fragment=WITHHELD))
    for part in _parts(_moments_about(connection, thing)):
        gone = delete(letters).where(letters.c.observed_at.in_(part))
        removed[letters.name] += connection.execute(gone).rowcount
    return removed


def _told(
    connection: Connection, table: Table, column: ColumnElement[str], forgotten: Forgotten
) -> list[ColumnElement[bool]]:
    """Conditions for the rows whose text names what is forgotten, one each."""
    ((_, number),) = forgotten.roots
    key = list(table.primary_key)
    alike = select(column, *key).where(column.contains(str(number)))
    return [
        tuple_(*key) == tuple(values)
        for text, *values in connection.execute(alike)
        if forgotten.is_told_in(text)
    ]


def _moments_about(connection: Connection, thing: Thing) -> list[int]:
    """The moments of the replies that are about a thing."""
    table = METADATA.tables[Capture.__tablename__]
    found: list[int] = []
    for part in _parts(_keys_about(connection, table, {thing: thing})):
        found += connection.scalars(select(table.c.observed_at).where(table.c.params.in_(part)))
    return found
