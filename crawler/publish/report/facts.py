"""Data of the report: results of queries, each with its completeness."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from crawler.archive.completeness import notes
from crawler.archive.queries import load, run
from crawler.archive.released import is_own
from crawler.cells import plain
from crawler.publish.days import days_of, missing, spans
from crawler.tables.artworks import Artwork
from crawler.tables.rankings import Ranking, RankingEntry

Rows = list[dict[str, Any]]
USERS_TAG = re.compile(r"\d+users入り$")
MOST_TAGS = 24


@dataclass(frozen=True)
class Found:
    """An answer as pictures take it. notes: how much it knows, and its limits. given: parameters of its question."""

    question: str
    rows: Rows
    notes: Sequence[str] = field(default=())
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """Scope of a report. modes: those that are archived, if none is named."""

    since: str
    until: str
    modes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that a report shows. sizes: of the rankings that it is of, in its period."""

    wish: Wish
    sizes: Mapping[str, int]
    modes: tuple[str, ...]
    answers: Mapping[str, Found]


def gather(connection: Connection, wish: Wish) -> Facts:
    """Ask what the report shows. Raises QueryError."""
    panel = found(connection, "ranking-panel", {"since": wish.since, "until": wish.until})
    archived = [row["mode"] for row in panel.rows if row["content"] == "all"]
    modes = tuple(mode for mode in (wish.modes or archived) if mode in archived)
    if modes:
        # What is shown begins where something is archived.
        first = min(row["first_on"] for row in panel.rows if row["mode"] in modes)
        wish = replace(wish, since=max(wish.since, first))
    span = {"since": wish.since, "until": wish.until}
    # Looks, requests and runs are of the days on which they were made, which go on after the newest ranking.
    lately = {"since": wish.since}
    asked = dict.fromkeys(("views-by-age", "price-classes", "nights", "refused-rows"), lately)
    asked["changed-replies"] = {}  # by its own defaults: of all time
    lasting = _first(modes, ("weekly", "monthly"))
    daily = _first(modes, ("daily",))
    if lasting:
        asked["paths"] = {**span, "mode": lasting}
    if daily:
        of_mode = {**span, "mode": daily}
        several = ("views-at-rank", "tag-shares", "concentration", "publication-hours", "turnover")
        asked |= {"stay-by-mode": span, **dict.fromkeys(several, of_mode)}
        asked |= {"tag-trends": {**of_mode, "most": "40"}, "top-artists": {**of_mode, "most": "20"}}
    answers = {name: found(connection, name, given) for name, given in asked.items()}
    answers["missing-days"] = calendar(connection, wish, modes)
    if "tag-trends" in answers:
        answers["tag-trends"] = _without_usual(answers["tag-trends"])
    return Facts(wish, _sizes(connection, wish, modes), modes, answers)


def calendar(connection: Connection, wish: Wish, modes: Sequence[str]) -> Found:
    """The days of each ranking in spans: read whole, in part, or missing."""
    since, until = date.fromisoformat(wish.since), date.fromisoformat(wish.until)
    rows: Rows = []
    for (mode, content), days in days_of(connection).items():
        within = [day for day in days if since <= day.on <= until]
        if mode not in modes or not within:
            continue
        by_state = {**spans(within), "missing": missing(within)}
        for extent, several in by_state.items():
            rows += [
                {
                    "ranking": mode if content == "all" else f"{mode}/{content}",
                    "state": extent if extent in ("all ranks", "missing") else "first ranks",
                    "extent": extent,
                    "first_on": f"{first}",
                    "last_on": f"{last}",
                    "after": f"{last + timedelta(1)}",
                    "days": (last - first).days + 1,
                }
                for first, last in several
            ]
    query = load("missing-days")
    return Found(
        "Which days of each ranking are archived, how deep, and which are missing?",
        rows,
        [f"cannot tell you: {limit}" for limit in query.cannot_say],
        {"since": wish.since, "until": wish.until},
    )


def _without_usual(trends: Found) -> Found:
    """Tag trends without tags that say how often a work was bookmarked: they rise and fall with all works."""
    rows = [row for row in trends.rows if not USERS_TAG.search(row["tag"])]
    return replace(trends, rows=sorted(rows, key=lambda row: -abs(row["change"]))[:MOST_TAGS])


def _sizes(connection: Connection, wish: Wish, modes: Sequence[str]) -> dict[str, int]:
    """Return how many rankings, entries, works and artists the pictures are of."""
    counted = connection.execute(
        select(
            func.count(Ranking.ranking_id.distinct()).label("rankings"),
            func.count(RankingEntry.rank).label("entries"),
            func.count(RankingEntry.artwork_id.distinct()).label("works"),
            func.count(Artwork.user_id.distinct()).label("artists"),
        )
        .select_from(Ranking)
        .join(RankingEntry, RankingEntry.ranking_id == Ranking.ranking_id)
        .outerjoin(Artwork, Artwork.artwork_id == RankingEntry.artwork_id)
        .where(Ranking.content == "all", Ranking.mode.in_(modes))
        .where(Ranking.ranking_on.between(date.fromisoformat(wish.since), date.fromisoformat(wish.until)))
    ).one()
    return counted._asdict()


def _first(modes: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first of the wanted modes that there is, else the first of all."""
    return next((mode for mode in (*wanted, *modes) if mode in modes), None)


def found(connection: Connection, name: str, given: Mapping[str, str]) -> Found:
    """The answer of a question."""
    query = load(name)
    taken = {one.name for one in query.parameters}
    answer = run(connection, query, {key: value for key, value in given.items() if key in taken})
    rows = [
        dict(zip(answer.headings, (plain(value, "%Y-%m-%dT%H:%M:%SZ") for value in row), strict=True))
        for row in answer.rows
    ]
    # A report is soon shown to others: nothing about the session's own account belongs in it.
    rows = [row for row in rows if not is_own(str(row.get("endpoint")))]
    for row in rows:
        row.pop("sample", None)  # a piece of a reply: a page is soon shown to others
    asked = {key: f"{value}" for key, value in answer.values.items()}
    return Found(query.question, rows, notes(connection, query, answer), asked)
