"""Artworks by id."""

from crawler.spiders.base import FamilySpider


class ArtworksSpider(FamilySpider):
    """Crawls the endpoints of crawler/endpoints/artworks.py."""

    name = "artworks"
