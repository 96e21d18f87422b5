"""Nights in a row, with all that nights bring: at the end nothing is missing, and who had to know was told."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.clock import newest
from standin import rankings
from standin.server import Fault, Standin
from tests.conftest import rows
from tests.processes import Running, run_scrapy
from tests.test_morning import mailbox

BEGINS = 4
"""The day, from the first on, of which one mode has its first ranking."""
MODES = {"daily": 0, "rookie": BEGINS}
JOB = """
[[step]]
spider = "rankings"
mode = ["daily", "rookie"]
date = "latest"
catch_up = 14
pages = 2
[[step]]
spider = "feeds"
endpoints = "follow_latest"
pages = 1
needs_session = true
"""
SESSION = "5001_abcdefgh"


def event(night: int) -> str:
    """What happens in a night: most are quiet."""
    return {2: "off", 3: "outage", 5: "reboot", 6: "late", 8: "dead session"}.get(night % 10, "")


def stand(standin: Standin, night: int, what: str) -> None:
    """Set the site up for a night."""
    standin.now, standin.days_ahead = datetime.now(UTC) + timedelta(days=night), night
    standin.faults.clear()
    standin.dead_sessions = {SESSION} if what == "dead session" else set()
    if what == "outage":
        standin.faults.append(Fault("ranking.php", times=None, status=502))
    if what == "late":  # the site answers with the day before as its newest
        standin.now -= timedelta(days=1)


@pytest.mark.more
@pytest.mark.promise("Nights without holes")
def test_nights_in_a_row_leave_no_hole_and_say_what_must_be_said(
    standin: Standin, url: str, tmp_path: Path, is_long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nights.toml").write_text(JOB)
    nights = 60 if is_long else 10
    sent: dict[int, str] = {}
    answered: Counter[str] = Counter()
    first = newest()
    monkeypatch.setitem(rankings.FIRST_OF, "rookie", first + timedelta(days=BEGINS))
    for night in range(nights):
        what = event(night)
        if what == "off":
            continue
        stand(standin, night, what)
        standin.hits.clear()
        with mailbox() as box:
            given = {
                "PIXIV_BASE_URL": standin.url,
                "JOB_DIR": str(tmp_path),
                "CLOCK_SHIFT": str(night),
                # For the crawls of a job, which are processes of their own.
                "JOB_NOTIFY": f"json://{box.address}/",
                "PIXIV_PHPSESSID": SESSION,
            }
            if what == "reboot":
                with Running(("job", "run", "nights", "--quiet"), os.environ | given) as killed:
                    while len(standin.targets) < 2 and killed.poll() is None:
                        time.sleep(0.01)
                # Its crawl, a process of its own, ends in order, and the next job waits for it.
            done = run_scrapy(("job", "run", "nights", "--quiet"), os.environ | given)
        is_trouble = what in ("outage", "dead session")
        assert (done.returncode != 0) is is_trouble, f"night {night}: {done.stdout}{done.stderr}"
        if box.received:
            sent[night] = box.received[0][2]
        if what != "outage":
            answered.update(target for target in standin.targets if "date=" in target)
    wanted = {night for night in range(nights) if event(night) in ("outage", "dead session")}
    assert set(sent) == wanted, "a message on these mornings, and on no other"
    assert all("failed" in text for night, text in sent.items() if event(night) == "outage")
    assert all("session has expired" in text for night, text in sent.items() if event(night) == "dead session")
    last = first + timedelta(days=nights - 1)
    stored = rows(url, "SELECT mode, ranking_on FROM rankings ORDER BY 1, 2")
    due = [
        (mode, f"{first + timedelta(days=n)}")
        for mode, begins in MODES.items()
        for n in range(begins, (last - first).days + 1)
    ]
    assert [(mode, str(on)) for mode, on in stored] == due, "every night, also those missed"
    pages = rows(url, "SELECT ranking_id, count(DISTINCT page) FROM ranking_pages GROUP BY 1")
    assert {count for _, count in pages} == {2}
    assert [target for target, times in answered.items() if times > 1] == [], "nothing twice"
