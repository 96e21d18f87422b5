"""`scrapy sql`: tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from crawler.archive.engine import create, prepare
from crawler.commands.show import clean
from tests import replies
from tests.conftest import Crawl
from tests.test_archive import store

EVIL = "題\x1b[2J\n=1+1\u202e"


@pytest.fixture
def archive(url: str) -> None:
    engine = create(url)
    prepare(engine)
    store(engine, replies.ranking_page(replies.work(1, 1, title=EVIL), replies.work(2, 2)))
    engine.dispose()


@pytest.mark.usefixtures("archive")
def test_the_list_names_every_question_and_its_parameters(scrapy: Crawl) -> None:
    done = scrapy("sql")
    assert done.returncode == 0, done.stderr
    assert "artwork_id=… mode=daily content=all since=newest-365" in done.stdout


@pytest.mark.usefixtures("archive")
def test_an_answer_is_a_table_that_cannot_command_the_terminal(scrapy: Crawl) -> None:
    done = scrapy("sql", "longest-charting-works", "--param", "most=1")
    assert done.returncode == 0, done.stderr
    question, heading, row = done.stdout.splitlines()
    assert question == "Which works stayed longest in a ranking?"
    assert heading.split()[0] == "artwork_id"
    assert row.split()[0] == "1"
    assert "\x1b" not in done.stdout
    assert "題�[2J =1+1�" in row


@pytest.mark.usefixtures("archive")
def test_an_answer_can_be_had_as_csv_or_json(scrapy: Crawl) -> None:
    asked = ("sql", "longest-charting-works", "--param", "mode=daily")
    told = list(csv.DictReader(io.StringIO(scrapy(*asked, "--csv").stdout, newline="")))
    listed = json.loads(scrapy(*asked, "--json").stdout)
    assert [row["artwork_id"] for row in told] == ["1", "2"]
    assert [(row["artwork_id"], row["title"], row["first_on"]) for row in listed] == [
        (1, EVIL, "2024-02-06"), (2, "題", "2024-02-06"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense",), "no query nonsense; valid: artwork-path"),
        (("top-artists", "--param", "mode"), "write NAME=VALUE"),
        (("top-artists", "--param", "most=many"), "most=many: a whole number"),
    ],
)
def test_a_wrong_question_is_one_line_and_exit_status_2(
    scrapy: Crawl, arguments: tuple[str, ...], message: str
) -> None:
    done = scrapy("sql", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_text_that_would_move_a_cursor_is_shown_as_marks() -> None:
    assert clean("a\tb\r\nc\x1b]0;x\x07\x9b\u2066") == "a b c�]0;x���"
