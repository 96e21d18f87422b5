"""The archive as a crawl sees it: opened once, it says what is due and is given pages."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.archive import saved_state
from crawler.archive.database.engine import check_site, create, prepare, reading, shorten_wal, site_held
from crawler.archive.database.shared import AccountLock, SharedPace
from crawler.archive.due import absence, following, forecast, lists
from crawler.archive.due.coverage import progress
from crawler.archive.due.forecast import Due
from crawler.archive.due.lists import SearchLength
from crawler.archive.writing.store import Store
from crawler.endpoints.model import Endpoint
from crawler.errors import ArchiveError, ListError
from crawler.forget import suppressions
from crawler.model.page import Page, TargetProgress
from crawler.model.target import Target

logger = logging.getLogger(__name__)


class Archive:
    """One archive, opened for one crawl. Every query raises ArchiveError, or Unreachable: the same may be put again."""

    def __init__(self, url: str) -> None:
        """url: ARCHIVE_URL. Opens no connection. Raises ArchiveError for a wrong one."""
        self._engine = create(url)
        self.writer = Store(self._engine)

    @property
    def is_on_server(self) -> bool:
        """Return True if it is a server's, which may wait on others or be away."""
        return self._engine.dialect.name == "postgresql"

    def prepare(self, base_url: str = "") -> None:
        """Make the tables of an empty archive. Raises ArchiveError for one behind, or not of base_url ("": any)."""
        prepare(self._engine)
        if base_url:
            check_site(self._engine, base_url)

    def site(self) -> str | None:
        """Return the base address of the site whose responses are archived; None while there are none."""
        return site_held(self._engine)

    def close(self) -> None:
        """Give all connections back. The archive can be used again."""
        self.writer.close()
        shorten_wal(self._engine)
        self._engine.dispose()

    # What a crawl wants to know

    def due(self, target: Target, *, pages: int | None = None, again: bool = False, since: int = 0) -> TargetProgress:
        """Return how far a target is, and which page is due next; see `coverage.progress`."""
        with reading(self._engine) as connection:
            return progress(connection, target, pages, again=again, since=since)

    def foresee(self, target: Target, night: str) -> TargetProgress | None:
        """Return what can be said of a target without a request; see `absence.foresee`."""
        with reading(self._engine) as connection:
            return absence.foresee(connection, target, night)

    def follow(self, endpoint: Endpoint, target: Target) -> list[Target]:
        """The targets of an endpoint that follow from a target that has ended; see `following.follow`."""
        with reading(self._engine) as connection:
            return following.follow(connection, endpoint, target)

    def search_length(self, target: Target) -> SearchLength | None:
        """Return the length of a search tonight; None if the archive does not know."""
        with reading(self._engine) as connection:
            return lists.search_length(connection, target)

    def works_of_list(self, target: Target) -> set[int]:
        """The works that a search listed tonight, on all its pages."""
        with reading(self._engine) as connection:
            return lists.works_of_list(connection, target)

    def is_forgotten(self, target: Target) -> bool:
        """Return True if a target names something that is forgotten."""
        with reading(self._engine) as connection:
            return suppressions.is_forgotten(connection, {**target.params, "@account": target.account})

    def forecast(self, targets: Sequence[Target], pages: int | None, *, refetch: bool, again: bool) -> list[Due]:
        """The requests due for each target; see `forecast.forecast`."""
        with reading(self._engine) as connection:
            return forecast.forecast(connection, targets, pages, refetch=refetch, again=again)

    # What a crawl gives

    def store(self, pages: Sequence[Page]) -> Sequence[Page]:
        """Store all of some pages, or nothing of them; see `Store.pages`."""
        return self.writer.pages(pages)

    def save_state(self, captures: Path) -> None:
        """Save what no response holds beside the captures; see `saved_state.save`."""
        saved_state.save(self._engine, captures)

    # What machines share

    def shared_pace(self, site: str, account: str) -> SharedPace | None:
        """The pace of all machines on it, of an account or (`""`) of all; None where it is a file."""
        return SharedPace(self._engine, site, account) if self.is_on_server else None

    # What is forgotten

    def take_over(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Forget what a list beside captures names; see `suppressions.take_over`."""
        suppressions.take_over(self._engine, entries)

    def take_over_list(self, captures: Path) -> None:
        """Forget what the list beside captures names. Raises ArchiveError."""
        try:
            self.take_over(suppressions.read_list(captures))
        except ListError as error:
            raise ArchiveError(str(error)) from None

    def leave_list(self, captures: Path) -> None:
        """Save what is forgotten beside captures: what pages showed to belong to somebody goes with them too."""
        try:
            suppressions.write_list(captures, suppressions.listed(self._engine))
        except (ArchiveError, ListError, OSError) as error:
            logger.error("The list of what is forgotten is not beside the captures: %s", error)  # noqa: TRY400

    def account_lock(self, key: int) -> AccountLock:
        """The account's lock, taken. Raises ArchiveError where another machine has it."""
        return AccountLock(self._engine, key)
