"""The session's own account."""

from crawler.spiders.family import FamilySpider


class AccountSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/account.py."""

    name = "account"
