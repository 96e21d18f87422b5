"""A target that the spider is reading."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from crawler.model.page import Page
from crawler.model.target import Target
from crawler.model.target_progress import TargetProgress

MOST_AGAIN = 4
SOME_MORE = 20
"""A list that moves is read on for so many requests: four a page, and some more."""


@dataclass
class OpenTarget:
    """A target that the spider is reading: what was requested of it, and what it waits for.

    since: only what was seen at this moment or later counts; 0: all that is archived.
    pages: how many are wanted at most.
    was_archived: the day that `latest` stands for was archived before.
    is_evidence: requested whatever the archive holds, because another target's end depends on it.
    is_check: such a one that nobody requested: it is not counted.
    waits_for: what must be requested before this target can go on.
    """

    target: Target
    since: int = 0
    pages: int | None = None
    requested: Counter[int] = field(default_factory=Counter)
    last: Page | None = None
    was_archived: bool = False
    is_evidence: bool = False
    is_check: bool = False
    waits_for: Target | None = None

    def may_request(self, due: TargetProgress) -> bool:
        """Return True if the page that is due is to be requested in this run.

        A second time only where the list moved while it was read, and not for ever.
        """
        if due.page not in self.requested:
            return True
        is_read = self.last is not None and self.last.outcome.is_read
        most = MOST_AGAIN * len(self.requested) + SOME_MORE
        return due.is_again and is_read and self.requested.total() < most
