"""Progress: how far, how fast, how long still; a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from typing import Any

from crawler.archive.due.forecast import Due
from crawler.extensions.progress_bar import Course
from standin.server import Standin
from tests.conftest import ROOT
from tests.processes import TIMEOUT

DAYS = "2024-02-06..2024-02-08"


def test_what_is_left_is_the_rest_of_the_forecast_less_what_the_present_unit_had() -> None:
    course = Course([Due(10), Due(0), Due(6)], gap=2)
    assert course.left(ended=0, requested=0) == 16
    assert course.left(ended=0, requested=4) == 12
    assert course.left(ended=1, requested=0) == 6
    assert course.left(ended=2, requested=9) == 0
    assert course.left(ended=3, requested=0) == 0


def test_the_time_left_is_never_less_than_the_pace_allows() -> None:
    course = Course([Due(100)], gap=2)
    course.done = 50
    assert "about 1 min 40 s left" in course.in_words(ended=0, requested=50)


def test_lists_of_unknown_length_are_told_without_an_end() -> None:
    told = Course([Due(1, is_least=True)], gap=2).in_words(0, 0)
    assert told == "0 requests, 1 or more to come"


def test_elsewhere_progress_is_a_plain_line_now_and_then(crawl: Any) -> None:
    done = crawl("rankings", date=DAYS, DOWNLOAD_DELAY="0.1", PROGRESS_INTERVAL="0.5")
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if " of about 30 requests, " in line]
    assert told
    assert "rankings daily all 202402" in told[0]
    assert " left" in told[0]
    assert "\x1b" not in done.stderr


def test_on_a_terminal_progress_is_a_bar_and_log_lines_stay_whole(standin: Standin) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "crawler", "crawl", "rankings", f"-adate={DAYS}"],
        env=os.environ | {"PIXIV_BASE_URL": standin.url, "DOWNLOAD_DELAY": "0.1", "TERM": "xterm", "COLUMNS": "120"},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    shown += os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
    os.close(ours)
    text = shown.decode()
    assert process.returncode == 0, text
    assert "━" in text
    assert "/30 " in text
    assert "Spider closed (finished)" in text
    assert text.rstrip().endswith("OK")
