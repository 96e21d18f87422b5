"""Responses of captures, in the order they were kept, parsed in processes of their own."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self

from crawler.capture.reader import Findings, read_replies
from crawler.capture.record import target_of
from crawler.capture.writer import OPEN
from crawler.errors import ArchiveError, SettingError
from crawler.model.page import Page, Reply
from crawler.model.run_summary import REPLAYED
from crawler.model.target import Target
from crawler.parse import parse
from crawler.site import base_of, is_local, is_pixiv, is_same_site

AskedReply = tuple[Target, Reply]
REPLIES_A_TASK = 8
WORTH_PROCESSES = 3_000_000
"""Bytes of captures below which one process is as fast: another takes half a second to start."""


class Reading:
    """Reads WARC files, once.

    findings: what it came upon. others: how many responses are of other sites or endpoints. done_bytes: how far
    it is, of total_bytes. site: the base address of the archive's site, None while it is empty.
    """

    def __init__(self, files: Sequence[Path], captures: Path, base_url: str, only: frozenset[int] | None) -> None:
        """captures: where the archive keeps its own. only: the moments that are meant; None: all."""
        self.files = files
        self.findings = Findings()
        self.others = 0
        self.done_bytes = 0
        self.total_bytes = sum(file.stat().st_size for file in files if file.exists())
        self.is_done = False
        self.site: str | None = None
        self._captures = captures
        self._base_url = base_url
        self._only = only

    def replies(self, adopt: Callable[[dict[str, Any]], None]) -> Iterator[AskedReply]:
        """The responses with what they answer. adopt: takes the row of the run that kept them, before."""
        before = 0
        for file in self.files:
            adopted = ""
            is_own = file.is_relative_to(self._captures)
            name = str(file.relative_to(self._captures) if is_own else file.name).removesuffix(OPEN)
            for read, about in read_replies(file, name, self.findings):
                self.done_bytes = before + read.file_offset
                reply = read if is_own else replace(read, is_copy=True)
                if self._only is not None and reply.observed_at not in self._only:
                    continue
                if reply.crawl_id not in ("", adopted):
                    adopted = reply.crawl_id
                    adopt(_crawl(about, reply.observed_at))
                target = target_of(reply, about)
                if target is None or not self._is_of_archive(reply.url):
                    self.others += 1
                    continue
                yield target, reply
            before += file.stat().st_size if file.exists() else 0
        self.done_bytes = before
        self.is_done = True

    def _is_of_archive(self, url: str) -> bool:
        """Return True if a response is of the archive's site. In an empty archive the first response decides."""
        if not is_of_site(url, self._base_url):
            return False
        self.site = self.site or base_of(url)
        return is_same_site(base_of(url), self.site)


def is_of_site(url: str, base_url: str) -> bool:
    """Return True if an address is of the site that is crawled. A trial on this machine may take pixiv's responses as well."""
    with suppress(SettingError):  # an address that is none
        return is_same_site(base_of(url), base_url) or (is_local(base_url) and is_pixiv(url))
    return False


def _crawl(about: dict[str, Any], first_at: int) -> dict[str, Any]:
    """The row of the run that kept a file, as far as its warcinfo says; first_at: its first response's."""
    crawl_id = str(about["crawl_id"])
    try:
        # The id begins with the time (UTC) at which the run began; its warcinfo record does not say it otherwise.
        begun = datetime.strptime(crawl_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        started_at = int(begun.timestamp()) * 1_000_000_000
    except ValueError:
        started_at = first_at
    return {
        "crawl_id": crawl_id,
        "spider": str(about.get("spider", "")),
        "arguments": json.dumps(about.get("arguments", {}), sort_keys=True),
        "versions": json.dumps(about.get("versions", {}), sort_keys=True),
        "session": str(about.get("session", "")),
        "started_at": started_at,
        "outcome": REPLAYED,
    }


def processes_for(given: str, total_bytes: int) -> int:
    """Return the number of processes that parse. given: REPLAY_PROCESSES; "": one a core, none for few responses."""
    if given:
        return int(given)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores if cores and cores > 1 and total_bytes >= WORTH_PROCESSES else 0


class Parsers:
    """Processes that parse, as a context. count: how many; 0: the calling one does it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._count:
            # Not forked: what this process has open (a database) is nobody else's.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._count, context, _ignore_interrupts)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=kind is None, cancel_futures=True)

    def pages(self, replies: Iterator[AskedReply]) -> Iterator[list[Page]]:
        """The pages of responses, in order, several at a time. Raises ArchiveError where a process dies."""
        waiting: deque[tuple[list[AskedReply], Future[list[Page]]]] = deque()
        try:
            while task := list(islice(replies, REPLIES_A_TASK)):
                if self._executor is None:
                    yield [parse(target, reply) for target, reply in task]
                    continue
                waiting.append((task, self._executor.submit(_parse, task)))
                if len(waiting) > 2 * self._count:  # enough for none to wait, and no more in memory
                    yield _parsed(*waiting.popleft())
            while waiting:
                yield _parsed(*waiting.popleft())
        except BrokenProcessPool:
            raise ArchiveError(
                "a process that parses was ended from outside (memory?): what was stored stays;"
                " -s REPLAY_PROCESSES=0 needs the least memory"
            ) from None


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: it is for the one that stores to say what is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _parse(replies: list[AskedReply]) -> list[Page]:
    # Without their responses, which the caller has.
    return [replace(parse(target, reply), reply=None) for target, reply in replies]


def _parsed(replies: list[AskedReply], future: Future[list[Page]]) -> list[Page]:
    pages = zip(future.result(), replies, strict=True)
    return [replace(page, reply=reply) for page, (_, reply) in pages]
