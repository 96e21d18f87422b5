"""Rankings: pages of one publication, and what follows from the stored ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from crawler.archive.merge import Values
from crawler.archive.publications import PageRead, entries_of, publications, standing
from crawler.archive.upsert import Target
from crawler.items import METADATA
from crawler.items.page import Ask, Outcome, Page
from crawler.items.rankings import Ranking, ranking_id

ENTRIES = METADATA.tables["ranking_entries"]
SUPERSEDED = METADATA.tables["superseded_ranking_entries"]
PAGES = METADATA.tables["ranking_pages"]
COLUMNS = tuple(column.name for column in ENTRIES.columns)
COUNTED = (
    "entry_count ="
    " (SELECT count(*) FROM ranking_entries e WHERE e.ranking_id = rankings.ranking_id)"
)


def is_of_a_ranking(page: Page) -> bool:
    """Whether a page is of a ranking of works."""
    return page.ask.endpoint == "ranking" and page.outcome is Outcome.COMPLETE


def store(connection: Connection, page: Page, rows: Sequence[Values], entries: Target) -> None:
    """Store a page of a ranking, whose row is there: its entries beside those of its publication.

    rows: the entries that may be kept, bound.
    """
    key = _key(page.ask)
    # The first place of a rank in a reply stands.
    told = {row["rank"]: row for row in reversed(rows)}
    (whole,) = page.rows.get("rankings") or [{}]
    read = PageRead(
        page.ask.page, page.observed_at, page.next_page,
        tuple(whole.get(name) for name in ("rank_total", "prev_on", "next_on")),
        {rank: row["artwork_id"] for rank, row in told.items()},
    )  # fmt: skip
    known = connection.execute(select(PAGES).where(PAGES.c.ranking_id == key)).all()
    publication = _plainly_of(connection, key, known, read)
    if publication is None:
        rows = [{name: row.get(name) for name in COLUMNS} for row in told.values()]
        if not _is_known(connection, key, known, read, rows):
            _store_anew(connection, key, read, rows)
        return
    entries.write(connection, list(told.values()))
    connection.execute(insert(PAGES), [_page_row(key, read, publication)])
    pages = {row.page: row.next_page for row in known} | {read.page: read.next}
    _settle(connection, key, is_complete=_are_all(pages))


def refold(connection: Connection, keys: Sequence[int]) -> None:
    """Bring rankings up to what is stored after entries were removed."""
    for key in keys:
        known = connection.execute(select(PAGES).where(PAGES.c.ranking_id == key)).all()
        # Where each page was told once, by one publication, nothing else can stand now.
        if len({row.page for row in known}) < len(known) or len({r.publication for r in known}) > 1:
            _store_anew(connection, key, None, [])
        else:
            _settle(connection, key)


def pages_of_the_newest(connection: Connection, ask: Ask, since: int = 0) -> set[int] | None:
    """The pages that are read of a ranking's newest publication; None: it is whole as it is.

    since: of these only what was read at this moment or later counts, also where it is whole.
    """
    key = _key(ask)
    known = connection.execute(
        select(PAGES.c.page, PAGES.c.seen_at, PAGES.c.publication).where(PAGES.c.ranking_id == key)
    ).all()
    if not known:
        return set()
    whole = select(Ranking.is_complete).where(Ranking.ranking_id == key)
    if not since and connection.scalar(whole):
        return None
    newest = max(row.publication for row in known)
    return {row.page for row in known if row.publication == newest and row.seen_at >= since}


def _key(ask: Ask) -> int:
    params = ask.params
    return ranking_id(params["mode"], params["content"], date.fromisoformat(params["date"]))


def _are_all(pages: dict[int, int | None]) -> bool:
    """Whether the pages, each with the one that follows, lead from the first to the last."""
    page: int | None = 1
    while page is not None and page in pages:
        page = pages.pop(page)
    return page is None


def _plainly_of(
    connection: Connection, key: int, known: Sequence[Row[Any]], read: PageRead
) -> int | None:
    """The publication that a page belongs to, where that is plain; None where it is not.

    It is the one that there is, where the page is a new one, later than all, that contradicts none.
    """
    if not known:
        return read.at
    if any(row.page == read.page or row.seen_at > read.at for row in known):
        return None
    wholes = {(row.publication, row.rank_total, row.prev_on, row.next_on) for row in known}
    if len(wholes) > 1:
        return None
    publication, *whole = wholes.pop()
    listed = select(ENTRIES.c.rank, ENTRIES.c.artwork_id).where(ENTRIES.c.ranking_id == key)
    works = set(read.places.values())
    is_apart = all(
        work not in works and rank not in read.places
        for rank, work in connection.execute(listed)
    )  # fmt: skip
    return publication if is_apart and tuple(whole) == read.whole else None


def _is_known(
    connection: Connection, key: int, known: Sequence[Row[Any]], read: PageRead, told: list[Values]
) -> bool:
    """Whether a reply is stored as it is read now: replay tells most of them again."""
    here = {name: value for name, value in _page_row(key, read, 0).items() if name != "publication"}
    if not any({name: getattr(row, name) for name in here} == here for row in known):
        return False
    stored = [row for row in _all_entries(connection, key) if row["seen_at"] == read.at]
    return sorted(stored, key=lambda row: row["rank"]) == sorted(told, key=lambda row: row["rank"])


def _store_anew(
    connection: Connection, key: int, read: PageRead | None, told: Sequence[Values]
) -> None:
    """Sort all that is known of a ranking by publication again, with one more page."""
    rows = _all_entries(connection, key)
    pages = connection.execute(select(PAGES).where(PAGES.c.ranking_id == key)).all()
    if read is not None:
        # The same reply, read by newer code, replaces what older code read.
        rows = [row for row in rows if row["seen_at"] != read.at]
        rows += told
    readings = [_reading(row, rows) for row in pages if read is None or row.seen_at != read.at]
    readings += [read] if read is not None else []
    found = publications(readings)
    stands = standing(found)
    chosen = entries_of(stands, readings)
    for table in (ENTRIES, SUPERSEDED, PAGES):
        connection.execute(delete(table).where(table.c.ranking_id == key))
    for table, is_standing in ((ENTRIES, True), (SUPERSEDED, False)):
        kept = [row for row in rows if (chosen.get(row["rank"]) == row["seen_at"]) is is_standing]
        if kept:
            connection.execute(insert(table), kept)
    connection.execute(
        insert(PAGES), [_page_row(key, one, of.at) for of in found for one in of.readings]
    )
    _settle(connection, key, is_complete=stands.is_whole)


def _all_entries(connection: Connection, key: int) -> list[Values]:
    """All entries of a ranking, those that stand and those that do not."""
    return [
        dict(zip(COLUMNS, row, strict=True))
        for table in (ENTRIES, SUPERSEDED)
        for row in connection.execute(
            select(*(table.c[name] for name in COLUMNS)).where(table.c.ranking_id == key)
        )
    ]


def _reading(row: Row[Any], entries: Sequence[Values]) -> PageRead:
    places = {
        entry["rank"]: entry["artwork_id"] for entry in entries if entry["seen_at"] == row.seen_at
    }
    whole = (row.rank_total, row.prev_on, row.next_on)
    return PageRead(row.page, row.seen_at, row.next_page, whole, places)


def _page_row(key: int, read: PageRead, publication: int) -> Values:
    rank_total, prev_on, next_on = read.whole
    return {
        "ranking_id": key, "page": read.page, "seen_at": read.at, "next_page": read.next,
        "rank_total": rank_total, "prev_on": prev_on, "next_on": next_on, "publication": publication,
    }  # fmt: skip


def _settle(connection: Connection, key: int, *, is_complete: bool | None = None) -> None:
    """Bring entry_count of a ranking up to what is stored, and is_complete where it is given."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    sets = COUNTED if is_complete is None else f"{COUNTED}, is_complete = {mark}"
    values = (key,) if is_complete is None else (is_complete, key)
    connection.exec_driver_sql(f"UPDATE rankings SET {sets} WHERE ranking_id = {mark}", values)
