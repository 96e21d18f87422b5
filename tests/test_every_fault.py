"""Every fault on every endpoint: nothing wrong is stored, what is due stays due, the end says so."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Numbered
from crawler.model.page import Outcome
from tests.faults import RECOVERED, REFUSED, REPLIES, changes_of, faults_of, report_all
from tests.processes import Running

PARTS = 6
"""How many processes share the endpoints."""
AN_HOUR = 3_600
EACH = 1
"""Faults of an endpoint in the bounded form, together all of them; `--long` has each on each."""


def plan_of(part: int, *, is_long: bool) -> dict[str, list[str]]:
    """The faults of each endpoint of a part."""
    plan = {}
    for place, name in enumerate(sorted(ENDPOINTS)):
        if place % PARTS != part:
            continue
        every = faults_of(ENDPOINTS[name])
        few = [every[(place * EACH + turn) % len(every)] for turn in range(EACH)]
        special = list(changes_of(ENDPOINTS[name]))
        if not ENDPOINTS[name].is_dated:
            special = special[place % len(special) :][:1] if special else []
        plan[name] = every if is_long else [*few, *special]
    return plan


def expected(report: dict[str, Any]) -> tuple[int, str]:
    """The exit status that a fault ought to have, and what the summary says."""
    endpoint, fault = ENDPOINTS[report["endpoint"]], report["fault"]
    if fault in RECOVERED:
        return 0, "bounded" if endpoint.policy.most_pages else "complete"
    if fault == "total_0":
        return 0, "not published yet"
    if fault == "json_400" and endpoint.policy.proof:
        return 0, "absent"  # the work's own page answers: the site's last word
    if fault == "json_404":
        if not endpoint.names_a_thing:
            return 1, "INCOMPLETE"
        is_absent = endpoint.policy.on_missing is Outcome.ABSENT
        return 0, "absent" if is_absent else "not published yet"
    paging = endpoint.paging
    ends_so = isinstance(paging, Numbered) and paging.repeats_at_end
    if fault == "repeated" and (ends_so or report["pages"] == 1):
        return 0, "complete"
    return 1, "INCOMPLETE"


def test_the_bounded_form_holds_every_fault_and_every_endpoint() -> None:
    plans = [plan_of(part, is_long=False) for part in range(PARTS)]
    assert {name for plan in plans for name in plan} == set(ENDPOINTS)
    told = [fault for plan in plans for faults in plan.values() for fault in faults]
    assert set(told) == {REFUSED, *REPLIES, "endless", "repeated", "total_0", "another_date"}
    assert min(told.count(fault) for fault in REPLIES) >= 1


@pytest.mark.more
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.promise("Any fault of any endpoint")
def test_an_endpoint_with_a_fault_stores_nothing_wrong_and_is_completed_by_the_next_run(
    part: int, tmp_path: Path, is_long: bool, figure: Callable[[str, int], None]
) -> None:
    plan = plan_of(part, is_long=is_long)
    with Running((), os.environ, partial(report_all, tmp_path, plan)) as process:
        done = process.finish(AN_HOUR)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(reports) == sum(map(len, plan.values()))
    figure("faults", len(reports))
    for report in reports:
        # A feed that repeats its page is at its end: one that does so early cannot be told apart.
        is_end = report["fault"] == "repeated" and expected(report)[0] == 0
        figure("not told behind a feed's early end" if is_end else "lost rows", len(report["lost"]))
        shown = json.dumps(report, indent=1, ensure_ascii=False)
        status, said = expected(report)
        assert report["status"] == status, shown
        assert said in report["summary"], shown
        assert report["summary"].splitlines()[-1].startswith("INCOMPLETE" if status else "OK"), shown
        assert not report["wrong"], shown
        if status or said == "not published yet":
            is_page = report["fault"] in ("endless", "repeated")
            assert is_page or "complete" not in report["coverage"], shown
        assert report["then"] == 0, shown
        assert is_end or not report["lost"], shown
