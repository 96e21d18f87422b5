"""What robots.txt forbids is not sent, and without robots.txt nothing is."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.test import get_crawler

from crawler.fetch.middleware import Disallowed, RobotsMiddleware
from crawler.fetch.rate_limiter import Refusal


def made() -> RobotsMiddleware:
    return RobotsMiddleware(get_crawler(settings_dict={"ROBOTSTXT_OBEY": True}))


def rules(text: bytes) -> ProtegoRobotParser:
    return ProtegoRobotParser(text, None)


def test_what_robots_txt_forbids_is_refused_in_a_class_of_its_own() -> None:
    parser = rules(b"User-agent: *\nDisallow: /no")
    with pytest.raises(Disallowed):
        made().process_request_2(parser, Request("https://x/no"))
    made().process_request_2(parser, Request("https://x/yes"))


def test_without_robots_txt_nothing_is_sent() -> None:
    with pytest.raises(Refusal, match=r"robots\.txt\) cannot be read"):
        made().process_request_2(None, Request("https://x/yes"))
