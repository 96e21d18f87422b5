"""Compare policies of re-checks: `./run python -m tests.rechecks --nights 1500 --budget 240 --seed 1`.

Works whose views grow as real ones do (a power of age, about 0.4) are published night after night; a budget of looks is spent by the
project's policy, and by naive ones beside it; then each work's curve is rebuilt from its looks and compared with what it was.
"""

from __future__ import annotations

import argparse
import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from crawler.evidence.recheck_policy import Recheck, most_overdue

NEWCOMERS = 55
"""Works a night that are followed from then on: some 35 that are new in the top fifty, and a cohort of 20."""
WIGGLE = 0.15
"""By how much a curve leaves its power, to and fro, as a share."""
Policy = Callable[[list["Followed"], int, int], list["Followed"]]


@dataclass
class Followed:
    """A work, and the ages in days and views at which it was looked at."""

    artwork_id: int
    born: int
    scale: float
    growth: float
    phase: float
    ages: list[float] = field(default_factory=list)
    views: list[float] = field(default_factory=list)

    def true_views(self, age: float) -> float:
        """All views at an age: a power of it, now above and now below; they never fall by much."""
        return self.scale * age**self.growth * (1 + WIGGLE * math.sin(self.phase + math.log1p(age)))

    def look(self, age: float) -> None:
        """Recheck at it."""
        self.ages.append(age)
        self.views.append(self.true_views(age))

    def rebuilt(self, age: float) -> float:
        """The views at an age as the looks have it: between two straight in logarithms; beyond the last as before it."""
        if len(self.ages) == 1:
            return self.views[0]
        place = min(max(bisect_left(self.ages, age), 1), len(self.ages) - 1)
        (a, b), (u, v) = self.ages[place - 1 : place + 1], self.views[place - 1 : place + 1]
        share = math.log(age / a) / math.log(b / a)
        return math.exp(math.log(u) + share * math.log(v / u))


def doubling(works: list[Followed], night: int, budget: int) -> list[Followed]:
    """The project's policy."""
    by_id = {work.artwork_id: work for work in works}
    looks = (Recheck(one.artwork_id, night - one.born + 0.5, one.ages[-1] if one.ages else None) for one in works)
    return [by_id[look.artwork_id] for look in most_overdue(looks)[:budget]]


def newest_first(works: list[Followed], _night: int, budget: int) -> list[Followed]:
    """Naive: the youngest every night."""
    return works[-budget:] if budget else []


def by_chance(works: list[Followed], night: int, budget: int) -> list[Followed]:
    """Naive: any."""
    return random.Random(night).sample(works, min(budget, len(works)))


POLICIES: dict[str, Policy] = {"doubling": doubling, "newest first": newest_first, "by chance": by_chance}


def simulate(policy: Policy, *, nights: int, budget: int, seed: int) -> tuple[float, int]:
    """The mean error of rebuilt curves, as a share, and the most looks of a night."""
    rng = random.Random(seed)
    works: list[Followed] = []
    most = 0
    for night in range(nights):
        for _ in range(NEWCOMERS):
            growth, phase = rng.uniform(0.3, 0.5), rng.uniform(0, 2 * math.pi)
            new = Followed(len(works), night, 1000 * rng.paretovariate(1.2), growth, phase)
            new.look(0.5)  # the ranking that showed it
            works.append(new)
        chosen = policy(works, night, budget)
        most = max(most, len(chosen))
        for one in chosen:
            if night - one.born + 0.5 > one.ages[-1]:
                one.look(night - one.born + 0.5)
    return mean(errors(works, nights, rng)), most


def errors(works: Sequence[Followed], nights: int, rng: random.Random) -> list[float]:
    """Return the error of rebuilt curves, each at ages that are as likely in each doubling."""
    found = []
    for one in rng.sample(list(works), min(2_000, len(works))):
        oldest = nights - one.born - 0.5
        for _ in range(4):
            age = math.exp(rng.uniform(math.log(0.5), math.log(max(oldest, 0.5))))
            found.append(abs(one.rebuilt(age) / one.true_views(age) - 1))
    return found


def main() -> None:
    """Print the error of each policy."""
    parser = argparse.ArgumentParser(prog="./run python -m tests.rechecks", description=__doc__)
    parser.add_argument("--nights", type=int, default=1500)
    parser.add_argument("--budget", type=int, default=240, help="looks a night")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name, policy in POLICIES.items():
        error, most = simulate(policy, nights=given.nights, budget=given.budget, seed=given.seed)
        print(f"{name:<14} {100 * error:5.1f}% off on average, at most {most} looks a night")


if __name__ == "__main__":
    main()
