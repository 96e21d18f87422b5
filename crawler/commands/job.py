"""`scrapy job`: run job files, or show what one would cost."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.utils.conf import arglist_to_dict

from crawler.archive.engine import ROOT
from crawler.console import preflight
from crawler.console.show import Showing, end_with_reader, prepare_output, table
from crawler.errors import JobError, Unusable
from crawler.jobs import plan
from crawler.jobs.file import Job, check, load, names, override
from crawler.jobs.run import JobRun

VERBS = ("run", "plan", "list")
IN_ENVIRONMENT = (
    "ARCHIVE_URL", "CAPTURE_DIR", "PIXIV_BASE_URL", "PIXIV_LANG", "STATE_DIR", "ALLOW_R18",
)  # fmt: skip


class Command(Showing, ScrapyCommand):
    """A job is a file of steps; each step is a crawl in a process of its own."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "run NAME | plan NAME | list   [-a NAME=VALUE]"

    def short_desc(self) -> str:
        return "Run a job of jobs/*.toml, or plan it: requests and time, nothing sent"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE",
            help="an argument in place of the job's own (repeat for several)",
        )  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        prepare_output()
        folder = Path(ROOT, self.settings["JOB_DIR"])
        if not args or args[0] not in VERBS:
            raise UsageError(f"say which of: {', '.join(VERBS)}", print_help=False)
        if args[0] != "run":
            end_with_reader()
        try:
            if args[0] == "list":
                if not folder.is_dir():
                    raise JobError(f"JOB_DIR {folder}: no such folder")
                table(
                    ("job", "what it does"),
                    [(name, _description(folder, name)) for name in names(folder)],
                )
                return
            job = self._job(folder, args, opts)
            preflight.check(self.settings)
        except Unusable as error:
            raise UsageError(str(error), print_help=False) from None
        if args[0] == "plan":
            self.exitcode = plan.show(job, self.settings, is_changed=bool(opts.spargs))
        else:
            self.exitcode = self._start(job, arglist_to_dict(opts.set))

    def _job(self, folder: Path, args: list[str], opts: argparse.Namespace) -> Job:
        assert self.settings is not None
        try:
            given = arglist_to_dict(opts.spargs)
        except ValueError:
            raise JobError("-a takes NAME=VALUE") from None
        job = override(load(folder, args[1] if len(args) == 2 else ""), given)
        check(job, allow_r18=self.settings.getbool("ALLOW_R18"))
        return plan.catch_up(job, self.settings)

    def _start(self, job: Job, given: dict[str, str]) -> int:
        assert self.settings is not None
        # Addresses may hold a password: they go through the environment, never the command line.
        # A job's own lines and progress show what happens; Scrapy's are for a crawl by hand.
        environment = {"LOG_LEVEL": "WARNING"} | os.environ
        environment |= {name: given[name] for name in IN_ENVIRONMENT if name in given}
        options = [
            part
            for name, value in given.items()
            if name not in IN_ENVIRONMENT
            for part in ("-s", f"{name}={value}")
        ]
        return JobRun(job, self.settings, environment, options).run()


def _description(folder: Path, name: str) -> str:
    try:
        return load(folder, name).description
    except JobError as error:
        return f"cannot be run: {error}"
