"""The archive as the pipelines see it: one page, one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import explain, is_away, is_of_the_data, reading, writing
from crawler.archive.due.coverage import conclude, cover
from crawler.archive.due.lists import read_complete_at
from crawler.archive.writing import rankings
from crawler.archive.writing.merge import Values
from crawler.archive.writing.page_rows import Upsert
from crawler.errors import Collision, DoesNotFit, NotStored, Unreachable
from crawler.forget.suppressions import ForgottenList
from crawler.model.page import Page, PathSeen
from crawler.tables.provenance import Action, Capture, Crawl, DeadLetter, MemberSet

PLACE = ("record_id", "file", "file_offset", "crawl_id")
"""Columns of the place of a captured response: a copy of it elsewhere does not change them."""


def _refusal(error: SQLAlchemyError) -> NotStored | Unreachable:
    if is_away(error):
        return Unreachable(explain(error))
    return (DoesNotFit if is_of_the_data(error) else NotStored)(explain(error))


class Store:
    """Writes pages. Not for use by several threads at once; `close` when done."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._upsert = Upsert(engine.dialect)
        self._forgotten = ForgottenList()
        self._connection: Connection | None = None

    def pages(self, pages: Sequence[Page]) -> Sequence[Page]:
        """Store rows, dead letters, drift, capture and coverage of pages in one transaction: all or nothing.

        Returns them as stored, without what is forgotten. Raises Collision, NotStored, Unreachable: nothing is stored.
        """
        with self._writing() as connection:
            stored = self.put(connection, pages)
        # Only after the commit: a tag that was rolled back must not be taken for stored.
        self._upsert.committed()
        return stored

    def put(self, connection: Connection, pages: Sequence[Page]) -> Sequence[Page]:
        """`pages` within a transaction of the caller's."""
        if not self._forgotten.concerns(connection, pages):
            self._put(connection, pages, pages)
            return pages
        stored = []
        for page in pages:  # what one shows to be forgotten goes out of those before it
            left, is_about = self._forgotten.leave_out(connection, page)
            # The ID in its key is erased (0 stands for it): coverage of that would be of nothing that is requested.
            self._put(connection, [left], [] if is_about else [left])
            stored.append(left)
        return stored

    def _put(self, connection: Connection, pages: Sequence[Page], covering: Sequence[Page]) -> None:
        """covering: the pages whose coverage is recorded."""
        replied = [page for page in pages if page.reply is not None]
        known = self._captures(connection, replied)
        # Entries of a ranking go by publication, after the ranking itself.
        others = [{name: rows for name, rows in page.rows.items() if name != rankings.ENTRIES} for page in replied]
        self._upsert.pages(connection, [(rows, page.observed_at) for rows, page in zip(others, replied, strict=True)])
        entries = [(page, page.rows.get(rankings.ENTRIES, [])) for page in replied if rankings.is_of_a_ranking(page)]
        # After the rows of `rankings`, which it updates.
        rankings.store_entries(connection, entries, self._upsert.writers)
        self._dead_letters(connection, replied, known)
        self._drift(connection, replied)
        # Before the sets: `read_complete_at` reads the coverage of this page.
        self.cover(connection, covering)
        for page in covering:
            self._update_sets(connection, page)

    def knows_crawl(self, crawl_id: str) -> bool:
        """Return True if a run is recorded in this archive."""
        with reading(self.engine) as connection:
            return connection.scalar(select(Crawl.crawl_id).where(Crawl.crawl_id == crawl_id)) is not None

    def knows_reply(self, observed_at: int) -> bool:
        """Return True if a response is recorded in this archive, and so is its page."""
        with reading(self.engine) as connection:
            return connection.scalar(select(Capture.digest).where(Capture.observed_at == observed_at)) is not None

    def begin_crawl(self, values: dict[str, Any]) -> None:
        """Record a run that begins; one that is recorded already is left alone."""
        with self._writing() as connection:
            known = select(Crawl.crawl_id).where(Crawl.crawl_id == values["crawl_id"])
            if connection.scalar(known) is None:
                connection.execute(insert(Crawl).values(values))

    def end_crawl(self, crawl_id: str, values: dict[str, Any]) -> None:
        """Record how a run ended, and what the misses of this and earlier runs have come to."""
        with self._writing() as connection:
            connection.execute(update(Crawl).where(Crawl.crawl_id == crawl_id).values(values))
            conclude(connection)
            if connection.dialect.name == "sqlite":
                # Without statistics SQLite walks all entries by work for a query over one year: 12 s instead of 2.
                connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
                connection.exec_driver_sql("ANALYZE")
                # Some builds of SQLite sample keys there: IDs that `forget` would not find.
                connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat4")

    def place(self, file: str, places: Mapping[int, int]) -> None:
        """Record where the responses of a rewritten file lie, offsets by moment."""
        with self._writing() as connection:
            place_captures(connection, file, places)

    def act(self, values: dict[str, Any]) -> None:
        """Record an action of the account."""
        with self._writing() as connection:
            connection.execute(insert(Action).values(values))

    def close(self) -> None:
        """Give the connection back. The store can be used again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            if self._connection is None:
                self._connection = self.engine.connect()
            with writing(self._connection):
                yield self._connection
        except BaseException as error:
            self._forgotten.invalidate()
            # A broken connection is replaced by the next page's.
            self.close()
            if isinstance(error, SQLAlchemyError):
                raise _refusal(error) from error
            raise

    def _captures(self, connection: Connection, pages: Sequence[Page]) -> set[int]:
        """Record the responses; returns the moments of those that were recorded before."""
        if not pages:
            return set()
        writer = self._upsert.writers["captures"]
        moments = {page.reply.observed_at for page in pages if page.reply is not None}
        stored = writer.select(connection, sorted(moments))
        rows: dict[int, Values] = {}
        for page in pages:
            reply = page.reply
            assert reply is not None
            known = rows.get(reply.observed_at) or stored.get(reply.observed_at)
            if known is not None and known["digest"] != reply.digest:
                raise Collision(
                    f"{reply.url} and {known['url']} claim the moment {reply.observed_at}; the page stays due"
                )
            row = {name: getattr(reply, name) for name in ("observed_at", "digest", "url", "status", *PLACE)}
            row |= {"endpoint": page.target.endpoint, "params": page.target.key, "outcome": str(page.outcome)}
            if known is not None and reply.is_copy:
                row |= {name: known[name] for name in PLACE}
            rows[reply.observed_at] = row
        writer.write(connection, writer.bind(list(rows.values())))
        return set(stored)

    def _dead_letters(self, connection: Connection, pages: Sequence[Page], known: Collection[int]) -> None:
        """Record what was refused. known: the moments of responses whose letters are there already."""
        if known:
            of_them = DeadLetter.observed_at.in_(sorted(known))
            # A replay with mended code reads a response again: what fits now is no dead letter any more.
            connection.execute(delete(DeadLetter).where(of_them))
        # An element that is read in two ways may be refused twice, for one reason or for two.
        letters: dict[tuple[int, str, str], dict[str, Any]] = {}
        for page in pages:
            for refused in page.refused:
                row = letters.setdefault(
                    (page.observed_at, refused.table, refused.path),
                    {
                        "observed_at": page.observed_at,
                        "table_name": refused.table,
                        "path": refused.path,
                        "endpoint": page.target.endpoint,
                        "error": refused.error,
                        "fragment": refused.fragment,
                    },
                )
                if refused.error not in row["error"]:
                    row["error"] += f"; {refused.error}"
        self._upsert.writers["dead_letters"].write(connection, list(letters.values()))

    def _drift(self, connection: Connection, pages: Sequence[Page]) -> None:
        drift = self._upsert.writers["drift"]
        # The pages of a list have the same paths: each stands once, with its first and last moment.
        moments: dict[tuple[str, PathSeen, date | None], tuple[int, int]] = {}
        for page in pages:
            at = page.observed_at
            for seen in page.paths:
                key = (page.target.endpoint, seen, page.subject_on)
                first, last = moments.get(key, (at, at))
                moments[key] = min(first, at), max(last, at)
        rows = [
            {
                "endpoint": endpoint,
                **seen._asdict(),
                "first_on": subject_on,
                "last_on": subject_on,
                "first_seen_at": first,
                "last_seen_at": last,
            }
            for (endpoint, seen, subject_on), (first, last) in moments.items()
        ]
        if len(pages) > 1:
            rows = drift.unite(rows)
        drift.write(connection, drift.bind(rows))

    def _update_sets(self, connection: Connection, page: Page) -> None:
        """Bring the sets that a list's pages contain together up to what is covered of it tonight."""
        if not page.list_sets or not page.outcome.is_read:
            return
        read = read_complete_at(connection, replace(page.target, page=1))
        writer = self._upsert.writers["member_sets"]
        for one in page.list_sets:
            # A reading of its own: another limit, another asker, another night stands for itself.
            row = {**one, "params": page.target.key, "night": page.target.night}
            table = row["set_name"].partition(".")[0]
            connection.execute(
                # Deleted first: a list that moved while it was read is no complete reading any more.
                delete(MemberSet).where(*(MemberSet.__table__.c[name] == row[name] for name in writer.key))
            )
            if read is not None:
                complete_at, moments = read
                # A member that did not fit is not past: of such a set nobody knows all.
                refused = select(DeadLetter.path).where(
                    DeadLetter.table_name == table, DeadLetter.observed_at.in_(moments)
                )
                if connection.scalar(refused.limit(1)) is None:
                    writer.write(connection, [{**row, "complete_at": complete_at}])

    def cover(self, connection: Connection, pages: Sequence[Page]) -> None:
        """Record what pages came to, for what is requested next."""
        writer = self._upsert.writers["coverage"]
        targets = [page.target for page in pages]
        keys = [(target.endpoint, target.key, target.night, target.page) for target in targets]
        covered = writer.select(connection, [*dict.fromkeys(keys)])
        for key, page in zip(keys, pages, strict=True):
            covered[key] = cover(covered.get(key), page)
        writer.write(connection, list(covered.values()))


def place_captures(connection: Connection, file: str, places: Mapping[int, int]) -> None:
    """Record where the responses of a rewritten file lie (offsets by moment); forget those that it no longer holds."""
    known = select(Capture.observed_at).where(Capture.file == file)
    for moment in {*connection.scalars(known), *places}:
        which = Capture.observed_at == moment
        if moment in places:
            connection.execute(update(Capture).where(which).values(file_offset=places[moment]))
        else:
            connection.execute(delete(Capture).where(which))
