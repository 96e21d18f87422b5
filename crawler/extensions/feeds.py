"""Feeds of rows: with FEED_ROWS=1 an exported item is a row with its table, not a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exporters import (
    BaseItemExporter,
    CsvItemExporter,
    JsonItemExporter,
    JsonLinesItemExporter,
)
from scrapy.settings import BaseSettings

from crawler.endpoints import FAMILIES
from crawler.errors import BadArgument
from crawler.items.page import Page

TABLE = "table"
FLAT = frozenset({"csv", "xml", "pickle", "marshal"})
"""Formats in which a page, which holds rows in rows, can't be written."""
OF_ROWS = ("csv", "json", "jsonl", "jsonlines", "jl")
"""Formats in which rows are written."""


def check_feeds(settings: BaseSettings) -> None:
    """Refuse to write pages in a flat format. Raises BadArgument."""
    is_of_rows = settings.getbool("FEED_ROWS")
    for uri, options in settings.getdict("FEEDS").items():
        given = options.get("format") or str(uri).rpartition(".")[2]
        if given in FLAT and not (is_of_rows and given in OF_ROWS):
            raise BadArgument(
                f"{uri}: a page, which is what a crawl's item is, does not fit {given}: rows do, as"
                f" {', '.join(OF_ROWS[:3])} with -s FEED_ROWS=1; or write pages as .jsonl"
            )


def options_of(
    exporter: type[BaseItemExporter], crawler: Crawler, options: dict[str, Any]
) -> dict[str, Any]:
    """An exporter's options; of rows the fields are not those of a page, which the setting names."""
    if not crawler.settings.getbool("FEED_ROWS"):
        return options
    spider = crawler.spider.name if crawler.spider else ""
    return options | {
        "fields_to_export": fields_of(spider) if issubclass(exporter, CsvItemExporter) else None
    }


def items_of(item: Any, *, is_of_rows: bool) -> Iterator[Any]:
    """What is exported of an item."""
    if is_of_rows and isinstance(item, Page):
        yield from rows_of(item)
    else:
        yield item


def rows_of(page: Page) -> Iterator[dict[str, Any]]:
    """The rows of a page, each with its table."""
    for table, rows in page.rows.items():
        for row in rows:
            yield {TABLE: table, **row}


def fields_of(spider: str) -> list[str]:
    """The columns that a spider's rows can have, for formats that need them beforehand."""
    tables = {
        at.row.__tablename__: at.row
        for endpoint in FAMILIES.get(spider, ())
        for at in endpoint.reply.all_rows
    }
    columns = (column.name for row in tables.values() for column in row.__table__.columns)
    return [TABLE, *dict.fromkeys(columns)]


class RowsCsv(CsvItemExporter):
    """CSV of rows."""

    is_of_rows = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **options: Any) -> Self:
        exporter = cls(*args, **options_of(cls, crawler, options))
        exporter.is_of_rows = crawler.settings.getbool("FEED_ROWS")
        return exporter

    def export_item(self, item: Any) -> None:
        for one in items_of(item, is_of_rows=self.is_of_rows):
            super().export_item(one)


class RowsJson(JsonItemExporter):
    """A JSON list of rows, or of pages."""

    is_of_rows = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **options: Any) -> Self:
        exporter = cls(*args, **options_of(cls, crawler, options))
        exporter.is_of_rows = crawler.settings.getbool("FEED_ROWS")
        return exporter

    def export_item(self, item: Any) -> None:
        for one in items_of(item, is_of_rows=self.is_of_rows):
            super().export_item(one)


class RowsJsonLines(JsonLinesItemExporter):
    """Rows, or pages, a line each."""

    is_of_rows = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **options: Any) -> Self:
        exporter = cls(*args, **options_of(cls, crawler, options))
        exporter.is_of_rows = crawler.settings.getbool("FEED_ROWS")
        return exporter

    def export_item(self, item: Any) -> None:
        for one in items_of(item, is_of_rows=self.is_of_rows):
            super().export_item(one)
