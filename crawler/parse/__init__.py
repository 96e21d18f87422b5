"""A response becomes rows: pure functions, the same for a live crawl and a replay."""

from crawler.parse.page import parse

__all__ = ["parse"]
