"""`./run crawl`: Scrapy's own, with an exit status that is true."""

from __future__ import annotations

import argparse
import os
import sys
from shlex import quote
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.errors import BadArgument, Unusable, choices
from crawler.places import command
from crawler.words import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import Settings

    from crawler.planning.plan import CrawlPlan


class Command(ScrapyCrawl):
    """Exit status 0: everything requested is archived, or named as unavailable."""

    examples = (
        "crawl rankings -a mode=daily",
        "crawl rankings -a mode=daily,weekly -a date=2024-02-06..2024-02-12 --plan",
        "crawl artworks -a illust_id=100412238",
    )

    _plan: CrawlPlan

    def choices(self) -> str:
        """Return the spiders with their arguments."""
        from crawler.console.command import listed
        from crawler.endpoints import FAMILIES
        from crawler.planning.plan import argument_names

        return listed("Spiders and their arguments (-a)", {family: argument_names(family) for family in FAMILIES})

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--plan", action="store_true", help="say what the crawl would cost, and send nothing")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.console import preflight
        from crawler.fetch.session import wait_for_account
        from crawler.planning.arguments import NothingGiven
        from crawler.planning.plan import plan_crawl

        os.umask(0o077)  # what -O writes may hold what the account alone sees
        try:
            super().process_options(args, opts)
            assert self.settings is not None
            spider = _spider(args)
            session = preflight.check(self.settings)
            if opts.plan:
                sys.exit(_show_plan(spider, opts.spargs, self.settings))
            self._plan = plan_crawl(spider, opts.spargs, self.settings, session)
            self._lock = wait_for_account(self.settings, session)  # held by this process to its end
        # Before Unusable, of which it is a kind: an empty list is no error.
        except NothingGiven as nothing:
            sys.stderr.write(f"{clean(str(nothing))}\nOK\n")
            sys.exit(0)
        except UsageError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
        except Unusable as error:
            # Before Scrapy starts, so that the error is all there is to read.
            sys.exit(self._refuse(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.console.running import run_crawl

        crawler = self._create_crawler(args[0])
        try:
            self.exitcode = run_crawl(self.crawler_process, crawler, plan=self._plan, **opts.spargs)
        except Unusable as error:
            self.exitcode = self._refuse(error)

    def _refuse(self, error: Unusable) -> int:
        """Say why the crawl cannot begin, to whoever started it too; returns the exit status."""
        from crawler.extensions.outcome import leave_summary
        from crawler.model.run_summary import RunSummary

        why = clean(str(error))
        sys.stderr.write(f"{why}\n")
        if self.settings is not None:
            cannot = RunSummary(reason=type(error).__name__, cause=why, failures=(why,))
            leave_summary(self.settings, cannot)
        return error.exit_status


def _show_plan(spider: str, arguments: Mapping[str, str], settings: Settings) -> int:
    from pydantic import ValidationError

    from crawler.jobs import plan
    from crawler.jobs.model import Job, check, problems
    from crawler.planning.plan import rules_of

    step = {"spider": spider, "arguments": dict(arguments)}
    try:
        job = Job.of(spider, {"description": "a crawl by hand", "step": [step]})
    except ValidationError as error:
        raise BadArgument("; ".join(problems(error, ""))) from None
    job = check(job, settings["ARCHIVE_URL"], rules_of(settings))
    return plan.show(job, settings, is_changed=False)


def _spider(args: list[str]) -> str:
    from crawler.endpoints import FAMILIES

    if len(args) != 1:
        if len(args) > 1 and args[0] in FAMILIES and "=" in args[1]:
            typed = command(f"crawl {args[0]} -a {quote(args[1])}")
            raise BadArgument(f'"{args[1]}" needs -a: {typed}')
        raise BadArgument(f"name one spider: {', '.join(FAMILIES)}")
    if args[0] not in FAMILIES:
        raise BadArgument(f"no spider {args[0]}. {choices(args[0], FAMILIES)}")
    return args[0]
