"""`pixiv-archive`: Scrapy's own command line with the project's commands, from any folder."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run a command: `pixiv-archive crawl …` is what `scrapy crawl …` is in a checkout."""
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    from scrapy.cmdline import execute  # noqa: PLC0415  # reads the environment when loaded

    execute(["pixiv-archive", *sys.argv[1:]])
