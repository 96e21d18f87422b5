"""A spider of a family: made of a plan and an archive, or refused before any request."""

from __future__ import annotations

import pytest
from scrapy.utils.test import get_crawler

from crawler.errors import BadArgument
from crawler.extensions.outcome import OutcomeExtension
from crawler.fetch.run import archive_of
from crawler.model.run_summary import RunSummary
from crawler.spiders.families import RankingsSpider
from crawler.spiders.family import FamilySpider

SETTINGS = {"ARCHIVE_URL": "sqlite://", "PIXIV_LANG": "ja", "ALLOW_R18": "0"}


def test_the_spider_of_a_family_plans_what_its_arguments_ask_for(url: str) -> None:
    crawler = get_crawler(RankingsSpider, {**SETTINGS, "ARCHIVE_URL": url})
    spider = RankingsSpider.from_crawler(crawler, date="2024-02-05..2024-02-06")
    assert isinstance(spider, FamilySpider)
    assert [target.params["date"] for target in spider.targets] == ["20240206", "20240205"]
    assert spider.archive is archive_of(crawler), "one archive a crawl"
    assert isinstance(spider.tally(), RunSummary)
    assert spider.tally().left == 2
    spider.archive.close()


def test_a_wrong_argument_is_refused_before_any_request(url: str) -> None:
    crawler = get_crawler(RankingsSpider, {**SETTINGS, "ARCHIVE_URL": url})
    with pytest.raises(BadArgument, match="Valid: daily"):
        RankingsSpider.from_crawler(crawler, mode="hourly")


def test_a_crawl_that_did_not_sum_up_has_no_summary_yet() -> None:
    assert OutcomeExtension(get_crawler(settings_dict=SETTINGS)).summary is None
