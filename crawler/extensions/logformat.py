"""Log lines for pages: what was requested and what came of it, not every row."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Spider
from scrapy.logformatter import LogFormatter, LogFormatterResult

from crawler.model.page import Page
from crawler.words import clean


class BriefLogFormatter(LogFormatter):
    """Scrapy's own, but for pages."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().scraped(item, response, spider)
        return {
            "level": logging.DEBUG,
            "msg": "%(outcome)s: %(endpoint)s %(params)s page %(page)d, %(rows)d rows %(message)s",
            "args": _arguments(item),
        }

    def dropped(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().dropped(item, exception, response, spider)
        return {
            "level": logging.WARNING,
            "msg": "Dropped by a pipeline, not stored: %(endpoint)s %(params)s page %(page)d: %(why)s",
            "args": {**_arguments(item), "why": clean(str(exception)) or type(exception).__name__},
        }

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        if not isinstance(item, Page):
            return super().item_error(item, exception, response, spider)
        return {
            "level": logging.ERROR,
            "msg": "Not stored: %(endpoint)s %(params)s page %(page)d: %(why)s",
            "args": {**_arguments(item), "why": str(exception) or type(exception).__name__},
        }


def _arguments(page: Page) -> dict[str, Any]:
    return {
        "outcome": page.outcome,
        "endpoint": page.target.endpoint,
        "params": clean(page.target.key),
        "page": page.target.page,
        "rows": page.row_count,
        "message": clean(page.message),
    }
