"""Find the page of a target that is due, by its coverage. Pure; lists that move are in walk.py."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from crawler.evidence.walk import REPEATED
from crawler.model.page import Outcome, TargetProgress

FINAL = frozenset({Outcome.COMPLETE, Outcome.PARTIAL, Outcome.ABSENT})
"""Outcomes that are not requested again: PARTIAL is, on other nights (see coverage.py)."""


class CoveredPage(NamedTuple):
    """Coverage of a page: the page that follows, and a hash of what it lists.

    at, missed_since, missed_at: when it was last read completely, and first and last found missing;
    last_at: when it was last requested.
    """

    outcome: Outcome
    after: int | None
    message: str
    digest: int | None = None
    at: int | None = None
    missed_since: int | None = None
    missed_at: int | None = None
    last_at: int | None = None


Covered = dict[int, CoveredPage]
"""Coverage of a target, by page."""


def next_page(covered: Covered, first: int, pages: int | None = None, *, others: Container[int] = ()) -> TargetProgress:
    """Return the progress of a target: its pages are followed from the first to one that is due.

    A page that lists what the one before lists is not followed. Where a page fails in a way that makes
    the one before doubtful, which says that it follows, the one before is due first. others: pages of
    another publication, due again.
    """
    page: int = first
    walked: dict[int, CoveredPage] = {}
    before: CoveredPage | None = None
    while True:
        state = covered.get(page)
        if state is None:
            return TargetProgress(page, None)
        if state.outcome not in FINAL:
            due = _doubted(walked, state.missed_at) or page
            return TargetProgress(due, state.outcome, state.message)
        # A page that lists nothing has no digest: two of them do not repeat each other.
        if before is not None and state.digest in {before.digest} - {None}:
            return TargetProgress(_doubted(walked, state.at) or page, Outcome.FAILED, REPEATED)
        if page in others:
            return TargetProgress(page, None, is_again=True)
        walked[page] = state
        # A page that leads back would be followed for ever.
        is_last = state.outcome is Outcome.ABSENT or state.after is None or state.after in walked
        if is_last or len(walked) == pages:
            partial = (one for one in walked.values() if one.outcome is Outcome.PARTIAL)
            start = next(partial, covered[first])
            return TargetProgress(None, start.outcome, start.message, is_bounded=not is_last)
        assert state.after is not None
        page, before = state.after, state


def _doubted(walked: dict[int, CoveredPage], at: int | None) -> int | None:
    """The last page walked, where it was not read again since the moment it became doubtful."""
    if not walked or at is None:
        return None
    page, state = next(reversed(walked.items()))
    return page if (state.at or 0) < at else None
