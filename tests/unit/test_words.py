"""Figures in words, harmless texts, and log lines of pages."""

from __future__ import annotations

import logging

import pytest

from crawler.extensions.progress_bar import BriefLogFormatter
from crawler.words import counted, duration
from tests import replies

LOG = BriefLogFormatter()


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.23, "4.2 s"), (134, "2 min 14 s"), (11_100, "3 h 5 min"), (90_000, "1 d 1 h")]
)
def test_seconds_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_one_is_no_plural() -> None:
    assert counted(1, "reply", "replies") == "1 reply"
    assert counted(1_200, "row") == "1,200 rows"


def test_a_page_is_logged_by_what_was_requested_and_not_by_its_rows() -> None:
    page = replies.ranking_page(replies.work())
    scraped = LOG.scraped(page, None, None)  # type: ignore[arg-type]
    assert scraped["level"] == logging.DEBUG
    line = scraped["msg"] % scraped["args"]
    assert line.startswith("complete: ranking content=all&date=20240206&mode=daily page 1,")
    dropped = LOG.dropped(page, ValueError("mine"), None, None)  # type: ignore[arg-type]
    assert (dropped["msg"] % dropped["args"]).endswith("page 1: mine")
