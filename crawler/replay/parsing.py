"""Responses parsed in processes of their own, beside the one that stores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice
from typing import Self

from crawler.errors import ArchiveError
from crawler.model.page import Page
from crawler.parse import parse
from crawler.replay.reading import AskedReply

REPLIES_A_TASK = 8
WORTH_PROCESSES = 3_000_000
"""Bytes of captures below which one process is as fast: another takes half a second to start."""


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
        try:
            yield from self._in_order(replies)
        except BrokenProcessPool:
            raise ArchiveError(
                "a process that parses was ended from outside (memory?): what was stored stays;"
                " -s REPLAY_PROCESSES=0 needs the least memory"
            ) from None

    def _in_order(self, replies: Iterator[AskedReply]) -> Iterator[list[Page]]:
        waiting: deque[tuple[list[AskedReply], Future[list[Page]]]] = deque()
        while task := list(islice(replies, REPLIES_A_TASK)):
            if self._executor is None:
                yield [parse(target, reply) for target, reply in task]
                continue
            waiting.append((task, self._executor.submit(_parse, task)))
            if len(waiting) > 2 * self._count:  # enough for none to wait, and no more in memory
                yield _parsed(*waiting.popleft())
        while waiting:
            yield _parsed(*waiting.popleft())


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: it is for the one that stores to say what is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _parse(replies: list[AskedReply]) -> list[Page]:
    # Without their responses, which the caller has.
    return [replace(parse(target, reply), reply=None) for target, reply in replies]


def _parsed(replies: list[AskedReply], future: Future[list[Page]]) -> list[Page]:
    pages = zip(future.result(), replies, strict=True)
    return [replace(page, reply=reply) for page, (_, reply) in pages]
