"""Run a job's steps, wait for what is not published yet, sum up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from scrapy.settings import Settings

from crawler.archive import job_runs
from crawler.archive.engine import opened, reading, writing
from crawler.clock import JST
from crawler.console.show import table
from crawler.errors import ArchiveError, JobError, Stopped
from crawler.extensions.words import counted, duration
from crawler.items.reply import Outcome
from crawler.jobs import notify
from crawler.jobs.file import Job, Step
from crawler.jobs.morning import in_words, look
from crawler.jobs.plan import unpublished
from crawler.request.place import AccountPlace, wish_for
from crawler.request.run import Run
from crawler.request.session import load_session
from crawler.spiders.family import GAVE_WAY

NOT_BEGUN = 2
"""Exit status of a crawl that says why it cannot begin."""

ROOM_TURN = 1.0
"""Seconds until it is looked again whether the account is free."""

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
        return "not there yet" if self.waits_for else "complete"


class JobRun:
    """One run of a job: each step a crawl in a process of its own, one after another."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        environment: dict[str, str],
        options: list[str],
        *,
        is_quiet: bool = False,
    ) -> None:
        """is_quiet: nothing is printed, unless there is trouble: then all that was said."""
        self._job = job
        self._is_quiet = is_quiet
        self._said: list[str] = []
        self._begun_at = time.time_ns()
        self._settings = settings
        self._environment = environment
        self._options = options
        self._results: list[Result] = []
        self._is_stopped = False

    def run(self) -> int:
        """Run to the end. Returns 0 where every step is complete or not to be had yet."""
        before = self._counts()
        try:
            with _stoppable(), self._coming_first():
                for place, step in enumerate(self._job.steps, 1):
                    self._say(f"{place}/{len(self._job.steps)}: {step.title}")
                    result = Result(step)
                    self._results.append(result)
                    self._run_step(result)
                self._wait()
        except Stopped:
            self._is_stopped = True
        with _handling(signal.SIG_IGN):  # it is at its end anyway
            return self._sum_up(before)

    def _coming_first(self) -> AbstractContextManager[object]:
        """Within, crawls of jobs that give way make room: for the steps together, not for each."""
        place = AccountPlace(self._settings, load_session(self._settings))
        wish = None if self._job.gives_way else wish_for(place)
        return wish.acquire() if wish is not None else nullcontext()

    def _run_step(self, result: Result) -> None:
        """Run a step to its end, after each crawl that it made room for."""
        while True:
            self._run_once(result)
            if result.figures.get("reason") != GAVE_WAY:
                return
            self._say("made room for another crawl; goes on when that has ended")
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        place = AccountPlace(self._settings, load_session(self._settings))
        while place.is_wished_for or place.is_held:
            time.sleep(ROOM_TURN)

    def _run_once(self, result: Result) -> None:
        begun = time.monotonic()
        if self._job.gives_way:
            self._wait_for_room()
        arguments = [
            part for item in result.step.arguments.items() for part in ("-a", "=".join(item))
        ]
        with tempfile.TemporaryDirectory() as folder:
            tally = Path(folder, "tally.json")
            options = ["-s", f"TALLY_FILE={tally}", *self._options]
            if self._job.gives_way:
                options += ["-s", "GIVES_WAY=1"]
            result.figures.pop("reason", None)
            command = [result.step.spider, *arguments, *options]
            log = Path(folder, "log") if self._is_quiet else None
            result.status, was_stopped = _crawl(command, self._environment, log)
            if log is not None and result.status:
                self._said += log.read_text(encoding="utf-8", errors="replace").splitlines()
            if tally.exists():
                _add(result.figures, json.loads(tally.read_text(encoding="utf-8")))
        result.seconds += time.monotonic() - begun
        if was_stopped:
            raise Stopped
        if result.status == 0:
            result.waits_for = unpublished(result.step, self._settings)

    def _wait(self) -> None:
        """Ask again now and then for rankings that are due, as long as the job allows."""
        until = time.monotonic() + self._job.wait_hours * 3600
        retry = self._settings.getfloat("JOB_RETRY")
        while waiting := [result for result in self._results if result.waits_for]:
            if time.monotonic() + retry > until:
                return
            now = datetime.now(JST)
            last = now + timedelta(seconds=until - time.monotonic())
            self._say(
                f"not published yet: {'; '.join(key for r in waiting for key in r.waits_for)}."
                f" Asking again at {now + timedelta(seconds=retry):%H:%M} Japan time"
                f" (until {last:%H:%M}, then left to the next run)"
            )
            time.sleep(retry)
            for result in waiting:
                self._run_step(result)

    def _say(self, text: str) -> None:
        self._print(f"{self._job.name} {text}")

    def _print(self, text: str) -> None:
        if self._is_quiet:
            self._said.append(text)
        else:
            print(text, flush=True)

    def _counts(self) -> dict[str, int]:
        with opened(self._settings["ARCHIVE_URL"], is_new=True) as engine, reading(engine) as found:
            return job_runs.counts(found)

    def _sum_up(self, before: dict[str, int]) -> int:
        self._show_steps()
        undone = [one for one in self._results if one.status and not one.step.is_optional]
        left = len(self._job.steps) - len(self._results)
        status, end = 0, "OK"
        if undone or left:
            status = 1
            end = f"INCOMPLETE: {len(undone) + left} of {len(self._job.steps)} steps. Run the job again."
        elif self._is_stopped:
            status = 1
            end = "STOPPED while waiting; what is not there yet is left to the next run"
        if self._results and all(result.status == NOT_BEGUN for result in self._results):
            status = NOT_BEGUN
        return self._report(status, end, before)

    def _report(self, status: int, end: str, before: dict[str, int]) -> int:
        """Print, keep and send the summary; returns the exit status."""
        requests = sum(result.figures.get("replies", 0) for result in self._results)
        failed = [f"{one.step.title}: {one.why}" for one in self._results if one.status]
        try:
            with opened(self._settings["ARCHIVE_URL"]) as engine:
                with reading(engine) as connection:
                    morning = look(connection, before, self._settings)
                seconds = (time.time_ns() - self._begun_at) / 1e9
                if status == 0 and morning.alerts:
                    end = f"OK, and {counted(len(morning.alerts), 'thing')} to look at"
                text = in_words(self._job.name, end, morning, failed, seconds, requests)
                is_trouble = bool(status or morning.alerts)
                with engine.connect() as connection, writing(connection):
                    job_runs.record(
                        connection,
                        {
                            "run_id": Run.begin("job", {}).crawl_id, "job": self._job.name,
                            "started_at": self._begun_at, "finished_at": time.time_ns(),
                            "outcome": _outcome(status, is_trouble=is_trouble),
                            "request_count": requests, "summary": text,
                        },
                    )  # fmt: skip
        except ArchiveError as error:
            text, is_trouble, status = f"{self._job.name}: {error}\n{end}", True, status or 1
        status = self._send(text, status, is_trouble=is_trouble)
        if not self._is_quiet:
            print(f"\n{text}", flush=True)
        elif is_trouble or status:
            print("\n".join((*self._said, "", text)), flush=True)
        return status

    def _send(self, text: str, status: int, *, is_trouble: bool) -> int:
        """Send the summary to whom it is for; returns the exit status, 1 where that failed."""
        wanted = self._job.send_summary
        try:
            if wanted == "always" or (wanted == "trouble" and is_trouble):
                how = "trouble" if is_trouble else "ok"
                notify.send(f"pixiv archive: {self._job.name}: {how}", text)
            if status == 0:
                notify.beat()
        except JobError as error:
            self._said.append(str(error))
            print(error, file=sys.stderr)
            return status or 1
        return status

    def _show_steps(self) -> None:
        rows = [
            (
                result.step.title,
                result.count(Outcome.COMPLETE),
                result.count("archived"),
                result.count(Outcome.NOT_YET),
                result.count(Outcome.ABSENT, Outcome.FORBIDDEN, Outcome.NEEDS_SESSION),
                result.count(Outcome.FAILED),
                result.figures.get("replies", 0),
                result.figures.get("rows", 0),
                duration(result.seconds),
                result.end,
            )
            for result in self._results
        ]
        headings = (
            "step", "new", "before", "not yet", "not to be had", "failed", "replies", "facts",
            "time", "end",
        )  # fmt: skip
        if not self._is_quiet:
            print()
            table(headings, rows, title=f"{self._job.name}: what this run brought")
        for result in self._results:
            for key in result.waits_for:
                self._print(f"not there yet, left to the next run: {key}")
        refused = sum(result.figures.get("refused", 0) for result in self._results)
        if refused:
            self._print(f"{refused:,} rows did not fit their tables: scrapy status dead")


def _outcome(status: int, *, is_trouble: bool) -> str:
    if status == NOT_BEGUN:
        return "could not begin"
    return "trouble" if is_trouble else "ok"


def _add(figures: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add a crawl's figures to a step's; the outcomes of the newest crawl stand."""
    for name in ("replies", "rows", "refused"):
        figures[name] = figures.get(name, 0) + more.get(name, 0)
    figures["outcomes"] = more.get("outcomes", {})
    figures["reason"] = more.get("reason", "")
    figures["failures"] = more.get("failures", [])


def _crawl(arguments: list[str], environment: dict[str, str], log: Path | None) -> tuple[int, bool]:
    """Run a crawl; returns its exit status and whether the job is to stop since then.

    log: a file that takes what it says.

    What stops the job is passed on as SIGTERM, which ends a crawl that has not begun in
    silence: at the first it ends in order, at the second at once.
    """
    command = [sys.executable, "-m", "scrapy", "crawl", *arguments]
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
        within.enter_context(_handling(forward))
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
def _stoppable() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM raise Stopped."""

    def stop(signum: int, _frame: FrameType | None) -> None:
        raise Stopped

    with _handling(stop):
        yield


@contextmanager
def _handling(handler: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
