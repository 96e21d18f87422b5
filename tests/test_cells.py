"""Every CSV goes through one function: spreadsheets run nothing of it, and texts stay what they are."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archive.database.engine import create
from crawler.cells import FORMULAS, CsvFilter, CsvWriter, cells
from standin.server import Fault, Standin
from tests import replies
from tests.conftest import ROOT, Crawl
from tests.processes import Running, free_port, run_scrapy, wait_for

FORMULA = '=HYPERLINK("http://evil.example","題")'
JOINED = "👩\u200d👧 \u202eabc\u202c"
"""A family, held together by a joiner, and marks of direction."""
LONG = 2**60 + 1


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def prepared(crawl: Any, url: str) -> None:
    assert crawl("rankings", date="2024-02-06", pages="1").returncode == 0
    engine = create(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE artworks SET title = ?, user_id = ?", (FORMULA, LONG))
        connection.exec_driver_sql("UPDATE tags SET name = name || ?", (JOINED,))
    engine.dispose()


def test_sql_writes_no_formula_and_every_digit(crawl: Any, scrapy: Crawl, url: str) -> None:
    prepared(crawl, url)
    target = ("sql", "select title, user_id, 5 as five, -5 as less from artworks limit 1", "--csv")
    assert read(scrapy(*target).stdout)[1] == [f"'{FORMULA}", f"'{LONG}", "5", "-5"]
    assert read(scrapy(*target, "--raw").stdout)[1] == [FORMULA, str(LONG), "5", "-5"]
    names = scrapy("sql", "select name from tags order by tag_id limit 1", "--csv").stdout
    assert JOINED in names, "in a file no character is replaced"
    assert scrapy(*target, "--excel").stdout.startswith("\ufefftitle,")
    assert scrapy("sql", "select 1", "--raw").returncode == 2


def test_on_a_terminal_no_text_commands_it(crawl: Any, url: str) -> None:
    prepared(crawl, url)
    master, slave = pty.openpty()
    target = [sys.executable, "-m", "crawler", "sql", "select name from tags limit 1", "--csv"]
    subprocess.run(target, stdout=slave, stderr=subprocess.DEVNULL, cwd=ROOT, check=True)
    os.close(slave)
    shown = os.read(master, 10_000).decode()
    os.close(master)
    assert "\u202e" not in shown
    assert "�" in shown


def test_exported_rows_hold_no_formula(crawl: Any, standin: Standin, tmp_path: Path) -> None:
    body = json.dumps(replies.ranking(replies.work(title=FORMULA))).encode()
    standin.faults.append(Fault("ranking.php", times=None, body=body))
    file = tmp_path / "rows.csv"
    words = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1", "-sFEED_ROWS=1", "-O", str(file))
    run_scrapy(words, os.environ | {"PIXIV_BASE_URL": standin.url})
    found = [cell for row in read(file.read_text("utf-8")) for cell in row]
    assert f"'{FORMULA}" in found
    assert not [cell for cell in found if cell[:1] in (*FORMULAS,) and not cell[1:2].isdigit()]


@pytest.mark.promise("Harmless text")
def test_pages_hand_out_no_formula(crawl: Any, url: str) -> None:
    prepared(crawl, url)
    port = free_port()
    with Running(("browse", "--port", str(port)), os.environ) as served:
        wait_for(lambda: "Browse at" in served.output(), served.errors)
        for way in ("artworks.csv?_stream=1&_dl=1", "artworks.csv", "v_ranking_history.csv?_size=10"):
            with urlopen(f"http://127.0.0.1:{port}/archive/{way}") as answer:
                found = read(answer.read().decode())
            assert len(found) > 5, way
            assert f"'{FORMULA}" in found[1], way
            assert FORMULA not in found[1], way


texts = st.text(st.sampled_from(["=", "+", "-", "@", "＝", "a", "題", '"', ",", ";", "\n", "\r", "\t", " ", "'", "1"]))


@given(st.lists(st.lists(texts, min_size=2, max_size=3), max_size=5), st.integers(1, 7))
def test_what_is_rewritten_part_by_part_is_what_would_have_been_written(rows: list[list[str]], size: int) -> None:
    plain, ours = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(plain).writerows(rows)
    text = plain.getvalue()
    found = CsvFilter()
    parts = [found.filtered(text[at : at + size], is_last=False) for at in range(0, len(text), size)]
    parts.append(found.filtered("", is_last=True))
    # A text that is a number is written as one: Datasette's CSV says no types.
    typed = [
        [
            int(one) if one.lstrip("-").isdigit() and one.lstrip("-")[0] != "0" and str(int(one)) == one else one
            for one in row
        ]
        for row in rows
    ]
    CsvWriter(csv.writer(ours)).writerows(typed)
    assert "".join(parts) == ours.getvalue()


@given(texts)
@pytest.mark.promise("Harmless text")
def test_no_cell_begins_as_a_formula_and_nothing_is_lost(text: str) -> None:
    (cell,) = cells([text])
    assert cell.replace("'", "") == text.replace("'", "")
    for part in csv.reader([cell.replace("\n", ";").replace("\r", ";")], delimiter=";"):
        assert not [one for one in part if one.lstrip(' "')[:1] in (*FORMULAS,) and one.strip(' "')]
