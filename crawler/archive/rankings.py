"""Rankings: what follows from the stored ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, and_, exists, or_, select

from crawler.archive.coverage import progress
from crawler.items.page import Ask, Outcome
from crawler.items.rankings import Ranking, ranking_id

RANKINGS = Ranking.__table__
COUNTED = (
    "entry_count ="
    " (SELECT count(*) FROM ranking_entries e WHERE e.ranking_id = rankings.ranking_id)"
)


def is_skipped(connection: Connection, mode: str, content: str, on: date) -> bool:
    """Whether the day was never ranked: a stored neighbour's prev_on or next_on passes over it.

    A neighbour that says there is nothing before it is believed while no older one is stored.
    """
    ours = and_(RANKINGS.c.mode == mode, RANKINGS.c.content == content)
    is_later, is_earlier = RANKINGS.c.ranking_on > on, RANKINGS.c.ranking_on < on
    # `told` lists a group whose value is null only if a reply said so.
    is_first = and_(RANKINGS.c.prev_on.is_(None), RANKINGS.c.told.contains('"prev_on"'))
    older = exists(select(RANKINGS.c.ranking_id).where(ours, is_earlier))
    passes_over = or_(
        and_(is_later, RANKINGS.c.prev_on < on),
        and_(is_earlier, RANKINGS.c.next_on > on),
        and_(is_later, is_first, ~older),
    )
    found = connection.scalar(select(RANKINGS.c.ranking_id).where(ours, passes_over).limit(1))
    return found is not None


def settle(connection: Connection, ask: Ask) -> None:
    """Bring entry_count and is_complete of a ranking up to what is stored, after any reply."""
    params = ask.params
    if ask.endpoint != "ranking" or not params.get("date"):
        return
    key = ranking_id(params["mode"], params["content"], date.fromisoformat(params["date"]))
    found = progress(connection, Ask(ask.endpoint, params))
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    connection.exec_driver_sql(
        f"UPDATE rankings SET {COUNTED}, is_complete = {mark} WHERE ranking_id = {mark}",
        (found.page is None and found.outcome is Outcome.COMPLETE, key),
    )


def recount(connection: Connection, keys: Sequence[int]) -> None:
    """Bring entry_count of rankings up to what is stored."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    if keys:
        statement = f"UPDATE rankings SET {COUNTED} WHERE ranking_id = {mark}"
        connection.exec_driver_sql(statement, [(key,) for key in keys])
