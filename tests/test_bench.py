"""The bench measures what it says; how fast it all is, it says itself (`./run bench`)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import reading
from crawler.archive.due.coverage import progress
from crawler.archive.queries import load, run
from crawler.model.page import Outcome
from crawler.parse import parse
from tests import replies
from tests.bench import history, rebuilding
from tests.bench.__main__ import measure
from tests.bench.figures import Figure, in_turns, ratio, show
from tests.bench.pages import bodies
from tests.bench.parsing import by_hand


@pytest.mark.more
def test_a_reduced_bench_measures_each_of_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = measure(tmp_path, days=1, rounds=1, has_commands=False)
    assert all(one.value > 0 for one in figures)
    tags = next(one for one in figures if one.name.startswith("tags a work"))
    assert 5.5 < tags.value < 7.5
    show(figures)
    assert all(one.name[:30] in capsys.readouterr().out for one in figures[:1])


def test_the_loop_by_hand_makes_the_rows_that_parse_makes() -> None:
    for target, reply in bodies(1):
        page = parse(target, reply)
        (ranking,) = page.rows["rankings"]
        found = by_hand(reply.body, reply.observed_at, ranking["ranking_id"])
        withheld = {row["artwork_id"] for row in page.rows["artworks"] if row["state"] != "visible"}
        for table, rows in found.items():
            theirs = [row for row in rows if row.get("artwork_id") not in withheld]
            ours = [row for row in page.rows[table] if row.get("artwork_id") not in withheld]
            assert theirs == ours, table


def test_sides_are_measured_in_turns_each_first_as_often() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return 1.0

    taken = in_turns((lambda: side("a"), lambda: side("b")), 4)
    assert "".join(order) == "abbaabba"
    assert taken == [[1.0] * 4, [1.0] * 4]


def test_a_bar_is_missed_below_it_or_above_it() -> None:
    assert ratio("x", [1, 2, 3], [2, 2, 2], bar=1.1).is_missed
    assert not ratio("x", [1, 2, 3], [2, 2, 2], bar=0.9).is_missed
    assert Figure("bytes", 70, (70, 70), bar=60, is_least=False).is_missed


@pytest.mark.more
def test_a_reduced_rebuilding_and_upgrade_measure_their_figures(tmp_path: Path) -> None:
    pages = [parse(target, reply) for target, reply in bodies(1, "weekly")]
    url = f"sqlite:///{tmp_path}/history.db"
    figures = history.measure(url, 3_000, pages[:4], 1, has_commands=False)
    figures += rebuilding.rebuild(tmp_path, 20)
    named = {one.name: one.value for one in figures}
    for begin in ("store:", "copy: made", "top-artists over all", "upgrade from", "replay --rebuild", "memory of"):
        (value,) = [value for name, value in named.items() if name.startswith(begin)]
        assert value > 0, begin


def test_the_filled_history_is_complete_and_can_be_asked(engine: Engine) -> None:
    with engine.begin() as connection:
        history.fill(connection, 3, date(2024, 2, 6), history.MODES[:3])
    with reading(engine) as connection:
        for day, mode in (("20240204", "daily"), ("20240206", "female")):
            found = progress(connection, replies.ranking_target(day, mode=mode))
            assert (found.page, found.outcome) == (None, Outcome.COMPLETE)
        days = {"since": "2024-02-04", "until": "2024-02-06"}
        answer = run(connection, load("top-artists"), days)
    assert len(answer.rows) == 20
