"""What a run came to: counted page by page, summed up for a person, with the exit status it deserves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from crawler.endpoints import ENDPOINTS
from crawler.extensions.words import clean, counted, duration
from crawler.model.page import Page
from crawler.places import command
from crawler.spiders.base import Tally
from crawler.spiders.family import SESSION_CHECK

SHOWN_PROBLEMS = 10
CAUSE_LENGTH = 200
REFUSED_SESSION = (
    "SESSION REFUSED: the session that was given does not serve: log in again and give the new"
    f" PHPSESSID ({command('status doctor')})"
)
MOST_LOST = 3
"""Pages lost one after the other, after which an archive takes none."""


class RunOutcome:
    """What a run came to so far. Begins when it is made."""

    def __init__(self) -> None:
        self._pages = 0
        self._rows: Counter[str] = Counter()
        self._refused = 0
        self._lost = self._lost_in_a_row = 0
        self._dropped = 0
        self._unfit = 0
        self._omitted = 0
        self._is_session_refused = False
        self._has_served = False
        self._begun = time.monotonic()

    def stored(self, page: Page) -> None:
        """Count a page that is in the archive."""
        self._lost_in_a_row = 0
        self._unfit += bool(page.lost)
        self._omitted += page.omitted
        self._is_session_refused |= (
            page.is_session_refused and page.target.endpoint == SESSION_CHECK
        )
        endpoint = ENDPOINTS[page.target.endpoint]
        is_served = page.outcome.is_read and endpoint.policy.wants_session(page.target.params)
        self._has_served |= is_served and page.reply is not None and page.reply.has_session
        self._pages += page.reply is not None
        self._refused += len(page.refused)
        for table, rows in page.rows.items():
            self._rows[table] += len(rows)

    def dropped(self) -> None:
        """Count a page that another pipeline has dropped."""
        self._dropped += 1

    def lost(self, *, is_for_its_data: bool = False) -> bool:
        """Count a page that is not stored; whether the archive seems to take none any more.

        is_for_its_data: it was refused for what it holds, and the next may fit.
        """
        self._lost += 1
        if is_for_its_data:
            return False
        self._lost_in_a_row += 1
        return self._lost_in_a_row == MOST_LOST

    def end(self, failures: Sequence[str]) -> dict[str, Any]:
        """How the run ended, for its row of `crawls`."""
        return {
            "finished_at": time.time_ns(),
            "outcome": "; ".join(failures) if failures else "complete",
            "page_count": self._pages,
            **self._session_end(),
            "row_count": self._rows.total(),
        }

    def figures(self, tally: Tally, failures: Sequence[str]) -> dict[str, Any]:
        """What a job's summary is made of."""
        return {
            "outcomes": dict(tally.outcomes), "replies": self._pages,
            "rows": self._rows.total(), "refused": self._refused, "failures": list(failures),
            "left": tally.left, "cause": _cause(tally),
        }  # fmt: skip

    @property
    def is_session_dead(self) -> bool:
        """Return True if the session was refused even for a page that every live session is shown."""
        return self._is_session_refused and not self._has_served

    def _session_end(self) -> dict[str, str]:
        """What became of the session, where the run shows it."""
        if self._has_served:
            return {"session": "served"}
        return {"session": "refused"} if self.is_session_dead else {}

    def failures(self, reason: str, tally: Tally) -> list[str]:
        """Why it is no success; none where it is. reason: why it ended, `finished` where all is done."""
        failures = []
        if self._lost:
            failures.append(
                f"{self._lost:,} pages lost before they were stored (the captures have them)"
            )
        if self._dropped:
            failures.append(
                f"{counted(self._dropped, 'page')} dropped by another pipeline: not stored, still due"
            )
        if self.is_session_dead:
            failures.append("the session that was given does not serve")
        if self._unfit:
            failures.append(
                f"{counted(self._unfit, 'page')} with rejected rows or columns: see {command('status dead')},"
                f" and after a fix {command('replay --dead')}"
            )
        if tally.failed:
            cause = _cause(tally)
            failures.append(f"{tally.failed:,} failed" + (f": {cause}" if cause else ""))
        if tally.unread:
            failures.append(f"{counted(tally.unread, 'record')} could not be read (named above)")
        if tally.left > 0:
            failures.append(f"stopped early ({reason}), {tally.left:,} still due")
        elif reason != "finished" and not failures:
            failures.append(f"stopped: {reason}")
        return failures

    def summary(self, tally: Tally, failures: Sequence[str]) -> str:
        """All that is to be said of it, the last line the most important."""
        seconds = time.monotonic() - self._begun
        replies = counted(self._pages, "reply", "replies")
        facts = counted(self._rows.total(), "fact")
        lines = [tally.headline, f"  {replies} in {duration(seconds)}, {facts}"]
        if self.is_session_dead:
            lines.insert(0, REFUSED_SESSION)
        if self._omitted:
            lines.append(
                f"  {counted(self._omitted, 'id')} of those asked for left out by the answers"
                " (omissions): asked again on later nights"
            )
        if self._refused:
            lines.append(
                f"  {self._refused:,} rows did not fit and are in dead_letters (captures keep them)"
            )
        lines += [f"  {clean(problem)}" for problem in tally.problems[:SHOWN_PROBLEMS]]
        if len(tally.problems) > SHOWN_PROBLEMS:
            lines.append(f"  … and {len(tally.problems) - SHOWN_PROBLEMS:,} more like these")
        if failures:
            lines.append(f"INCOMPLETE: {'; '.join(failures)}.{self._advice(tally, failures)}")
        else:
            lines.append("OK")
        return "\n".join(lines)

    def _advice(self, tally: Tally, failures: Sequence[str]) -> str:
        """What helps: another run does not mend what the project cannot read."""
        if tally.advice:
            return f" {tally.advice}"
        in_vain = bool(self._unfit) + bool(tally.unread)
        if len(failures) == in_vain:
            return ""
        before = " Log in again, then run" if self.is_session_dead else " Run"
        return f"{before} the same command again."


def _cause(tally: Tally) -> str:
    return clean(tally.cause)[:CAUSE_LENGTH]
