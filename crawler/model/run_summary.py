"""The summary of a run: one value, from which come its row, its text, its exit status and its job's message."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crawler.model.page import Outcome
from crawler.places import command
from crawler.words import clean, counted, duration

FINISHED = "finished"
SPENT = "its budget of requests is spent"
REFUSED_FOR_NOW = "pixiv refuses requests for now"
"""Reason of a crawl that ended because each request was answered with 429 or 503."""
BLOCKED = "pixiv sends no data"
"""Reason of a crawl that ended because every request was answered as a blocked machine's is."""
TAKES_NO_PAGES, CANNOT_SAVE = "the archive takes no pages", "responses cannot be saved"
WRONG_CLOCK = "this machine's clock is wrong"
NEEDS_PERSON = (TAKES_NO_PAGES, CANNOT_SAVE, WRONG_CLOCK)
"""Reasons why a run ended that another run alone does not change."""
ARCHIVED, BOUNDED = "archived", "bounded"
"""Of a target: nothing was due; more pages follow than the run was to read."""
WORDS: Mapping[str, str] = {
    Outcome.COMPLETE: "complete",
    Outcome.PARTIAL: "partial (rows rejected)",
    BOUNDED: "bounded (more follows)",
    ARCHIVED: "already complete",
    Outcome.NOT_YET: "not published yet",
    Outcome.ABSENT: "absent",
    Outcome.FORBIDDEN: "forbidden",
    Outcome.NEEDS_SESSION: "skipped (a logged-in session is needed)",
    Outcome.FAILED: "failed",
}
"""Ends of targets, in words."""
SHOWN_PROBLEMS = 10
COMPLETE, REPLAYED = "complete", "replayed"
"""Values of crawls.outcome for a complete crawl, and for one that is known from its captures; others are in words."""
REFUSED_SESSION = (
    "Session expired: pixiv rejected the PHPSESSID. Log in again and replace it in PIXIV_PHPSESSID_FILE"
    f" ({command('status doctor')} shows whose it is)."
)


@dataclass(frozen=True)
class RunSummary:
    """Summary of a crawl or a replay, or of the crawls of one job step together.

    The spider knows how its targets ended: `headline` (the first line), `outcomes` (number of targets by `Outcome`,
    ARCHIVED or BOUNDED), `failed` and `left` (targets that failed; that are still due), `cause` (why most of the failed
    ones failed), `problems` (a line each), `unread` (captured records that cannot be read), `advice` (what to do where
    running again does not help). Who runs it counts the rest. reason: why it ended, FINISHED if nothing is due.
    failures: why it is no success. session: "served", "refused" or "" if the run does not show it.
    """

    headline: str = ""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    left: int = 0
    cause: str = ""
    problems: tuple[str, ...] = ()
    unread: int = 0
    advice: str = ""
    reason: str = ""
    failures: tuple[str, ...] = ()
    session: str = ""
    archive: str = ""
    """Place of the archive that it saved rows to, without a password."""
    requests: int = 0
    responses: int = 0
    rows: int = 0
    rejected: int = 0
    omitted: int = 0
    unfit: int = 0
    """Pages with rows or columns that were rejected."""
    disallowed: int = 0
    """Requests that robots.txt forbids, so not sent."""
    seconds: float = 0

    @property
    def exit_status(self) -> int:
        """0 if everything requested is archived, or named as unavailable; else 1."""
        return 1 if self.failures else 0

    @property
    def warning(self) -> str:
        """Return a warning about a run that did not fail; "" for none."""
        return f"pixiv's robots.txt forbids {counted(self.disallowed, 'page')}" if self.disallowed else ""

    @property
    def is_session_refused(self) -> bool:
        """Return True if the session was refused even for a page that every live session is shown."""
        return self.session == "refused"

    def count(self, *names: str) -> int:
        """Number of targets that ended in one of these ways."""
        return sum(self.outcomes.get(name, 0) for name in names)

    @property
    def _is_skipped(self) -> bool:
        """Return True if nothing could be requested without a session."""
        return {name for name, count in self.outcomes.items() if count} == {Outcome.NEEDS_SESSION}

    def as_row(self) -> dict[str, Any]:
        """The columns of `crawls` that a run's end fills."""
        session = {"session": self.session} if self.session else {}
        return {
            "finished_at": time.time_ns(),
            "outcome": "; ".join(self.failures) if self.failures else COMPLETE,
            "page_count": self.responses,
            "row_count": self.rows,
            **session,
        }

    def as_text(self) -> str:
        """All that is to be said of it, the last line the most important."""
        where = f" to {self.archive}" if self.archive else ""
        cost = f"{counted(self.responses, 'response')}, {duration(self.seconds)}"
        lines = [self.headline, f"  {counted(self.rows, 'row')} saved{where} ({cost})"]
        if self._is_skipped:
            lines[1] = "  Nothing archived: all of it needs a logged-in session (PIXIV_PHPSESSID_FILE)"
        if self.is_session_refused:
            lines.insert(0, REFUSED_SESSION)
        if self.omitted:
            lines.append(
                f"  {counted(self.omitted, 'ID')} of those requested missing in the responses (table omissions):"
                " requested again on later nights"
            )
        if self.rejected:
            lines.append(
                f"  {counted(self.rejected, 'row')} rejected ({command('status dead')}); the captures have them"
            )
        # Problems quote pixiv and other people: their control characters must not reach a terminal.
        lines += [f"  {clean(problem)}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"  … and {len(self.problems) - SHOWN_PROBLEMS:,} more like these")
        if self.failures:
            lines.append(f"INCOMPLETE: {'; '.join(self.failures)}.{self._what_helps()}")
        else:
            lines.append("SKIPPED" if self._is_skipped else "OK")
        return "\n".join(lines)

    def _what_helps(self) -> str:
        """Another run does not mend what the project cannot read."""
        if self.advice:
            return f" {self.advice}"
        # Each of the two is one line in `failures`; only if there is another can a further run help.
        in_vain = bool(self.unfit) + bool(self.unread)
        if len(self.failures) == in_vain:
            return ""
        before = " Log in again, then run" if self.is_session_refused else " Run"
        return f"{before} the same command again."

    def then(self, later: RunSummary) -> RunSummary:
        """Return the summary of this run and a later one of the same targets together.

        The later one finds archived what the earlier one completed; how it ended is how both ended.
        """
        before = self.outcomes.get(Outcome.COMPLETE, 0)
        # Subtraction stops at 0.
        outcomes = Counter(later.outcomes) + Counter({COMPLETE: before}) - Counter({ARCHIVED: before})
        added = ("requests", "responses", "rows", "rejected", "omitted", "unfit", "disallowed", "seconds")
        sums = {name: getattr(self, name) + getattr(later, name) for name in added}
        return replace(later, outcomes=dict(outcomes), **sums)
