"""When and with which arguments: a spider a family of endpoints."""

SPIDERS = ("account", "artworks", "commissions", "discovery", "feeds", "rankings", "search", "tags", "users")
"""Names of the spiders, for those who need no more: the endpoints of the families take a quarter of a second."""
