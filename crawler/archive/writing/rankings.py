"""Rankings: pages of one publication, and what follows from the stored ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from crawler.archive.database.engine import execute
from crawler.archive.writing.merge import Values
from crawler.archive.writing.upsert_sql import TableWriter
from crawler.evidence.ranking_revisions import PageRead, are_all, entries_of, publications, standing
from crawler.model.page import Page
from crawler.model.target import Target
from crawler.tables.rankings import Ranking, RankingEntry, RankingPage, SupersededRankingEntry, ranking_id

CLASSES = (RankingEntry, SupersededRankingEntry, RankingPage)
ENTRIES, SUPERSEDED, PAGES = (cls.__tablename__ for cls in CLASSES)
COLUMNS = tuple(column.name for column in RankingEntry.__table__.columns)
SUMMARY = ("rank_total", "prev_on", "next_on")
"""Columns of what each page says of its ranking, as `PageRead.summary` has them."""
COUNTED = "entry_count = (SELECT count(*) FROM ranking_entries e WHERE e.ranking_id = rankings.ranking_id)"
"""Sets how many entries of a ranking are stored."""
RANKED = "SELECT rank, artwork_id FROM ranking_entries WHERE ranking_id = ?"
"""Selects the work on each rank of a ranking."""


def is_of_a_ranking(page: Page) -> bool:
    """Return True if a page is of a ranking of works."""
    return page.target.endpoint == "ranking" and page.outcome.is_read


def store_entries(
    connection: Connection, pages: Sequence[tuple[Page, Sequence[Values]]], writers: Mapping[str, TableWriter]
) -> None:
    """Store the entries of pages of rankings by publication: what does not stand any more in `superseded_ranking_entries`.

    `Upsert.pages` has stored the rankings' own rows before. pages: each with its entries, without forgotten ones.
    """
    by_ranking: dict[int, list[RankingReply]] = {}
    for page, rows in pages:
        # The first place of a rank in a response stands.
        entries = {row["rank"]: row for row in reversed(rows)}
        (summary,) = writers["rankings"].bind(page.rows.get("rankings") or [{}])
        read = PageRead(
            page.target.page,
            page.observed_at,
            page.next_page,
            tuple(map(summary.get, SUMMARY)),
            {rank: row["artwork_id"] for rank, row in entries.items()},
            sum(one.is_row and one.table == ENTRIES for one in page.refused),
        )
        reply = RankingReply(read, [entries[rank] for rank in sorted(entries)])
        by_ranking.setdefault(_key(page.target), []).append(reply)
    for key, replies in by_ranking.items():
        if not _store_plainly(connection, key, writers, replies):
            full = [
                RankingReply(read, [{name: row.get(name) for name in COLUMNS} for row in rows])
                for read, rows in replies
            ]
            _sort_anew(connection, key, writers, full)


def _store_plainly(
    connection: Connection, key: int, writers: Mapping[str, TableWriter], replies: Sequence[RankingReply]
) -> bool:
    """Store pages of which it is plain to which publication they belong; else nothing, and False."""
    known = _pages(connection, key, writers)
    # No types are read: half a thousand rows a page.
    places = dict(execute(connection, RANKED, (key,)).all()) if known else {}
    works = set(places.values())
    pages, entries = [], []
    for read, rows in replies:
        publication = _plainly_of(known, places, works, read)
        if publication is None:
            return False
        page = _page_row(key, read, read.at, publication)
        # The pages of one transaction must also be compared with each other, not only with stored ones.
        known.append(page)
        places.update(read.places)
        works.update(read.places.values())
        pages.append(page)
        entries += rows
    writers[ENTRIES].write(connection, entries)
    writers[PAGES].write_complete(connection, pages)
    following = {row["page"]: row["next_page"] for row in known if not row["rejected_count"]}
    _update_summary(connection, key, is_complete=are_all(following))
    return True


def refold(connection: Connection, keys: Sequence[int]) -> None:
    """Bring rankings up to what is stored after entries were removed."""
    writers = {cls.__tablename__: TableWriter(cls, connection.dialect) for cls in CLASSES}
    for key in keys:
        known = _pages(connection, key, writers)
        # Where each page was seen once, by one publication, nothing else can stand now.
        is_plain = len({row["page"] for row in known}) == len(known)
        if not is_plain or len({row["publication"] for row in known}) > 1:
            _sort_anew(connection, key, writers)
        else:
            _update_summary(connection, key)


def pages_of_the_newest(connection: Connection, target: Target, since: int = 0) -> set[int] | None:
    """The pages that are read of a ranking's newest publication; None: it is complete as it is.

    since: of these only what was read at this moment or later counts, also where it is complete.
    """
    key = _key(target)
    pages = RankingPage.page, RankingPage.seen_at, RankingPage.publication
    known = connection.execute(select(*pages).where(RankingPage.ranking_id == key)).all()
    if not known:
        return set()
    summary = select(Ranking.is_complete).where(Ranking.ranking_id == key)
    if not since and connection.scalar(summary):
        return None
    newest = max(row.publication for row in known)
    return {row.page for row in known if row.publication == newest and row.seen_at >= since}


def _key(target: Target) -> int:
    params = target.params
    return ranking_id(params["mode"], params["content"], date.fromisoformat(params["date"]))


def _plainly_of(
    known: Sequence[Values], places: Mapping[int, int], works: AbstractSet[int], read: PageRead
) -> int | None:
    """The publication that a page belongs to, where that is plain; None where it is not.

    It is the one that there is, where the page is a new one, later than all, that contradicts none.
    known: the pages that are stored; places: works by rank, works: all of them.
    """
    if not known:
        return read.at
    if any(row["page"] == read.page or row["seen_at"] > read.at for row in known):
        return None
    if {(row["publication"], *_summary_of(row)) for row in known} != {(known[0]["publication"], *read.summary)}:
        return None
    is_apart = places.keys().isdisjoint(read.places) and works.isdisjoint(read.places.values())
    return int(known[0]["publication"]) if is_apart else None


def _pages(connection: Connection, key: int, writers: Mapping[str, TableWriter]) -> list[Values]:
    """The responses of a ranking, as the driver has them."""
    pages = writers[PAGES]
    found = pages.select_by(connection, ("ranking_id",), [key])
    return [dict(zip(pages.columns, row, strict=True)) for row in found]


_summary_of = itemgetter(*SUMMARY)


class RankingReply(NamedTuple):
    """A response of a ranking, and its entries by rank."""

    read: PageRead
    rows: list[Values]


def _sort_anew(
    connection: Connection, key: int, writers: Mapping[str, TableWriter], more: Sequence[RankingReply] = ()
) -> None:
    """Sort all that is known of a ranking by publication again, with more replies."""
    known = _replies(connection, key, writers)
    if more and all(known.get(reply.read.at) == reply for reply in more):
        return  # replay brings most of them again
    # New ones win: a response that newer code reads again may have other entries.
    known |= {reply.read.at: reply for reply in more}
    readings = [known[at].read for at in sorted(known)]
    found = publications(readings)
    stands = standing(found)
    kept_at = _same_as(known)
    chosen = {rank: kept_at[at] for rank, at in entries_of(stands, readings).items()}
    # Deleted and written anew: a rank may move between the two tables, and a page to another publication.
    for name in (ENTRIES, SUPERSEDED, PAGES):
        execute(connection, f"DELETE FROM {name} WHERE ranking_id = ?", (key,))
    rows = [row for at, reply in known.items() if kept_at[at] == at for row in reply.rows]
    for name, is_standing in ((ENTRIES, True), (SUPERSEDED, False)):
        of_this_kind = [row for row in rows if (chosen.get(row["rank"]) == row["seen_at"]) is is_standing]
        writers[name].write_complete(connection, of_this_kind)
    pages = [_page_row(key, one, kept_at[one.at], of.at) for of in found for one in of.readings]
    writers[PAGES].write_complete(connection, pages)
    _update_summary(connection, key, is_complete=stands.is_complete)


def _replies(connection: Connection, key: int, writers: Mapping[str, TableWriter]) -> dict[int, RankingReply]:
    """All responses of a ranking by their moments, those that stand and those that do not."""
    entries: dict[int, list[Values]] = defaultdict(list)
    for name in (ENTRIES, SUPERSEDED):
        columns = writers[name].columns
        for values in writers[name].select_by(connection, ("ranking_id",), [key]):
            row = dict(zip(columns, values, strict=True))
            entries[row["seen_at"]].append({column: row[column] for column in COLUMNS})
    found = {}
    for page in _pages(connection, key, writers):
        at = page["seen_at"]
        rows = [{**row, "seen_at": at} for row in entries[page["entries_at"]]]
        rows.sort(key=itemgetter("rank"))
        places = {row["rank"]: row["artwork_id"] for row in rows}
        read = PageRead(page["page"], at, page["next_page"], _summary_of(page), places, page["rejected_count"] or 0)
        found[at] = RankingReply(read, rows)
    return found


def _same_as(replies: Mapping[int, RankingReply]) -> dict[int, int]:
    """For each response the first one with the same entries of the same page: stored once."""
    first: dict[Any, int] = {}
    found = {}
    for at in sorted(replies):
        rows = [tuple(v for name, v in row.items() if name != "seen_at") for row in replies[at].rows]
        found[at] = first.setdefault((replies[at].read.page, tuple(rows)), at)
    return found


def _page_row(key: int, read: PageRead, entries_at: int, publication: int) -> Values:
    return {
        **dict(zip(SUMMARY, read.summary, strict=True)),
        "ranking_id": key,
        "page": read.page,
        "seen_at": read.at,
        "next_page": read.next,
        "entries_at": entries_at,
        "publication": publication,
        "rejected_count": read.rejected or None,
    }


def _update_summary(connection: Connection, key: int, *, is_complete: bool | None = None) -> None:
    """Bring entry_count of a ranking up to what is stored, and is_complete where it is given."""
    sets = COUNTED if is_complete is None else f"{COUNTED}, is_complete = ?"
    # `refold` leaves is_complete: a ranking stays complete when a forgotten work leaves a gap in it.
    values = (key,) if is_complete is None else (is_complete, key)
    execute(connection, f"UPDATE rankings SET {sets} WHERE ranking_id = ?", values)
