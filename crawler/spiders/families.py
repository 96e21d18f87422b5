"""The spiders: one a family of endpoints, all alike."""

from crawler.spiders.family import FamilySpider


class AccountSpider(FamilySpider):
    """The session's own account: dashboard, notifications, what is linked."""

    name = "account"


class ArtworksSpider(FamilySpider):
    """Works by id."""

    name = "artworks"


class CommissionsSpider(FamilySpider):
    """Commission requests and creators."""

    name = "commissions"


class DiscoverySpider(FamilySpider):
    """Recommendations of pixiv."""

    name = "discovery"


class FeedsSpider(FamilySpider):
    """Feeds of the session's account: followed users and new works."""

    name = "feeds"


class RankingsSpider(FamilySpider):
    """Rankings by date, mode and content."""

    name = "rankings"


class SearchSpider(FamilySpider):
    """Searches by word."""

    name = "search"


class TagsSpider(FamilySpider):
    """Articles of tags."""

    name = "tags"


class UsersSpider(FamilySpider):
    """Users by id."""

    name = "users"
