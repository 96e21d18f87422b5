"""Rankings by date, mode and content."""

from crawler.spiders.family import FamilySpider


class RankingsSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/rankings.py."""

    name = "rankings"
