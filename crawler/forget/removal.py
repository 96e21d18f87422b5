"""Remove the rows that name what is forgotten, and remember it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, insert, or_, select, true, tuple_, update

from crawler.archive.writing.rankings import refold
from crawler.forget.requests import erase_params, erase_url
from crawler.model.target import canonical, read_params
from crawler.tables.metadata import METADATA
from crawler.tables.naming import (
    ABOUT,
    BATCHES,
    FORGETTABLE,
    HELD_BY_PAGE,
    OWNED,
    PARAMS,
    TEXTS,
    Forgotten,
    Thing,
    named_by,
    naming,
)
from crawler.tables.provenance import Capture, Coverage, DeadLetter, Drift, Suppression

_T = TypeVar("_T")

KEYS_PER_STATEMENT = 500
FEW = 20
"""Up to so many things, one search for each; above, one reading of all."""
WITHHELD = "withheld: it names what is forgotten"


Roots = Mapping[Thing, Collection[Thing]]
"""Things with what was named: themselves, or whose they are."""


def roots_of(connection: Connection, *, is_cut: bool = False) -> dict[Thing, set[Thing]]:
    """Return all that is forgotten, with what was named. is_cut: only what captures are redacted of, too."""
    columns = (Suppression.kind, Suppression.thing_id, Suppression.root_kind, Suppression.root_id)
    listed = select(*columns).where(Suppression.is_cut) if is_cut else select(*columns)
    return roots_in(connection.execute(listed))


def roots_in(rows: Iterable[Sequence[Any]]) -> dict[Thing, set[Thing]]:
    """Return the things of rows of `suppressions` (kind, id, kind and id of what was named), with what was named."""
    found: dict[Thing, set[Thing]] = {}
    for kind, key, root_kind, root_id in rows:
        found.setdefault((kind, key), set()).add((root_kind, root_id))
    return found


def _parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield values in parts that one statement takes."""
    for start in range(0, len(values), KEYS_PER_STATEMENT):
        yield values[start : start + KEYS_PER_STATEMENT]


def remove(connection: Connection, roots: Roots) -> Counter[str]:
    """Remember things, and remove every row that names one of them or what belongs to them."""
    known = roots_of(connection)
    removed: Counter[str] = Counter()
    pending: Roots = roots
    rankings: set[int] = set()
    while pending:
        _remember(connection, pending, known)
        for thing, requested in pending.items():
            # A thing may be known for one reason and come again for another, so the end is reached when no reason is
            # new.
            known.setdefault(thing, set()).update(requested)
        more: dict[Thing, set[Thing]] = {}
        # Read before the entries are deleted; the sizes are computed again at the end.
        rankings |= _rankings(connection, pending)
        for name, table in METADATA.tables.items():
            for which in _naming(connection, table, pending):
                # Before the rows are deleted: they say what else belongs to what is forgotten.
                for thing, requested in _about(connection, table, which, pending):
                    if new := requested - known.get(thing, set()):
                        more.setdefault(thing, set()).update(new)
                removed[name] += connection.execute(delete(table).where(which)).rowcount
        removed += _remove_texts(connection, Forgotten(pending))
        erase_requests(connection, Forgotten(pending))
        pending = more
    refold(connection, sorted(rankings))
    return removed


def _remember(connection: Connection, roots: Roots, known: Roots) -> None:
    now = time.time_ns()
    named = select(Suppression.root_kind, Suppression.root_id).where(Suppression.is_cut).distinct()
    cut = {tuple(root) for root in connection.execute(named)}
    rows = [
        {
            "kind": kind,
            "thing_id": key,
            "root_kind": root[0],
            "root_id": root[1],
            "forgotten_at": now,
            "is_cut": root in cut,
        }
        for (kind, key), requested in roots.items()
        for root in requested
        if root not in known.get((kind, key), ()) and kind != HELD_BY_PAGE
    ]
    if rows:
        connection.execute(insert(Suppression), rows)


def erase_requests(connection: Connection, out: Forgotten) -> None:
    """Erase forgotten IDs from requests that are also about others."""
    captures = METADATA.tables[Capture.__tablename__]
    kinds = {kind for kind, _ in out.roots}
    if not kinds & {*PARAMS.values(), *BATCHES.values()}:
        return
    which = (captures.c.observed_at, captures.c.url, captures.c.params)
    for moment, url, params in _mentioning(connection, select(*which), captures.c.url, out):
        values = {"url": erase_url(url, out.is_out), "params": canonical(erase_params(read_params(params), out.is_out))}
        if (values["url"], values["params"]) != (url, params):
            row = captures.c.observed_at == moment
            connection.execute(update(captures).where(row).values(values))
    _erase_messages(connection, out)
    for table in METADATA.tables.values():
        if "params" in table.primary_key.columns:
            _erase_batches(connection, table, out)


def _erase_messages(connection: Connection, out: Forgotten) -> None:
    """Erase forgotten IDs from notes on requests, such as the target of a redirection."""
    message = METADATA.tables[Coverage.__tablename__].c.message
    listed = select(message).distinct().where(message.is_not(None))
    for (text,) in _mentioning(connection, listed, message, out):
        if (erased := out.redacted(text)) != text:
            connection.execute(update(Coverage).where(message == text).values(message=erased))


def _mentioning(
    connection: Connection, listed: Select[Any], column: ColumnElement[str], out: Forgotten
) -> Sequence[Any]:
    """Return the rows whose text contains a forgotten number; all rows if there are many numbers."""
    if len(out.numbers) <= FEW:
        listed = listed.where(or_(*(column.contains(number) for number in out.numbers)))
    return connection.execute(listed).all()


def _erase_batches(connection: Connection, table: Table, out: Forgotten) -> None:
    """Rename batches of IDs in a table by the IDs that remain."""
    batched = or_(*(table.c.params.contains(f"{name}=") for name in BATCHES))
    listed = select(table.c.params).distinct().where(batched)
    others = [column for column in table.primary_key.columns if column.name != "params"]
    for (params,) in _mentioning(connection, listed, table.c.params, out):
        erased = canonical(erase_params(read_params(params), out.is_out))
        if erased == params:
            continue
        old, there = table.c.params == params, table.alias()
        same = (there.c[column.name] == column for column in others)
        is_there = select(there.c.params).where(there.c.params == erased, *same).exists()
        # Without its forgotten ID a batch may have the key of another one, which then is there already.
        connection.execute(delete(table).where(old, is_there))
        connection.execute(update(table).where(old).values(params=erased))


def _naming(connection: Connection, table: Table, things: Collection[Thing]) -> Iterator[ColumnElement[bool]]:
    """Conditions for the rows of a table that name things, in parts that a statement takes."""
    # The list of what is forgotten names it by design, and stays.
    if table.name == Suppression.__tablename__:
        return
    columns: list[tuple[str, Any, Any]] = [(kind, table.c[name], true()) for name, kind in naming(table.name)]
    if table.name in OWNED:
        kind_column, key_column = (table.c[name] for name in OWNED[table.name])
        columns += [(kind, key_column, kind_column == kind) for kind in sorted({kind for kind, _ in things})]
    for kind, column, is_of_kind in columns:
        for part in _parts(sorted(key for known, key in things if known == kind)):
            yield and_(is_of_kind, column.in_(part))
    # Rows of captures stay, for the files still hold the responses; erase_requests() takes the IDs out of them.
    if "params" in table.c and table.name != Capture.__tablename__:
        for keys in _parts(_keys_about(connection, table, things)):
            yield table.c.params.in_(keys)


def _keys_about(connection: Connection, table: Table, things: Collection[Thing]) -> list[str]:
    """Return the parameters in a table that are about things."""
    wanted = {(name, key) for name, known in PARAMS.items() for kind, key in things if kind == known}
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
    connection: Connection, table: Table, which: ColumnElement[bool], roots: Roots
) -> Iterator[tuple[Thing, set[Thing]]]:
    """Yield the things that the rows of a table are about, with their roots."""
    if table.name not in ABOUT:
        return
    kind, key = ABOUT[table.name]
    naming_columns = naming(table.name)
    columns = [table.c[name] for name, _ in naming_columns]
    params = [table.c.params] if "params" in table.c else []
    for row in connection.execute(select(table.c[key], *columns, *params).where(which)):
        # Not strict: the row may end with `params`, which is no column of an ID.
        about, values = row[0], zip(naming_columns, row[1:], strict=False)
        named = {(known, value) for (_, known), value in values}
        if params:
            named |= set(named_by(read_params(row[-1])))
        requested = set().union(*(roots.get(thing, ()) for thing in named))
        if about is not None and requested:
            yield (kind, about), requested


def _rankings(connection: Connection, things: Iterable[Thing]) -> set[int]:
    """Return the rankings with works among things: their sizes are computed again."""
    works = sorted(key for kind, key in things if kind == "artwork")
    tables = ("ranking_entries", "superseded_ranking_entries")
    return {
        found
        for entries in (METADATA.tables[name].c for name in tables)
        for part in _parts(works)
        for (found,) in connection.execute(select(entries.ranking_id).distinct().where(entries.artwork_id.in_(part)))
    }


def _remove_texts(connection: Connection, forgotten: Forgotten) -> Counter[str]:
    """Remove rows with a piece of a response that names what is forgotten; empty such fragments."""
    removed = Counter[str]()
    for name, columns in TEXTS.items():
        table = METADATA.tables[name]
        for column in columns:
            for key in _naming_texts(connection, table, table.c[column], forgotten):
                removed[name] += connection.execute(delete(table).where(key)).rowcount
    letters = METADATA.tables[DeadLetter.__tablename__]
    empty = update(letters).values(fragment=WITHHELD)
    for key in _naming_texts(connection, letters, letters.c.fragment, forgotten):
        removed[letters.name] += connection.execute(delete(letters).where(key)).rowcount
    for table in (letters, METADATA.tables[Drift.__tablename__]):
        removed[table.name] += _remove_places(connection, table, forgotten)
    for part in _parts(moments_about(connection, forgotten.roots)):
        connection.execute(empty.where(letters.c.observed_at.in_(part)))
    return removed


def _remove_places(connection: Connection, table: Table, forgotten: Forgotten) -> int:
    """Remove rows whose place in a response is an id of what is forgotten (a map by ids)."""
    listed = select(table.c.path).distinct()
    named = [
        path
        for (path,) in _mentioning(connection, listed, table.c.path, forgotten)
        if not forgotten.numbers.isdisjoint(path.split("."))
    ]
    return sum(connection.execute(delete(table).where(table.c.path.in_(part))).rowcount for part in _parts(named))


def _naming_texts(
    connection: Connection, table: Table, column: ColumnElement[str], forgotten: Forgotten
) -> list[ColumnElement[bool]]:
    """Conditions for the rows whose text names what is forgotten, one each."""
    if not any(kind in FORGETTABLE for kind, _ in forgotten.roots):
        return []
    key = list(table.primary_key)
    alike = _mentioning(connection, select(column, *key).where(column.is_not(None)), column, forgotten)
    return [tuple_(*key) == tuple(values) for text, *values in alike if forgotten.is_named_in(text)]


def moments_about(connection: Connection, things: Collection[Thing]) -> list[int]:
    """Return the moments of the responses to requests about things."""
    table = METADATA.tables[Capture.__tablename__]
    found: list[int] = []
    for part in _parts(_keys_about(connection, table, things)):
        found += connection.scalars(select(table.c.observed_at).where(table.c.params.in_(part)))
    return found
