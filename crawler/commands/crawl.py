"""`scrapy crawl`: Scrapy's own, with an exit status that tells the truth."""

from __future__ import annotations

import argparse

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands.running import run_crawler


class Command(ScrapyCrawl):
    """Exit status 0: everything asked for is archived, or named as not to be had."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        spiders = sorted(get_spider_loader(self.settings).list())
        if len(args) != 1:
            raise UsageError(f"name one spider: {', '.join(spiders)}", print_help=False)
        if args[0] not in spiders:
            raise UsageError(f"no spider {args[0]}; valid: {', '.join(spiders)}", print_help=False)
        crawler = self._create_crawler(args[0])
        self.exitcode = run_crawler(self.crawler_process, crawler, **opts.spargs)
