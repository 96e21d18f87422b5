"""A unit of work under way: all pages of one ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crawler.archive.coverage import REPEATED, Progress
from crawler.endpoints import ENDPOINTS
from crawler.items.page import Ask, Outcome, Page


@dataclass
class Unit:
    """One unit of work under way: all pages of one ask.

    was_archived: what `latest` turned out to be was archived before.
    is_evidence: asked whatever the archive holds, because another unit's end depends on it.
    waits_for: what must be asked before this unit can go on.
    """

    ask: Ask
    asked: set[int] = field(default_factory=set)
    last: Page | None = None
    before: Page | None = None
    was_archived: bool = False
    is_evidence: bool = False
    waits_for: Ask | None = None

    def next_of_reply(self, pages: int | None) -> Progress:
        """What follows by the last reply alone, whatever the archive holds. pages: at most."""
        last, before = self.last, self.before
        if last is None:
            return Progress(self.ask.page, None)
        most = pages or ENDPOINTS[self.ask.endpoint].most_pages
        reached = most is not None and len(self.asked) >= most
        digest = last.content_digest
        if before is not None and digest is not None and before.content_digest == digest:
            listing: dict[str, Any] = next(iter(last.rows.get("listings", ())), {})
            paging = ENDPOINTS[self.ask.endpoint].paging
            is_told = listing.get("last_page") is not None
            needed = None if is_told else paging.repeats_from(listing.get("total"))
            if needed is not None and len(self.asked) > needed:
                return Progress(None, last.outcome)
            return Progress(last.ask.page, Outcome.FAILED, REPEATED)
        is_over = last.outcome is not Outcome.COMPLETE or last.next_page is None or reached
        return Progress(None if is_over else last.next_page, last.outcome, last.message)


def ranking_of(ask: Ask) -> tuple[str, str]:
    """Mode and content of a ranking."""
    return ask.params.get("mode", ""), ask.params.get("content", "")


def is_latest(ask: Ask) -> bool:
    """Whether the site is to say which day its newest is."""
    return ENDPOINTS[ask.endpoint].is_dated and not ask.params.get("date")
