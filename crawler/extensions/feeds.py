"""Feeds of rows: with FEED_ROWS=1 an exported item is a row with its table, not a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter, JsonItemExporter, JsonLinesItemExporter
from scrapy.settings import BaseSettings

from crawler.archive.database.engine import archive_file
from crawler.cells import CsvWriter
from crawler.endpoints import FAMILIES
from crawler.errors import BadArgument
from crawler.files import FORMS, check_target
from crawler.model.page import Page
from crawler.places import ROOT

TABLE = "table"
FLAT = frozenset({"csv", "xml", "pickle", "marshal"})
"""Formats in which a page, which holds rows in rows, can't be written."""
OF_ROWS = ("csv", "json", "jsonl", "jsonlines", "jl")
"""Formats in which rows are written."""


def check_feeds(settings: BaseSettings) -> None:
    """Refuse to write pages in a flat format, and over what is something else. Raises BadArgument."""
    is_of_rows = settings.getbool("FEED_ROWS")
    for uri, options in settings.getdict("FEEDS").items():
        given = options.get("format") or str(uri).rpartition(".")[2]
        place = urlsplit(str(uri))
        if place.scheme in ("", "file"):
            form = {"jsonlines": "jsonl", "jl": "jsonl"}.get(given, given)
            # Of a form that is not known here (pickle) a new file alone is written.
            check_target(
                Path(unquote(place.path)),
                form if form in FORMS else "",
                archive_file(settings["ARCHIVE_URL"]),
                Path(ROOT, settings["CAPTURE_DIR"]),
            )
        if given in FLAT and not (is_of_rows and given in OF_ROWS):
            raise BadArgument(
                f"{uri}: a page, which is what a crawl's item is, does not fit {given}: rows do, as"
                f" {', '.join(OF_ROWS[:3])} with -s FEED_ROWS=1; or write pages as .jsonl"
            )


def rows_of(page: Page) -> Iterator[dict[str, Any]]:
    """The rows of a page, each with its table."""
    for table, rows in page.rows.items():
        for row in rows:
            yield {TABLE: table, **row}


def fields_of(spider: str) -> list[str]:
    """The columns that a spider's rows can have, for formats that need them beforehand."""
    tables = {at.row.__tablename__: at.row for endpoint in FAMILIES.get(spider, ()) for at in endpoint.reply.all_rows}
    columns = (column.name for row in tables.values() for column in row.__table__.columns)
    return [TABLE, *dict.fromkeys(columns)]


class Rows:
    """Before an exporter: where FEED_ROWS is set, a page is exported as its rows."""

    is_of_rows = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **options: Any) -> Self:
        is_of_rows = crawler.settings.getbool("FEED_ROWS")
        if is_of_rows:
            # The setting's fields are those of a page.
            spider = crawler.spider.name if crawler.spider else ""
            is_headed = issubclass(cls, CsvItemExporter)
            options["fields_to_export"] = fields_of(spider) if is_headed else None
        exporter = cls(*args, **options)
        exporter.is_of_rows = is_of_rows
        return exporter

    def export_item(self, item: Any) -> None:
        is_page = self.is_of_rows and isinstance(item, Page)
        for one in rows_of(item) if is_page else (item,):
            super().export_item(one)  # type: ignore[misc]  # the exporter's, which comes after


class RowsCsv(Rows, CsvItemExporter):
    """CSV of rows, none of which a spreadsheet runs."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.csv_writer = CsvWriter(self.csv_writer)  # type: ignore[assignment]  # it has what is called


class RowsJson(Rows, JsonItemExporter):
    """A JSON list of rows, or of pages."""


class RowsJsonLines(Rows, JsonLinesItemExporter):
    """Rows, or pages, a line each."""
