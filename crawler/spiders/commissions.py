"""Request (commission) pages."""

from crawler.spiders.family import FamilySpider


class CommissionsSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/commissions.py."""

    name = "commissions"
