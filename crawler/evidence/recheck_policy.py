"""Re-check a work when its age is twice its age at the last re-check. Pure.

Views grow as a power of age, so re-checks at a constant ratio of ages leave the same relative error between any two of
them. docs/explain/refresh.md says why, and what a simulation showed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RATIO = 2.0
FIRST = 1.0
"""Days after which a work that nobody has re-checked is due."""
LONGEST = 365.0
"""Days between two re-checks, at most."""
HALF_A_DAY = 0.5


@dataclass(frozen=True)
class Recheck:
    """A work that may be re-checked. age: days since publication; last: its age at the last re-check; None: never re-checked.

    failed: days since a request of it failed; None: the last one was answered.
    """

    artwork_id: int
    age: float
    last: float | None
    failed: float | None = None

    @property
    def overdue(self) -> float:
        """Its age divided by the age at which it is due. From 1 on it is due.

        >>> Recheck(1, 4.0, 2.0).overdue, Recheck(1, 3.0, 2.0).overdue, Recheck(1, 400.0, None).overdue
        (1.0, 0.75, 400.0)
        """
        return self.age / due_age(self.last)


def due_age(last: float | None) -> float:
    """The age at which a work is due, in days.

    >>> due_age(None), due_age(0.1), due_age(10.0), due_age(1000.0)
    (1.0, 1.0, 20.0, 1365.0)
    """
    if last is None:
        return FIRST
    return max(FIRST, min(RATIO * last, last + LONGEST))


def most_overdue(works: Iterable[Recheck]) -> list[Recheck]:
    """Return the works that are due, the most overdue first.

    One whose request failed is no more due the same night, and then after all others: a page that always fails would
    hold the budget.

    >>> [work.artwork_id for work in most_overdue([Recheck(1, 9.0, 2.0, 1.0), Recheck(2, 5.0, 2.0), Recheck(3, 9.0, 2.0, 0.1)])]
    [2, 1]
    """
    return sorted(
        (work for work in works if work.overdue >= 1 and (work.failed is None or work.failed >= HALF_A_DAY)),
        key=lambda work: (work.failed is not None, -work.overdue, work.artwork_id),
    )
