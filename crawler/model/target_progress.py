"""Progress of a target: how much of it is archived, and what to request next."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model.reply import Outcome
from crawler.model.target import Target


@dataclass(frozen=True)
class TargetProgress:
    """Progress of a target.

    page: the next page to request; None if the target has ended.
    outcome: how the target ended, or the last result of that page; None if it was never requested.
    message: the reason of the outcome.
    is_again: the page was read before, and does not fit its neighbours: the list moved.
    is_certain: no entry of the list can have been missed while it moved.
    is_bounded: more pages follow, which the user does not want.
    waits_for: another target to request first, because it may make this one unnecessary.
    """

    page: int | None
    outcome: Outcome | None
    message: str = ""
    is_again: bool = False
    is_certain: bool = True
    is_bounded: bool = False
    waits_for: Target | None = None
