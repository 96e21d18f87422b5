"""Scrapy's commands and a few more."""
