"""Remove from the archive all that names what is forgotten, and remember it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from crawler.archive.rankings import refold
from crawler.items import METADATA
from crawler.items.naming import (
    ABOUT,
    ASKED_KINDS,
    OWNED,
    PARAMS,
    TEXTS,
    Forgotten,
    Thing,
    named_by,
    naming,
    read_params,
)
from crawler.items.provenance import Capture, DeadLetter, Suppression

_T = TypeVar("_T")

KEYS_PER_STATEMENT = 500
FEW = 20
"""Of so many it is looked for each by name; of more, all is read once."""
WITHHELD = "withheld: it names what is forgotten"
HELD_BY_PAGE = "listing"
"""The kind that only its own page names: nothing of it needs to be remembered."""


def roots_of(connection: Connection) -> dict[Thing, Thing]:
    """Everything that stays out, with what was asked for."""
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


def remove(connection: Connection, roots: Mapping[Thing, Thing]) -> Counter[str]:
    """Remember things, and remove every row that names one, or names what belongs to one."""
    known = set(roots_of(connection))
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
        removed += _remove_texts(connection, Forgotten(pending))
        pending = more
    refold(connection, sorted(rankings))
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


def _naming(
    connection: Connection, table: Table, things: Collection[Thing]
) -> Iterator[ColumnElement[bool]]:
    """Conditions for the rows of a table that name things, in parts that a statement takes."""
    if table.name == Suppression.__tablename__:
        return
    for name, kind in naming(table.name):
        ids = sorted(key for known, key in things if known == kind)
        for part in _parts(ids):
            yield table.c[name].in_(part)
    if table.name in OWNED:
        kind_column, key_column = (table.c[name] for name in OWNED[table.name])
        for kind in sorted({kind for kind, _ in things}):
            ids = sorted(key for known, key in things if known == kind)
            for part in _parts(ids):
                yield and_(kind_column == kind, key_column.in_(part))
    if "params" in table.c and table.name != Capture.__tablename__:
        for keys in _parts(_keys_about(connection, table, things)):
            yield table.c.params.in_(keys)


def _keys_about(connection: Connection, table: Table, things: Collection[Thing]) -> list[str]:
    """The parameters in a table that ask about things."""
    wanted = {
        (name, key) for name, known in PARAMS.items() for kind, key in things if kind == known
    }
    if not wanted:
        return []
    listed = select(table.c.params).distinct()
    if len(wanted) <= FEW:
        listed = listed.where(or_(*(table.c.params.contains(f"{n}={key}") for n, key in wanted)))
    return sorted(
        params
        for (params,) in connection.execute(listed)
        if any(thing in things for thing in named_by(read_params(params)))
    )


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
    """The rankings that hold works: without these they are to be settled anew."""
    works = sorted(key for kind, key in things if kind == "artwork")
    tables = ("ranking_entries", "superseded_ranking_entries")
    return {
        found
        for entries in (METADATA.tables[name].c for name in tables)
        for part in _parts(works)
        for (found,) in connection.execute(
            select(entries.ranking_id).distinct().where(entries.artwork_id.in_(part))
        )
    }


def _remove_texts(connection: Connection, forgotten: Forgotten) -> Counter[str]:
    """Remove rows with a piece of a reply that names what is forgotten; empty such fragments."""
    removed = Counter[str]()
    for name, columns in TEXTS.items():
        table = METADATA.tables[name]
        for column in columns:
            for key in _told(connection, table, table.c[column], forgotten):
                removed[name] += connection.execute(delete(table).where(key)).rowcount
    letters = METADATA.tables[DeadLetter.__tablename__]
    empty = update(letters).values(fragment=WITHHELD)
    for key in _told(connection, letters, letters.c.fragment, forgotten):
        connection.execute(empty.where(key))
    for part in _parts(moments_about(connection, forgotten.roots)):
        connection.execute(empty.where(letters.c.observed_at.in_(part)))
    return removed


def _told(
    connection: Connection, table: Table, column: ColumnElement[str], forgotten: Forgotten
) -> list[ColumnElement[bool]]:
    """Conditions for the rows whose text names what is forgotten, one each."""
    key = list(table.primary_key)
    numbers = [str(number) for kind, number in forgotten.roots if kind in ASKED_KINDS]
    if not numbers:
        return []
    alike = select(column, *key).where(column.is_not(None))
    if len(numbers) <= FEW:
        alike = alike.where(or_(*(column.contains(number) for number in numbers)))
    return [
        tuple_(*key) == tuple(values)
        for text, *values in connection.execute(alike)
        if forgotten.is_told_in(text)
    ]


def moments_about(connection: Connection, things: Collection[Thing]) -> list[int]:
    """The moments of the replies to requests that ask about things."""
    table = METADATA.tables[Capture.__tablename__]
    found: list[int] = []
    for part in _parts(_keys_about(connection, table, things)):
        found += connection.scalars(select(table.c.observed_at).where(table.c.params.in_(part)))
    return found
