"""`./run act`: a dry run first, one action a call, the token nowhere."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from standin.server import CSRF, Fault, Standin
from tests.conftest import Crawl, rows

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"


@pytest.fixture
def act(scrapy: Crawl, standin: Standin) -> Any:
    def run(*arguments: str, **environment: str) -> Any:
        given = {"PIXIV_BASE_URL": standin.url, "PIXIV_PHPSESSID": SESSION} | environment
        return scrapy("act", *arguments, **given)

    return run


def test_without_yes_the_request_is_shown_and_nothing_is_sent(act: Any, standin: Standin) -> None:
    done = act("bookmark", "--artwork", "7", "--private", "--tag", "空", "--comment", "よい")
    assert done.returncode == 0, done.stderr
    assert f"POST {standin.url}/ajax/illusts/bookmarks/add" in done.stdout
    assert '{"illust_id": "7", "restrict": 1, "comment": "よい", "tags": ["空"]}' in done.stdout
    assert "Nothing was sent" in done.stdout
    assert standin.hits == []


def test_a_bookmark_is_sent_once_with_the_token_and_its_answer_recorded(act: Any, standin: Standin, url: str) -> None:
    done = act("bookmark", "--artwork", "7", "--tag", "空", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DONE" in done.stdout
    assert standin.actions == [
        ("/ajax/illusts/bookmarks/add", {"illust_id": "7", "restrict": 0, "comment": "", "tags": ["空"]})
    ]
    ((action, sent, status, answer),) = rows(url, "SELECT action, sent, status, answer FROM actions")
    assert (action, json.loads(sent)["illust_id"], status) == ("bookmark", "7", 200)
    assert "17428346209" in answer


def test_a_like_says_that_it_cannot_be_undone(act: Any, standin: Standin) -> None:
    assert "cannot be undone" in act("like", "--artwork", "7").stdout
    done = act("like", "--artwork", "7", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert standin.actions == [("/ajax/illusts/like", {"illust_id": "7"})]


@pytest.mark.promise("Session")
def test_token_and_session_are_in_no_file_and_no_output(act: Any, standin: Standin, tmp_path: Path) -> None:
    done = act("like", "--artwork", "7", "--yes", LOG_LEVEL="DEBUG")
    assert done.returncode == 0
    for secret in (CSRF, SESSION):
        assert secret not in done.stdout + done.stderr
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_an_action_that_fails_is_not_sent_again(act: Any, standin: Standin) -> None:
    standin.faults.append(Fault("illusts/like", times=None, status=503))
    done = act("like", "--artwork", "7", "--yes")
    assert done.returncode == 1
    assert "NOT DONE: the site answers 503" in done.stdout
    assert sum("like" in target for target in standin.targets) == 1


def test_what_cannot_be_recorded_is_not_done(act: Any, standin: Standin, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    done = act("like", "--artwork", "7", "--yes", ARCHIVE_URL=f"sqlite:///{tmp_path}/foreign.db")
    assert done.returncode == 2
    assert "holds other tables" in done.stderr
    assert standin.actions == []


def test_a_dead_session_is_named(act: Any, standin: Standin) -> None:
    standin.dead_sessions.add(SESSION)
    done = act("like", "--artwork", "7", "--yes")
    assert done.returncode == 1
    assert "holds no token: is the session alive?" in done.stdout
    assert standin.actions == []


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (("follow",), {}, "say which action. Valid: bookmark, like"),
        (("like",), {}, "--artwork"),
        (("like", "--artwork", "x"), {}, "must be an ID"),
        (("like", "--artwork", "1,2"), {}, "one id"),
        (("like", "--artwork", "1", "--private"), {}, "go with bookmark"),
        (("like", "--artwork", "1"), {"PIXIV_PHPSESSID": ""}, "needs a session"),
    ],
)
def test_a_wrong_action_is_refused_before_anything_is_sent(
    act: Any, standin: Standin, arguments: Any, environment: dict[str, str], message: str
) -> None:
    done = act(*arguments, **environment)
    assert done.returncode == 2
    assert message in done.stderr
    assert standin.hits == []
