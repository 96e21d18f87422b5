"""Run a job's steps, wait for what is not published yet, sum up."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import Settings

from crawler.archive import job_runs
from crawler.archive.database.engine import opened, reading
from crawler.clock import JST
from crawler.console.show import table
from crawler.errors import ArchiveError, JobError, Stopped
from crawler.extensions.words import counted, duration
from crawler.fetch.locks import TURN, AccountPlace
from crawler.fetch.run import Run
from crawler.fetch.session import load_session
from crawler.jobs import notify
from crawler.jobs.ends import NO_BEGINNING, is_wanted, keep_and_send
from crawler.jobs.model import Job, Step
from crawler.jobs.plan import settings_of, unpublished
from crawler.jobs.step import NOT_BEGUN, SIGNALS, Result, add_figures, crawl, stoppable
from crawler.jobs.summary import in_words, look, what_next
from crawler.model.reply import Outcome
from crawler.places import command
from crawler.spiders.family import BLOCKED, REFUSED_FOR_NOW, SPENT

MOST_QUIET = 10.0
QUIET_REQUESTS = 5
"""Between two pieces the account must be free for so many requests' time, and so many seconds at most: longer than a job
takes from one step to the next, so that its steps follow one another."""


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
        self._begun_at, self._run_id = time.time_ns(), Run.begin("job", {}).crawl_id
        self._settings = settings
        self._environment = environment
        self._options = options
        self._results: list[Result] = []
        self._is_stopped = False

    def run(self) -> int:
        """Run to the end. Returns 0 where every step is complete or not to be had yet. Signals are ignored from then on."""
        before = self._counts()
        try:
            with stoppable():
                for place, step in enumerate(self._job.steps, 1):
                    self._say(f"{place}/{len(self._job.steps)}: {step.title}")
                    result = Result(step)
                    self._results.append(result)
                    self._run_step(result)
                    if result.figures.get("reason") in (REFUSED_FOR_NOW, BLOCKED):
                        break  # it would refuse the other steps too
                else:
                    self._wait()
        except Stopped:
            self._is_stopped = True
        for number in SIGNALS:  # for good: the process is at its end
            signal.signal(number, signal.SIG_IGN)
        return self._sum_up(before)

    @property
    def _left(self) -> int:
        """How many requests the budget still has."""
        return self._job.budget - sum(int(one.figures.get("requests", 0)) for one in self._results)

    def _run_step(self, result: Result) -> None:
        """Run a step to its end, in pieces if the job says so: between two of them others have the account."""
        # What is requested again whatever is archived would begin again with every piece.
        piece = 0 if "refetch" in result.step.arguments else self._job.piece
        while True:
            if self._job.budget and self._left <= 0:
                result.status, result.figures["reason"] = 0, SPENT
                return
            most = min(filter(None, (self._left if self._job.budget else 0, piece)), default=0)
            saved = result.figures.get("rows", 0)
            try:
                self._run_once(result, most)
            except JobError as error:
                result.status, result.figures["failures"] = NOT_BEGUN, [str(error)]
                return
            is_cut = result.figures.get("reason") == SPENT and piece
            if not is_cut or (self._job.budget and self._left <= 0):
                return
            if result.figures["rows"] == saved:
                result.status = 1  # it would request the same again
                return
            requests, rest = result.figures["requests"], result.figures["left"]
            self._say(f"{requests:,} requests so far, {counted(rest, 'target')} left")
            self._wait_for_others(result.step)

    def _wait_for_others(self, step: Step) -> None:
        """Wait until the account has been free for a while."""
        settings = settings_of(step, self._settings)
        place = AccountPlace(settings, load_session(settings))
        quiet = min(MOST_QUIET, QUIET_REQUESTS * settings.getfloat("DOWNLOAD_DELAY"))
        free_since = time.monotonic()
        while time.monotonic() - free_since < quiet:
            time.sleep(min(quiet, TURN))
            if place.is_held:
                free_since = time.monotonic()

    def _run_once(self, result: Result, most: int) -> None:
        """Crawl a step. most: requests that the crawl sends at most; 0: as many as are due."""
        begun = time.monotonic()
        arguments = [
            part for item in result.step.arguments.items() for part in ("-a", "=".join(item))
        ]
        with _temporary_folder() as folder:
            tally = Path(folder, "tally.json")
            options = ["-s", f"TALLY_FILE={tally}", *self._options]
            if most:
                options += ["-s", f"REQUEST_BUDGET={most}"]
            if result.step.account:
                options += ["-s", f"PIXIV_ACCOUNT={result.step.account}"]
            result.figures.pop("reason", None)
            command = [result.step.spider, *arguments, *options]
            log = Path(folder, "log") if self._is_quiet else None
            try:
                result.status, was_stopped = crawl(command, self._environment, log)
            except (
                OSError
            ) as error:  # an upgrade of Python or of the project took it away meanwhile
                raise JobError(
                    f"{sys.executable} could not be started: {error.strerror}. The next run makes it again"
                ) from None
            result.has_run = True
            if log is not None and result.status:
                self._said += log.read_text(encoding="utf-8", errors="replace").splitlines()
            with suppress(FileNotFoundError, ValueError):  # cut off where the folder is full
                add_figures(result.figures, json.loads(tally.read_text(encoding="utf-8")))
        result.seconds += time.monotonic() - begun
        if result.figures.get("reason") == SPENT:  # what is left is left on purpose
            result.status = 0
        if was_stopped:
            raise Stopped
        if result.status == 0 and result.figures.get("reason") != SPENT:
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
        undone = [one for one in self._results if one.is_undone and not one.step.is_optional]
        left = len(self._job.steps) - len(self._results)
        status, end, cause = 0, "OK", _common_cause(undone)
        if undone or left:
            status = 1
            end = f"INCOMPLETE: {len(undone) + left} of {len(self._job.steps)} steps."
            end += f" {cause}." if cause else ""
        elif self._is_stopped:
            status = 1
            end = "STOPPED while waiting; what is not there yet is left to the next run"
        if self._results and all(result.status == NOT_BEGUN for result in self._results):
            status = NOT_BEGUN
        return self._report(status, end, cause, before)

    def _report(self, status: int, end: str, cause: str, before: dict[str, int]) -> int:
        """Print, keep and send the summary; returns the exit status."""
        requests = sum(result.figures.get("requests", 0) for result in self._results)
        said = f": {cause}" if cause else ""  # in the first line, so not in each step's
        failed = [
            f"{one.step.title}: {one.why.replace(said, '')}" for one in self._results if one.status
        ]
        try:
            with opened(self._settings["ARCHIVE_URL"]) as engine:
                with reading(engine) as connection:
                    morning = look(connection, before, self._settings)
                seconds = (time.time_ns() - self._begun_at) / 1e9
                if status == 0 and morning.alerts:
                    end = f"OK, and {counted(len(morning.alerts), 'thing')} to look at"
                after = what_next(self._job.name, self._job.when, self._job.zone) if status else ()
                text = in_words(self._job.name, end, morning, failed, seconds, requests, after)
                is_trouble = bool(status or morning.alerts)
        except ArchiveError as error:
            text, is_trouble, status = f"{self._job.name}: {error}\n{end}", True, status or 1
        ended = {
            "run_id": self._run_id, "job": self._job.name, "started_at": self._begun_at,
            "finished_at": time.time_ns(), "outcome": _outcome(status, is_trouble=is_trouble),
            "request_count": requests, "summary": text,
        }  # fmt: skip
        status = self._send(ended, status, is_trouble=is_trouble)
        if not self._is_quiet:
            print(f"\n{text}", flush=True)
        elif is_trouble or status:
            print("\n".join((*self._said, "", text)), flush=True)
        return status

    def _send(self, ended: dict[str, Any], status: int, *, is_trouble: bool) -> int:
        """Keep the summary and send it to whom it is for; returns the exit status, 1 where that failed."""
        is_sent = is_wanted(self._job.send_summary, is_trouble=is_trouble)
        try:
            keep_and_send(self._settings, ended, is_sent=is_sent)
        except JobError as error:
            self._warn(error)
            return status or 1
        try:
            if status == 0:
                notify.beat()
        except JobError as error:  # who watches for silence notices; the run is as good as it was
            self._warn(error)
        return status

    def _warn(self, error: JobError) -> None:
        self._said.append(str(error))
        print(error, file=sys.stderr)

    def _show_steps(self) -> None:
        rows = [
            (
                result.step.title,
                result.count(Outcome.COMPLETE),
                result.count("archived"),
                result.count(Outcome.NOT_YET),
                result.count(Outcome.ABSENT, Outcome.FORBIDDEN, Outcome.NEEDS_SESSION),
                result.count(Outcome.PARTIAL),
                result.count(Outcome.FAILED),
                result.figures.get("replies", 0),
                result.figures.get("rows", 0),
                duration(result.seconds),
                result.end,
            )
            for result in self._results
        ]
        headings = (
            "step", "new", "before", "not yet", "not to be had", "partial", "failed", "replies", "facts",
            "time", "end",
        )  # fmt: skip
        if not self._is_quiet:
            print()
            table(headings, rows, title=f"{self._job.name}: what this run brought")
        for result in self._results:
            for key in result.waits_for:
                self._print(f"not there yet, left to the next run: {key}")
        spent = [one for one in self._results if one.end == "budget spent"]
        if spent:
            steps = counted(len(spent), "step")
            self._print(
                f"the budget of {self._job.budget:,} requests is spent: {steps} left to the next run"
            )
        refused = sum(result.figures.get("refused", 0) for result in self._results)
        if refused:
            self._print(f"{refused:,} rows did not fit their tables: {command('status dead')}")


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """A folder for the time of a crawl. Raises JobError where none can be made or written."""
    try:
        made = tempfile.TemporaryDirectory()
    except OSError as error:
        raise JobError(
            f"the temporary folder {tempfile.gettempdir()}: {error.strerror or error}. Make room there, or name another:"
            " TMPDIR=FOLDER"
        ) from None
    with made as folder:
        yield folder


def _common_cause(undone: list[Result]) -> str:
    """Why steps failed, where it is one reason for all; else ""."""
    causes = {result.figures.get("cause", "") for result in undone}
    return str(causes.pop()) if len(causes) == 1 else ""


def _outcome(status: int, *, is_trouble: bool) -> str:
    if status == NOT_BEGUN:
        return NO_BEGINNING
    return "trouble" if is_trouble else "ok"
