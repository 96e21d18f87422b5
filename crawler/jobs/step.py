"""One step of a job: a crawl in a process of its own, what it came to, and how it is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from crawler.errors import Stopped
from crawler.jobs.model import Step
from crawler.model.reply import Outcome
from crawler.spiders.base import ARCHIVED
from crawler.spiders.family import SPENT

NOT_BEGUN = 2
"""Exit status of a crawl that says why it cannot begin."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


STOPPING = (
    "stopping: the request under way is still archived (Ctrl-C again stops at once)",
    "stopping at once: what was kept and not yet archived is archived by the next run",
)
"""What is said at the first and at the second Ctrl-C; more change nothing."""


@dataclass
class Result:
    """What a step came to. figures: what its crawls left, added up."""

    step: Step
    status: int = 0
    seconds: float = 0
    figures: dict[str, Any] = field(default_factory=dict)
    waits_for: list[str] = field(default_factory=list)
    has_run: bool = False

    @property
    def is_undone(self) -> bool:
        """Whether it failed, or was stopped before its crawl began."""
        return bool(self.status) or not (self.has_run or self.figures.get("reason") == SPENT)

    def count(self, *names: str) -> int:
        """Units that ended in one of these ways."""
        outcomes: Mapping[str, int] = self.figures.get("outcomes", {})
        return sum(outcomes.get(name, 0) for name in names)

    @property
    def why(self) -> str:
        """Why it is no success, as its crawl said; how it ended, where that said nothing."""
        return "; ".join(self.figures.get("failures", ())) or self.end

    @property
    def end(self) -> str:
        """How it ended, in a word or two."""
        if self.status < 0:
            return f"killed ({signal.Signals(-self.status).name})"
        if self.status == NOT_BEGUN:
            return "COULD NOT BEGIN"
        if self.status:
            return "INCOMPLETE"
        if self.figures.get("reason") == SPENT:
            return "budget spent"
        if not self.has_run:
            return "not begun"
        return "not there yet" if self.waits_for else "complete"


def add_figures(figures: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add a crawl's figures to those of a step, whose later crawls find archived what the earlier ones completed."""
    for name in ("replies", "requests", "rows", "refused"):
        figures[name] = figures.get(name, 0) + more.get(name, 0)
    before = figures.get("outcomes", {}).get(Outcome.COMPLETE, 0)
    outcomes = Counter(more.get("outcomes", {}))
    found = min(before, outcomes[ARCHIVED])
    outcomes += Counter({Outcome.COMPLETE.value: before})
    outcomes[ARCHIVED] -= found
    figures["outcomes"] = dict(outcomes)
    figures["left"] = more.get("left", 0)
    figures["reason"] = more.get("reason", "")
    figures["cause"] = more.get("cause", "")
    figures["failures"] = more.get("failures", [])


def crawl(arguments: list[str], environment: dict[str, str], log: Path | None) -> tuple[int, bool]:
    """Run a crawl; returns its exit status and whether the job is to stop since then.

    log: a file that takes what it says.

    What stops the job is passed on as SIGTERM, which ends a crawl that has not begun in
    silence: at the first it ends in order, at the second at once.
    """
    command = [sys.executable, "-P", "-m", "crawler", "crawl", *arguments]
    stopped: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def forward(signum: int, _frame: FrameType | None) -> None:
        stopped.append(signum)
        if len(stopped) <= len(STOPPING):
            print(STOPPING[len(stopped) - 1], flush=True)
            for process in started:
                process.terminate()

    # A session of its own: a terminal's Ctrl-C would reach it a second time, and kill it.
    with ExitStack() as within:
        within.enter_context(handling(forward))
        out = within.enter_context(log.open("wb")) if log else None
        process = within.enter_context(
            subprocess.Popen(
                command, env=environment, start_new_session=True, stdout=out, stderr=out
            )
        )
        started.append(process)
        if stopped:
            process.terminate()
        status = process.wait()
    return status, bool(stopped)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM raise Stopped."""

    def stop(signum: int, _frame: FrameType | None) -> None:
        raise Stopped

    with handling(stop):
        yield


@contextmanager
def handling(handler: Any) -> Iterator[None]:
    """Within, what stops a program goes to a handler."""
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
