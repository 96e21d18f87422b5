"""Targets that a spider is reading, and how they ended, counted for the run's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crawler.model.page import Outcome, Page, TargetProgress
from crawler.model.run_summary import ARCHIVED, BOUNDED, WORDS, RunSummary
from crawler.model.target import Target

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


MOVED = "it moved while it was read, faster than it can be read"


class TargetResults:
    """Targets that have come to their ends."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []
        self.repeated = 0
        """Targets that turned out to be others of this run: `latest` and its day are one ranking."""
        self._ended: set[tuple[str, str]] = set()
        self._unsure: list[str] = []
        self._failed_for: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Number of targets that have ended."""
        return self.outcomes.total() + self.repeated

    def has(self, target: Target) -> bool:
        """Return True if a target was requested in this run, or found to be archived."""
        return (target.endpoint, target.key) in self._ended

    def add(self, opened: OpenTarget, due: TargetProgress) -> None:
        """Count a target that nothing more is requested of. due: what the archive says of it."""
        outcome = due.outcome or Outcome.FAILED
        # Its last page was read, and yet a page is due: the list is not whole.
        if due.page is not None and outcome is Outcome.COMPLETE:
            outcome = Outcome.FAILED
        if self.has(opened.target) and not opened.requested:
            self.repeated += 1
            return
        self._ended.add((opened.target.endpoint, opened.target.key))
        is_old = outcome is Outcome.COMPLETE and (
            not opened.requested or (opened.was_archived and len(opened.requested) == 1)
        )
        is_bounded = due.is_bounded and opened.pages is None
        self.outcomes[ARCHIVED if is_old else BOUNDED if is_bounded else outcome] += 1
        name = f"{opened.target.endpoint} {opened.target.key}".strip()
        if outcome is not Outcome.COMPLETE:
            why = _why(opened, due)
            self.problems.append(f"{outcome}: {name}: {why}")
            self._failed_for[why] += outcome is Outcome.FAILED
        elif not is_old and not due.is_certain:
            self._unsure.append(name)

    def tally(
        self, name: str, requested: int, *, more: Iterable[str] = (), failed: int = 0, advice: str = ""
    ) -> RunSummary:
        """Summarize the ended targets. requested: targets requested; more, failed: problems found elsewhere."""
        ends = ", ".join(f"{self.outcomes[key]:,} {word}" for key, word in WORDS.items() if self.outcomes[key])
        return RunSummary(
            f"{name}: {ends or 'nothing complete yet'}",
            failed=self.outcomes[Outcome.FAILED] + failed,
            left=requested - self.count,
            problems=(*self.problems, *more, *self._doubts()),
            outcomes=self.outcomes,
            advice=advice,
            cause=self._cause(),
        )

    def _cause(self) -> str:
        """Return why the failed targets failed, or most of them; "" if none did."""
        failed = self.outcomes[Outcome.FAILED]
        if not failed:
            return ""
        ((why, count),) = self._failed_for.most_common(1)
        return why if count == failed else f"{count:,} of them: {why}"

    def _doubts(self) -> Iterator[str]:
        """Return what nobody can know of lists that move."""
        if self._unsure:
            more = f" and {len(self._unsure) - 1:,} more lists" if len(self._unsure) > 1 else ""
            yield (
                f"cannot know: {self._unsure[0]}{more}: where no total is given, or new ones do not come"
                " on top, nothing shows whether what was deleted while the pages were read has hidden others"
            )


def _why(opened: OpenTarget, due: TargetProgress) -> str:
    is_read = opened.last is not None and opened.last.outcome.is_read
    moved = MOVED if due.is_again and is_read else ""
    return due.message or moved or (opened.last.message if opened.last else "") or "not stored"
