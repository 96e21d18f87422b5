"""Wrong arguments and settings end with 2, one line, and no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from standin.server import Standin
from tests.conftest import Crawl


def test_a_database_that_cannot_be_opened_is_named_before_any_request(
    crawl: Any, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "no.db").write_bytes(b"this is no database, but long enough to be taken for one" * 20)
    done = crawl("rankings", ARCHIVE_URL=f"sqlite:///{tmp_path}/no.db")
    assert done.returncode == 2
    assert "no.db: file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
    assert standin.hits == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ARCHIVE_URL": "mysql://u:secretpw@h/d"}, "use sqlite or postgresql"),
        ({"ARCHIVE_URL": "nonsense"}, "sqlite:///var/archive.db"),
        ({"PIXIV_BASE_URL": "pixiv"}, "https://www.pixiv.net"),
        ({"PIXIV_BASE_URL": "https://www.pixiv.net", "DOWNLOAD_DELAY": "1"}, "no less than 1.2 s"),
        ({"PIXIV_PHPSESSID": "x y"}, "no session"),
        ({"PIXIV_PHPSESSID_FILE": "/nowhere"}, "/nowhere: No such file"),
        ({"PIXIV_BASE_URL": "https://me:secretpw@www.pixiv.net"}, "an address like"),
        ({"DOWNLOAD_DELAY": "abc"}, 'DOWNLOAD_DELAY must be a number, 0 or more (got "abc")'),
        ({"DOWNLOAD_DELAY": "nan"}, '(got "nan")'),
        ({"JOB_RETRY": "soon"}, 'JOB_RETRY must be a number, 0 or more (got "soon")'),
        ({"REPLAY_PROCESSES": "many"}, 'REPLAY_PROCESSES must be a whole number of 0 to 256 (got "many")'),
        ({"ALLOW_R18": "maybe"}, "ALLOW_R18=maybe: no such value. Valid: 0, 1"),
        ({"LOG_LEVEL": "foo"}, "LOG_LEVEL=foo: no such value. Valid: CRITICAL"),
        ({"PIXIV_LANG": "xx"}, "PIXIV_LANG=xx: no such value. Valid: ja, en"),
        ({"CAPTURE_DIR": "/dev/null/x"}, "CAPTURE_DIR /dev/null/x: Not a directory"),
    ],
    ids=[
        "backend",
        "url",
        "base",
        "pace",
        "session",
        "session-file",
        "userinfo",
        "delay",
        "nan",
        "retry",
        "processes",
        "r18",
        "level",
        "lang",
        "captures",
    ],
)
def test_a_wrong_setting_ends_with_2_and_names_what_is_valid(
    crawl: Any, standin: Standin, given: dict[str, str], message: str
) -> None:
    done = crawl("rankings", **given)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "secretpw" not in done.stderr
    assert standin.hits == []


@pytest.mark.parametrize(
    ("command", "near"),
    [
        (("crawl", "ranking"), "rankings"),
        (("crawl", "rankings", "-amodes=daily"), "mode"),
        (("crawl", "rankings", "-amode=dayly"), "daily"),
        (("crawl", "users", "-aendpoints=users_full", "-auser_id=1"), "user_full"),
        (("job", "plna", "nightly"), "plan"),
        (("job", "run", "nightli"), "nightly"),
        (("sql", "top-artist"), "top-artists"),
        (("status", "coverge"), "coverage"),
        (("act", "bookmrak"), "bookmark"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_right_one(
    scrapy: Crawl, command: tuple[str, ...], near: str
) -> None:
    done = scrapy(*command)
    assert done.returncode == 2
    assert f"Did you mean {near}?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("replay", "--dead", "--rebuild"), "--dead and --rebuild: one of them"),
        (("replay", "--drop-missing"), "--drop-missing goes with --rebuild"),
        (("replay", "--dead", "file.warc.gz"), "--dead knows its files: name none"),
        (("replay", "--as", "ranking", "--dead"), "--as goes only with files"),
        (("replay", "--seen-at", "mtime"), "--seen-at goes with --as"),
        (("replay", "--source", "a friend"), "--source goes with files that somebody else recorded"),
        (("worker", "all"), "worker takes options (--account, --replay, --schedule, --health, --drain), or shell"),
        (("track", "add"), "What to track? Valid: tag, user"),
        (("track", "add", "cohort", "1", "2"), "cohort: one number, of ids a day"),
        (("track", "add", "ranking", "daily", "--content", "novel"), "no content novel. Valid: all"),
        (("track", "add", "ranking", "daily", "--pages", "0"), "--pages 0: 1 or more"),
        (("track", "add", "ranking", "daily", "--since", "lately"), "--since lately: no date; write YYYY-MM-DD"),
        (("track", "add", "--file", "x", "tag"), "--file names all: nothing beside it"),
        (("track", "list", "tags"), "no kind tags. Did you mean tag?"),
    ],
)
def test_options_that_do_not_go_together_are_named(scrapy: Crawl, arguments: tuple[str, ...], why: str) -> None:
    done = scrapy(*arguments)
    assert done.returncode == 2
    assert why in done.stderr.replace("\n", " ")
