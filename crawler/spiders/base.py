"""The spider that every family is: ask the archive what is due, fetch it, yield pages."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.archive import rankings
from crawler.archive.coverage import Progress, progress
from crawler.archive.engine import create, reading
from crawler.endpoints import ENDPOINTS
from crawler.items.page import Ask, Outcome, Page, Reply
from crawler.parse import parse
from crawler.request.build import build
from crawler.request.plan import plan, read_count, read_switch
from crawler.request.run import Run
from crawler.request.session import load_session

ROBOTS = "Forbidden by robots.txt"
"""How Scrapy's middleware says so; any other IgnoreRequest is a failure."""

ARCHIVED = "archived"
WORDS: Mapping[str, str] = {
    Outcome.COMPLETE: "complete",
    ARCHIVED: "archived before",
    Outcome.NOT_YET: "not there yet",
    Outcome.ABSENT: "absent",
    Outcome.FORBIDDEN: "forbidden",
    Outcome.NEEDS_SESSION: "needing a session",
    Outcome.FAILED: "failed",
}


@dataclass
class Unit:
    """One unit of work under way: all pages of one ask."""

    ask: Ask
    asked: set[int] = field(default_factory=set)
    last: Page | None = None
    is_repeating: bool = False


@dataclass(frozen=True)
class Tally:
    """What a run came to. left: units still due; outcomes: settled units by how they ended."""

    headline: str
    failed: int = 0
    left: int = 0
    problems: tuple[str, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)


class PageByPage(Spider):
    """A spider whose start() can wait until the page it has yielded is stored or lost."""

    run: Run

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.arguments = arguments
        self.awaited: Page | None = None
        self._settled = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        # One request is one page, stored or lost: whatever happens to it, the next may be planned.
        for signal in (
            signals.item_scraped, signals.item_dropped, signals.item_error, signals.spider_error,
        ):  # fmt: skip
            crawler.signals.connect(spider.settle, signal)
        return spider

    def tally(self) -> Tally:
        """How the run went so far."""
        raise NotImplementedError

    def settle(self, item: Any = None) -> None:
        """Called when an item is stored or lost, or a callback fails (without an item)."""
        # Another pipeline may have made the page into something else: then it is done with, too.
        is_earlier = isinstance(item, Page) and item != self.awaited
        if not is_earlier:
            self._settled.set()


class FamilySpider(PageByPage):
    """Subclasses give a name, which is the family's in crawler.endpoints.

    Arguments: endpoints=name,name; the documented parameters of those endpoints; pages=N bounds
    paging; refetch=1 asks for what is archived too.
    """

    def __init__(self, **arguments: str) -> None:
        """Raises BadArgument before any request."""
        super().__init__(**arguments)
        self.pages = read_count("pages", arguments.get("pages"))
        self.refetch = read_switch("refetch", arguments.get("refetch"))
        self.asks: list[Ask] = []
        self.unit: Unit | None = None
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []
        self._newest: dict[tuple[str, str], str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.has_session = load_session(crawler.settings) is not None
        spider.run = Run.begin(cls.name, spider.arguments, has_session=spider.has_session)
        spider.asks = plan(
            cls.name,
            spider.arguments,
            allow_r18=crawler.settings.getbool("ALLOW_R18"),
            night=spider.run.night,
        )
        return spider

    has_session: bool

    async def start(self) -> AsyncIterator[Request | Page]:
        """Ask the archive what is due, one page at a time, until every unit is settled."""
        engine = create(self.settings["ARCHIVE_URL"])
        try:
            for ask in self.asks:
                unit = self.unit = Unit(ask)
                while (page := self._due(engine, unit)) is not None:
                    self._settled.clear()
                    unit.asked.add(page)
                    yield self._request(unit, page)
                    await self._settled.wait()
        finally:
            engine.dispose()

    def parse(self, response: Response, ask: Ask, unit: Unit) -> Iterator[Page]:
        """A reply to its page."""
        *before, kept = response.meta["replies"]
        yield from self._earlier(ask, before)
        yield self._await(unit, parse(ask, replace(kept, body=response.body)))

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A request without a reply to a page that says so."""
        request: Request = failure.request  # type: ignore[attr-defined]
        ask, unit = request.cb_kwargs["ask"], request.cb_kwargs["unit"]
        text = str(failure.value)
        if isinstance(failure.value, IgnoreRequest) and text == ROBOTS:
            outcome, message = Outcome.FORBIDDEN, "robots.txt forbids it"
        elif isinstance(failure.value, IgnoreRequest):
            outcome, message = Outcome.FAILED, text or "ignored"
        else:
            outcome, message = Outcome.FAILED, f"no reply: {type(failure.value).__name__}"
        yield from self._earlier(ask, request.meta.get("replies", ()))
        yield self._await(unit, Page(ask, outcome, time.time_ns(), message))

    def _earlier(self, ask: Ask, replies: Iterable[Reply]) -> Iterator[Page]:
        """Pages of replies after which the request was sent again: kept, so stored as well."""
        for reply in replies:
            yield parse(ask, reply)

    def _await(self, unit: Unit, page: Page) -> Page:
        before = unit.last.reply if unit.last else None
        is_same = before is not None and page.reply is not None and before.body == page.reply.body
        unit.is_repeating = is_same and page.next_page is not None
        unit.last = self.awaited = page
        return page

    def _request(self, unit: Unit, page: int) -> Request | Page:
        ask = replace(unit.ask, page=page)
        if ENDPOINTS[ask.endpoint].wants_session(ask.params) and not self.has_session:
            message = "needs a session: set PIXIV_PHPSESSID"
            return self._await(unit, Page(ask, Outcome.NEEDS_SESSION, time.time_ns(), message))
        request = build(ask, self.settings["PIXIV_BASE_URL"], self.settings["PIXIV_LANG"])
        request.cb_kwargs["unit"] = unit
        return request.replace(callback=self.parse, errback=self.failed)

    def tally(self) -> Tally:
        told = ", ".join(
            f"{self.outcomes[key]:,} {word}" for key, word in WORDS.items() if self.outcomes[key]
        )
        return Tally(
            f"{self.name}: {len(self.asks):,} asked for: {told or 'nothing done'}",
            failed=self.outcomes[Outcome.FAILED],
            left=len(self.asks) - self.outcomes.total(),
            problems=tuple(self.problems),
            outcomes=self.outcomes,
        )

    def _due(self, engine: Any, unit: Unit) -> int | None:
        """The next page to ask for; None, and the outcome noted, where the unit is settled."""
        last = unit.last
        if last is not None:
            # The site says which ranking its newest is.
            if _is_latest(unit.ask) and last.outcome is Outcome.COMPLETE:
                self._newest[_ranking(last.ask)] = last.ask.params["date"]
            unit.ask = replace(last.ask, page=unit.ask.page)
        if self.refetch:
            due = self._next_of_reply(unit)
        elif _is_latest(unit.ask):
            due = Progress(unit.ask.page, last.outcome if last else None)
        else:
            with reading(engine) as connection:
                due = progress(connection, unit.ask, self.pages)
                if due.page == unit.ask.page and _is_skipped(connection, unit.ask):
                    due = Progress(None, Outcome.ABSENT, "its neighbours pass it over")
        if due.page is not None and self._is_to_come(unit.ask):
            due = Progress(None, Outcome.NOT_YET, "newer than the newest")
        elif unit.is_repeating:
            due = Progress(due.page, Outcome.FAILED, "a page repeats the one before: not followed")
        elif due.page is not None and due.page not in unit.asked:
            return due.page
        self._note(unit, due)
        return None

    def _is_to_come(self, ask: Ask) -> bool:
        """Whether a day is later than the newest that the site named in this run."""
        newest = self._newest.get(_ranking(ask))
        return newest is not None and ask.params.get("date", "") > newest

    def _next_of_reply(self, unit: Unit) -> Progress:
        last = unit.last
        if last is None:
            return Progress(unit.ask.page, None)
        reached = self.pages is not None and len(unit.asked) >= self.pages
        is_over = last.outcome is not Outcome.COMPLETE or last.next_page is None or reached
        return Progress(None if is_over else last.next_page, last.outcome, last.message)

    def _note(self, unit: Unit, due: Progress) -> None:
        outcome = due.outcome or Outcome.FAILED
        if due.page is not None and outcome is Outcome.COMPLETE:
            outcome = Outcome.FAILED
        is_old = not unit.asked and outcome is Outcome.COMPLETE
        self.outcomes[ARCHIVED if is_old else outcome] += 1
        if outcome is not Outcome.COMPLETE:
            message = due.message or (unit.last.message if unit.last else "") or "not stored"
            self.problems.append(f"{outcome}: {unit.ask.endpoint} {unit.ask.key}: {message}")


def _ranking(ask: Ask) -> tuple[str, str]:
    return ask.params.get("mode", ""), ask.params.get("content", "")


def _is_latest(ask: Ask) -> bool:
    return "date" in ENDPOINTS[ask.endpoint].params and not ask.params.get("date")


def _is_skipped(connection: Any, ask: Ask) -> bool:
    params = ask.params
    return ask.endpoint == "ranking" and rankings.is_skipped(
        connection, params["mode"], params["content"], date.fromisoformat(params["date"])
    )
