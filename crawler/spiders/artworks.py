"""Artworks by id."""

from crawler.spiders.family import FamilySpider


class ArtworksSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/artworks.py."""

    name = "artworks"
