"""What a job's steps came to, and what a job asks for tonight."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.errors import JobError
from crawler.jobs import install
from crawler.jobs.model import Job, Step
from crawler.jobs.run import JobRun
from crawler.jobs.step import NOT_BEGUN, Result, Surroundings, handling


@pytest.fixture
def settings(tmp_path: Path, url: str) -> Settings:
    made = Settings()
    made.setmodule("crawler.settings")
    # What was read of the environment when the module was loaded is the developer's own.
    given = {"ARCHIVE_URL": url, "STATE_DIR": str(tmp_path / "state"), "CAPTURE_DIR": str(tmp_path)}
    for name, value in given.items():
        made.set(name, value, priority="cmdline")
    return made


@pytest.mark.parametrize(
    ("status", "waits", "end"),
    [
        (0, [], "complete"),
        (0, ["mode=daily"], "not published yet"),
        (1, [], "INCOMPLETE"),
        (NOT_BEGUN, [], "COULD NOT BEGIN"),
        (-9, [], "killed (SIGKILL)"),
    ],
)
def test_a_step_says_how_it_ended(status: int, waits: list[str], end: str) -> None:
    assert Result(Step(spider="rankings"), status, waits_for=waits, has_run=True).end == end


def test_the_jobs_of_a_folder_are_listed_the_wrong_ones_too(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.toml").write_text("x = 1")
    install.show_jobs(tmp_path, url)
    assert "odd  cannot be run" in capsys.readouterr().out
    with pytest.raises(JobError, match="no such folder"):
        install.show_jobs(tmp_path / "none", url)


def test_a_job_without_a_step_for_tonight_is_a_quiet_success(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with handling(signal.default_int_handler):  # which it leaves ignored
        assert JobRun(Job.of("empty", {}), settings, Surroundings({}), is_quiet=True).run() == 0
    assert capsys.readouterr().out == ""
