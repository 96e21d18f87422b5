"""Rankings by date, mode and content."""

from crawler.spiders.base import FamilySpider


class RankingsSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/rankings.py."""

    name = "rankings"
