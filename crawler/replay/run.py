"""One replay: files to pages to the archive, summed up like a crawl."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from crawler.archive.archive import Archive
from crawler.capture.forgotten import Entry, read_list, write_list
from crawler.errors import ArchiveError, ListError
from crawler.extensions.outcome import leave_summary
from crawler.extensions.run_counts import RunCounts
from crawler.fetch.run import Run
from crawler.model.page import Page
from crawler.model.reply import Outcome
from crawler.model.run_summary import FINISHED, WORDS, RunSummary
from crawler.places import ROOT
from crawler.replay.parsing import Parsers, processes_for
from crawler.replay.progress_bar import ReplayProgress
from crawler.replay.reading import Reading
from crawler.replay.storing import PAGES_A_COMMIT, BatchWriter

logger = logging.getLogger(__name__)


class Replay:
    """Archives what files hold. only: the moments of the replies that are meant; None: all.

    forgotten: what lists of others name that is to be forgotten here too.
    """

    def __init__(
        self,
        settings: Settings,
        files: Sequence[Path],
        only: frozenset[int] | None = None,
        forgotten: Sequence[Entry] = (),
    ) -> None:
        self._forgotten = forgotten
        self._settings = settings
        self._captures = Path(ROOT, settings["CAPTURE_DIR"]).resolve()
        files = [file.resolve() for file in files]
        self._reading = Reading(files, self._captures, settings["PIXIV_BASE_URL"], only)
        self._counts = RunCounts()
        self._outcomes: Counter[Outcome] = Counter()
        self._unread: list[str] = []
        self._is_stopping = False

    @property
    def is_done(self) -> bool:
        """Whether every file was read to its end."""
        return self._reading.is_done

    def run(self) -> int:
        """Archive all. Returns the exit status; the summary goes to standard error. Raises ArchiveError."""
        configure_logging(self._settings)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        archive = Archive(self._settings["ARCHIVE_URL"])
        try:
            archive.prepare(self._settings["PIXIV_BASE_URL"])
            try:
                archive.take_over(read_list(self._captures))
                archive.take_over(self._forgotten)
            except ListError as error:
                raise ArchiveError(str(error)) from None
            run = Run.begin("replay", {"files": str(len(self._reading.files))})
            archive.begin_crawl(run.begun(time.time_ns()))
            with self._stopping_gently():
                reason = self._store_all(archive)
            summary = self._counts.sum_up(self._ended(), reason)
            archive.end_crawl(run.crawl_id, summary.as_row())
            self._leave_list(archive)
        finally:
            archive.close()
        leave_summary(self._settings, summary)
        sys.stderr.write(f"{summary.as_text()}\n")
        return summary.exit_status

    def _store_all(self, archive: Archive) -> str:
        """Returns why it ended."""
        settings, reading = self._settings, self._reading
        patience = settings.getfloat("ARCHIVE_PATIENCE")
        writer = BatchWriter(archive, self._counts, patience, lambda: self._is_stopping)
        count = processes_for(settings["REPLAY_PROCESSES"], reading.total_bytes)
        shown = ReplayProgress(reading.total_bytes, settings.getfloat("PROGRESS_INTERVAL"))
        batch: list[Page] = []
        with Parsers(count) as parsers, shown:
            for pages in parsers.pages(reading.replies(archive.begin_crawl)):
                for page in pages:
                    self._note(page)
                batch += pages
                if len(batch) >= PAGES_A_COMMIT or self._is_stopping:
                    writer.store(batch)
                    batch = []
                shown.show(reading.done_bytes, self._outcomes.total())
                if self._is_stopping or writer.is_full:
                    reading.is_done = False
                    return "shutdown" if self._is_stopping else "the archive takes no pages"
            writer.store(batch)
        if writer.is_full:
            reading.is_done = False
            return "the archive takes no pages"
        return FINISHED

    def _note(self, page: Page) -> None:
        self._outcomes[page.outcome] += 1
        reply = page.reply
        if page.is_unread and reply is not None:
            place = f"{reply.file} at byte {reply.file_offset}"
            self._unread.append(f"{place}: {reply.url}: {page.message}")

    def _ended(self) -> RunSummary:
        reading = self._reading
        found = reading.findings
        ends = ", ".join(f"{count:,} {WORDS[key]}" for key, count in self._outcomes.items())
        return RunSummary(
            f"replay: {self._outcomes.total():,} replies ({ends or 'none'}) of {found.files:,} files,"
            f" {reading.others:,} others passed over, {len(found.damaged):,} damaged",
            left=0 if self.is_done else max(len(reading.files) - found.files, 1),
            unread=len(found.damaged) + len(self._unread),
            problems=(*(f"damaged, left out: {place}" for place in found.damaged), *self._unread),
        )

    def _leave_list(self, archive: Archive) -> None:
        try:
            # What pages showed to belong to somebody goes with the captures too.
            write_list(self._captures, archive.forgotten_list())
        except (ArchiveError, ListError, OSError) as error:
            logger.error("The list of what is forgotten is not beside the captures: %s", error)  # noqa: TRY400

    @contextmanager
    def _stopping_gently(self) -> Iterator[None]:
        """The first Ctrl-C or SIGTERM ends it after what is being stored; a second one at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            self._is_stopping = True
            signal.signal(number, before[number])
            sys.stderr.write("stopping after what is being stored …\n")

        before: dict[int, Any] = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, stop)
        try:
            yield
        finally:
            for given, handler in before.items():
                signal.signal(given, handler)
