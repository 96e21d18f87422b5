"""Archive of pixiv's public metadata: Scrapy spiders into a relational database."""

__version__ = "0.1.0"
