"""Tags by name."""

from crawler.spiders.family import FamilySpider


class TagsSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/tags.py."""

    name = "tags"
