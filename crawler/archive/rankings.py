"""Rankings: what follows from the stored ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from crawler.archive.coverage import progress
from crawler.items.page import Ask, Outcome
from crawler.items.rankings import ranking_id

COUNTED = (
    "entry_count ="
    " (SELECT count(*) FROM ranking_entries e WHERE e.ranking_id = rankings.ranking_id)"
)


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
