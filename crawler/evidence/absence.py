"""On what evidence something is absent: misses of different nights, or neighbours that agree.

A site in trouble says "not there" to everything. So a run in which everything was missing proves
nothing: a crawl to which that happens requests something that must be there (`control_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

from crawler.clock import night_of
from crawler.endpoints import ENDPOINTS
from crawler.model.target import Target

OLD_ENOUGH = timedelta(days=7)
"""Rankings were published days late: until then no neighbour proves a day absent."""
# Six hours: one outage around midnight in Japan is not evidence from two nights.
LEAST_APART = 6 * 3_600 * 1_000_000_000
NIGHTS_EMPTY = 3
"""A throttled search says that it found nothing: so many nights of that are no throttling."""


def are_nights_apart(one: int, other: int) -> bool:
    """Return True if two moments are of different nights, and not of one glitch at midnight."""
    return night_of(one) != night_of(other) and abs(one - other) >= LEAST_APART


@dataclass(frozen=True)
class Miss:
    """A response that said "not there".

    run_found_something: its run found something that is there; run_requested_only_this: it requested nothing else.
    """

    moment: int
    run_found_something: bool
    run_requested_only_this: bool


def proving_nights(misses: Sequence[Miss], is_answered: Callable[[int, int], bool]) -> str:
    """Return why a target that was missed is unavailable: two nights that prove it; "" if none do.

    is_answered: whether the site answered anything well between two moments.
    """
    for one, other in combinations(misses, 2):
        # Not where a run found nothing of all it requested.
        is_weighed = all(miss.run_found_something or miss.run_requested_only_this for miss in (one, other))
        if not is_weighed or not are_nights_apart(one.moment, other.moment):
            continue
        if one.run_found_something or other.run_found_something or is_answered(one.moment, other.moment):
            return f"not found on {night_of(one.moment)} and {night_of(other.moment)}, while others were found"
    return ""


def proves_tonight(misses: Sequence[Miss]) -> bool:
    """Return True if misses since a moment count by themselves, for this night."""
    return not misses or any(miss.run_found_something or miss.run_requested_only_this for miss in misses)


def empty_nights(misses: Sequence[Miss], is_another_answered: Callable[[int], bool]) -> str:
    """Return why a search that had works is believed to have none any more; "" if it is not.

    It found nothing on several nights, on each of which another search was answered. misses: since it had works last.
    is_another_answered: whether another search was answered around a moment.
    """
    nights: list[int] = []
    for miss in misses:
        is_new = all(are_nights_apart(miss.moment, other) for other in nights)
        if is_new and is_another_answered(miss.moment):
            nights.append(miss.moment)
    if len(nights) < NIGHTS_EMPTY:
        return ""
    return f"nothing found on {len(nights)} nights on which other searches were answered"


@dataclass(frozen=True)
class Beginning:
    """The oldest ranking of a kind, which says that there is none before it."""

    on: date
    first_said_at: int
    last_said_at: int

    @property
    def is_believed(self) -> bool:
        """Return True if it said so on two nights."""
        return are_nights_apart(self.first_said_at, self.last_said_at)


def are_agreed(earlier: Any, later: Any) -> bool:
    """Return True if two rankings name each other as neighbours, read a week after the days between."""
    # The earlier reading decides: both must be of a time when late rankings would have been there.
    read_on = datetime.fromtimestamp(min(earlier.last_seen_at, later.last_seen_at) // 1_000_000_000, UTC).date()
    is_old = read_on >= later.ranking_on - timedelta(days=1) + OLD_ENOUGH
    is_named = earlier.next_on == later.ranking_on and later.prev_on == earlier.ranking_on
    return bool(is_named and is_old)


def control_of(target: Target) -> Target | None:
    """Return the target that must exist if a ranking of a day does not: the newest ranking. None for other things."""
    if not ENDPOINTS[target.endpoint].is_dated:
        return None
    return Target(target.endpoint, {**target.params, "date": ""}, night=target.night, asker=target.asker)


def proof_of(target: Target, night: str) -> Target | None:
    """Return another target to request before a 400 is believed; None if there is none."""
    proof = ENDPOINTS[target.endpoint].policy.proof
    if proof is None:
        return None
    source = ENDPOINTS[proof.endpoint]
    params = {name: target.params[name] for name in source.request.params}
    return Target(source.name, params, night=night, asker=target.asker)
