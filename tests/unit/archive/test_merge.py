"""The merge of entities is a function of the set of observations."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.archive.writing.merge import NEVER, Group, Past, Shape, merge

GROUPS = (
    Group("work", ("title", "pages"), ("title", "pages")),
    Group("caption", ("caption",), ("caption",)),
    Group("series", ("series",), (), usually_null=True),
    Group("made", ("made",), ("made",)),
)
SHAPE = Shape(GROUPS, ["title", "pages", "caption", "series", "made", "group_times"], ["made"])
TIMES = ["2024-01-01 10:00:00", "2024-01-01 10:00:17", "2024-01-01 10:00:42", "2024-01-01 11:05:00"]

observation = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["a", "b", "c"]),
        "pages": st.integers(1, 2),
        "caption": st.sampled_from(["", "x", None]),
        "series": st.sampled_from([None, 5]),
        "made": st.sampled_from(TIMES),
    },
)
observations = st.lists(observation, max_size=7).map(lambda seen: list(enumerate(seen, 100)))

State = tuple[dict[str, Any] | None, dict[tuple[str, Any], Past]]


def apply(seen: list[tuple[int, dict[str, Any]]]) -> State:
    """Merge observations one after another, keeping history as the archive does."""
    row: dict[str, Any] | None = None
    history: dict[tuple[str, Any], Past] = {}
    for at, values in seen:
        row, former = merge(SHAPE, row, values, at, history)
        if former is not None:
            dropped = {(name, SHAPE.identity(name, value)) for name, value in former.dropped}
            assert dropped <= history.keys(), "nothing is dropped that is not there"
            history = dict(SHAPE.after(history, former))
    return row, history


def oracle(seen: list[tuple[int, dict[str, Any]]]) -> State:
    """The same facts, read off the whole set at once."""
    if not seen:
        return None, {}
    moments = [at for at, _ in seen]
    first, last = min(moments), max(moments)
    row: dict[str, Any] = {**SHAPE.blank, "first_seen_at": first, "last_seen_at": last}
    told: dict[str, dict[str, int]] = {"at": {}, "since": {}}
    history: dict[tuple[str, Any], Past] = {}
    for group in GROUPS:
        whole = [(at, values) for at, values in seen if all(name in values for name in group.columns)]
        if not whole:
            if group.usually_null:
                told["at"][group.name] = NEVER
            continue
        stamp, newest = max(whole, key=lambda entry: entry[0])
        for name in group.columns:
            row[name] = finest(name, newest[name], whole)
        is_null = all(row[name] is None for name in group.columns)
        if stamp != last or (is_null and not group.usually_null):
            told["at"][group.name] = stamp
        for name in group.history:
            for key in {SHAPE.identity(name, values[name]) for _, values in whole}:
                when = [at for at, values in whole if SHAPE.identity(name, values[name]) == key]
                if key != SHAPE.identity(name, newest[name]):
                    history[name, key] = Past(min(when), max(when), finest(name, key, whole))
                elif min(when) != first:
                    told["since"][name] = min(when)
    listed = {key: entries for key, entries in told.items() if entries}
    row["group_times"] = orjson.dumps(listed, option=orjson.OPT_SORT_KEYS).decode() if listed else None
    return row, history


def finest(name: str, value: Any, whole: list[tuple[int, dict[str, Any]]]) -> Any:
    """The finest of all values that are the same one."""
    key = SHAPE.identity(name, value)
    alike = [v[name] for _, v in whole if SHAPE.identity(name, v[name]) == key]
    return None if value is None else max(alike)


@pytest.mark.more
@settings(max_examples=1500, deadline=None)
@given(observations, st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_what_the_whole_set_tells(
    seen: list[tuple[int, dict[str, Any]]], random: Any
) -> None:
    shuffled = seen + random.sample(seen, len(seen) // 2)
    random.shuffle(shuffled)
    assert apply(shuffled) == oracle(seen)
