"""When to look at a work again: when its age is twice what it was at the last look. Pure.

Views grow as a power of age, so looks at a constant ratio of ages leave the same relative error between any two of
them. docs/refresh.md says why, and what a simulation showed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RATIO = 2.0
FIRST = 1.0
"""Days after which a work that nobody has looked at is due."""
LONGEST = 365.0
"""Days between two looks, at most."""
HALF_A_DAY = 0.5


@dataclass(frozen=True)
class Look:
    """A work that may be looked at. age: days since publication; last: its age at the last look; None: never looked at.

    failed: days since a request of it failed; None: the last one was answered.
    """

    artwork_id: int
    age: float
    last: float | None
    failed: float | None = None

    @property
    def overdue(self) -> float:
        """How many times as old it is as it should be at the next look; from 1 on it is due.

        >>> Look(1, 4.0, 2.0).overdue, Look(1, 3.0, 2.0).overdue, Look(1, 400.0, None).overdue
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


def most_overdue(looks: Iterable[Look]) -> list[Look]:
    """Those that are due, the most overdue first.

    One whose request failed is no more due the same night, and then after all others: a page that always fails would
    hold the budget.

    >>> [look.artwork_id for look in most_overdue([Look(1, 9.0, 2.0, 1.0), Look(2, 5.0, 2.0), Look(3, 9.0, 2.0, 0.1)])]
    [2, 1]
    """
    return sorted(
        (look for look in looks if look.overdue >= 1 and not _failed_tonight(look)),
        key=lambda look: (look.failed is not None, -look.overdue, look.artwork_id),
    )


def _failed_tonight(look: Look) -> bool:
    return look.failed is not None and look.failed < HALF_A_DAY
