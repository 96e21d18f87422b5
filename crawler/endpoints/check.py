"""Entries check themselves: a misspelt name is refused when its module is imported."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from crawler.tables.row import Field, Row


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
    """The columns of a row class that replies or requests may fill."""
    return frozenset(column.name for column in row.__table__.columns if "field" in column.info)


def spellings_of(row: type[Row]) -> frozenset[str]:
    """The keys of an element under which a row class is read."""
    fields: list[Field] = [
        column.info["field"] for column in row.__table__.columns if "field" in column.info
    ]
    return frozenset(name.rstrip("?").split(".")[0] for field in fields for name in field.names)


def constants_of(row: type[Row]) -> frozenset[str]:
    """The facts of a page that fill columns of a row class."""
    fields: list[Field] = [
        column.info["field"] for column in row.__table__.columns if "field" in column.info
    ]
    return frozenset(field.constant for field in fields if field.constant)
