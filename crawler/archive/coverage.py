"""Coverage: what of each request is archived, so what to ask for next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from crawler.items.page import Ask, Outcome, Page

SETTLED = frozenset({Outcome.COMPLETE, Outcome.ABSENT})
"""Outcomes that are not asked for again."""


@dataclass(frozen=True)
class Progress:
    """How far a unit of work is. page: the next one due, or None where it is settled."""

    page: int | None
    outcome: Outcome | None
    message: str = ""


def cover(known: Mapping[str, Any] | None, page: Page) -> dict[str, Any]:
    """The coverage row after a page, whatever the order of pages.

    One complete reply settles it for good; two 404s that count make it absent; else the newest
    attempt stands.
    """
    ask, at = page.ask, page.observed_at
    row: dict[str, Any] = dict(known) if known else {
        "endpoint": ask.endpoint, "params": ask.key, "night": ask.night, "page": ask.page,
        "next_page": None, "completed_at": None, "missed_first_at": None, "missed_last_at": None,
        "last_at": at, "last_outcome": page.outcome, "message": page.message or None,
    }  # fmt: skip
    if page.outcome is Outcome.COMPLETE and at >= (row["completed_at"] or at):
        row["completed_at"] = at
        row["next_page"] = page.next_page
    if page.is_counted_miss:
        row["missed_first_at"] = min(at, row["missed_first_at"] or at)
        row["missed_last_at"] = max(at, row["missed_last_at"] or at)
    if at >= row["last_at"]:
        row["last_at"] = at
        row["last_outcome"] = str(page.outcome)
        row["message"] = page.message or None
    if row["completed_at"] is not None:
        row["outcome"], row["message"] = str(Outcome.COMPLETE), None
    elif row["missed_first_at"] is not None and row["missed_first_at"] < row["missed_last_at"]:
        row["outcome"] = str(Outcome.ABSENT)
    else:
        row["outcome"] = str(row["last_outcome"])
    return row


Covered = dict[int, tuple[Outcome, int | None, str | None]]
"""Pages of a unit: outcome, the page that follows, message."""


def covered_pages(connection: Connection, ask: Ask) -> Covered:
    """What is covered of a unit, by page."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    stored = connection.exec_driver_sql(
        "SELECT page, outcome, next_page, message FROM coverage"
        f" WHERE endpoint = {mark} AND params = {mark} AND night = {mark}",
        (ask.endpoint, ask.key, ask.night),
    )
    return {page: (Outcome(outcome), after, message) for page, outcome, after, message in stored}


def progress(connection: Connection, ask: Ask, pages: int | None = None) -> Progress:
    """How far a unit is: its first page is `ask`'s. pages: how many the user wants at most."""
    return walk(covered_pages(connection, ask), ask.page, pages)


def walk(covered: Covered, first: int, pages: int | None = None) -> Progress:
    """Walk a unit's pages from its first to the first that is due."""
    page: int = first
    walked = 0
    while True:
        outcome, after, message = covered.get(page, (None, None, None))
        if outcome not in SETTLED:
            return Progress(page, outcome, message or "")
        walked += 1
        if outcome is Outcome.ABSENT or after is None or after <= page or walked == pages:
            begun = covered[first]
            return Progress(None, begun[0], begun[2] or "")
        page = after
