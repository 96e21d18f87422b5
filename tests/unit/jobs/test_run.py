"""What a job's steps came to, and what a job asks for tonight."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.errors import JobError
from crawler.jobs import command, install, plan
from crawler.jobs.model import Job, Step
from crawler.jobs.run import JobRun
from crawler.jobs.step import NOT_BEGUN, Result, Surroundings, handling
from crawler.model.page import Outcome
from crawler.model.run_summary import SPENT, RunSummary
from tests.conftest import ROOT


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


def test_units_are_counted_by_how_they_ended() -> None:
    summary = RunSummary(outcomes={Outcome.COMPLETE: 3, "failed": 1})
    assert summary.count(Outcome.COMPLETE, Outcome.FAILED) == 4


def test_the_units_of_a_step_are_those_of_its_crawl(settings: Settings) -> None:
    step = Step(spider="rankings", arguments={"mode": "daily,weekly", "date": "2024-02-05..2024-02-06"})
    assert len(plan.targets_of(step, settings)) == 4


def test_a_job_is_read_for_tonight_or_what_is_wrong_is_named(settings: Settings) -> None:
    job = command.read_job(ROOT / "jobs", "nightly", ["mode=daily"], settings)
    assert any(step.arguments.get("mode") == "daily" for step in job.steps)
    with pytest.raises(JobError, match="NAME=VALUE"):
        command.read_job(ROOT / "jobs", "nightly", ["mode"], settings)


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


def test_a_step_whose_crawl_never_began_is_undone() -> None:
    assert Result(Step(spider="rankings")).is_undone
    assert not Result(Step(spider="rankings"), has_run=True).is_undone
    assert not Result(Step(spider="rankings"), summary=RunSummary(reason=SPENT)).is_undone
