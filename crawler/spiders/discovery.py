"""What pixiv recommends to a session."""

from crawler.spiders.family import FamilySpider


class DiscoverySpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/discovery.py."""

    name = "discovery"
