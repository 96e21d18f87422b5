"""The merge of entities: pure, and the same whatever the order of observations.

An entity's state is a function of the set of observations of it. Each group of columns holds the
values of its greatest moment; each column with history holds, besides, the first moment of its
present value, and hands every other value it had to the history table with when it was first and last seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from crawler.tables.row import Entity, fields_of, groups_of

Values = dict[str, Any]


NEVER = 0
"""The moment that `group_times` lists of a group that no response has contained, where null is usual."""


class Group(NamedTuple):
    """Columns that are applied together, and those of them that keep history; see `Field.usually_null`."""

    name: str
    columns: tuple[str, ...]
    history: tuple[str, ...]
    usually_null: bool = False

    def is_null(self, row: Mapping[str, Any]) -> bool:
        """Return True if the row has no value in any column."""
        for name in self.columns:  # noqa: SIM110  # all() costs three times as much here
            if row[name] is not None:
                return False
        return True

    def listed(self, row: Mapping[str, Any], stamp: int | None) -> int | None:
        """Return the entry of `group_times`: its moment, if that does not follow from the row."""
        if stamp is None:
            return NEVER if self.usually_null else None
        is_plain = stamp == row["last_seen_at"] and (self.usually_null or not self.is_null(row))
        return None if is_plain else stamp


class FilledGroups:
    """Groups that a row with certain columns fills completely, and in part."""

    def __init__(self, groups: Sequence[Group], seen: Values) -> None:
        complete = [group for group in groups if all(name in seen for name in group.columns)]
        self.complete = tuple(complete)
        self.partial = tuple(group for group in groups if group not in complete)
        self.columns = tuple(name for group in complete for name in group.columns)
        self.history = tuple(name for group in complete for name in group.history)
        self.group_of = {name: group for group in complete for name in group.columns}
        # Half a thousand rows a page: what can be said of a row at once is not said column by column.
        self._history_of = values_of(self.history)
        others = [name for group in self.partial for name in group.columns]
        self._others_of, self._no_others = values_of(others), (None,) * len(others)
        self._other_names = frozenset(group.name for group in self.partial)
        self._listed_if_null = [group for group in complete if not group.usually_null]
        self._has_usual = any(group.usually_null for group in self.partial)

    def copy(self, seen: Values, row: Values, at: int) -> dict[str, int]:
        """Put the new values into a row; returns the moments that `group_times` must list of them."""
        for name in self.columns:
            row[name] = seen[name]
        if None not in seen.values():
            return {}
        return {group.name: at for group in self._listed_if_null if group.is_null(seen)}

    def is_confirmed(self, known: Values, seen: Values) -> bool:
        """Return True if each value with history is what is known, and none is null."""
        values = self._history_of(seen)
        return values == self._history_of(known) and None not in values

    def has_others(self, known: Values, stamps: Mapping[str, int]) -> bool:
        """Return True if anything is known of the groups that the row does not fill."""
        if self._has_usual or self._others_of(known) != self._no_others:
            return True
        return not self._other_names.isdisjoint(stamps)


def values_of(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """Return a function that takes the values of some columns out of a row, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)


class Shape:
    """The merge rules of an entity class."""

    def __init__(self, groups: Sequence[Group], columns: Sequence[str], coarse: Sequence[str] = ()) -> None:
        """coarse: the times that some responses cut to the minute."""
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
                Group(
                    name,
                    columns,
                    tuple(c for c in columns if fields[c].history),
                    any(fields[c].usually_null for c in columns),
                )
                for name, columns in groups_of(entity).items()
            ],
            [column.name for column in entity.__table__.columns],
            [name for group in groups_of(entity).values() for name in group if fields[name].coarse],
        )

    def identity(self, name: str, value: Any) -> Any:
        """Return what identifies a value of a column: of coarse times their minute."""
        return minute(value) if name in self.coarse and value is not None else value

    def sharpen(self, known: Values, seen: Values) -> tuple[Values, Values]:
        """Both with the finer of two times of one minute, the later second: one that is cut confirms a finer one."""
        for name in self.coarse:
            one, other = known[name], seen.get(name)
            if one != other and one is not None and other is not None and minute(one) == minute(other):
                finest = max(one, other)
                known, seen = {**known, name: finest}, {**seen, name: finest}
        return known, seen

    def after(self, history: History, former: Former) -> History:
        """The former values of an entity after a merge of it."""
        left = dict(history)
        for name, *put in former.put:
            past = Past(put[1], put[2], put[0])
            key = (name, self.identity(name, past.value))
            left[key] = left[key].widened(past) if key in left else past
        for name, value in former.dropped:
            left.pop((name, self.identity(name, value)), None)
        return left

    def arrival(self, seen: Values) -> FilledGroups:
        """Return the groups that an observation with these columns fills. Most rows of a page share one."""
        signature = tuple(seen)
        arrival = self._arrivals.get(signature)
        if arrival is None:
            arrival = FilledGroups(self.groups, seen)
            if len(self._arrivals) < 1000:
                self._arrivals[signature] = arrival
        return arrival


@dataclass(slots=True)
class Former:
    """Changes of a merge to an entity's history: (column, value, first, last) to widen or insert; values present again."""

    put: list[tuple[str, Any, int, int]] = field(default_factory=list)
    dropped: list[tuple[str, Any]] = field(default_factory=list)


class Past(NamedTuple):
    """A former value: when it was first and last seen, and the value itself."""

    first: int
    last: int
    value: Any

    def widened(self, other: Past) -> Past:
        """Both as one, with the finer of two times."""
        finest = self.value if self.value is None else max(self.value, other.value)
        return Past(min(self.first, other.first), max(self.last, other.last), finest)


History = Mapping[tuple[str, Any], Past]
"""Former values of one entity, by column and `Shape.identity` of the value."""


def minute(value: Any) -> Any:
    """The minute of a time, as a text or as a time."""
    return f"{value[:16]}:00" if isinstance(value, str) else value.replace(second=0)


def unite(shape: Shape, observations: Sequence[Values]) -> Values:
    """One observation of what a response says of an entity in several places: of complete groups, the later place wins."""
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


def merge(shape: Shape, known: Values | None, seen: Values, at: int, history: History) -> tuple[Values, Former | None]:
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
    listed: dict[str, int | None] = {}
    begun: dict[str, int] = {}
    former = Former()
    sharp: Values = {}
    for group in arrival.complete:
        stamp = _stamp(group, stamps, known)
        for name in group.history:
            start = since.get(name, first)
            before = history.get((name, shape.identity(name, seen[name])))
            begun[name], sharp[name] = _weigh(name, seen[name], at, known[name], stamp, start, before, former)
        # >=, not >: at the same moment it is the same response, read by newer code.
        if stamp is None or at >= stamp:
            stamp = at
            for name in group.columns:
                row[name] = sharp[name] if name in sharp else seen[name]
        listed[group.name] = group.listed(row, stamp)
    for group in arrival.partial:
        stamp = _stamp(group, stamps, known)
        listed[group.name] = group.listed(row, stamp)
        if stamp is not None:
            begun.update((name, since.get(name, first)) for name in group.history)
    row["group_times"] = _write_times(row, listed, begun)
    return row, former if former.put or former.dropped else None


def _stamp(group: Group, stamps: Mapping[str, int], known: Values) -> int | None:
    """Return when a group was last set, or None for never."""
    stamp = stamps.get(group.name)
    if stamp is None and (group.usually_null or not group.is_null(known)):
        last: int = known["last_seen_at"]
        return last
    return None if stamp == NEVER else stamp


def _weigh(
    name: str, value: Any, at: int, present: Any, stamp: int | None, since: int, before: Past | None, former: Former
) -> tuple[int, Any]:
    """Move values of a column between present and history. before: what history holds of the value that is seen.

    Returns since when the present value stands, and the one that is seen as finely as it was ever seen.
    """
    if stamp is None:
        return at, value
    if value == present:
        return min(since, at), value
    if at < stamp:
        former.put.append((name, value, at, at))
        return since, value
    if at == stamp:
        return at, value  # the same response, read by newer code
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
    listed.update((group.name, NEVER) for group in arrival.partial if group.usually_null)
    row["first_seen_at"] = row["last_seen_at"] = at
    row["group_times"] = _write_times(row, listed, {})
    return row


def _is_plain(arrival: FilledGroups, known: Values, seen: Values, at: int, stamps: Mapping[str, int]) -> bool:
    """Return True if an observation is newer than all that is known, with nothing superseded."""
    if at <= known["last_seen_at"]:
        return False
    if arrival.is_confirmed(known, seen):
        return True
    # A null may be seen for the first time: then it stands since now.
    return all(
        seen[name] == known[name] and (seen[name] is not None or arrival.group_of[name].name in stamps)
        for name in arrival.history
    )


def _confirm(
    arrival: FilledGroups, known: Values, seen: Values, at: int, stamps: dict[str, int], since: dict[str, int]
) -> Values:
    """`merge` of a plain observation: by far the most common."""
    row = known.copy()
    listed = arrival.copy(seen, row, at)
    if arrival.has_others(known, stamps):
        for group in arrival.partial:
            stamp = _stamp(group, stamps, known)
            if stamp is not None or group.usually_null:
                listed[group.name] = stamp or NEVER
    row["last_seen_at"] = at
    row["group_times"] = _write_times(row, listed, since)
    return row


def _read_times(row: Values) -> tuple[dict[str, int], dict[str, int]]:
    """Return the moments of groups, and since when values with history stand, as `group_times` lists them.

    A group that is not listed was set at last_seen_at if it has a value or is usually null, else never; NEVER says so
    of one that is usually null. A value that is not listed stands since first_seen_at.
    """
    if row["group_times"] is None:
        return {}, {}
    listed = orjson.loads(row["group_times"])
    return listed.get("at", {}), listed.get("since", {})


def _write_times(row: Values, listed: Mapping[str, int | None], begun: Mapping[str, int]) -> str | None:
    first = row["first_seen_at"]
    listed = {name: moment for name, moment in listed.items() if moment is not None}
    begun = {name: moment for name, moment in begun.items() if moment != first}
    if not listed and not begun:
        return None
    times = {key: entries for key, entries in (("at", listed), ("since", begun)) if entries}
    # Sorted keys: the same facts must give the same text in every archive, whatever the order of responses.
    return orjson.dumps(times, option=orjson.OPT_SORT_KEYS).decode()
