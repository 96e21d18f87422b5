"""The spider that every family is: ask the archive what is due, fetch it, yield pages."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.archive.absence import control_of, foresee, proof_of
from crawler.archive.coverage import Progress, progress
from crawler.archive.engine import create, reading
from crawler.archive.following import follow
from crawler.archive.forgotten import is_forgotten
from crawler.archive.patience import patiently
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Endpoint
from crawler.items.page import Ask, Outcome, Page, Reply
from crawler.parse import parse
from crawler.request.build import build
from crawler.request.middleware import GateMiddleware
from crawler.request.plan import ABSENT_ONES, follow_ups, lack, plan, read_count, read_refetch
from crawler.request.route import NoWay, obstacle
from crawler.request.run import Run
from crawler.request.session import Session, asker_of, load_session
from crawler.request.splits import Part, Splits, first_of, is_cut
from crawler.request.windows import Split
from crawler.spiders.base import ARCHIVED, BOUNDED, WORDS, PageByPage, Tally
from crawler.spiders.unit import Unit, is_latest, ranking_of

_T = TypeVar("_T")

WAY = "scrapy status doctor shows the way that requests take"
MOVED = "it moved while it was read, faster than it can be read"
ROBOTS = "Forbidden by robots.txt"
"""How Scrapy's middleware says so; any other IgnoreRequest is a failure."""


class FamilySpider(PageByPage):
    """Subclasses give a name, which is the family's in crawler.endpoints.

    Arguments: endpoints=name,name; the documented parameters of those endpoints; pages=N bounds
    paging; refetch=1 asks for what is archived too.
    """

    def __init__(self, **arguments: str) -> None:
        """Raises BadArgument before any request."""
        super().__init__(**arguments)
        self.pages = read_count("pages", arguments.get("pages"))
        refetch = read_refetch(arguments.get("refetch"))
        self.refetch, self.again = refetch == "1", refetch == ABSENT_ONES
        self.asks: list[Ask] = []
        self.session: Session | None = None
        self.unit: Unit | None = None
        self.outcomes: Counter[str] = Counter()
        self.problems: list[str] = []
        self.following: list[Endpoint] = []
        self._newest: dict[tuple[str, str], str] = {}
        self._splits = Splits()
        self._told: set[tuple[str, str]] = set()
        self._repeated = 0
        self._unsure: list[str] = []
        self._since = 0
        self._evidence: set[tuple[str, str]] = set()
        self._missed: set[str] = set()
        self._is_answered = False
        self._obstacle = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.session = load_session(crawler.settings)
        asker = asker_of(crawler.settings, spider.session)
        spider.run = Run.begin(cls.name, spider.arguments, spider.session, asker)
        spider.asks = plan(
            cls.name,
            spider.arguments,
            allow_r18=crawler.settings.getbool("ALLOW_R18"),
            night=spider.run.night,
            asker=asker,
        )
        spider.following = follow_ups(cls.name, spider.arguments)
        return spider

    async def start(self) -> AsyncIterator[Request | Page]:
        """Ask the archive what is due, one page at a time, until every unit is settled."""
        engine = create(self.settings["ARCHIVE_URL"])
        # Moments are whole milliseconds.
        self._since = time.time_ns() // 1_000_000 * 1_000_000 if self.refetch else 0
        try:
            queue: deque[Unit | Split] = deque(map(self._unit, self.asks))
            while queue:
                unit = queue.popleft()
                if isinstance(unit, Split):
                    parts = await self._ask(partial(self._parts, engine, unit))
                    if parts:
                        queue.appendleft(unit)
                        queue.extendleft(reversed(parts))
                    continue
                self.unit = unit
                while (page := await self._ask(partial(self._due, engine, unit))) is not None:
                    self._settled.clear()
                    unit.asked[page] += 1
                    yield self._request(unit, page)
                    await self._settled.wait()
                if unit.waits_for is not None:
                    queue.extendleft((unit, self._evidence_unit(unit)))
                    continue
                more = await self._ask(partial(self._more, engine, unit))
                queue.extendleft(reversed(more))
        finally:
            engine.dispose()

    def _unit(self, ask: Ask) -> Unit:
        return Unit(ask, self._since, self.pages)

    async def _ask(self, question: Callable[[], _T]) -> _T:
        """Ask the archive something; a server may be restarted meanwhile."""

        async def ask() -> _T:
            return question()

        patience = self.settings.getfloat("ARCHIVE_PATIENCE")
        return await patiently(ask, patience, lambda: not self.crawler.crawling)

    def parse(self, response: Response, ask: Ask, unit: Unit) -> Iterator[Page]:
        """A reply to its page."""
        *before, kept = response.meta["replies"]
        yield from self._earlier(ask, before)
        page = parse(ask, kept)
        self._is_answered |= page.outcome is Outcome.COMPLETE
        if is_latest(ask) and page.outcome is Outcome.COMPLETE and page.ask.params != ask.params:
            unit.was_archived = self._is_archived(page.ask)
        yield self._await(unit, page)

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A request without a reply to a page that says so."""
        request: Request = failure.request  # type: ignore[attr-defined]
        ask, unit = request.cb_kwargs["ask"], request.cb_kwargs["unit"]
        ask = ENDPOINTS[ask.endpoint].answered_to_all(ask)
        error = failure.value
        stands = str(error) if isinstance(error, NoWay) else obstacle(error, self.settings)
        if stands:
            self._obstacle = stands
        text = stands or str(error)
        if isinstance(error, IgnoreRequest) and text == ROBOTS:
            outcome, message = Outcome.FORBIDDEN, "robots.txt forbids it"
        elif stands or isinstance(error, IgnoreRequest):
            outcome, message = Outcome.FAILED, text or "ignored"
        else:
            outcome, message = Outcome.FAILED, f"no reply: {type(error).__name__}"
        yield from self._earlier(ask, request.meta.get("replies", ()))
        yield self._await(unit, Page(ask, outcome, time.time_ns(), message))

    @property
    def settled_count(self) -> int:
        """How many of `asks` are settled."""
        return self.outcomes.total() + self._repeated

    def tally(self) -> Tally:
        told = ", ".join(
            f"{self.outcomes[key]:,} {word}" for key, word in WORDS.items() if self.outcomes[key]
        )
        count = len(self.asks) - self._repeated
        return Tally(
            f"{self.name}: {count:,} asked for: {told or 'none whole yet'}",
            failed=self.outcomes[Outcome.FAILED] + len(self._splits.short),
            left=len(self.asks) - self.settled_count,
            problems=(*self.problems, *self._splits.hidden, *self._splits.short, *self._doubts()),
            outcomes=self.outcomes,
            advice=f"{self._obstacle}: mend that first ({WAY})." if self._obstacle else "",
        )

    def _doubts(self) -> Iterator[str]:
        """What nobody can know of lists that move."""
        if self._unsure:
            more = f" and {len(self._unsure) - 1:,} more lists" if len(self._unsure) > 1 else ""
            yield (
                f"cannot know: {self._unsure[0]}{more}: where no total is told, or new ones do not come"
                " on top, nothing shows whether what was deleted while the pages were read has hidden others"
            )

    def _earlier(self, ask: Ask, replies: Iterable[Reply]) -> Iterator[Page]:
        """Pages of replies after which the request was sent again: kept, so stored as well."""
        for reply in replies:
            yield parse(ask, reply)

    def _await(self, unit: Unit, page: Page) -> Page:
        unit.last, self.awaited = page, page
        return page

    def _request(self, unit: Unit, page: int) -> Request | Page:
        ask = replace(unit.ask, page=page)
        lacking = lack(ask, self.session)
        if lacking is not None:
            outcome, why = lacking
            ask = ENDPOINTS[ask.endpoint].answered_to_all(ask)
            return self._await(unit, Page(ask, outcome, time.time_ns(), why))
        request = build(ask, self.settings["PIXIV_BASE_URL"], self.settings["PIXIV_LANG"])
        request.cb_kwargs["unit"] = unit
        return request.replace(callback=self.parse, errback=self.failed)

    def _due(self, engine: Any, unit: Unit) -> int | None:
        """The next page to ask for; None, and the outcome noted, where the unit is settled."""
        last = unit.last
        self._learn(unit)
        if last is None and self._is_forgotten(engine, unit.ask):
            due = Progress(None, Outcome.FORBIDDEN, "forgotten: scrapy forget lists what stays out")
        elif last is None and unit.is_evidence:
            return unit.ask.page
        elif is_latest(unit.ask):
            due = Progress(unit.ask.page, last.outcome if last else None)
        else:
            due = self._ask_archive(engine, unit)
        if unit.waits_for is not None:
            return None
        if due.page is not None and self._is_to_come(unit.ask):
            due = Progress(None, Outcome.NOT_YET, "newer than the newest")
        elif due.page is not None and unit.may_ask(due):
            return due.page
        if last is not None and last.is_empty_answer and due.outcome is Outcome.FAILED:
            self._slow_down()
        self._note(unit, due)
        return None

    def _learn(self, unit: Unit) -> None:
        """Take over what the last reply says of the unit itself: which day `latest` is."""
        last = unit.last
        if last is None:
            return
        if is_latest(unit.ask) and last.outcome is Outcome.COMPLETE:
            self._newest[ranking_of(last.ask)] = last.ask.params["date"]
        unit.ask = replace(last.ask, page=unit.ask.page, asker=unit.ask.asker)

    def _ask_archive(self, engine: Any, unit: Unit) -> Progress:
        ask = unit.ask
        with reading(engine) as connection:
            is_again = self.again and not unit.asked
            due = progress(connection, ask, unit.pages, again=is_again, since=unit.since)
            if due.page == ask.page and not self.again and not self.refetch:
                known = foresee(connection, ask, self.run.night)
                if known is not None and known.first is None:
                    return Progress(None, known.outcome, known.message)
                if known is not None and not self._wait_for(unit, known.first):
                    return Progress(None, Outcome.NOT_YET, "what would settle it was not answered")
            is_further = due.page is not None and due.page > 1 and self.pages is None
            if is_further and is_cut(connection, ask):
                return Progress(None, Outcome.COMPLETE)  # its parts tell the rest
        if unit.last is not None and unit.last.is_counted_miss and due.page == ask.page:
            self._seek_evidence(unit, due)
        return due

    def _seek_evidence(self, unit: Unit, due: Progress) -> None:
        """Ask for what tells whether a miss is the thing's, or the site's."""
        if due.outcome is Outcome.FAILED:
            self._wait_for(unit, proof_of(unit.ask, self.run.night))
        elif not self._is_answered:
            self._missed.add(unit.ask.key)
            # One miss alone is weighed by what other runs found.
            if len(self._missed) > 1:
                control = control_of(unit.ask)
                self._wait_for(unit, control and replace(control, night=self.run.night))

    def _wait_for(self, unit: Unit, first: Ask | None) -> bool:
        """Let a unit wait for what else must be asked, once a run. Returns whether it waits."""
        if first is None or (first.endpoint, first.key) in self._evidence:
            return False
        unit.waits_for = first
        return True

    def _evidence_unit(self, unit: Unit) -> Unit:
        """What a unit waits for, as a unit of its own."""
        first = unit.waits_for
        assert first is not None
        unit.waits_for = None
        self._evidence.add((first.endpoint, first.key))
        self.asks.append(first)
        return Unit(first, 0, self.pages, is_evidence=True)

    def _is_forgotten(self, engine: Any, ask: Ask) -> bool:
        with reading(engine) as connection:
            return is_forgotten(connection, {**ask.params, "@account": ask.account})

    def _more(self, engine: Any, unit: Unit) -> list[Unit | Split]:
        """What follows from a unit: units of other endpoints, or the parts of a search."""
        ask = unit.ask
        followed = [endpoint for endpoint in self.following if endpoint.after == ask.endpoint]
        is_whole = self.pages is None and unit.pages is None and not unit.is_evidence
        with reading(engine) as connection:
            more = [found for endpoint in followed for found in follow(connection, endpoint, ask)]
            split = self._splits.of(connection, ask) if is_whole else None
        self.asks.extend(more)
        found: list[Unit | Split] = [self._unit(ask) for ask in more]
        if split is not None:
            found += [*map(self._part, first_of(split)), split]
        return found

    def _parts(self, engine: Any, split: Split) -> list[Unit]:
        """What is to be asked next of a search that was cut."""
        with reading(engine) as connection:
            parts = self._splits.next_of(connection, split, self._is_asked)
        return list(map(self._part, parts))

    def _part(self, part: Part) -> Unit:
        self.asks.append(part.ask)
        since = 0 if part.is_forced else self._since
        return Unit(part.ask, since, part.pages, is_evidence=part.is_forced)

    def _is_asked(self, ask: Ask) -> bool:
        """Whether something was asked for in this run, or found to be archived."""
        return (ask.endpoint, ask.key) in self._told

    def _slow_down(self) -> None:
        """A search that finds nothing where there were works is throttled: everything waits."""
        gate = self.crawler.get_downloader_middleware(GateMiddleware)
        if gate is not None:
            gate.gate.pause(self.settings.getfloat("THROTTLE_PAUSE"))

    def _is_archived(self, ask: Ask) -> bool:
        engine = create(self.settings["ARCHIVE_URL"])
        try:
            with reading(engine) as connection:
                return progress(connection, ask, self.pages).page is None
        finally:
            engine.dispose()

    def _is_to_come(self, ask: Ask) -> bool:
        """Whether a day is later than the newest that the site named in this run."""
        newest = self._newest.get(ranking_of(ask))
        return newest is not None and ask.params.get("date", "") > newest

    def _note(self, unit: Unit, due: Progress) -> None:
        outcome = due.outcome or Outcome.FAILED
        if due.page is not None and outcome is Outcome.COMPLETE:
            outcome = Outcome.FAILED
        is_read = unit.last is not None and unit.last.outcome is Outcome.COMPLETE
        moved = MOVED if due.is_again and is_read else ""
        key = (unit.ask.endpoint, unit.ask.key)
        if key in self._told and not unit.asked:
            self._repeated += 1  # `latest` and its day are one ranking
            return
        self._told.add(key)
        is_old = outcome is Outcome.COMPLETE and (
            not unit.asked or (unit.was_archived and len(unit.asked) == 1)
        )
        is_bounded = due.is_bounded and self.pages is None and unit.pages is None
        how = ARCHIVED if is_old else BOUNDED if is_bounded else outcome
        self.outcomes[how] += 1
        if outcome is Outcome.COMPLETE and not is_old and not due.is_certain:
            self._unsure.append(f"{unit.ask.endpoint} {unit.ask.key}".strip())
        if outcome is not Outcome.COMPLETE:
            last = unit.last.message if unit.last else ""
            message = due.message or moved or last or "not stored"
            what = f"{unit.ask.endpoint} {unit.ask.key}".strip()
            self.problems.append(f"{outcome}: {what}: {message}")
