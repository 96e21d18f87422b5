"""What Scrapy alone takes: each page fetched and its JSON read, nothing kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response


class BareSpider(Spider):
    """Fetches a daily ranking of some days, page after page."""

    name = "bare"
    custom_settings = {  # noqa: RUF012  # Scrapy reads it off the class
        "CONCURRENT_REQUESTS": 1,
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
    }

    def __init__(self, days: str, last: str, base: str) -> None:
        super().__init__()
        self.days = [date.fromisoformat(last) - timedelta(days=n) for n in range(int(days))]
        self.base = base

    async def start(self) -> AsyncIterator[Request]:
        for day in self.days:
            for page in range(1, 11):
                query = f"format=json&mode=daily&content=all&date={day:%Y%m%d}&p={page}"
                yield Request(f"{self.base}/ranking.php?{query}", headers={"Accept-Encoding": "gzip"})

    def parse(self, response: Response) -> Any:
        yield {"works": len(response.json()["contents"])}
