"""The merge of entities: pure, and the same whatever the order of observations.

An entity's state is a function of the set of observations of it. Each group of columns holds the
values of its greatest moment; each column with history holds, besides, the first moment of its
present value, and hands every other value it had to the history table with when it was first and last seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from crawler.tables.groups import fields_of, groups_of
from crawler.tables.row import Entity

Values = dict[str, Any]


class Group(NamedTuple):
    """Columns that are applied together, and those of them that keep history."""

    name: str
    columns: tuple[str, ...]
    history: tuple[str, ...]

    def is_null(self, row: Mapping[str, Any]) -> bool:
        """Whether the row has no value in any column."""
        for name in self.columns:  # noqa: SIM110  # all() costs three times as much here
            if row[name] is not None:
                return False
        return True


class FilledGroups:
    """Which groups a row with certain columns fills completely, and which not."""

    def __init__(self, groups: Sequence[Group], seen: Values) -> None:
        complete = [group for group in groups if all(name in seen for name in group.columns)]
        self.complete = tuple(complete)
        self.partial = tuple(group for group in groups if group not in complete)
        self.columns = tuple(name for group in complete for name in group.columns)
        self.history = tuple(name for group in complete for name in group.history)
        self.group_of = {name: group for group in complete for name in group.columns}

    def copy(self, seen: Values, row: Values, at: int) -> dict[str, int]:
        """Put the new values into a row; returns the moments that `group_times` must list of them."""
        listed: dict[str, int] = {}
        for name in self.columns:
            value = row[name] = seen[name]
            if value is None and self.group_of[name].is_null(seen):
                listed.setdefault(self.group_of[name].name, at)
        return listed


class Shape:
    """The merge rules of an entity class."""

    def __init__(
        self, groups: Sequence[Group], columns: Sequence[str], coarse: Sequence[str] = ()
    ) -> None:
        """coarse: the times that some replies cut to the minute."""
        self.groups = tuple(groups)
        self.coarse = tuple(coarse)
        self.history = frozenset(name for group in groups for name in group.history)
        self.blank: Values = dict.fromkeys(columns)
        self._arrivals: dict[tuple[str, ...], FilledGroups] = {}

    @classmethod
    def of(cls, entity: type[Entity]) -> Shape:
        """Read the rules off the class's columns."""
        fields = fields_of(entity)
        return cls(
            [
                Group(name, columns, tuple(c for c in columns if fields[c].history))
                for name, columns in groups_of(entity).items()
            ],
            [column.name for column in entity.__table__.columns],
            [name for group in groups_of(entity).values() for name in group if fields[name].coarse],
        )

    def identity(self, name: str, value: Any) -> Any:
        """What makes two values of a column the same one: of coarse times their minute."""
        return minute(value) if name in self.coarse and value is not None else value

    def sharpen(self, known: Values, seen: Values) -> tuple[Values, Values]:
        """Both with the finer of two times of one minute: of those the later second stands.

        So a time that is cut to the minute confirms a finer one, whichever is seen first.
        """
        for name in self.coarse:
            one, other = known[name], seen.get(name)
            if (
                one != other
                and one is not None
                and other is not None
                and minute(one) == minute(other)
            ):
                finest = max(one, other)
                known, seen = {**known, name: finest}, {**seen, name: finest}
        return known, seen

    def arrival(self, seen: Values) -> FilledGroups:
        """What an observation with these columns fills. Most rows of a page share one."""
        signature = tuple(seen)
        arrival = self._arrivals.get(signature)
        if arrival is None:
            arrival = FilledGroups(self.groups, seen)
            if len(self._arrivals) < 1000:
                self._arrivals[signature] = arrival
        return arrival


@dataclass(slots=True)
class Former:
    """What a merge does to the history of one entity.

    put: (column, value, first, last) to widen or insert; dropped: (column, value) that is present
    again.
    """

    put: list[tuple[str, Any, int, int]] = field(default_factory=list)
    dropped: list[tuple[str, Any]] = field(default_factory=list)


class Past(NamedTuple):
    """A former value: when it was first and last seen, and the value itself."""

    first: int
    last: int
    value: Any


History = Mapping[tuple[str, Any], Past]
"""Former values of one entity, by column and `Shape.identity` of the value."""


def minute(value: Any) -> Any:
    """The minute of a time, as a text or as a time."""
    return f"{value[:16]}:00" if isinstance(value, str) else value.replace(second=0)


def unite(shape: Shape, observations: Sequence[Values]) -> Values:
    """One observation of what a reply says of an entity in several places; the later place wins.

    Only complete groups pass.
    """
    if len(observations) == 1:
        return observations[0]
    united: Values = dict.fromkeys(shape.coarse)
    for values in observations:
        united, sharp = shape.sharpen(united, values)
        for group in shape.arrival(values).complete:
            for column in group.columns:
                united[column] = sharp[column]
    for name in shape.coarse:
        if united[name] is None:
            del united[name]
    return united


def merge(
    shape: Shape, known: Values | None, seen: Values, at: int, history: History
) -> tuple[Values, Former | None]:
    """The entity after an observation at moment `at`.

    known: its stored row, or None; seen: a united observation; history: its former values.
    Returns the row to store, without the key where it is new, and what happens to its history.
    """
    arrival = shape.arrival(seen)
    if known is None:
        return _first(shape, arrival, seen, at), None
    if shape.coarse:
        known, seen = shape.sharpen(known, seen)
    stamps, since = _read_times(known)
    if _is_plain(arrival, known, seen, at, stamps):
        return _confirm(arrival, known, seen, at, stamps, since), None
    row = known.copy()
    first: int = known["first_seen_at"]
    row["first_seen_at"] = min(first, at)
    row["last_seen_at"] = max(known["last_seen_at"], at)
    listed: dict[str, int] = {}
    begun: dict[str, int] = {}
    former = Former()
    sharp: Values = {}
    for group in arrival.complete:
        stamp = _stamp(group, stamps, known)
        for name in group.history:
            start = since.get(name, first)
            before = history.get((name, shape.identity(name, seen[name])))
            one = SeenValue(name, seen[name], at)
            begun[name], sharp[name] = one.against(known[name], stamp, start, before, former)
        if stamp is None or at >= stamp:
            stamp = at
            for name in group.columns:
                row[name] = sharp[name] if name in sharp else seen[name]
        if stamp != row["last_seen_at"] or group.is_null(row):
            listed[group.name] = stamp
    for group in arrival.partial:
        stamp = _stamp(group, stamps, known)
        if stamp is not None:
            begun.update((name, since.get(name, first)) for name in group.history)
            if stamp != row["last_seen_at"] or group.is_null(row):
                listed[group.name] = stamp
    row["group_times"] = _write_times(row, listed, begun)
    return row, former if former.put or former.dropped else None


def _stamp(group: Group, stamps: Mapping[str, int], known: Values) -> int | None:
    """When a group was last set, or None for never."""
    stamp = stamps.get(group.name)
    if stamp is None and not group.is_null(known):
        last: int = known["last_seen_at"]
        return last
    return stamp


class SeenValue(NamedTuple):
    """A value of a column with history, seen at a moment."""

    name: str
    value: Any
    at: int

    def against(
        self, present: Any, stamp: int | None, since: int, before: Past | None, former: Former
    ) -> tuple[int, Any]:
        """Move values between present and history.

        before: what history holds of this value. Returns since when the present value stands, and
        this one as finely as it was ever seen.
        """
        name, value, at = self
        if stamp is None:
            return at, value
        if value == present:
            return min(since, at), value
        if at < stamp:
            former.put.append((name, value, at, at))
            return since, value
        if at == stamp:
            return at, value  # the same reply, read by newer code
        former.put.append((name, present, since, stamp))
        if before is None:
            return at, value
        former.dropped.append((name, value))
        finest = value if value is None else max(value, before.value)
        return min(at, before.first), finest


def _first(shape: Shape, arrival: FilledGroups, seen: Values, at: int) -> Values:
    """`merge` of the first observation of an entity."""
    row = shape.blank.copy()
    listed = arrival.copy(seen, row, at)
    row["first_seen_at"] = row["last_seen_at"] = at
    row["group_times"] = _write_times(row, listed, {})
    return row


def _is_plain(
    arrival: FilledGroups, known: Values, seen: Values, at: int, stamps: Mapping[str, int]
) -> bool:
    """Whether an observation is newer than all that is known, with nothing superseded."""
    if at <= known["last_seen_at"]:
        return False
    # A null may be seen for the first time: then it stands since now.
    return all(
        seen[name] == known[name]
        and (seen[name] is not None or arrival.group_of[name].name in stamps)
        for name in arrival.history
    )


def _confirm(
    arrival: FilledGroups,
    known: Values,
    seen: Values,
    at: int,
    stamps: dict[str, int],
    since: dict[str, int],
) -> Values:
    """`merge` of a plain observation: by far the most common."""
    row = known.copy()
    listed = arrival.copy(seen, row, at)
    for group in arrival.partial:
        stamp = _stamp(group, stamps, known)
        if stamp is not None:
            listed[group.name] = stamp
    row["last_seen_at"] = at
    row["group_times"] = _write_times(row, listed, since)
    return row


def _read_times(row: Values) -> tuple[dict[str, int], dict[str, int]]:
    """What the row's `group_times` lists: moments of groups, and since when historied values stand.

    A group that is not listed was set at last_seen_at if it has a value, else never; a value that
    is not listed stands since first_seen_at.
    """
    if row["group_times"] is None:
        return {}, {}
    listed = orjson.loads(row["group_times"])
    return listed.get("at", {}), listed.get("since", {})


def _write_times(row: Values, listed: dict[str, int], begun: dict[str, int]) -> str | None:
    first = row["first_seen_at"]
    begun = {name: moment for name, moment in begun.items() if moment != first}
    if not listed and not begun:
        return None
    times = {key: entries for key, entries in (("at", listed), ("since", begun)) if entries}
    return orjson.dumps(times, option=orjson.OPT_SORT_KEYS).decode()
