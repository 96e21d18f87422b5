"""Users by id."""

from crawler.spiders.family import FamilySpider


class UsersSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/users.py."""

    name = "users"
