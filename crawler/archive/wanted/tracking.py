"""Tracked things."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, delete, insert, select

from crawler.tables.jobs import Tracked

KINDS = ("tag", "user", "artwork", "series", "ranking", "cohort", "volume")
OF_A_NAME = ("tag", "ranking", "volume")
"""Kinds that are named by a text; the others by an id."""


@dataclass(frozen=True)
class Followed:
    """Something that is followed; see the columns of `Tracked`."""

    kind: str
    thing_id: int = 0
    name: str = ""
    pages: int | None = None
    first_on: date | None = None

    @property
    def value(self) -> str:
        """As an argument takes it."""
        if self.kind == "cohort":
            return str(self.pages)
        return self.name if self.kind in OF_A_NAME else str(self.thing_id)


def add(connection: Connection, followed: Followed) -> bool:
    """Follow something; of a ranking, as it is wanted now. Returns whether it is new."""
    is_new = not remove(connection, followed)
    connection.execute(insert(Tracked).values(**asdict(followed), added_at=time.time_ns()))
    return is_new


def remove(connection: Connection, followed: Followed) -> bool:
    """Follow something no more. Returns whether it was followed."""
    same = (Tracked.kind == followed.kind, Tracked.thing_id == followed.thing_id, Tracked.name == followed.name)
    return bool(connection.execute(delete(Tracked).where(*same)).rowcount)


def pages(connection: Connection) -> dict[tuple[str, str], int]:
    """Return how many pages are wanted of each ranking that is tracked as first pages, by mode and content."""
    found = {}
    for one in listed(connection, "ranking"):
        if one.pages is not None:
            mode, content = one.name.split(" ")
            found[mode, content] = one.pages
    return found


def listed(connection: Connection, kind: str | None = None) -> list[Followed]:
    """All that is followed, or of one kind, by kind and name."""
    chosen = select(Tracked.kind, Tracked.thing_id, Tracked.name, Tracked.pages, Tracked.first_on)
    if kind is not None:
        chosen = chosen.where(Tracked.kind == kind)
    found = connection.execute(chosen.order_by(Tracked.kind, Tracked.name, Tracked.thing_id))
    return [Followed(*row) for row in found]
