"""Job files are read, checked, and changed by what the command line gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.archive.archive import Archive
from crawler.clock import now
from crawler.endpoints.params import ArgumentRules
from crawler.errors import JobError, QueryError
from crawler.jobs import model
from crawler.jobs.model import check, load, names, override
from crawler.planning.arguments import NothingGiven, resolved
from tests import replies
from tests.conftest import ROOT

TERMS = ArgumentRules(allow_r18=False, now=now())


def written(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", names(ROOT / "jobs"))
def test_a_job_that_is_shipped_can_be_run(name: str, url: str) -> None:
    job = load(ROOT / "jobs", name)
    given = {"date": "2020-01-01..2020-02-01"} if name == "backfill" else {}
    check(override(job, given), url, TERMS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no [[step]]"),
        ("x = 1", "line 1: no such key x. Valid: description, when, zone"),
        (
            "[[step]]\nspider = 'ranking'",
            "line 2: step 1: no spider ranking. Did you mean rankings? Valid: account, artworks",
        ),
        ("wait_hours = 99\n[[step]]\nspider = 'rankings'", "line 1: wait_hours takes a number from 0 to 24, not 99"),
        ("[[step]]\nspider = 'rankings'\ncatch_up = 3", 'catch_up goes with date = "latest", or with scd'),
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
    with pytest.raises(JobError, match=r"takes dat\. Did you mean date\? Valid: content, date"):
        override(job, {"dat": "latest"})


def test_all_that_is_wrong_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        "when = 'noon'\nzone = 'Tokyo'\nbudget = -1\n\n[[step]]\nmode = 'daily'\n\n"
        "[[step]]\nspider = 'rankings'\ncatch_up = 400\n"
    )
    with pytest.raises(JobError) as error:
        load(written(tmp_path, text), "mine")
    told = [line.partition("mine.toml: ")[2] for line in str(error.value).splitlines()]
    assert [line.partition(":")[0] for line in told] == ["line 1", "line 2", "line 3", "line 5", "line 10"]
    assert "five fields of cron" in told[0]
    assert "no spider: each [[step]] names its spider. Valid: account" in told[3]
    assert "step 2: catch_up takes a number from 0 to 366, not 400" in told[4]


def test_a_job_file_of_ones_own_is_named_by_its_path_and_names_files_beside_it(tmp_path: Path, url: str) -> None:
    (tmp_path / "ids.txt").write_text("# favourites\n101,, 102 #two\n103#a remark\n", encoding="utf-8")
    written(tmp_path, "[[step]]\nspider = 'artworks'\nillust_id = '@ids.txt'")
    job = load(tmp_path / "nowhere", str(tmp_path / "mine.toml"))
    assert job.name == "mine"
    assert job.given == str(tmp_path / "mine.toml"), "as `job run` takes it"
    assert resolved(job.steps[0].arguments, url) == {"illust_id": "101\n102\n103"}
    check(job, url, TERMS)
    with pytest.raises(JobError, match="no job file"):
        load(tmp_path, "./none.toml")


def test_values_come_from_a_question(url: str, archive: Archive) -> None:
    archive.store([replies.ranking_page(replies.work(7), replies.work(8, 2))])
    assert resolved({"illust_id": "?ranked-without-details"}, url) == {"illust_id": "7\n8"}
    with pytest.raises(QueryError, match=r'No query "ranked-without-detail".* Did you mean'):
        resolved({"illust_id": "?ranked-without-detail"}, url)
    assert resolved({"word": "??", "tag": "@@"}, url) == {"word": "?", "tag": "@"}


def test_a_question_without_an_answer_requests_nothing(url: str, archive: Archive) -> None:
    with pytest.raises(NothingGiven, match="holds nothing to request"):
        resolved({"illust_id": "?ranked-without-details"}, url)


def test_a_key_is_found_on_its_line_in_its_step() -> None:
    text = "x = 1\n[[step]]\nspider = 'a'\n[[step]]\nspider = 'b'\n"
    assert model.line_of(text, ("x",)) == 1
    assert model.line_of(text, ("step", 1, "spider")) == 5
    assert model.line_of(text, ("step", 1, "mode")) == 4, "of a key that is missing its step's"
