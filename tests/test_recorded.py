"""The recorded replies, where `--responses` names their folder: all they tell is stored."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import create
from crawler.model.page import Page
from crawler.model.target import Target
from crawler.parse import parse
from standin.server import Standin, running
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import dump, store

RANGE = ("-amode=daily", "-adate=2024-02-06..2024-09-08", "-apages=1")
DAYS_OF_RANGE = 216


@pytest.fixture
def recorded(responses: Path) -> Iterator[Standin]:
    """A server of the recorded replies alone: 404 for the days it lacks."""
    with running(Standin(replies=responses)) as served:
        yield served


@pytest.fixture
def days(responses: Path) -> dict[str, Any]:
    """The recorded rankings by their own date."""
    files = sorted((responses / "ranking_daily").glob("*.json"))
    assert len(files) == 53
    return {file.stem: json.loads(file.read_text()) for file in files}


def crawl(scrapy: Crawl, standin: Standin, **environment: str) -> subprocess.CompletedProcess[str]:
    return scrapy("crawl", "rankings", *RANGE, PIXIV_BASE_URL=standin.url, **environment)


def utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def test_every_row_of_every_recorded_day_is_archived(
    scrapy: Crawl, recorded: Standin, days: dict[str, Any], tmp_path: Path
) -> None:
    url = os.environ["ARCHIVE_URL"]
    done = crawl(scrapy, recorded)
    assert done.returncode == 0, done.stderr
    assert f"53 complete, {DAYS_OF_RANGE - 53} not published yet" in done.stderr

    found = rows(
        url,
        "SELECT replace(ranking_on, '-', ''), rank, artwork_id, coalesce(previous_rank, 0), rating_count,"
        " view_count FROM ranking_entries JOIN rankings USING (ranking_id) ORDER BY 1, 2",
    )
    expected = [
        (day, row["rank"], row["illust_id"], row["yes_rank"], row["rating_count"], row["view_count"])
        for day, ranking in days.items()
        for row in ranking["contents"]
    ]
    assert found == expected
    assert len(found) == 2648
    assert rows(url, "SELECT count(*) FROM dead_letters") == [(0,)]
    assert rows(url, "SELECT path FROM drift WHERE NOT is_declared") == []

    # The newest telling stands, and days are asked for newest first.
    told = {row["illust_id"]: row for ranking in reversed(days.values()) for row in ranking["contents"]}
    works = rows(
        url,
        "SELECT artwork_id, title, tags, width, height, page_count, user_id, name, uploaded_at, created_at"
        " FROM artworks JOIN users USING (user_id) ORDER BY 1",
    )
    names = {row["user_id"]: row["user_name"] for ranking in reversed(days.values()) for row in ranking["contents"]}
    for work, row in zip(works, (told[key] for key in sorted(told)), strict=True):
        shown = datetime.strptime(row["date"] + " +0900", "%Y年%m月%d日 %H:%M %z").astimezone(UTC)
        uploaded = datetime.fromtimestamp(row["illust_upload_timestamp"], UTC)
        if uploaded.replace(second=0) == shown:
            shown = uploaded  # the same event, to the second
        assert work == (
            row["illust_id"],
            row["title"],
            json.dumps(row["tags"], ensure_ascii=False),
            row["width"],
            row["height"],
            int(row["illust_page_count"]),
            row["user_id"],
            names[row["user_id"]],
            utc(row["illust_upload_timestamp"]),
            f"{shown:%Y-%m-%d %H:%M:%S}",
        )
    in_order: dict[int, list[str]] = {}
    for artwork_id, tag in rows(url, "SELECT artwork_id, tag FROM v_artwork_tags ORDER BY artwork_id, position"):
        in_order.setdefault(artwork_id, []).append(tag)
    assert in_order == {key: row["tags"] for key, row in told.items() if row["tags"]}

    # What is missing tonight is asked for once more, on another night.
    recorded.hits.clear()
    recorded.days_ahead = 1
    assert crawl(scrapy, recorded, CLOCK_SHIFT="1").returncode == 0
    asked = {target.partition("date=")[2][:8] for target in recorded.targets}
    assert asked.isdisjoint(days)
    recorded.hits.clear()
    recorded.days_ahead = 2
    third = crawl(scrapy, recorded, CLOCK_SHIFT="2")
    assert recorded.targets == []
    assert f"53 already complete, {DAYS_OF_RANGE - 53} absent" in third.stderr

    other = f"sqlite:///{tmp_path}/replayed.db"
    assert scrapy("replay", ARCHIVE_URL=other).returncode == 0
    engines: list[Engine] = [create(url), create(other)]
    live, replayed = (dump(engine) for engine in engines)
    for engine in engines:
        engine.dispose()
    assert replayed == live


def recorded_page(responses: Path, file: str, target: Target) -> tuple[Any, Page]:
    body = (responses / file).read_bytes()
    page = parse(target, replies.reply(f"https://www.pixiv.net/{file}", body))
    assert not page.refused
    assert [sight.path for sight in page.paths if not sight.is_declared] == []
    return json.loads(body)["body"], page


def counts(engine: Engine, *tables: str) -> dict[str, int]:
    with engine.connect() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables}


def test_the_recorded_artwork_is_stored_whole(responses: Path, engine: Engine) -> None:
    body, page = recorded_page(responses, "artwork.json", replies.artwork_target(100412238))
    store(engine, page)
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT title, caption, tags, width, height, page_count, bookmark_count, like_count, view_count,"
            " comment_count, original_url, sanity_level, user_id, state FROM artworks WHERE artwork_id = 100412238"
        ).one()
        listed = connection.exec_driver_sql(
            "SELECT artwork_id FROM listing_entries WHERE section = 'neighbours' ORDER BY position"
        ).all()
        user = connection.exec_driver_sql(
            "SELECT name, account, fanbox_url, is_fanbox_adult FROM users WHERE user_id = 47196062"
        ).one()
    assert tuple(row) == (
        body["title"],
        body["illustComment"],
        json.dumps([t["tag"] for t in body["tags"]["tags"]], ensure_ascii=False),
        2476,
        3541,
        1,
        4011,
        2445,
        11422,
        15,
        body["urls"]["original"],
        6,
        47196062,
        "visible",
    )
    assert [str(key) for (key,) in listed] == [work["id"] for work in body["noLoginData"]["zengoIdWorks"]]
    promotion = body["fanboxPromotion"]
    assert tuple(user) == (body["userName"], body["userAccount"], promotion["contentUrl"], True)
    neighbours = {work["id"] for work in body["noLoginData"]["zengoIdWorks"]}
    assert len(neighbours | set(body["userIllusts"])) == 69
    assert counts(engine, "artworks", "artwork_counts", "artwork_tag_authors") == {
        "artworks": 69,
        "artwork_counts": 1,
        "artwork_tag_authors": 7,
    }
