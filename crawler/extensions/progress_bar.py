"""Progress: a bar on a terminal, a line now and then elsewhere, a log line a page."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import accumulate
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.logformatter import LogFormatter, LogFormatterResult

from crawler.archive.due.forecast import Due
from crawler.errors import ArchiveError
from crawler.fetch.rate_limiter import pace
from crawler.fetch.run import archive_of
from crawler.model.page import Page
from crawler.spiders.family import FamilySpider
from crawler.spiders.results import OpenTarget
from crawler.words import clean, duration


class BriefLogFormatter(LogFormatter):
    """Scrapy's own, but for pages."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().scraped(item, response, spider)
        return {
            "level": logging.DEBUG,
            "msg": "%(outcome)s: %(endpoint)s %(params)s page %(page)d, %(rows)d rows %(message)s",
            "args": _arguments(item),
        }

    def dropped(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().dropped(item, exception, response, spider)
        return {
            "level": logging.WARNING,
            "msg": "Dropped by a pipeline, not stored: %(endpoint)s %(params)s page %(page)d: %(why)s",
            "args": {**_arguments(item), "why": clean(str(exception)) or type(exception).__name__},
        }

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().item_error(item, exception, response, spider)
        return {
            "level": logging.ERROR,
            "msg": "Not stored: %(endpoint)s %(params)s page %(page)d: %(why)s",
            "args": {**_arguments(item), "why": str(exception) or type(exception).__name__},
        }


def _arguments(page: Page) -> dict[str, Any]:
    return {
        "outcome": page.outcome,
        "endpoint": page.target.endpoint,
        "params": clean(page.target.key),
        "page": page.target.page,
        "rows": page.row_count,
        "message": clean(page.message),
    }


SIZED_TOGETHER = 100
"""Targets whose requests are forecast in one go, after which a crawl that is stopped goes no further."""


class Course:
    """Progress of a crawl, in requests. due: the forecast of each target, in the spider's order."""

    def __init__(self, due: list[Due], gap: float) -> None:
        self._rest = [*accumulate((one.requests for one in reversed(due)), initial=0)][::-1]
        self._is_least = any(one.is_least for one in due)
        self._gap = gap
        self._begun = time.monotonic()
        self.done = 0

    def left(self, ended: int, requested: int) -> int:
        """Requests still to come: the rest of the forecast, less those of the present target."""
        ended = min(ended, len(self._rest) - 1)
        present = self._rest[ended] - self._rest[min(ended + 1, len(self._rest) - 1)]
        return max(self._rest[ended] - min(requested, present), 0)

    def in_words(self, ended: int, requested: int) -> str:
        """Return the progress, the time left and the pace in words."""
        left = self.left(ended, requested)
        if self._is_least:
            # Nobody knows how long the lists are: what is left is no figure to plan by.
            parts = (f"{self.done:,} requests, {left:,} or more to come", "")
        else:
            parts = (
                f"{self.done:,} of about {self.done + left:,} requests",
                f"about {duration(self._seconds(left))} left",
            )
        return ", ".join(filter(None, (*parts, self._rate(" a minute"))))

    def figures(self, ended: int, requested: int) -> str:
        """The same for a line on a terminal."""
        left = self.left(ended, requested)
        text = f"{self.done:,}/{self.done + left:,}{'+' if self._is_least else ''}"
        time_left = "" if self._is_least else f"{duration(self._seconds(left))} left"
        return "  ".join(filter(None, (text, time_left, self._rate("/min"))))

    def _seconds(self, left: int) -> float:
        passed = time.monotonic() - self._begun
        return left * (max(passed / self.done, self._gap) if self.done else self._gap)

    def _rate(self, unit: str) -> str:
        passed = time.monotonic() - self._begun
        return f"{60 * self.done / passed:,.0f}{unit}" if self.done and passed else ""


class ProgressExtension:
    """Shows what is fetched, how far the crawl is, its rate and the time left."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._interval = crawler.settings.getfloat("PROGRESS_INTERVAL")
        self._spider: FamilySpider | None = None
        self._course: Course | None = None
        self._shown: OpenTarget | None = None
        self._in_shown = 0
        self._task: asyncio.Task[None] | None = None
        self._bar: Progress | None = None
        self._redirected: list[logging.StreamHandler[Any]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getfloat("PROGRESS_INTERVAL") <= 0:
            raise NotConfigured("PROGRESS_INTERVAL=0: no progress is shown")
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        if not isinstance(spider, FamilySpider):
            return
        self._spider = spider
        self._course = Course([], self._gap)
        console = Console(stderr=True)
        if console.is_terminal:
            self._bar = self._made_bar(console)
            self._bar.add_task("", total=None, what=spider.name, figures="")
            self._bar.start()
            self._redirect_log()
        self._task = asyncio.ensure_future(self._size_and_show(spider))

    @property
    def _gap(self) -> float:
        settings = self._crawler.settings
        return max(settings.getfloat("DOWNLOAD_DELAY"), pace(settings).gap)

    async def _size_and_show(self, spider: FamilySpider) -> None:
        """Find out how much is due, beside the first requests: of nineteen years it takes half a minute."""
        targets, due = tuple(spider.targets), list[Due]()
        for at in range(0, len(targets), SIZED_TOGETHER):
            part = partial(
                archive_of(self._crawler).forecast,
                targets[at : at + SIZED_TOGETHER],
                spider.pages,
                refetch=spider.refetch,
                again=spider.again,
            )
            try:
                due += await asyncio.to_thread(part)
            except ArchiveError:  # the crawl meets it too, and says so
                return
        assert self._course is not None
        sized = Course(due, self._gap)
        # Pages have come while it was sized.
        sized.done, self._course = self._course.done, sized
        await self._show()

    @staticmethod
    def _made_bar(console: Console | None) -> Progress:
        """A bar whose texts are no markup: a search word may look like it."""
        return Progress(
            TextColumn("{task.fields[what]}", markup=False),
            BarColumn(bar_width=18),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console,
            transient=True,
        )

    def item_scraped(self, item: object) -> None:
        if isinstance(item, Page) and self._course is not None and self._spider is not None:
            self._course.done += item.reply is not None
            if self._spider.opened is not self._shown:
                self._shown, self._in_shown = self._spider.opened, 0
            self._in_shown += 1

    def spider_closed(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._bar is not None:
            for handler in self._redirected:
                handler.setStream(sys.__stderr__)
            self._bar.stop()

    async def _show(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                if self._bar is not None:
                    self._move(self._bar)
                    await asyncio.sleep(0.25)
                else:
                    await asyncio.sleep(self._interval)
                    sys.stderr.write(
                        f"{datetime.now():%H:%M:%S} {self._what()}: {self._in_words()}\n"  # noqa: DTZ005  # the reader's clock
                    )

    def _move(self, bar: Progress) -> None:
        assert self._course is not None
        done = self._course.done
        total = done + self._course.left(*self._place())
        bar.update(
            bar.task_ids[0],
            completed=done,
            total=total,
            what=self._what(),
            figures=self._course.figures(*self._place()),
        )

    def _place(self) -> tuple[int, int]:
        assert self._spider is not None
        is_present = self._spider.opened is self._shown
        return self._spider.results.count, self._in_shown if is_present else 0

    def _in_words(self) -> str:
        assert self._course is not None
        return self._course.in_words(*self._place())

    def _what(self) -> str:
        """The target under way: `rankings daily all 20240206`."""
        assert self._spider is not None
        target = self._spider.opened.target if self._spider.opened else None
        text = " ".join(value for value in target.params.values() if value) if target else ""
        return clean(f"{self._spider.name} {text}".strip())

    def _redirect_log(self) -> None:
        """Log lines go above the bar instead of through it."""
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
                handler.setStream(sys.stderr)
                self._redirected.append(handler)
