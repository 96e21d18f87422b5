"""Job files are read, checked, and changed by what the command line gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.clock import now
from crawler.endpoints.params import ArgumentRules
from crawler.errors import JobError
from crawler.jobs.file import check, load, names, override
from tests.conftest import ROOT

TERMS = ArgumentRules(allow_r18=False, now=now())


def written(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", names(ROOT / "jobs"))
def test_a_job_that_is_shipped_can_be_run(name: str) -> None:
    if name == "backfill":
        return check(override(load(ROOT / "jobs", name), {"date": "2020-01-01..2020-02-01"}), TERMS)
    return check(load(ROOT / "jobs", name), TERMS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no [[step]]"),
        ("x = 1", "no such key x; valid: description, wait_hours, step"),
        ("[[step]]\nspider = 'ranking'", "names spider ranking; valid: account, artworks"),
        (
            "wait_hours = 99\n[[step]]\nspider = 'rankings'",
            "wait_hours takes a number from 0 to 24",
        ),
        ("[[step]]\nspider = 'rankings'\ncatch_up = 3", 'catch_up goes with date = "latest"'),
        ("[[step]]\nspider = 'rankings'\nmode = 1.5", "mode takes a text, a number, or a list"),
        ("[[step", "mine.toml"),
    ],
)
def test_a_wrong_job_file_is_named_with_what_is_valid(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(JobError) as error:
        load(written(tmp_path, text), "mine")
    assert why in str(error.value)


def test_a_date_that_is_given_ends_catching_up_and_waiting(tmp_path: Path) -> None:
    text = "wait_hours = 2\n[[step]]\nspider = 'rankings'\ndate = 'latest'\ncatch_up = 5\nmode = ['daily', 'weekly']"
    job = load(written(tmp_path, text), "mine")
    assert job.steps[0].title == "rankings date=latest mode=daily,weekly"
    given = override(job, {"date": "2024-02-06"})
    assert (given.wait_hours, given.steps[0].catch_up) == (0, 0)
    with pytest.raises(JobError, match="no step of mine takes dat; valid: content, date"):
        override(job, {"dat": "latest"})
