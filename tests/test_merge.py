"""The merge of entities is a function of the set of observations."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.archive.merge import FAINT, Group, Shape, merge

GROUPS = (
    Group("work", ("title", "pages"), ("title", "pages")),
    Group("caption", ("caption",), ("caption",)),
    Group("series", ("series",), ()),
    Group("made", ("made",), ()),
)
SHAPE = Shape(GROUPS, ["title", "pages", "caption", "series", "made", "told"])

observation = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["a", "b", "c"]),
        "pages": st.integers(1, 2),
        "caption": st.sampled_from(["", "x"]),
        "series": st.sampled_from([None, 5]),
        "made": st.sampled_from([10, 11]),
    },
).flatmap(
    lambda seen: st.booleans().map(
        lambda faint: {**seen, "~": ("made",)} if faint and "made" in seen else seen
    )
)
observations = st.lists(observation, max_size=7).map(lambda seen: list(enumerate(seen, 100)))

State = tuple[dict[str, Any] | None, dict[tuple[str, Any], tuple[int, int]]]


def apply(seen: list[tuple[int, dict[str, Any]]]) -> State:
    """Merge observations one after another, keeping history as the archive does."""
    row: dict[str, Any] | None = None
    history: dict[tuple[str, Any], tuple[int, int]] = {}
    for at, values in seen:
        row, former = merge(SHAPE, row, values, at, history)
        for name, value, first, last in former.put if former else ():
            known = history.get((name, value), (first, last))
            history[name, value] = (min(first, known[0]), max(last, known[1]))
        for key in former.dropped if former else ():
            del history[key]
    return row, history


def oracle(seen: list[tuple[int, dict[str, Any]]]) -> State:
    """The same facts, read off the whole set at once."""
    if not seen:
        return None, {}
    moments = [at for at, _ in seen]
    first, last = min(moments), max(moments)
    row: dict[str, Any] = {**SHAPE.blank, "first_seen_at": first, "last_seen_at": last}
    told: dict[str, dict[str, int]] = {"at": {}, "since": {}}
    history: dict[tuple[str, Any], tuple[int, int]] = {}
    for group in GROUPS:
        whole = [
            (at - FAINT if group.name in values.get("~", ()) else at, at, values)
            for at, values in seen
            if all(name in values for name in group.columns)
        ]
        if not whole:
            continue
        stamp, _, newest = max(whole, key=lambda entry: entry[0])
        for name in group.columns:
            row[name] = newest[name]
        if stamp != last or all(row[name] is None for name in group.columns):
            told["at"][group.name] = stamp
        for name in group.history:
            for value in {values[name] for _, _, values in whole}:
                when = [at for _, at, values in whole if values[name] == value]
                if value != newest[name]:
                    history[name, value] = (min(when), max(when))
                elif min(when) != first:
                    told["since"][name] = min(when)
    listed = {key: entries for key, entries in told.items() if entries}
    row["told"] = orjson.dumps(listed, option=orjson.OPT_SORT_KEYS).decode() if listed else None
    return row, history


@settings(max_examples=1500, deadline=None)
@given(observations, st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_what_the_whole_set_tells(
    seen: list[tuple[int, dict[str, Any]]], random: Any
) -> None:
    shuffled = seen + random.sample(seen, len(seen) // 2)
    random.shuffle(shuffled)
    assert apply(shuffled) == oracle(seen)


def test_half_a_group_is_not_applied() -> None:
    row, _ = apply([(1, {"title": "a", "pages": 1}), (2, {"title": "b"})])
    assert row is not None
    assert (row["title"], row["pages"]) == ("a", 1)


def test_a_value_that_comes_back_leaves_history() -> None:
    values = [(at, {"caption": text}) for at, text in enumerate(["x", "y", "x"], 1)]
    row, history = apply(values)
    assert row is not None
    assert row["caption"] == "x"
    assert history == {("caption", "y"): (2, 2)}
