"""The spider that every family is: it fetches what the archive says is due, and yields pages."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.archive.archive import Archive
from crawler.archive.database.shared import patiently
from crawler.clock import JST
from crawler.endpoints import ENDPOINTS, url
from crawler.endpoints.rankings import ranking_id_of
from crawler.evidence.absence import control_of, proof_of
from crawler.fetch.middleware import Disallowed, GateMiddleware
from crawler.fetch.route import NoWay, not_reached, obstacle
from crawler.fetch.run import archive_of
from crawler.fetch.session import asker_of, load_session
from crawler.model.page import Outcome, Page, TargetProgress
from crawler.model.run_summary import BLOCKED, REFUSED_FOR_NOW, SPENT, RunSummary
from crawler.model.target import Target
from crawler.parse import parse as parse_reply
from crawler.places import command
from crawler.planning.plan import ABSENT_ONES, CrawlPlan, plan_crawl, unanswerable
from crawler.planning.search_splits import SearchPart, SearchSplits, first_of, is_cut
from crawler.planning.search_windows import SearchSplit
from crawler.signals import ranking_complete
from crawler.spiders.results import OpenTarget, TargetResults


def is_latest(target: Target) -> bool:
    """Return True if the site is to say which day its newest is."""
    return ENDPOINTS[target.endpoint].is_dated and not target.params.get("date")


class NewestDays:
    """The newest day of each ranking (mode and content), as far as this run has learned it."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], str] = {}

    def learn(self, requested: Target, page: Page) -> None:
        """Take over what a response to `latest` says."""
        if is_latest(requested) and page.outcome.is_read:
            self._days[_ranking_of(page.target)] = page.target.params["date"]

    def is_to_come(self, target: Target) -> bool:
        """Return True if a day is later than the newest that the site named."""
        newest = self._days.get(_ranking_of(target))
        return newest is not None and target.params.get("date", "") > newest


def _ranking_of(target: Target) -> tuple[str, str]:
    return target.params.get("mode", ""), target.params.get("content", "")


_T = TypeVar("_T")

WAY = f"{command('status doctor')} shows the way that requests take"


MOST_BLOCKED = 3
"""Such answers in a row, after which the crawl pauses, and tries one request more before it ends."""
SESSION_CHECK = "user_extra"
"""Endpoint that every session that serves is shown: asked once, where another refuses the session."""
BLOCK_CHECK, BLOCK_CHECK_PARAMS = "tag", {"tag": "オリジナル"}
"""A page that everybody sees whose machine is not blocked: the article of the most usual tag."""


class FamilySpider(Spider):
    """Subclasses give a name, which is the family's in crawler.endpoints. start() waits until its page is stored or lost.

    Arguments: endpoints=name,name; the documented parameters of those endpoints; pages=N bounds
    paging; refetch=1 requests what is archived too.
    """

    def __init__(self, plan: CrawlPlan, archive: Archive, arguments: Mapping[str, str]) -> None:
        super().__init__()
        self.arguments = arguments
        self.awaited: Page | None = None
        self._page_done = asyncio.Event()
        self.run, self.session = plan.run, plan.session
        self.targets, self.following, self.pages = list(plan.targets), plan.following, plan.pages
        self.refetch, self.again = plan.refetch == "1", plan.refetch == ABSENT_ONES
        self.archive = archive
        self.opened: OpenTarget | None = None
        self.results = TargetResults()
        self._newest = NewestDays()
        self._splits = SearchSplits()
        self._since = 0
        self._evidence: set[tuple[str, str]] = set()
        self._missed: set[str] = set()
        self._announced: set[int] = set()
        self._is_answered = False
        self._blocked_in_a_row = 0
        self._obstacle = ""
        self.ended_for = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, plan: CrawlPlan | None = None, **arguments: str) -> Self:
        """plan: made already, where a command has checked it. Raises BadArgument before any request."""
        if plan is None:
            settings = crawler.settings
            plan = plan_crawl(cls.name, arguments, settings, load_session(settings))
        spider = super().from_crawler(crawler, plan, archive_of(crawler), arguments)
        # One request is one page, stored or lost: whatever happens to it, the next may be planned.
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error, signals.spider_error):
            crawler.signals.connect(spider.page_done, signal)
        return spider

    def page_done(self, item: Any = None) -> None:
        """Called when an item is stored or lost, or a callback fails (without an item)."""
        # Another pipeline may have made the page into something else: then it is done with, too.
        if isinstance(item, Page):
            if self.awaited is None or item.observed_at != self.awaited.observed_at:
                return  # of an earlier response to the same request
            self.awaited = item  # as it is stored
        self._page_done.set()

    async def start(self) -> AsyncIterator[Request | Page]:
        """Ask the archive what is due, one page at a time, until every target has ended."""
        # Moments are milliseconds.
        self._since = time.time_ns() // 1_000_000 * 1_000_000 if self.refetch else 0
        queue: deque[OpenTarget | SearchSplit] = deque(map(self._open, self.targets))
        while queue:
            opened = queue.popleft()
            if isinstance(opened, SearchSplit):
                parts = await self._query(partial(self._parts, opened))
                if parts:
                    queue.appendleft(opened)
                    queue.extendleft(reversed(parts))
                continue
            self.opened = opened
            while (page := await self._query(partial(self._next_page_or_end, opened))) is not None:
                self.ended_for = self._why_to_end()
                if self.ended_for:
                    return
                # Before the page is yielded: it may be stored before this generator runs again.
                self._page_done.clear()
                opened.requested[page] += 1
                yield self._request(opened, page)
                await self._page_done.wait()
                opened.last = self.awaited
            if opened.waits_for is not None:
                # extendleft reverses: the evidence is requested before the target that waits for it.
                queue.extendleft((opened, self._evidence_target(opened)))
                continue
            queue.extendleft(reversed(await self._query(partial(self._more, opened))))
        # The last request may have been the one that was refused.
        self.ended_for = REFUSED_FOR_NOW if self._why_to_end() == REFUSED_FOR_NOW else ""

    def _why_to_end(self) -> str:
        """Return why nothing more is to be requested although something is due, or ""."""
        # A spider that is driven without an engine, and so without a gate, has nothing to end for.
        middleware = self.crawler.get_downloader_middleware(GateMiddleware) if self.crawler.crawling else None
        if middleware is None:
            return ""
        if middleware.refused_until:
            until = datetime.fromtimestamp(middleware.refused_until, JST)
            self._obstacle = (
                f"pixiv wants no requests for now (429 or 503). Nothing is lost. No run sends anything before"
                f" {until:%Y-%m-%d %H:%M} Japan time; a run after that goes on from here"
            )
            return REFUSED_FOR_NOW
        if self._blocked_in_a_row > MOST_BLOCKED:
            self._obstacle = (
                f"{self._blocked_in_a_row} requests in a row, the last of them after a pause, were answered with a block"
                " (a page instead of data, or 403). Nothing is lost. The next run tries again. If it goes on: another"
                " network, or fewer requests; a challenge is for people to solve, so this crawler does not"
            )
            return BLOCKED
        budget = self.settings.getint("REQUEST_BUDGET")
        return SPENT if budget and middleware.gate.sent >= budget else ""

    def _open(self, target: Target) -> OpenTarget:
        return OpenTarget(target, self._since, self.pages)

    async def _query(self, question: Callable[[], _T]) -> _T:
        """Ask the archive something; a server may be restarted meanwhile."""

        async def put() -> _T:
            return question()

        return await patiently(put, self.settings.getfloat("ARCHIVE_PATIENCE"), lambda: not self.crawler.crawling)

    # Requests and what comes of them

    def _request(self, opened: OpenTarget, page: int) -> Request | Page:
        target = replace(opened.target, page=page)
        refusal = unanswerable(target, self.session)
        if refusal is not None:
            outcome, why = refusal
            target = ENDPOINTS[target.endpoint].answered_to_all(target)
            return self._await(Page(target, outcome, time.time_ns(), why))
        base = self.settings["PIXIV_BASE_URL"]
        return Request(
            url(target, base, self.settings["PIXIV_LANG"]),
            callback=self.parse,
            errback=self.failed,
            headers={"Referer": base.rstrip("/") + "/"},
            cb_kwargs={"target": target, "opened": opened},
            dont_filter=True,
        )

    def parse(self, response: Response, target: Target, opened: OpenTarget) -> Iterator[Page]:
        """A response to its page."""
        *before, last = response.meta["replies"]
        # Responses after which the request was sent again: kept, so stored as well.
        yield from (parse_reply(target, reply) for reply in before)
        page = parse_reply(target, last)
        self._is_answered |= page.outcome.is_read
        self._blocked_in_a_row = self._blocked_in_a_row + 1 if page.is_block else 0
        # Exactly, not more: only the first time is there a pause; one request after it decides.
        if self._blocked_in_a_row == MOST_BLOCKED:
            self._slow_down()
        if opened.is_check and target.endpoint == BLOCK_CHECK and not page.is_block:
            # Pages that are refused one by one are no block; three more of them are checked again.
            self._evidence.discard((target.endpoint, target.key))
        if is_latest(target) and page.outcome.is_read and page.target.params != target.params:
            # Before it is stored: which day `latest` is was not known.
            opened.was_archived = self.archive.due(page.target, pages=self.pages).page is None
        yield self._await(page)

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A request without a response to a page that says so."""
        request: Request = failure.request  # type: ignore[attr-defined]
        target: Target = request.cb_kwargs["target"]
        target = ENDPOINTS[target.endpoint].answered_to_all(target)
        error = failure.value
        stands = str(error) if isinstance(error, NoWay) else obstacle(error, self.settings)
        if stands:
            self._obstacle = stands
        text = stands or str(error)
        if isinstance(error, Disallowed):
            outcome, message = Outcome.FORBIDDEN, text
        elif stands or isinstance(error, IgnoreRequest):
            outcome, message = Outcome.FAILED, text or "ignored"
        else:
            outcome, message = Outcome.FAILED, not_reached(error)
        yield from (parse_reply(target, reply) for reply in request.meta.get("replies", ()))
        yield self._await(Page(target, outcome, time.time_ns(), message))

    def _await(self, page: Page) -> Page:
        self.awaited = page
        return page

    # What is due

    def _next_page_or_end(self, opened: OpenTarget) -> int | None:
        """The next page to request; None, and its end noted, where the target has ended."""
        last = opened.last
        if last is not None:
            self._newest.learn(opened.target, last)
            # The page names the day of `latest` but no access level; what is due depends on this run's own.
            opened.target = replace(last.target, page=opened.target.page, asker=opened.target.asker)
            if self._check_refusal(opened, last):
                return None
        if last is None and self.archive.is_forgotten(opened.target):
            due = TargetProgress(None, Outcome.FORBIDDEN, f"forgotten: {command('forget')} lists what is blocked")
        elif last is None and opened.is_evidence:
            return opened.target.page
        # pixiv has not said yet which day this is, so the archive cannot tell what is due.
        elif is_latest(opened.target):
            due = TargetProgress(opened.target.page, last.outcome if last else None)
        else:
            due = self._query_archive(opened)
        if opened.waits_for is not None:
            return None
        if due.page is not None and self._newest.is_to_come(opened.target):
            due = TargetProgress(None, Outcome.NOT_YET, "newer than the newest")
        elif due.page is not None and opened.may_request(due):
            return due.page
        if last is not None and last.is_empty_answer and due.outcome is Outcome.FAILED:
            self._slow_down()
        if not opened.is_check:
            self.results.add(opened, due)
        is_whole = last is not None and due.outcome is Outcome.COMPLETE and not due.is_bounded
        if is_whole and not (opened.was_archived or opened.is_evidence):
            self._announce(opened.target)
        return None

    def _announce(self, target: Target) -> None:
        """Tell extensions and pipelines about a ranking that is archived completely, once a crawl."""
        if target.endpoint != "ranking":
            return
        params = {name: target.params[name] for name in ("mode", "content", "date")}
        key = ranking_id_of(params, params)
        if key not in self._announced:
            self._announced.add(key)
            self.crawler.signals.send_catch_log(ranking_complete, ranking_id=key, params=params)

    def _check_refusal(self, opened: OpenTarget, last: Page) -> bool:
        """Let a target wait for what shows whether the session is dead, or the machine blocked, where a page looks so.

        Returns whether it waits.
        """
        if last.is_session_refused and last.target.endpoint != SESSION_CHECK:
            check = ENDPOINTS[SESSION_CHECK]
            asker = asker_of(self.settings, self.session)
            return self._wait_for(opened, check.target({}, 1, self.run.night, asker))
        if self._blocked_in_a_row == MOST_BLOCKED:
            check = ENDPOINTS[BLOCK_CHECK]
            return self._wait_for(opened, check.target(BLOCK_CHECK_PARAMS, 1, self.run.night))
        return False

    def _query_archive(self, opened: OpenTarget) -> TargetProgress:
        target = opened.target
        is_again = self.again and not opened.requested
        due = self.archive.due(target, pages=opened.pages, again=is_again, since=opened.since)
        if due.page == target.page and not self.again and not self.refetch:
            known = self.archive.foresee(target, self.run.night)
            if known is not None and known.waits_for is None:
                return known
            if known is not None and not self._wait_for(opened, known.waits_for):
                return TargetProgress(None, Outcome.NOT_YET, "what would decide it was not answered")
        is_further = due.page is not None and due.page > 1 and self.pages is None
        if is_further and is_cut(self.archive, target):
            return TargetProgress(None, Outcome.COMPLETE)  # its parts contain the rest
        if opened.last is not None and opened.last.is_counted_miss and due.page == target.page:
            self._seek_evidence(opened, due)
        return due

    def _seek_evidence(self, opened: OpenTarget, due: TargetProgress) -> None:
        """Request what shows whether a miss is the thing's, or the site's."""
        if due.outcome is Outcome.FAILED:
            self._wait_for(opened, proof_of(opened.target, self.run.night))
        elif not self._is_answered:
            self._missed.add(opened.target.key)
            # One miss alone is weighed by what other runs found.
            if len(self._missed) > 1:
                control = control_of(opened.target)
                self._wait_for(opened, control and replace(control, night=self.run.night))

    def _wait_for(self, opened: OpenTarget, first: Target | None) -> bool:
        """Let a target wait for what else must be requested, once a run. Returns whether it waits."""
        if first is None or (first.endpoint, first.key) in self._evidence:
            return False
        opened.waits_for = first
        return True

    def _slow_down(self) -> None:
        """Let everything wait: a search that finds nothing where there were works is throttled."""
        gate = self.crawler.get_downloader_middleware(GateMiddleware)
        if gate is not None:
            gate.gate.pause(self.settings.getfloat("THROTTLE_PAUSE"))

    # Targets that come from others

    def _evidence_target(self, opened: OpenTarget) -> OpenTarget:
        """Return the target that another one waits for, as a target of its own."""
        first = opened.waits_for
        assert first is not None
        opened.waits_for = None
        self._evidence.add((first.endpoint, first.key))
        if first.endpoint in (SESSION_CHECK, BLOCK_CHECK):
            return OpenTarget(first, 0, self.pages, is_evidence=True, is_check=True)
        self.targets.append(first)
        return OpenTarget(first, 0, self.pages, is_evidence=True)

    def _more(self, opened: OpenTarget) -> list[OpenTarget | SearchSplit]:
        """Return the targets that follow from one: those of other endpoints, or the parts of a search."""
        target = opened.target
        followed = [endpoint for endpoint in self.following if endpoint.policy.after == target.endpoint]
        more = [found for endpoint in followed for found in self.archive.follow(endpoint, target)]
        is_unbounded = self.pages is None and opened.pages is None and not opened.is_evidence
        split = self._splits.of(self.archive, target) if is_unbounded else None
        self.targets.extend(more)
        found: list[OpenTarget | SearchSplit] = [self._open(target) for target in more]
        if split is not None:
            found += [*map(self._part, first_of(split)), split]
        return found

    def _parts(self, split: SearchSplit) -> list[OpenTarget]:
        """Return the next targets of a search that was split."""
        return list(map(self._part, self._splits.next_of(self.archive, split, self.results.has)))

    def _part(self, part: SearchPart) -> OpenTarget:
        self.targets.append(part.target)
        since = 0 if part.is_forced else self._since
        return OpenTarget(part.target, since, part.pages, is_evidence=part.is_forced)

    # What it came to

    def _advice(self) -> str:
        if self.ended_for in (REFUSED_FOR_NOW, BLOCKED):
            return f"{self._obstacle}."
        return f"{self._obstacle}: fix that first ({WAY})." if self._obstacle else ""

    def tally(self) -> RunSummary:
        """Counts of how the targets of the run have ended so far."""
        return self.results.tally(
            self.name,
            len(self.targets),
            more=(*self._splits.hidden, *self._splits.short),
            failed=len(self._splits.short),
            advice=self._advice(),
        )
