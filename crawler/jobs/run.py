"""Run a job's steps, wait for what is not published yet, sum up."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import FrameType

from scrapy.settings import Settings

from crawler.archive import columnar, job_runs
from crawler.archive.database.engine import opened, reading
from crawler.clock import JST
from crawler.console.show import table
from crawler.errors import JobError, Stopped
from crawler.fetch.run import Run
from crawler.fetch.session import TURN, AccountPlace, is_locked, load_session
from crawler.jobs import notify
from crawler.jobs.ends import keep_and_send
from crawler.jobs.install import installed
from crawler.jobs.model import Job, Step
from crawler.jobs.plan import settings_of, unpublished
from crawler.jobs.step import NOT_BEGUN, SIGNALS, STOPPING, CrawlProcess, Result, Surroundings, handling, stoppable
from crawler.jobs.summary import JobSummary, sum_up, what_next, where_of
from crawler.model.page import Outcome
from crawler.model.run_summary import ARCHIVED, BLOCKED, NEEDS_PERSON, REFUSED_FOR_NOW, SPENT
from crawler.model.target import read_params
from crawler.places import command
from crawler.tables.codes import STOPPED
from crawler.words import counted, duration

IN_VAIN = (REFUSED_FOR_NOW, BLOCKED, *NEEDS_PERSON)
"""Reasons why a step ended that would end the other steps, too."""
MOST_QUIET = 10.0
QUIET_REQUESTS = 5
"""Between two pieces the account must be free for so many requests' time, and so many seconds at most: longer than a job
takes from one step to the next, so that its steps follow one another."""


class JobRun:
    """One run of a job: each step a crawl in a process of its own, one after another."""

    def __init__(self, job: Job, settings: Settings, surroundings: Surroundings, *, is_quiet: bool = False) -> None:
        """is_quiet: nothing is printed, unless there is trouble: then all that was said."""
        self._job = job
        self._is_quiet = is_quiet
        self._said: list[str] = []
        self._begun_at, self._run_id = time.time_ns(), Run.begin("job", {}).crawl_id
        self._settings = settings
        self._surroundings = surroundings
        self._results: list[Result] = []
        self._is_stopped = False

    def run(self) -> int:
        """Run to the end. Returns 0 where every step is complete or not published yet. Signals are ignored from then on."""
        with opened(self._settings["ARCHIVE_URL"], is_new=True) as engine, reading(engine) as connection:
            before = job_runs.counts(connection)
        with suppress(JobError):  # its end is called too, and says if that cannot be
            notify.beat("start")
        try:
            with stoppable():
                for place, step in enumerate(self._job.steps, 1):
                    self._say(f"{place}/{len(self._job.steps)}: {step.title}")
                    result = Result(step)
                    self._results.append(result)
                    self._run_step(result)
                    if result.summary.reason in IN_VAIN:
                        break
                else:
                    self._wait()
        except Stopped:
            self._is_stopped = True
        for number in SIGNALS:  # for good: the process is at its end
            signal.signal(number, signal.SIG_IGN)
        return self._sum_up(before)

    @property
    def _left(self) -> int:
        """Requests that are left in the budget."""
        return self._job.budget - sum(one.summary.requests for one in self._results)

    def _run_step(self, result: Result) -> None:
        """Run a step to its end, in pieces if the job says so: between two of them others have the account."""
        # What is requested again whatever is archived would begin again with every piece.
        piece = 0 if "refetch" in result.step.arguments else self._job.piece
        while True:
            if self._job.budget and self._left <= 0:
                result.status, result.summary = 0, replace(result.summary, reason=SPENT)
                return
            most = min(filter(None, (self._left if self._job.budget else 0, piece)), default=0)
            saved = result.summary.rows
            try:
                self._run_once(result, most)
            except JobError as error:
                failure = (str(error),)
                # An earlier piece of the step may have requested something: then it has begun.
                result.status = 1 if result.summary.requests else NOT_BEGUN
                result.summary = replace(result.summary, failures=failure)
                return
            is_cut = result.is_spent and piece
            if not is_cut or (self._job.budget and self._left <= 0):
                return
            if result.summary.rows == saved:
                result.status = 1  # it would request the same again
                return
            left = counted(result.summary.left, "target")
            self._say(f"{result.summary.requests:,} requests so far, {left} left")
            self._wait_for_others(result.step)

    def _wait_for_others(self, step: Step) -> None:
        """Wait until the account has been free for a while."""
        settings = settings_of(step, self._settings)
        place = AccountPlace(settings, load_session(settings))
        quiet = min(MOST_QUIET, QUIET_REQUESTS * settings.getfloat("DOWNLOAD_DELAY"))
        free_since = time.monotonic()
        while time.monotonic() - free_since < quiet:
            time.sleep(min(quiet, TURN))
            if is_locked(place.lock):
                free_since = time.monotonic()

    def _run_once(self, result: Result, most: int) -> None:
        """Crawl a step. most: requests that the crawl sends at most; 0: as many as are due."""
        begun, stops = time.monotonic(), 0
        step = result.step
        settings = {"REQUEST_BUDGET": str(most)} if most else {}
        if step.account:
            settings["PIXIV_ACCOUNT"] = step.account
        process = CrawlProcess.crawl(step.spider, step.arguments, self._surroundings, settings, is_quiet=self._is_quiet)

        def forward(_signum: int, _frame: FrameType | None) -> None:
            nonlocal stops
            if stops < len(STOPPING):
                with suppress(OSError):  # who read it may be gone
                    print(STOPPING[stops], flush=True)
            stops += 1
            process.stop()

        with handling(forward), process:
            result.status, summary = process.wait()
        result.has_run = True
        result.summary = result.summary.then(summary)
        result.seconds += time.monotonic() - begun
        if result.status:
            self._said += process.said
        if result.is_spent:  # what is left is left on purpose
            result.status = 0
        if stops:
            raise Stopped
        if result.status == 0 and not (result.is_spent or result.summary.disallowed):
            result.waits_for = unpublished(step, self._settings)

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

    def _sum_up(self, before: dict[str, int]) -> int:
        """Print, keep and send what the run came to; returns the exit status."""
        self._show_steps()
        summary = sum_up(self._settings, self._summary(), before)
        status = self._send(summary)
        if not self._is_quiet:
            print(f"\n{summary.as_text()}", flush=True)
        elif summary.is_trouble or status:
            print("\n".join((*self._said, "", summary.as_text())), flush=True)
        self._renew_copy()
        return status

    def _renew_copy(self) -> None:
        """Bring the archive's copy by columns up to date, where somebody has made one. The job has ended: it fails no more."""
        copy = columnar.place(self._settings["ARCHIVE_URL"], self._settings["STATE_DIR"])
        if self._is_stopped or not copy.exists():
            return
        # In a process of its own: it takes the memory of its libraries with it.
        process = CrawlProcess(("export", "--copy"), self._surroundings, {}, is_quiet=True)
        try:
            with process:
                status, _ = process.wait()
        except JobError as error:
            status, process.said = 1, [str(error)]
        if status:
            print("\n".join(process.said), file=sys.stderr, flush=True)

    def _summary(self) -> JobSummary:
        job = self._job
        undone = [one for one in self._results if one.is_undone and not one.step.is_optional]
        left = sum(not step.is_optional for step in job.steps[len(self._results) :])
        # Of the first step that has one; the others' are in the details.
        cause = next((one.summary.cause for one in undone if one.summary.cause), "")
        status, end = 0, "OK"
        if self._is_stopped:
            status = 1
            end = "STOPPED before its end. What is saved stays; the next run goes on from here."
        elif undone or left:
            status = 1
            required = [step for step in job.steps if not step.is_optional]
            steps = f"{len(undone) + left} of {counted(len(required), 'required step')}"
            word = (
                "FAILED" if any(result.summary.failed or not result.summary.rows for result in undone) else "INCOMPLETE"
            )
            if word == "INCOMPLETE" and (rejected := sum(result.summary.rejected for result in undone)):
                cause = f"{counted(rejected, 'row')} rejected"
            end = f"{word}: {cause} ({steps})." if cause else f"INCOMPLETE: {steps}."
        if self._results and all(result.status == NOT_BEGUN for result in self._results):
            status = NOT_BEGUN
        needs_person = any(
            one.summary.reason in NEEDS_PERSON or one.summary.is_session_refused for one in self._results
        )
        said = f": {cause}" if cause else ""  # in the first line, so not in each step's
        return JobSummary(
            job.name,
            self._run_id,
            self._begun_at,
            time.time_ns(),
            status,
            end,
            where=where_of(self._settings),
            failed=tuple(
                f"{one.step.title}: {one.why.replace(said, '')}"
                for one in self._results
                if one.status and not one.step.is_optional
            ),
            warnings=tuple(filter(None, (one.warning for one in self._results))),
            requests=sum(result.summary.requests for result in self._results),
            rows=sum(result.summary.rows for result in self._results),
            after=what_next(
                job.given,
                job.when,
                job.zone,
                is_installed=job.name in installed(),
                needs_person=needs_person,
                is_refused=any(
                    one.summary.reason in (REFUSED_FOR_NOW, BLOCKED) or one.summary.disallowed for one in self._results
                ),
            ),
            needs_person=needs_person,
            catch_up=max((step.catch_up for step in job.steps if "date" in step.arguments), default=0),
            unpublished=frozenset(
                (target["mode"], target["content"])
                for result in self._results
                for target in map(read_params, result.waits_for)
            ),
            is_stopped=self._is_stopped,
        )

    def _send(self, summary: JobSummary) -> int:
        """Keep the summary and send it to whom it is for; returns the exit status, 1 where that failed."""
        status = summary.exit_status
        try:
            keep_and_send(self._settings, summary, self._job.send_summary)
        except JobError as error:
            self._warn(error)
            status = status or 1  # and the heartbeat says so: it may be the last way out
        try:
            if summary.outcome != STOPPED:  # neither well nor ill: its next run says
                notify.beat("fail" if status else "")
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
                result.summary.count(Outcome.COMPLETE),
                result.summary.count(ARCHIVED),
                result.summary.count(Outcome.NOT_YET),
                result.summary.count(Outcome.ABSENT, Outcome.FORBIDDEN, Outcome.NEEDS_SESSION),
                result.summary.count(Outcome.PARTIAL),
                result.summary.count(Outcome.FAILED),
                result.summary.responses,
                result.summary.rows,
                duration(result.seconds),
                result.end,
            )
            for result in self._results
        ]
        headings = (
            "step",
            "new",
            "before",
            "not yet",
            "unavailable",
            "partial",
            "failed",
            "responses",
            "rows",
            "time",
            "end",
        )
        if not self._is_quiet:
            print()
            table(headings, rows, title=f"{self._job.name}: what this run brought")
        for result in self._results:
            for key in result.waits_for:
                self._print(f"not published yet, left to the next run: {key}")
        spent = [one for one in self._results if one.end == "budget spent"]
        if spent:
            steps = counted(len(spent), "step")
            budget = self._job.budget or self._settings.getint("REQUEST_BUDGET")
            self._print(f"the budget of {budget:,} requests is spent: {steps} left to the next run")
        refused = sum(result.summary.rejected for result in self._results)
        if refused:
            self._print(f"{refused:,} rows rejected: {command('status dead')}")
