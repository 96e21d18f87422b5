"""One replay: files to pages to the archive, summed up like a crawl."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from crawler.archive.archive import Archive
from crawler.archive.database.shared import patiently
from crawler.errors import ArchiveError, DoesNotFit, NotStored, Unreachable
from crawler.extensions.outcome import RunCounts, leave_summary
from crawler.fetch.run import Run
from crawler.forget.suppressions import Entry
from crawler.model.page import Outcome, Page
from crawler.model.run_summary import FINISHED, WORDS, RunSummary
from crawler.places import ROOT
from crawler.replay.parsing import Parsers, Reading, processes_for
from crawler.words import counted, duration

PAGES_A_COMMIT = 32
logger = logging.getLogger(__name__)


class ReplayProgress:
    """Shown as a context. total_bytes: of the captures; interval: seconds between two lines, 0 for none."""

    def __init__(self, total_bytes: int, interval: float) -> None:
        self._total = max(total_bytes, 1)
        self._interval = interval
        self._begun = self._last = time.monotonic()
        console = Console(stderr=True)
        columns = (TextColumn("replay"), BarColumn(bar_width=18), TextColumn("{task.fields[text]}", markup=False))
        is_shown = console.is_terminal and interval > 0
        self._bar = Progress(*columns, console=console, transient=True, disable=not is_shown)
        self._task = self._bar.add_task("", total=self._total, text="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, done_bytes: int, replies: int) -> None:
        """Say how far it is, where it is time to."""
        if not self._bar.disable:
            self._bar.update(self._task, completed=done_bytes, text=self._in_words(done_bytes, replies))
        elif 0 < self._interval <= time.monotonic() - self._last:
            self._last = time.monotonic()
            sys.stderr.write(
                f"{datetime.now():%H:%M:%S} replay: {self._in_words(done_bytes, replies)}\n"  # noqa: DTZ005  # the reader's clock
            )

    def _in_words(self, done_bytes: int, replies: int) -> str:
        passed = max(time.monotonic() - self._begun, 0.001)
        left = passed * (self._total - done_bytes) / done_bytes if done_bytes else 0
        parts = [counted(replies, "response"), f"{done_bytes / self._total:.0%}"]
        if done_bytes:
            parts.append(f"about {duration(left)} left")
        return ", ".join((*parts, f"{replies / passed:,.0f} a second"))


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
            self.is_full |= self._counts.lost(str(error), is_for_its_data=is_for_its_data)
            self.is_full |= isinstance(error, Unreachable)
        else:
            self._counts.stored(stored)

    def _put(self, pages: Sequence[Page]) -> Sequence[Page]:
        # SQLite has waited for its lock by itself; only a server may be away and come back.
        if not self._archive.is_on_server:
            return self._archive.store(pages)

        async def put() -> Sequence[Page]:
            return self._archive.store(pages)

        return asyncio.run(patiently(put, self._patience, self._is_stopping))


class Replay:
    """Archives what files hold. only: the moments of the responses that are meant; None: all.

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
        # Resolved like CAPTURE_DIR, so that a file of its own is known as one through links too.
        files = [file.resolve() for file in files]
        self._reading = Reading(files, self._captures, settings["PIXIV_BASE_URL"], only)
        self._counts = RunCounts()
        self._outcomes: Counter[Outcome] = Counter()
        self._unread: list[str] = []
        self._is_stopping = False

    def run(self) -> tuple[int, bool]:
        """Archive all. Returns the exit status, and whether all files were read to their ends. Raises ArchiveError."""
        configure_logging(self._settings)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        archive = Archive(self._settings["ARCHIVE_URL"])
        try:
            archive.prepare(self._settings["PIXIV_BASE_URL"])
            self._reading.site = archive.site()
            archive.take_over_list(self._captures)
            archive.take_over(self._forgotten)
            run = Run.begin("replay", {"files": str(len(self._reading.files))})
            archive.writer.begin_crawl(run.begun(time.time_ns()))
            with self._stopping_gently():
                reason = self._store_all(archive)
            summary = self._counts.sum_up(self._ended(), reason, archive=self._settings["ARCHIVE_URL"])
            archive.writer.end_crawl(run.crawl_id, summary.as_row())
            archive.leave_list(self._captures)
        finally:
            archive.close()
        leave_summary(self._settings, summary)
        sys.stderr.write(f"{summary.as_text()}\n")
        return summary.exit_status, self._reading.is_done

    def _store_all(self, archive: Archive) -> str:
        """Returns why it ended."""
        settings, reading = self._settings, self._reading
        patience = settings.getfloat("ARCHIVE_PATIENCE")
        writer = BatchWriter(archive, self._counts, patience, lambda: self._is_stopping)
        count = processes_for(settings["REPLAY_PROCESSES"], reading.total_bytes)
        shown = ReplayProgress(reading.total_bytes, settings.getfloat("PROGRESS_INTERVAL"))
        batch: list[Page] = []
        with Parsers(count) as parsers, shown:
            for pages in parsers.pages(reading.replies(archive.writer.begin_crawl)):
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
            f"replay: {self._outcomes.total():,} responses ({ends or 'none'}) of {counted(found.files, 'file')},"
            f" {reading.others:,} others passed over, {len(found.damaged):,} damaged",
            left=0 if reading.is_done else max(len(reading.files) - found.files, 1),
            unread=len(found.damaged) + len(self._unread),
            problems=(*(f"damaged, left out: {place}" for place in found.damaged), *self._unread),
        )

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
