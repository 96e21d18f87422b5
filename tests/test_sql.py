"""`./run sql`: tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from crawler.archive.database.engine import create, prepare
from crawler.console.show import clean, table
from tests import replies
from tests.conftest import ROOT, Crawl
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
    done = scrapy("sql", "longest-charting-works", "--param", "most=1", "--param", "mode=daily")
    assert done.returncode == 0, done.stderr
    question, heading, row, known, limit = done.stdout.splitlines()
    assert question == "Which works stayed longest in a ranking?"
    assert heading.split()[0] == "artwork_id"
    assert row.split()[0] == "1"
    assert "\x1b" not in done.stdout
    assert "題�[2J =1+1�" in row
    assert limit.startswith("  * cannot tell you: how long a work could stay")
    assert known == "  * daily/all: ranks 1–500 of 500, 1 of 1 days, 2024-02-06 to 2024-02-06"


@pytest.mark.usefixtures("archive")
def test_an_answer_can_be_had_as_csv_or_json(scrapy: Crawl) -> None:
    asked = ("sql", "longest-charting-works", "--param", "mode=daily")
    told = list(csv.DictReader(io.StringIO(scrapy(*asked, "--csv").stdout, newline="")))
    listed = json.loads(scrapy(*asked, "--json").stdout)
    assert [row["artwork_id"] for row in told] == ["1", "2"]
    assert [(row["artwork_id"], row["title"], row["first_on"]) for row in listed] == [
        (1, EVIL, "2024-02-06"),
        (2, "題", "2024-02-06"),
    ]


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense",), 'No query "nonsense", and no file of that name. Valid: '),
        (("top-artists", "--param", "mode"), "write NAME=VALUE"),
        (("top-artists", "--param", "most=many"), "most=many: a whole number"),
        (("top-artists", "--param", "most=-1"), "most=-1: a whole number"),
        (("top-artists", "--param", "mode=daly"), "mode=daly: no such value. Did you mean daily? Valid: daily"),
        (("top-artists", "--param", "most=1", "--param", "most=2"), "most is given twice"),
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


@pytest.mark.usefixtures("archive")
def test_a_reader_that_goes_away_ends_it_in_silence() -> None:
    command = [sys.executable, "-m", "crawler", "sql", "longest-charting-works"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
    assert told == ""


def test_a_table_fits_eighty_columns_and_cuts_no_number_no_date_and_no_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    headings = ("artwork_id", "title", "artist", "mean_views_at_last_entry", "first_on", "last_on", "percent_of_known")
    table(headings, [(11443000, "長い題名" * 9, "作家の名前" * 5, 1234567, "2026-10-01", "2026-11-27", 99.5)])
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(cell_len, lines)) <= 80
    for whole in ("11443000", "1234567", "2026-10-01", "2026-11-27", "99.50"):
        assert whole in lines[-2] or whole in "".join(lines)
    assert "…" in "".join(lines)
    for heading in headings:
        assert heading.split("_")[-1] in "".join(lines)
