"""What is said of a night, and what is followed: pure, or on an archive in this process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.archive import job_runs
from crawler.archive.archive import Archive
from crawler.archive.database.engine import opened, reading
from crawler.archive.wanted.tracking import Followed
from crawler.clock import newest
from crawler.errors import BadArgument
from crawler.fetch.rate_limiter import read_state, write_state
from crawler.jobs import track
from crawler.jobs.summary import JobSummary, Morning, look
from crawler.site import is_pixiv, site_of
from tests import replies

ENDED = JobSummary("nightly", "1", 0, 1, 0, "OK")


def test_a_good_night_is_two_lines_and_an_end() -> None:
    brought = {"new works": 50, "ranking entries": 500, "refused rows": 0}
    night = JobSummary("nightly", "1", 0, 61 * 10**9, 0, "OK", requests=40, morning=Morning(brought, 0, ()))
    assert night.as_text().splitlines() == [
        "nightly: 50 new works, 500 ranking entries",
        "40 requests in 1 min 1 s; 0 ranking days missing",
        "OK",
    ]


def test_a_message_has_twelve_lines_at_most_and_names_archive_and_machine() -> None:
    failed = tuple(f"rankings mode={mode}: 1 failed" for mode in ("daily", "weekly", "monthly", "rookie"))
    alerts = tuple(f"alert {number}" for number in range(9))
    night = JobSummary(
        "nightly",
        "1",
        0,
        61 * 10**9,
        1,
        "FAILED: pixiv could not be reached (connection refused) (4 of 6 steps).",
        where="var/archive.db on host",
        failed=failed,
        morning=Morning({}, 12, alerts),
        after=("Next automatic run: …", "If it keeps failing: …"),
    )
    lines = night.as_text().splitlines()
    assert len(lines) == 11, "and one for what could not be sent before"
    assert lines[:3] == [
        "nightly FAILED: pixiv could not be reached (connection refused) (4 of 6 steps).",
        "Nothing archived, nothing lost. 0 requests in 1 min 1 s; 12 ranking days missing.",
        "- rankings mode=daily: 1 failed",
    ]
    assert lines[7:] == [
        "- … and 8 more",
        "Archive: var/archive.db on host",
        "Next automatic run: …",
        "If it keeps failing: …",
    ]


def test_one_warning_is_the_cause_and_stands_in_the_first_line() -> None:
    night = JobSummary("nightly", "1", 0, 10**9, 0, "OK", morning=Morning({"new works": 2}, 0, ("it is late",)))
    assert night.as_text().splitlines() == [
        "nightly WARNING: it is late",
        "Saved: 2 new works, nothing lost. 0 requests in 1.0 s; 0 ranking days missing.",
    ]
    assert (night.outcome, night.exit_status) == ("warning", 1)


def test_what_a_run_brought_is_what_is_there_beside_what_was(archive: Archive, url: str, tmp_path: Path) -> None:
    settings = Settings({"ARCHIVE_URL": url, "CAPTURE_DIR": str(tmp_path)})
    with opened(url) as engine:
        with reading(engine) as connection:
            before = job_runs.counts(connection)
        day = f"{newest() - timedelta(days=3):%Y%m%d}"
        archive.store([replies.ranking_page(replies.work(), replies.work(2, 2), date=day)])
        with reading(engine) as connection:
            found = look(connection, ENDED, before, settings)
    assert found.brought["new works"] == found.brought["ranking entries"] == 2
    assert found.alerts == (f"not archived since {newest() - timedelta(days=3)}: daily all",)
    assert found.holes == 3


def test_a_thing_is_a_kind_and_a_name() -> None:
    address = "https://www.pixiv.net/en/users/5"
    for name in ("5", address):
        assert track.read_things(("user", name), None, track.Wanted()) == [Followed("user", 5)]
    with pytest.raises(BadArgument, match="must be an ID"):
        track.read_things(("artwork", address), None, track.Wanted())
    with pytest.raises(BadArgument, match="Missing name"):
        track.read_things(("user",), None, track.Wanted())


def test_what_is_tracked_is_said(
    archive: Archive, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = Followed("user", 5), Followed("tag", name="空")
    for things in ([one], [one], [one, two]):
        track.add(url, things, tmp_path)
    for things in ([two], [two], [one, two]):
        track.remove(url, things, tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        "Now tracking user 5; the nightly job fetches it from tonight.",
        "user 5 was tracked before.",
        "Now tracking 1 thing more; the nightly job fetches it from tonight; 1 were tracked before.",
        "tag 空 is tracked no more. Its rows stay.",
        "tag 空 was not tracked.",
        "1 thing tracked no more, 1 were not tracked. Rows stay.",
    ]


def test_a_state_that_is_none_is_read_as_empty(tmp_path: Path) -> None:
    write_state(tmp_path / "a.json", {"last": 5})
    assert read_state(tmp_path / "a.json") == {"last": 5}
    (tmp_path / "a.json").write_text("[")
    assert read_state(tmp_path / "a.json") == {}
    assert is_pixiv("https://www.pixiv.net")
    assert site_of("http://127.0.0.1:80/") == "127.0.0.1"
