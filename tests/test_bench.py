"""The bench measures what it says; how fast it all is, it says itself (`./run bench`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.parse import parse
from tests.bench import history, rebuilding
from tests.bench.__main__ import measure
from tests.bench.figures import show
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
