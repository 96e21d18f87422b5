"""Truthful ends: record the run, sum it up for a person, decide the exit status."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from crawler.archive.archive import Archive
from crawler.endpoints import ENDPOINTS
from crawler.errors import ArchiveError, DoesNotFit, NotStored
from crawler.extensions.words import clean, counted, duration
from crawler.items.page import Page
from crawler.items.reply import Outcome
from crawler.request.middleware import GateMiddleware
from crawler.request.run import VERSIONS, Run
from crawler.request.shared_archive import archive_of
from crawler.spiders.base import Tally

logger = logging.getLogger(__name__)

SHOWN_PROBLEMS = 10
REFUSED_SESSION = (
    "SESSION REFUSED: the session that was given does not serve: log in again and give the new"
    " PHPSESSID (scrapy status doctor)"
)
MOST_LOST = 3


class OutcomeExtension:
    """Counts pages; when the spider closes, `summary` and `exit_status` say how it went."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._pages = 0
        self._rows: Counter[str] = Counter()
        self._refused = 0
        self._lost = self._lost_in_a_row = 0
        self._dropped = 0
        self._unfit = 0
        self._omitted = 0
        self._refused_sessions = 0
        self._has_served = False
        self._closing: asyncio.Future[None] | None = None
        self._begun = time.monotonic()
        self._run: Run | None = None
        self.summary = ""
        self.exit_status: int | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension.spider_opened, signals.spider_opened)
        connect(extension.item_scraped, signals.item_scraped)
        connect(extension.lost, signals.item_error)
        connect(extension.dropped, signals.item_dropped)
        connect(extension.lost, signals.spider_error)
        connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        run = getattr(spider, "run", None)
        if not isinstance(run, Run):
            return
        self._run = run
        self._record(
            lambda archive: archive.begin_crawl(
                {
                    "crawl_id": run.crawl_id, "spider": run.spider,
                    "arguments": json.dumps(dict(run.arguments), sort_keys=True),
                    "versions": json.dumps(VERSIONS, sort_keys=True),
                    "session": run.session, "started_at": time.time_ns(),
                }
            )
        )  # fmt: skip

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, Page):
            self._lost_in_a_row = 0
            self._unfit += bool(item.lost)
            self._omitted += item.omitted
            self._refused_sessions += item.is_session_refused
            endpoint = ENDPOINTS[item.ask.endpoint]
            is_served = item.outcome is Outcome.COMPLETE and endpoint.policy.wants_session(
                item.ask.params
            )
            self._has_served |= is_served and item.reply is not None and item.reply.has_session
            self._pages += item.reply is not None
            self._refused += len(item.refused)
            for table, rows in item.rows.items():
                self._rows[table] += len(rows)

    def dropped(self) -> None:
        self._dropped += 1

    def lost(self, failure: Failure | None = None) -> None:
        self._lost += 1
        is_replay = self._crawler.get_downloader_middleware(GateMiddleware) is None
        if is_replay and failure is not None and isinstance(failure.value, DoesNotFit):
            return  # no site is troubled, and the next page may fit
        self._lost_in_a_row += 1
        if self._lost_in_a_row == MOST_LOST and self._crawler.engine is not None:
            # An archive that takes no page will not take the next: the site is left alone.
            self._closing = asyncio.ensure_future(
                self._crawler.engine.close_spider_async(reason="the archive takes no pages")
            )

    def spider_closed(self, spider: Spider, reason: str) -> None:
        run, tally = self._run, getattr(spider, "tally", None)
        if run is None or tally is None:
            return
        found: Tally = tally()
        failures = self._failures(reason, found)
        self.summary = self._summarise(found, failures)
        self.exit_status = 1 if failures else 0
        self._leave_figures(found, failures)
        self._record(
            lambda archive: archive.end_crawl(
                run.crawl_id,
                {
                    "finished_at": time.time_ns(),
                    "outcome": "; ".join(failures) if failures else "complete",
                    "page_count": self._pages,
                    **self._session_end(),
                    "row_count": self._rows.total(),
                },
            )
        )

    @property
    def _is_session_dead(self) -> bool:
        """Whether the site took the session for nothing: not where it refused one thing alone."""
        return bool(self._refused_sessions) and not self._has_served

    def _session_end(self) -> dict[str, str]:
        """What became of the session, where the run shows it."""
        if self._has_served:
            return {"session": "served"}
        return {"session": "refused"} if self._is_session_dead else {}

    def _failures(self, reason: str, tally: Tally) -> list[str]:
        failures = []
        if self._lost:
            failures.append(
                f"{self._lost:,} pages lost before they were stored (the captures have them)"
            )
        if self._dropped:
            failures.append(
                f"{counted(self._dropped, 'page')} dropped by another pipeline: not stored, still due"
            )
        if self._is_session_dead:
            failures.append("the session that was given does not serve")
        if self._unfit:
            failures.append(
                f"{counted(self._unfit, 'page')} without what was asked for: see scrapy status dead,"
                " and after a fix scrapy replay --dead"
            )
        if tally.failed:
            failures.append(f"{tally.failed:,} failed")
        if tally.unread:
            failures.append(f"{counted(tally.unread, 'record')} could not be read (named above)")
        if tally.left > 0:
            failures.append(f"stopped early ({reason}), {tally.left:,} still due")
        elif reason != "finished" and not failures:
            failures.append(f"stopped: {reason}")
        return failures

    def _summarise(self, tally: Tally, failures: list[str]) -> str:
        seconds = time.monotonic() - self._begun
        replies = counted(self._pages, "reply", "replies")
        facts = counted(self._rows.total(), "fact")
        lines = [tally.headline, f"  {replies} in {duration(seconds)}, {facts}"]
        if self._is_session_dead:
            lines.insert(0, REFUSED_SESSION)
        if self._omitted:
            lines.append(
                f"  {counted(self._omitted, 'id')} of those asked for left out by the answers"
                " (omissions): asked again on later nights"
            )
        if self._refused:
            lines.append(
                f"  {self._refused:,} rows did not fit and are in dead_letters (captures keep them)"
            )
        lines += [f"  {clean(problem)}" for problem in tally.problems[:SHOWN_PROBLEMS]]
        if len(tally.problems) > SHOWN_PROBLEMS:
            lines.append(f"  … and {len(tally.problems) - SHOWN_PROBLEMS:,} more like these")
        if failures:
            lines.append(f"INCOMPLETE: {'; '.join(failures)}.{self._advice(tally, failures)}")
        else:
            lines.append("OK")
        return "\n".join(lines)

    def _advice(self, tally: Tally, failures: list[str]) -> str:
        """What helps: another run does not mend what the project cannot read."""
        if tally.advice:
            return f" {tally.advice}"
        in_vain = bool(self._unfit) + bool(tally.unread)
        if len(failures) == in_vain:
            return ""
        before = " Log in again, then run" if self._is_session_dead else " Run"
        return f"{before} the same command again."

    def _leave_figures(self, tally: Tally, failures: list[str]) -> None:
        name = self._crawler.settings["TALLY_FILE"]
        if name:
            figures = {
                "outcomes": dict(tally.outcomes), "replies": self._pages,
                "rows": self._rows.total(), "refused": self._refused, "failures": failures,
            }  # fmt: skip
            Path(name).write_text(json.dumps(figures), encoding="utf-8")

    def _record(self, write: Callable[[Archive], None]) -> None:
        try:
            write(archive_of(self._crawler))
        except (ArchiveError, NotStored) as error:
            logger.error("This run is not recorded in the archive: %s", error)  # noqa: TRY400
