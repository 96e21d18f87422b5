"""`scrapy job`: run job files."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.utils.conf import arglist_to_dict

from crawler.archive.engine import ROOT
from crawler.commands.jobfile import Job, JobError, check, load, names

VERBS = ("run", "list")
IN_ENVIRONMENT = (
    "ARCHIVE_URL", "CAPTURE_DIR", "PIXIV_BASE_URL", "PIXIV_LANG", "STATE_DIR", "ALLOW_R18",
)  # fmt: skip


class Command(ScrapyCommand):
    """A job is a file of steps; each step is a crawl in a process of its own."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "run NAME | list"

    def short_desc(self) -> str:
        return "Run a job of jobs/*.toml: several crawls, one after another"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        folder = Path(ROOT, self.settings.get("JOB_DIR") or "jobs")
        if not args or args[0] not in VERBS:
            raise UsageError(f"say which of: {', '.join(VERBS)}", print_help=False)
        try:
            if args[0] == "list":
                for name in names(folder):
                    print(f"{name:<12} {load(folder, name).description}")
                return
            job = load(folder, args[1] if len(args) == 2 else "")
            check(job, allow_r18=self.settings.getbool("ALLOW_R18"))
        except JobError as error:
            raise UsageError(str(error), print_help=False) from None
        self.exitcode = self._run_steps(job, arglist_to_dict(opts.set))

    def _run_steps(self, job: Job, given: dict[str, str]) -> int:
        # Addresses may hold a password: they go through the environment, never the command line.
        environment = os.environ | {name: given[name] for name in IN_ENVIRONMENT if name in given}
        options = [
            part
            for name, value in given.items()
            if name not in IN_ENVIRONMENT
            for part in ("-s", f"{name}={value}")
        ]
        results: list[tuple[str, int, float]] = []
        for place, step in enumerate(job.steps, 1):
            arguments = [part for item in step.arguments.items() for part in ("-a", "=".join(item))]
            title = f"{step.spider} {' '.join(f'{k}={v}' for k, v in step.arguments.items())}"
            print(f"{job.name} {place}/{len(job.steps)}: {title}", flush=True)
            begun = time.monotonic()
            status, was_stopped = _crawl([step.spider, *arguments, *options], environment)
            results.append((title, status, time.monotonic() - begun))
            if was_stopped:
                break
        print(f"\n{job.name}:")
        for title, status, seconds in results:
            print(f"  {'complete' if status == 0 else 'INCOMPLETE':<11} {seconds:6.0f} s  {title}")
        failed = len(job.steps) - sum(status == 0 for _, status, _ in results)
        print(f"INCOMPLETE: {failed} of {len(job.steps)} steps" if failed else "OK")
        return 1 if failed else 0


def _crawl(arguments: list[str], environment: dict[str, str]) -> tuple[int, bool]:
    """Run a crawl; returns its exit status and whether the job was asked to stop meanwhile.

    Ctrl-C and SIGTERM are passed on, once each, so that the crawl ends in order.
    """
    command = [sys.executable, "-m", "scrapy", "crawl", *arguments]
    stopped: list[int] = []
    # A session of its own: a terminal's Ctrl-C would reach it a second time, and kill it.
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:

        def forward(signum: int, _frame: object) -> None:
            stopped.append(signum)
            process.send_signal(signum)

        before = {
            number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status, bool(stopped)
