"""Feeds of a session."""

from crawler.spiders.family import FamilySpider


class FeedsSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/feeds.py."""

    name = "feeds"
