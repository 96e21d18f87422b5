"""Searches by word."""

from crawler.spiders.family import FamilySpider


class SearchSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/search.py."""

    name = "search"
