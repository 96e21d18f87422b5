"""How the units of a run ended, counted and named for its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from crawler.archive.next_page import UnitProgress
from crawler.items.ask import Ask
from crawler.items.reply import Outcome
from crawler.spiders.base import ARCHIVED, BOUNDED, WORDS, Tally
from crawler.spiders.unit import Unit

MOVED = "it moved while it was read, faster than it can be read"


class UnitResults:
    """Units of work that have come to their ends."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []
        self.repeated = 0
        """Units that turned out to be others of this run: `latest` and its day are one ranking."""
        self._ended: set[tuple[str, str]] = set()
        self._unsure: list[str] = []

    @property
    def count(self) -> int:
        """How many units have ended."""
        return self.outcomes.total() + self.repeated

    def has(self, ask: Ask) -> bool:
        """Whether a unit was requested in this run, or found to be archived."""
        return (ask.endpoint, ask.key) in self._ended

    def add(self, unit: Unit, due: UnitProgress) -> None:
        """Count a unit that nothing more is requested of. due: what the archive says of it."""
        outcome = due.outcome or Outcome.FAILED
        if due.page is not None and outcome is Outcome.COMPLETE:
            outcome = Outcome.FAILED
        if self.has(unit.ask) and not unit.requested:
            self.repeated += 1
            return
        self._ended.add((unit.ask.endpoint, unit.ask.key))
        is_old = outcome is Outcome.COMPLETE and (
            not unit.requested or (unit.was_archived and len(unit.requested) == 1)
        )
        is_bounded = due.is_bounded and unit.pages is None
        self.outcomes[ARCHIVED if is_old else BOUNDED if is_bounded else outcome] += 1
        name = f"{unit.ask.endpoint} {unit.ask.key}".strip()
        if outcome is not Outcome.COMPLETE:
            self.problems.append(f"{outcome}: {name}: {_why(unit, due)}")
        elif not is_old and not due.is_certain:
            self._unsure.append(name)

    def tally(
        self,
        name: str,
        requested: int,
        *,
        more: Iterable[str] = (),
        failed: int = 0,
        advice: str = "",
    ) -> Tally:
        """What the run came to. requested: units requested; more, failed: problems found elsewhere."""
        ends = ", ".join(
            f"{self.outcomes[key]:,} {word}" for key, word in WORDS.items() if self.outcomes[key]
        )
        return Tally(
            f"{name}: {requested - self.repeated:,} asked for: {ends or 'none complete yet'}",
            failed=self.outcomes[Outcome.FAILED] + failed,
            left=requested - self.count,
            problems=(*self.problems, *more, *self._doubts()),
            outcomes=self.outcomes,
            advice=advice,
        )

    def _doubts(self) -> Iterator[str]:
        """What nobody can know of lists that move."""
        if self._unsure:
            more = f" and {len(self._unsure) - 1:,} more lists" if len(self._unsure) > 1 else ""
            yield (
                f"cannot know: {self._unsure[0]}{more}: where no total is given, or new ones do not come"
                " on top, nothing shows whether what was deleted while the pages were read has hidden others"
            )


def _why(unit: Unit, due: UnitProgress) -> str:
    is_read = unit.last is not None and unit.last.outcome.is_read
    moved = MOVED if due.is_again and is_read else ""
    return due.message or moved or (unit.last.message if unit.last else "") or "not stored"
