"""Read the evidence that something is absent, for the rules in `evidence/absence.py`."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, text

from crawler.clock import night_of
from crawler.endpoints import ENDPOINTS
from crawler.evidence.absence import Beginning, Miss, are_agreed, empty_nights, proof_of, proves_tonight, proving_nights
from crawler.model.page import Outcome, TargetProgress
from crawler.model.target import Target, read_params
from crawler.tables.artworks import ArtworkDetail
from crawler.tables.provenance import Capture, Coverage
from crawler.tables.rankings import Ranking

A_DAY = 86_400 * 1_000_000_000
SEARCHES = tuple(name for name, endpoint in ENDPOINTS.items() if endpoint.reply.total)
NOTHING = "not found (404), like all else in this run, so this proves nothing"


def missed_nights(connection: Connection, target: Target, since: int) -> str:
    """Return why a target that was missed is unavailable; "" if nothing proves it. since: the first miss that counts."""
    misses = _misses(connection, target, since)
    return proving_nights(misses, lambda *both: _is_answered(connection, Capture.observed_at.between(*both)))


def is_proven_tonight(connection: Connection, target: Target, at: int) -> bool:
    """Return True if a miss at a moment counts by itself, for this night."""
    return proves_tonight(_misses(connection, target, at))


def emptied(connection: Connection, target: Target, since: int) -> str:
    """Return why a search that had works, at a moment last, is believed to have none any more; "" if it is not."""
    is_answered = partial(_is_another_search_answered, connection, target)
    return empty_nights(_misses(connection, target, since), is_answered)


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
    # The day around it lets the key's index be used: crawl_id has none.
    run = and_(Capture.crawl_id == crawl_id, Capture.observed_at.between(moment - A_DAY, moment + A_DAY))
    # Two are enough to know that a run requested something else.
    things = select(Capture.endpoint, Capture.params).where(run).distinct().limit(2).subquery()
    count = connection.scalar(select(func.count()).select_from(things))
    return Miss(moment, run_found_something=_is_answered(connection, run), run_requested_only_this=(count or 0) < 2)


def _is_answered(connection: Connection, which: ColumnElement[bool]) -> bool:
    """Return True if the site answered something well."""
    found = select(Capture.observed_at).where(which, Capture.outcome.in_((Outcome.COMPLETE, Outcome.PARTIAL))).limit(1)
    return connection.scalar(found) is not None


def _one_of(mode: str, content: str) -> Select[Any]:
    return select(Ranking.__table__).where(Ranking.mode == mode, Ranking.content == content).limit(1)


def beginning_of(connection: Connection, mode: str, content: str) -> Beginning | None:
    """The oldest stored ranking, where it says that there is none before it."""
    oldest = connection.execute(_one_of(mode, content).order_by(Ranking.ranking_on)).first()
    # `group_times` lists a group whose value is null only if a response said so.
    times = orjson.loads(oldest.group_times) if oldest is not None and oldest.group_times else {}
    at = times.get("at", {}).get("prev_on")
    if oldest is None or oldest.prev_on is not None or at is None:
        return None
    since = times.get("since", {}).get("prev_on", oldest.first_seen_at)
    return Beginning(oldest.ranking_on, since, at)


def neighbours_of(connection: Connection, mode: str, content: str, on: date) -> tuple[date, date] | None:
    """The rankings around a day that name each other, read when the day was a week old; else None."""
    ours = _one_of(mode, content)
    earlier = connection.execute(ours.where(Ranking.ranking_on < on).order_by(Ranking.ranking_on.desc())).first()
    later = connection.execute(ours.where(Ranking.ranking_on > on).order_by(Ranking.ranking_on)).first()
    if earlier is None or later is None or not are_agreed(earlier, later):
        return None
    return earlier.ranking_on, later.ranking_on


def foresee(connection: Connection, target: Target, night: str) -> TargetProgress | None:
    """Return how a target ends without a request, or which other waits before it; None: it is to be requested."""
    endpoint = ENDPOINTS[target.endpoint]
    if endpoint.policy.proof:
        work = ArtworkDetail.artwork_id == int(target.params["illust_id"])
        if connection.scalar(select(ArtworkDetail.is_comment_off).where(work)):  # its own page says so
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
        nights = f"{night_of(begun.first_said_at)} and {night_of(begun.last_said_at)}"
        return TargetProgress(None, Outcome.ABSENT, f"{begun.on} says that it is the first, on {nights}")
    if night_of(begun.last_said_at) != night:
        day = {**target.params, "date": f"{begun.on:%Y%m%d}"}
        first = Target(target.endpoint, day, asker=target.asker)
        return TargetProgress(target.page, None, waits_for=first)
    if not _is_missed_before(connection, target, begun):
        return None
    why = f"{begun.on} says that it is the first: believed once it says so on another night"
    return TargetProgress(None, Outcome.NOT_YET, why)


def _is_missed_before(connection: Connection, target: Target, begun: Beginning) -> bool:
    """Return True if a day before a beginning was requested since then, and is not there."""
    missed = select(Capture.params).where(
        text("outcome <> 'complete'"),
        Capture.endpoint == target.endpoint,
        Capture.outcome == Outcome.NOT_YET,
        Capture.observed_at > begun.first_said_at,
    )
    kind = target.params["mode"], target.params["content"]
    return any(
        # "9" sorts after every date: a request for the newest ranking (no date) says nothing of days before.
        (params["mode"], params["content"]) == kind and params.get("date", "9") < f"{begun.on:%Y%m%d}"
        for params in map(read_params, connection.scalars(missed))
    )


def is_refused_for_good(connection: Connection, target: Target) -> str:
    """Return why a 400 is the site's last word tonight: the answer of the work's own page; else ""."""
    proof, needed = ENDPOINTS[target.endpoint].policy.proof, proof_of(target, target.night)
    if proof is None or needed is None:
        return ""
    same = (Coverage.endpoint == needed.endpoint, Coverage.params == needed.key, Coverage.night == needed.night)
    outcome = connection.scalar(select(Coverage.outcome).where(*same, Coverage.page == 1))
    if outcome in (Outcome.COMPLETE, Outcome.PARTIAL):
        return proof.message
    return "the work itself is unavailable" if outcome == Outcome.ABSENT else ""
