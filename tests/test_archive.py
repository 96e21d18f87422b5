"""The archive: the same facts whatever the order, one transaction a page, coverage as checkpoint."""

from __future__ import annotations

import dataclasses
import random as randomness
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from crawler.archive.database.engine import create, lock_writer, prepare, reading
from crawler.archive.due.coverage import progress
from crawler.archive.writing.store import Store
from crawler.errors import Collision, NotStored
from crawler.model.page import Page
from crawler.parse import parse
from crawler.tables.metadata import METADATA
from tests import replies
from tests.conftest import Crawl, rows
from tests.postgresql import administrating
from tests.processes import wait_for

PLACES = {"captures": ("record_id", "file", "file_offset", "crawl_id")}
"""Columns of where a reply lies, which is no fact."""


RECORDS = ("crawls", "paces", "queued_runs", "queued_tasks", "job_runs", "cohort")
"""Tables of what this project did, which are no facts of the site."""


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every fact of an archive, by table and sorted."""
    found = {}
    with reading(engine) as connection:
        for name, table in METADATA.tables.items():
            if name in RECORDS:
                continue
            columns = [c.name for c in table.columns if c.name not in PLACES.get(name, ())]
            stored = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {name}")
            found[name] = sorted(map(tuple, stored), key=repr)
    return found


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in METADATA.tables.values():
            connection.execute(table.delete())


def store(engine: Engine, *pages: Page, at_once: int = 1) -> None:
    """Store pages, a transaction each, or so many in one."""
    store = Store(engine)
    try:
        for begin in range(0, len(pages), at_once):
            store.pages(pages[begin : begin + at_once])
    finally:
        store.close()


def store_in_commits(engine: Engine, pages: list[Page], rng: randomness.Random) -> None:
    """Store pages as replay does, several a transaction."""
    store = Store(engine)
    rest = list(pages)
    try:
        while rest:
            size = rng.randint(1, 5)
            store.pages(rest[:size])
            del rest[:size]
    finally:
        store.close()


def one(engine: Engine, sql: str) -> tuple[Any, ...]:
    with reading(engine) as connection:
        (row,) = connection.exec_driver_sql(sql).all()
    return tuple(row)


ids = st.integers(1, 3)
text = st.sampled_from(["a", "b", "c"])
tags = st.lists(text, max_size=3, unique=True)


@st.composite
def ranking_pages(draw: st.DrawFn) -> Page:
    contents = []
    for rank, artwork_id in enumerate(draw(st.lists(ids, min_size=1, max_size=3, unique=True)), 1):
        work = replies.work(
            artwork_id,
            rank,
            title=draw(text),
            tags=draw(tags),
            user_name=draw(text),
            view_count=draw(st.integers(0, 2)),
            yes_rank=draw(st.integers(0, 2)),
            illust_page_count=draw(st.sampled_from(["1", "2"])),
        )
        if draw(st.booleans()):
            work["illust_series"] = {"illust_series_id": "4", "illust_series_content_order": "2"}
        if draw(st.integers(0, 3)) == 0:
            work |= replies.WITHHELD
        for key in draw(st.sets(st.sampled_from(["title", "tags", "date", "user_name", "width", "rank"]), max_size=1)):
            del work[key]
        if draw(st.integers(0, 5)) == 0:
            work["height"] = "tall"
        contents.append(work)
    return replies.ranking_page(
        *contents,
        at_ms=draw(moments),
        date=draw(st.sampled_from(["20240206", "20240207"])),
        page=draw(st.integers(1, 2)),
        prev_date=draw(st.sampled_from(["20240205", False])),
        next=draw(st.sampled_from([False, 3])),
    )


@st.composite
def detail_pages(draw: st.DrawFn) -> Page:
    key = draw(ids)
    changes: dict[str, Any] = {
        "title": draw(text),
        "illustComment": draw(st.sampled_from(["", "x"])),
        "viewCount": draw(st.integers(0, 2)),
        "aiType": draw(st.sampled_from([0, 1, None])),
        "tags": {"isLocked": draw(st.booleans()), "tags": [{"tag": name} for name in draw(tags)]},
    }
    return replies.detail_page(key, at_ms=draw(moments), **changes)


@st.composite
def list_pages(draw: st.DrawFn) -> Page:
    works = [
        replies.thumbnail(
            artwork_id,
            title=draw(text),
            description=draw(st.sampled_from(["", "y"])),
            tags=draw(tags),
            userName=draw(text),
        )
        for artwork_id in draw(st.lists(ids, min_size=1, max_size=3))
    ]
    return replies.list_page(*works, at_ms=draw(moments))


@st.composite
def missing_pages(draw: st.DrawFn) -> Page:
    target = replies.ranking_target(draw(st.sampled_from(["20240206", "20240207"])), draw(st.integers(1, 2)))
    status = draw(st.sampled_from([404, 404, 500]))
    reply = replies.reply(f"{replies.BASE}/{target.key}", {"error": "x"}, status=status, at_ms=draw(moments))
    return parse(target, reply)


# Few moments, so that ties of one millisecond are common.
moments = st.integers(1_790_000_000_000, 1_790_000_000_004)
pages = st.lists(
    st.one_of(ranking_pages(), detail_pages(), list_pages(), missing_pages()),
    max_size=6,
    unique_by=lambda page: page.observed_at,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def emptied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An archive that a test may use again and again."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('archive')}/archive.db"
    else:
        url = request.getfixturevalue("postgresql_server")
    engine = create(url)
    prepare(engine)
    yield engine
    engine.dispose()


def break_off(engine: Engine, page: Page) -> None:
    """Begin to store a page and fail within its transaction."""
    rows = {**page.rows, "zeros": []}
    torn = {name: [*told, {**told[0], "request_id": None}] for name, told in rows.items() if told}
    bad = {"user_history": [dict.fromkeys(("user_id", "field", "value_digest"), None)]}
    with pytest.raises(NotStored):
        store(engine, dataclasses.replace(page, rows={**torn, **bad}))


@pytest.mark.more
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(told=pages, seed=st.integers(0, 10**6))
def test_facts_do_not_depend_on_order_repetition_or_rollback(emptied: Engine, told: list[Page], seed: int) -> None:
    rng = randomness.Random(seed)
    empty(emptied)
    store(emptied, *told)
    expected = dump(emptied)
    shuffled = told + rng.sample(told, len(told) // 2)
    rng.shuffle(shuffled)
    empty(emptied)
    for page in shuffled:
        if page.reply is not None and page.rows and rng.random() < 0.3:
            break_off(emptied, page)
        store(emptied, page)
    assert not differing(dump(emptied), expected)


def differing(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The tables in which two dumps differ, with both."""
    return {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}


@pytest.mark.parametrize("order", ["rtd", "rdt", "trd", "tdr", "drt", "dtr"])
def test_one_artwork_has_the_union_of_what_replies_tell(engine: Engine, order: str) -> None:
    makers = {
        "r": lambda at: replies.ranking_page(replies.work(), at_ms=at),
        "t": lambda at: replies.list_page(replies.thumbnail(), at_ms=at),
        "d": lambda at: replies.detail_page(at_ms=at),
    }
    store(engine, *(makers[kind](1_790_000_000_000 + at) for at, kind in enumerate(order)))
    row = one(
        engine,
        "SELECT title, caption, sexual_level, bookmark_count, original_url, x_restrict, is_masked,"
        " content_flags, series_id, ai_type FROM artworks WHERE artwork_id = 1",
    )
    assert row == (
        "題",
        "説明<br />",
        0,
        40,
        "https://i.pximg.net/img-original/1_p0.png",
        0,
        False,
        "original violent",
        None,
        1,
    )
    created, uploaded = one(engine, "SELECT created_at, uploaded_at FROM artworks WHERE artwork_id = 1")
    exact = datetime(2024, 2, 4, 15, 2, 9, tzinfo=UTC)
    shown = exact if engine.dialect.name == "postgresql" else "2024-02-04 15:02:09"
    assert (created, uploaded) == (shown, shown)


def test_a_withheld_row_keeps_what_was_known_and_says_why(engine: Engine) -> None:
    full = replies.ranking_page(replies.work(), at_ms=1_790_000_000_000)
    blank = replies.ranking_page(replies.work(**replies.WITHHELD), at_ms=1_790_000_000_001, date="20240207")
    store(engine, full, blank)
    assert one(engine, "SELECT title, page_count, state, tags FROM artworks") == ("題", 4, "login_only", '["空", "海"]')
    assert one(engine, "SELECT name FROM users") == ("作家",)
    assert one(engine, "SELECT rank, mask_reason FROM ranking_entries WHERE mask_reason IS NOT NULL") == (
        1,
        "login_only",
    )
    assert one(engine, "SELECT value FROM artwork_history WHERE field = 'state'") == ("visible",)


def test_former_titles_and_names_are_kept_with_their_times(engine: Engine) -> None:
    first = replies.ranking_page(replies.work(title="旧", user_name="前"), at_ms=1_790_000_000_000)
    second = replies.ranking_page(replies.work(title="新", user_name="後"), at_ms=1_790_000_000_001, date="20240207")
    store(engine, second, first)
    assert one(engine, "SELECT title FROM artworks") == ("新",)
    moment = first.observed_at
    assert one(engine, "SELECT value, first_seen_at, last_seen_at FROM artwork_history") == ("旧", moment, moment)
    assert one(engine, "SELECT value FROM user_history") == ("前",)


def test_the_first_sight_of_a_rank_stands(engine: Engine) -> None:
    early = replies.ranking_page(replies.work(view_count=1), at_ms=1_790_000_000_000)
    late = replies.ranking_page(replies.work(view_count=2), at_ms=1_790_000_000_001)
    store(engine, late, early)
    assert one(engine, "SELECT view_count FROM ranking_entries") == (1,)


def test_a_page_that_fails_leaves_nothing_and_stays_due(engine: Engine) -> None:
    page = replies.ranking_page()
    break_off(engine, page)
    assert all(not stored for stored in dump(engine).values())
    with reading(engine) as connection:
        assert progress(connection, page.target).page == 1


@pytest.mark.promise("One bad value")
def test_what_does_not_fit_goes_to_the_dead_letters_and_the_rest_is_stored(engine: Engine) -> None:
    page = replies.ranking_page(replies.work(1, 1, width="wide"), replies.work(2, 2))
    store(engine, page)
    assert one(engine, "SELECT table_name, path, error FROM dead_letters") == (
        "artworks",
        "contents[0]",
        "width: not a whole number, so work is not stored",
    )
    with reading(engine) as connection:
        told = connection.exec_driver_sql("SELECT artwork_id, title, user_id FROM artworks")
        # The group that the value belongs to is not stored; its row is.
        assert sorted(told.all()) == [(1, None, 7), (2, "題", 7)]
        assert progress(connection, page.target).page is None


def test_what_appears_vanishes_or_is_retyped_is_dated_drift(engine: Engine) -> None:
    old = replies.work(1, 1, gone="x")
    new = replies.work(1, 1, is_masked=False, width="1146")
    store(engine, replies.ranking_page(new, date="20240207", at_ms=1_790_000_000_000))
    store(engine, replies.ranking_page(old, date="20240206", at_ms=1_790_000_000_001))
    with reading(engine) as connection:
        found = connection.exec_driver_sql(
            "SELECT path, json_type, what, first_on, last_on FROM v_drift ORDER BY path, json_type"
        ).all()
    assert [(path, kind, what, str(first), str(last)) for path, kind, what, first, last in found] == [
        ("contents[].gone", "string", "undeclared", "2024-02-06", "2024-02-06"),
        ("contents[].is_masked", "boolean", "began", "2024-02-07", "2024-02-07"),
        ("contents[].width", "integer", "ended", "2024-02-06", "2024-02-06"),
        ("contents[].width", "string", "began", "2024-02-07", "2024-02-07"),
    ]


def test_two_replies_that_claim_one_moment_are_refused_loudly(engine: Engine) -> None:
    page = replies.ranking_page()
    assert page.reply is not None
    store(engine, page)
    other = dataclasses.replace(page, reply=dataclasses.replace(page.reply, digest=1))
    with pytest.raises(Collision, match="claim the moment"):
        store(engine, other)


def test_a_work_whose_row_is_refused_keeps_its_tags(engine: Engine) -> None:
    good = replies.ranking_page(replies.work(1), at_ms=1_790_000_000_000)
    bad = replies.ranking_page(replies.work(1, width="x"), replies.work(2, 2), at_ms=1_790_000_000_001, date="20240207")
    store(engine, good, bad)
    with reading(engine) as connection:
        tags = connection.exec_driver_sql("SELECT tag FROM v_artwork_tags WHERE artwork_id = 1").all()
    assert len(tags) == 2


def test_a_removed_work_keeps_its_author(engine: Engine) -> None:
    removed = replies.thumbnail(
        1, title="-----", userId=0, tags=[], createDate="1970-01-01T00:00:00+09:00", isMasked=True
    )
    store(engine, replies.list_page(replies.thumbnail(1)), replies.list_page(removed, at_ms=1_790_000_000_001))
    assert one(engine, "SELECT title, user_id, tags, state FROM artworks") == ("題", 7, '["空"]', "unknown")
    assert one(engine, "SELECT user_id FROM users") == (7,)


def test_every_moment_leads_to_its_capture(engine: Engine) -> None:
    store(engine, replies.ranking_page())
    row = one(engine, "SELECT url FROM ranking_entries JOIN captures ON observed_at = seen_at")
    assert row[0].startswith("https://www.pixiv.net/ranking.php")


@pytest.mark.promise("PostgreSQL restarts")
def test_a_connection_that_time_does_not_heal_ends_at_once_and_says_why(scrapy: Crawl, postgresql: str) -> None:
    rest = postgresql.partition("@")[2]
    for url, why in (
        (postgresql.replace("test_", "no_such_"), "does not exist"),
        (f"postgresql://nobody_known@{rest}", "does not exist"),
    ):
        for words in (("crawl", "rankings", "-adate=2024-02-06"), ("status",), ("worker", "--drain")):
            done = scrapy(*words, ARCHIVE_URL=url)
            assert done.returncode == 2, (words, done.stderr)
            assert why in done.stderr
            assert "Traceback" not in done.stderr


def test_a_server_that_cannot_hold_every_text_is_refused_with_what_to_do(scrapy: Crawl, postgresql_server: str) -> None:
    with administrating(postgresql_server) as (connection, admin):
        connection.exec_driver_sql(
            "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        try:
            url = admin.set(database="latin").render_as_string(hide_password=False)
            done = scrapy("crawl", "rankings", "-adate=2024-02-06", ARCHIVE_URL=url)
        finally:
            connection.exec_driver_sql("DROP DATABASE latin WITH (FORCE)")
    assert done.returncode == 2
    assert "createdb -E UTF8" in done.stderr
    assert "Traceback" not in done.stderr


def test_waiting_for_another_writer_is_not_under_the_servers_statement_timeout(crawl: Any, postgresql: str) -> None:
    assert crawl("rankings", date="2024-02-06", pages="1", ARCHIVE_URL=postgresql).returncode == 0
    engine = create(postgresql)
    name = engine.url.database
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET statement_timeout = '500ms'")
    with engine.connect() as holder:
        transaction = holder.begin()
        lock_writer(holder)
        begun = Event()

        def write() -> int:
            begun.set()
            done = crawl("rankings", date="2024-02-07", pages="1", ARCHIVE_URL=postgresql)
            return int(done.returncode)

        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(write)
            begun.wait()
            waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            wait_for(partial(rows, postgresql, waits))
            time.sleep(1)  # twice the limit
            transaction.rollback()
            assert other.result() == 0
    engine.dispose()
