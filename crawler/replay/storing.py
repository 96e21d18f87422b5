"""Pages of a replay into the archive: many a transaction, one by one where one does not fit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from crawler.archive.archive import Archive
from crawler.archive.database.patience import patiently
from crawler.errors import ArchiveError, DoesNotFit, NotStored, Unreachable
from crawler.extensions.run_counts import RunCounts
from crawler.model.page import Page

logger = logging.getLogger(__name__)

PAGES_A_COMMIT = 32


class BatchWriter:
    """Stores pages and counts them. is_full: the archive seems to take no page any more."""

    def __init__(self, archive: Archive, counts: RunCounts, patience: float, is_stopping: Callable[[], bool]) -> None:
        """patience: seconds to wait for a server that is away."""
        self._archive = archive
        self._counts = counts
        self._patience = patience
        self._is_stopping = is_stopping
        self.is_full = False

    def store(self, pages: Sequence[Page]) -> None:
        """Store pages in one transaction; where that fails, each in its own."""
        if len(pages) > 1:
            try:
                stored = self._put(pages)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is said of the page that has it
                logger.debug("Stored one by one: %s", error)
            else:
                for page in stored:
                    self._counts.stored(page)
                return
        for page in pages:
            if self.is_full:
                return
            self._store_one(page)

    def _store_one(self, page: Page) -> None:
        where = page.reply.url if page.reply else page.target.key
        try:
            (stored,) = self._put([page])
        except Exception as error:
            if isinstance(error, (ArchiveError, NotStored)):
                logger.error("%s is not stored: %s", where, error)  # noqa: TRY400  # no bug: one line
            else:
                logger.exception("%s is not stored", where)
            # No site is troubled, and the next page may fit.
            is_for_its_data = isinstance(error, DoesNotFit)
            self.is_full |= self._counts.lost(is_for_its_data=is_for_its_data)
            self.is_full |= isinstance(error, Unreachable)
        else:
            self._counts.stored(stored)

    def _put(self, pages: Sequence[Page]) -> Sequence[Page]:
        if not self._archive.is_on_server:
            return self._archive.store(pages)

        async def put() -> Sequence[Page]:
            return self._archive.store(pages)

        return asyncio.run(patiently(put, self._patience, self._is_stopping))
