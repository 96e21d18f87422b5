"""`scrapy crawl`: Scrapy's own, with an exit status that is true."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as ScrapyCrawl

from crawler.errors import BadArgument, Unusable, choices
from crawler.extensions.words import clean

if TYPE_CHECKING:
    from crawler.request.plan import CrawlPlan


class Command(ScrapyCrawl):
    """Exit status 0: everything requested is archived, or named as not to be had."""

    _plan: CrawlPlan

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.console import preflight
        from crawler.request.plan import plan_crawl

        super().process_options(args, opts)
        assert self.settings is not None
        try:
            spider = _spider(args)
            session = preflight.check(self.settings)
            self._plan = plan_crawl(spider, opts.spargs, self.settings, session)
        except Unusable as error:
            # Before Scrapy starts, so that the error is all there is to read.
            sys.stderr.write(f"{clean(str(error))}\n")
            sys.exit(error.exit_status)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.console.running import run_crawler

        crawler = self._create_crawler(args[0])
        self.exitcode = run_crawler(self.crawler_process, crawler, plan=self._plan, **opts.spargs)


def _spider(args: list[str]) -> str:
    from crawler.endpoints import FAMILIES

    if len(args) != 1:
        raise BadArgument(f"name one spider: {', '.join(FAMILIES)}")
    if args[0] not in FAMILIES:
        raise BadArgument(f"no spider {args[0]}; {choices(args[0], FAMILIES)}")
    return args[0]
