"""How units end, and what a run says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.model.page import Outcome, TargetProgress
from crawler.model.target import Target
from crawler.spiders.family import NewestDays, is_latest
from crawler.spiders.results import MOST_AGAIN, SOME_MORE, OpenTarget, TargetResults
from tests import replies

ASK = replies.ranking_target()
DONE = TargetProgress(None, Outcome.COMPLETE)


def opened(target: Target = ASK, *, requests: int = 1) -> OpenTarget:
    made = OpenTarget(target)
    if requests:
        made.requested[1] = requests
    return made


@pytest.mark.parametrize(
    ("due", "requests", "word"),
    [
        (DONE, 1, "1 complete"),
        (DONE, 0, "1 already complete"),
        (TargetProgress(None, Outcome.COMPLETE, is_bounded=True), 1, "1 bounded (more follows)"),
        (TargetProgress(1, Outcome.NOT_YET), 1, "1 not published yet"),
        (TargetProgress(2, Outcome.COMPLETE), 1, "1 failed"),
    ],
)
def test_a_unit_is_counted_by_how_it_ended(due: TargetProgress, requests: int, word: str) -> None:
    results = TargetResults()
    results.add(opened(requests=requests), due)
    assert word in results.tally("rankings", 1).headline


def test_the_same_ranking_under_latest_and_its_day_counts_once() -> None:
    results = TargetResults()
    results.add(opened(), DONE)
    results.add(opened(requests=0), DONE)
    assert results.repeated == 1
    assert results.tally("rankings", 2).left == 0


def test_a_unit_that_failed_is_named_with_the_reason() -> None:
    results = TargetResults()
    results.add(opened(), TargetProgress(1, Outcome.FAILED, "the site answered 500"))
    (problem,) = results.tally("rankings", 1).problems
    assert problem.endswith("mode=daily: the site answered 500")


def test_a_list_that_can_move_unseen_is_named_once() -> None:
    results = TargetResults()
    for day in ("20240206", "20240207"):
        results.add(opened(replies.ranking_target(day)), replace(DONE, is_certain=False))
    assert results.tally("x", 2).problems[0].startswith("cannot know: ranking content=all")
    assert "and 1 more lists" in results.tally("x", 2).problems[0]


def test_a_page_is_requested_again_only_where_its_list_moved_and_not_for_ever() -> None:
    made = opened()
    assert made.may_request(TargetProgress(2, None))
    assert not made.may_request(TargetProgress(1, None))
    made.last = replies.ranking_page(replies.work())
    assert made.may_request(TargetProgress(1, None, is_again=True))
    made.requested[1] = MOST_AGAIN + SOME_MORE
    assert not made.may_request(TargetProgress(1, None, is_again=True))


def test_what_the_site_names_as_newest_is_the_last_day_of_its_mode() -> None:
    newest, latest = NewestDays(), replies.ranking_target("")
    assert is_latest(latest)
    newest.learn(latest, replies.ranking_page(replies.work()))
    assert newest.is_to_come(replies.ranking_target("20240207"))
    assert not newest.is_to_come(replies.ranking_target("20240206"))
    assert not newest.is_to_come(replies.ranking_target("20240207", mode="weekly"))
