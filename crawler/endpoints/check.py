"""Entries check themselves: a misspelt name is refused when its module is imported."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from crawler.tables.groups import fields_of
from crawler.tables.row import Row


class WrongEntry(TypeError):
    """An entry names something that is not there; the text says where, and the nearest name."""


def check_name(place: str, kind: str, name: str, known: Collection[str]) -> None:
    """Raises WrongEntry for a name that is none of the known ones.

    place: where it stands, as `artwork: At(User, "comments[]").only`; kind: what it names.
    """
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    raise WrongEntry(f"{place}: no {kind} {name!r}; {hint}")


def columns_of(row: type[Row]) -> frozenset[str]:
    """The columns of a row class that responses or requests may fill."""
    return frozenset(fields_of(row))


def spellings_of(row: type[Row]) -> frozenset[str]:
    """The keys of an element under which a row class is read."""
    names = (name for field in fields_of(row).values() for name in field.names)
    return frozenset(name.rstrip("?").split(".")[0] for name in names)


def constants_of(row: type[Row]) -> frozenset[str]:
    """The facts of a page that fill columns of a row class."""
    return frozenset(field.constant for field in fields_of(row).values() if field.constant)
