"""On what evidence something is absent: misses of different nights, or neighbours that agree.

A site in trouble says "not there" to everything. So a run in which everything was missing proves
nothing: a crawl to which that happens requests something that must be there (`control_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text

from crawler.clock import night_of
from crawler.endpoints import ENDPOINTS
from crawler.model.reply import Outcome
from crawler.model.target import Target, read_params
from crawler.model.target_progress import TargetProgress
from crawler.tables.artworks import ArtworkDetail
from crawler.tables.provenance import Capture, Coverage
from crawler.tables.rankings import Ranking

OLD_ENOUGH = timedelta(days=7)
"""Rankings were published days late: until then no neighbour proves a day absent."""
LEAST_APART = 6 * 3_600 * 1_000_000_000
A_DAY = 86_400 * 1_000_000_000
NIGHTS_EMPTY = 3
"""A throttled search says that it found nothing: so many nights of that are no throttling."""
SEARCHES = tuple(name for name, endpoint in ENDPOINTS.items() if endpoint.reply.total)
RANKINGS = Ranking.__table__
NOTHING = "not there (404), like all that this run asked for: it proves nothing"


def are_nights_apart(one: int, other: int) -> bool:
    """Whether two moments are of different nights, and not of one glitch at midnight."""
    return night_of(one) != night_of(other) and abs(one - other) >= LEAST_APART


@dataclass(frozen=True)
class Miss:
    """A reply that said "not there".

    run_found_something: its run found something that is there; run_requested_only_this: it requested nothing else.
    """

    moment: int
    run_found_something: bool
    run_requested_only_this: bool

    @property
    def night(self) -> str:
        """The date in Japan."""
        return night_of(self.moment)


def missed_nights(connection: Connection, target: Target, since: int) -> str:
    """Why a target that was missed is absent: two nights that prove it; "" where none do.

    since: the moment of the first miss that counts.
    """
    for one, other in combinations(_misses(connection, target, since), 2):
        if are_nights_apart(one.moment, other.moment) and _do_prove(connection, one, other):
            return f"not there on {one.night} and {other.night}, while other things were"
    return ""


def _do_prove(connection: Connection, one: Miss, other: Miss) -> bool:
    """Whether two misses prove an absence: not where a run found nothing of all it requested."""
    if not all(miss.run_found_something or miss.run_requested_only_this for miss in (one, other)):
        return False
    between = Capture.observed_at.between(one.moment, other.moment)
    return one.run_found_something or other.run_found_something or _is_answered(connection, between)


def is_proven_tonight(connection: Connection, target: Target, at: int) -> bool:
    """Whether a miss at a moment counts by itself, for this night."""
    misses = _misses(connection, target, at)
    return not misses or any(miss.run_found_something or miss.run_requested_only_this for miss in misses)


def emptied(connection: Connection, target: Target, since: int) -> str:
    """Why a search that had works is believed to have none any more; "" where it is not.

    It found nothing on several nights on each of which another search was answered. since: the moment
    at which it had works last.
    """
    nights: list[int] = []
    for miss in _misses(connection, target, since):
        is_new = all(are_nights_apart(miss.moment, other) for other in nights)
        if is_new and _is_another_search_answered(connection, target, miss.moment):
            nights.append(miss.moment)
    if len(nights) < NIGHTS_EMPTY:
        return ""
    return f"nothing found on {len(nights)} nights on which other searches were answered"


def _is_another_search_answered(connection: Connection, target: Target, moment: int) -> bool:
    around = Capture.observed_at.between(moment - A_DAY // 2, moment + A_DAY // 2)
    is_other = or_(Capture.endpoint != target.endpoint, Capture.params != target.key)
    return _is_answered(connection, and_(around, Capture.endpoint.in_(SEARCHES), is_other))


def _misses(connection: Connection, target: Target, since: int) -> list[Miss]:
    """The misses of a target, the last of each run, oldest first."""
    listed = (
        select(func.max(Capture.observed_at), Capture.crawl_id)
        .where(
            # Written out, so that the index that holds these few rows alone is found.
            text("outcome <> 'complete'"),
            Capture.endpoint == target.endpoint,
            Capture.params == target.key,
            Capture.outcome.in_((Outcome.NOT_YET, Outcome.ABSENT)),
            Capture.observed_at >= since,
        )
        .group_by(Capture.crawl_id)
        .order_by(func.max(Capture.observed_at))
    )
    return [_miss(connection, moment, run) for moment, run in connection.execute(listed)]


def _miss(connection: Connection, moment: int, crawl_id: str) -> Miss:
    run = and_(Capture.crawl_id == crawl_id, Capture.observed_at.between(moment - A_DAY, moment + A_DAY))
    things = select(Capture.endpoint, Capture.params).where(run).distinct().limit(2).subquery()
    count = connection.scalar(select(func.count()).select_from(things))
    return Miss(moment, run_found_something=_is_answered(connection, run), run_requested_only_this=(count or 0) < 2)


def _is_answered(connection: Connection, which: ColumnElement[bool]) -> bool:
    """Whether the site answered something well."""
    found = select(Capture.observed_at).where(which, Capture.outcome.in_((Outcome.COMPLETE, Outcome.PARTIAL))).limit(1)
    return connection.scalar(found) is not None


@dataclass(frozen=True)
class Beginning:
    """The oldest ranking of a kind, which says that there is none before it."""

    on: date
    first_said_at: int
    last_said_at: int

    @property
    def is_believed(self) -> bool:
        """Whether it said so on two nights."""
        return are_nights_apart(self.first_said_at, self.last_said_at)


def beginning_of(connection: Connection, mode: str, content: str) -> Beginning | None:
    """The oldest stored ranking, where it says that there is none before it."""
    oldest = connection.execute(
        select(RANKINGS)
        .where(RANKINGS.c.mode == mode, RANKINGS.c.content == content)
        .order_by(RANKINGS.c.ranking_on)
        .limit(1)
    ).first()
    # `group_times` lists a group whose value is null only if a reply said so.
    times = orjson.loads(oldest.group_times) if oldest is not None and oldest.group_times else {}
    at = times.get("at", {}).get("prev_on")
    if oldest is None or oldest.prev_on is not None or at is None:
        return None
    since = times.get("since", {}).get("prev_on", oldest.first_seen_at)
    return Beginning(oldest.ranking_on, since, at)


def neighbours_of(connection: Connection, mode: str, content: str, on: date) -> tuple[date, date] | None:
    """The rankings around a day that name each other, read when the day was a week old; else None."""
    ours = and_(RANKINGS.c.mode == mode, RANKINGS.c.content == content)
    earlier = connection.execute(
        select(RANKINGS).where(ours, RANKINGS.c.ranking_on < on).order_by(RANKINGS.c.ranking_on.desc()).limit(1)
    ).first()
    later = connection.execute(
        select(RANKINGS).where(ours, RANKINGS.c.ranking_on > on).order_by(RANKINGS.c.ranking_on).limit(1)
    ).first()
    if earlier is None or later is None or not are_agreed(earlier, later):
        return None
    return earlier.ranking_on, later.ranking_on


def are_agreed(earlier: Any, later: Any) -> bool:
    """Whether two rankings name each other as neighbours, read a week after the days between."""
    read_on = datetime.fromtimestamp(min(earlier.last_seen_at, later.last_seen_at) // 1_000_000_000, UTC).date()
    is_old = read_on >= later.ranking_on - timedelta(days=1) + OLD_ENOUGH
    is_named = earlier.next_on == later.ranking_on and later.prev_on == earlier.ranking_on
    return bool(is_named and is_old)


def foresee(connection: Connection, target: Target, night: str) -> TargetProgress | None:
    """Return how a target ends without a request, or which other waits before it; None: it is to be requested."""
    endpoint = ENDPOINTS[target.endpoint]
    if endpoint.policy.proof and _is_closed(connection, target):
        return TargetProgress(None, Outcome.ABSENT, endpoint.policy.proof.message)
    if target.endpoint != "ranking" or not target.params.get("date"):
        return None
    mode, content = target.params["mode"], target.params["content"]
    on = date.fromisoformat(target.params["date"])
    around = neighbours_of(connection, mode, content, on)
    if around:
        return TargetProgress(None, Outcome.ABSENT, f"{around[0]} and {around[1]} name each other as neighbours")
    return _before_the_first(connection, target, on, night)


def _before_the_first(connection: Connection, target: Target, on: date, night: str) -> TargetProgress | None:
    mode, content = target.params["mode"], target.params["content"]
    begun = beginning_of(connection, mode, content)
    if begun is None or on >= begun.on:
        return None
    if begun.is_believed:
        nights = night_of(begun.first_said_at), night_of(begun.last_said_at)
        return TargetProgress(
            None, Outcome.ABSENT, f"{begun.on} says that it is the first, on {nights[0]} and {nights[1]}"
        )
    if night_of(begun.last_said_at) != night:
        day = {**target.params, "date": f"{begun.on:%Y%m%d}"}
        first = Target(target.endpoint, day, asker=target.asker)
        return TargetProgress(target.page, None, waits_for=first)
    if not _is_missed_before(connection, target, begun):
        return None
    return TargetProgress(
        None, Outcome.NOT_YET, f"{begun.on} says that it is the first: believed once it says so on another night"
    )


def _is_missed_before(connection: Connection, target: Target, begun: Beginning) -> bool:
    """Whether a day before a beginning was requested since then, and is not there."""
    missed = select(Capture.params).where(
        text("outcome <> 'complete'"),
        Capture.endpoint == target.endpoint,
        Capture.outcome == Outcome.NOT_YET,
        Capture.observed_at > begun.first_said_at,
    )
    requested = [read_params(params) for params in connection.scalars(missed)]
    kind = target.params["mode"], target.params["content"]
    return any(
        (params["mode"], params["content"]) == kind and params.get("date", "9") < f"{begun.on:%Y%m%d}"
        for params in requested
    )


def _is_closed(connection: Connection, target: Target) -> bool:
    """Whether a work's own page says that its comments are closed."""
    closed = select(ArtworkDetail.is_comment_off).where(ArtworkDetail.artwork_id == int(target.params["illust_id"]))
    return bool(connection.scalar(closed))


def is_refused_for_good(connection: Connection, target: Target) -> str:
    """Why a 400 is the site's last word tonight: what the work's own page answered; else ""."""
    proof, needed = ENDPOINTS[target.endpoint].policy.proof, proof_of(target, target.night)
    if proof is None or needed is None:
        return ""
    outcomes = connection.scalars(
        select(Coverage.outcome).where(
            Coverage.endpoint == needed.endpoint,
            Coverage.params == needed.key,
            Coverage.night == needed.night,
            Coverage.page == 1,
        )
    )
    ends = {
        Outcome.COMPLETE: proof.message,
        Outcome.PARTIAL: proof.message,
        Outcome.ABSENT: "the work itself is not there",
    }
    return next((ends[Outcome(outcome)] for outcome in outcomes if outcome in ends), "")


def control_of(target: Target) -> Target | None:
    """What must be there where a ranking of a day is not: the newest one. None for other things."""
    if not ENDPOINTS[target.endpoint].is_dated:
        return None
    return Target(target.endpoint, {**target.params, "date": ""}, night=target.night, asker=target.asker)


def proof_of(target: Target, night: str) -> Target | None:
    """What else to request so that a 400 can be believed; None where nothing helps."""
    proof = ENDPOINTS[target.endpoint].policy.proof
    if proof is None:
        return None
    source = ENDPOINTS[proof.endpoint]
    params = {name: target.params[name] for name in source.request.params}
    return Target(source.name, params, night=night, asker=target.asker)
