"""Spiders: one for each family of endpoints, with its arguments."""

SPIDERS = ("account", "artworks", "commissions", "discovery", "feeds", "rankings", "search", "tags", "users")
"""Names of the spiders, for those who need no more: the endpoints of the families take a quarter of a second."""
