"""Feeds and addresses in Scrapy's own way: rows as items, and what a reply becomes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from crawler.extensions.feeds import fields_of
from standin.server import Standin
from tests.conftest import Crawl, rows


def test_rows_are_written_a_line_each_with_their_table(
    scrapy: Crawl, standin: Standin, url: str, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    done = scrapy("crawl", "rankings", "-apages=1", "-O", str(out), "-sFEED_ROWS=1", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    listed = [json.loads(line) for line in out.read_text().splitlines()]
    entries = [row for row in listed if row["table"] == "ranking_entries"]
    assert sorted((row["rank"], row["artwork_id"]) for row in entries) == rows(
        url, "SELECT rank, artwork_id FROM ranking_entries ORDER BY rank"
    )
    assert {"artworks", "users", "tags"} <= {row["table"] for row in listed}


def test_rows_are_written_as_csv_under_one_heading(scrapy: Crawl, standin: Standin, url: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    done = scrapy("crawl", "rankings", "-apages=1", "-O", str(out), "-sFEED_ROWS=1", PIXIV_BASE_URL=standin.url)
    assert done.returncode == 0, done.stderr
    with out.open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert list(listed[0]) == fields_of("rankings")
    titles = {int(row["artwork_id"]): row["title"] for row in listed if row["table"] == "artworks" and row["title"]}
    assert titles == dict(rows(url, "SELECT artwork_id, title FROM artworks WHERE title IS NOT NULL"))


def test_pages_as_csv_are_refused_with_what_helps(scrapy: Crawl, standin: Standin, tmp_path: Path) -> None:
    out = tmp_path / "pages.csv"
    done = scrapy("crawl", "rankings", "-apages=1", "-O", str(out), PIXIV_BASE_URL=standin.url)
    assert done.returncode == 2
    assert "with -s FEED_ROWS=1; or write pages as .jsonl" in done.stderr
    assert not out.exists()
    assert standin.targets == []


def test_an_address_is_parsed_and_nothing_of_it_archived(scrapy: Crawl, standin: Standin, url: str) -> None:
    done = scrapy(
        "parse",
        f"{standin.url}/ranking.php?format=json&mode=daily&content=all&date=20261007&p=2",
        PIXIV_BASE_URL=standin.url,
    )
    assert done.returncode == 0, done.stderr
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["rank"] for row in listed if row["table"] == "ranking_entries"} <= set(range(51, 101))
    assert not Path(url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("address", ["https://example.com/ranking.php?format=json", "/somewhere/else"])
def test_an_address_of_no_endpoint_is_refused(scrapy: Crawl, standin: Standin, address: str) -> None:
    given = address if address.startswith("http") else standin.url + address
    done = scrapy("parse", given, PIXIV_BASE_URL=standin.url)
    assert done.returncode == 2
    assert "is no API address of" in done.stderr
    assert standin.targets == []


def test_contracts_are_checked_as_elsewhere(scrapy: Crawl) -> None:
    done = scrapy("check")
    assert done.returncode == 0
    assert "OK" in done.stderr
