"""What is forgotten is gone, and stays out whatever is replayed or crawled."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import Engine, insert, select
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive.database.engine import create, erasing, reading
from crawler.archive.wanted.cohort import draw
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.rewrite import Change, Edits, rewrite
from crawler.capture.writer import CaptureWriter
from crawler.endpoints import ENDPOINTS, recognise
from crawler.endpoints import url as url_of
from crawler.errors import NotRewritten
from crawler.forget import suppressions
from crawler.forget.bodies import redact
from crawler.forget.captures import clearing
from crawler.forget.requests import erase_target, erase_url
from crawler.model.page import Outcome, Page, Reply
from crawler.model.target import Target
from crawler.parse import parse
from crawler.tables.artworks import Artwork
from crawler.tables.cohort import CohortDraw
from crawler.tables.metadata import METADATA
from crawler.tables.naming import ABOUT, FORGETTABLE, KINDS, NO_ONE, TEXTS, Forgotten, Thing, named_by, named_in, naming
from standin.server import ROBOTS, Standin, running
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_archive import dump, empty, one, store
from tests.test_contract import NOW, read, target_of
from tests.test_every_table import page_of, read_bodies

USER, WORK = ("user", 1100), ("artwork", 11441900)
NAME = "名前の人"


@pytest.fixture
def engine(emptied: Engine) -> Engine:
    """No test of this file changes a schema."""
    return emptied


@pytest.fixture(scope="module")
def bodies() -> dict[str, Any]:
    return read_bodies()


def facts(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Facts, but for when something was forgotten, and pieces of replies, which wait for replay."""
    found = dump(engine)
    found["suppressions"] = [row[:2] for row in found["suppressions"]]
    found["drift"] = [row[:4] + row[5:] for row in found["drift"]]
    found["dead_letters"] = [row[:-1] for row in found["dead_letters"]]
    return found


def told(bodies: dict[str, Any]) -> list[Page]:
    return [page_of(name, body, place) for place, (name, body) in enumerate(bodies.items())]


def forget(engine: Engine, thing: Thing) -> int:
    with erasing(engine) as connection:
        return suppressions.forget(connection, thing).total()


def named(engine: Engine, thing: Thing) -> dict[str, int]:
    """How many rows of each table name a thing."""
    kind, key = thing
    found = {}
    with reading(engine) as connection:
        for name in METADATA.tables:
            columns = [column for column, known in naming(name) if known == kind]
            if columns and name != "suppressions":
                which = " OR ".join(f"{column} = {key}" for column in columns)
                count = f"SELECT count(*) FROM {name} WHERE {which}"
                found[name] = int(connection.exec_driver_sql(count).scalar_one())
        for name, columns in {**TEXTS, "dead_letters": ("fragment",)}.items():
            for column in columns:
                texts = connection.exec_driver_sql(f"SELECT {column} FROM {name}").scalars()
                found[column] = sum(thing in named_in(text or "") for text in texts)
    return {name: count for name, count in found.items() if count}


def test_a_piece_of_a_reply_that_names_it_goes_too(engine: Engine) -> None:
    live = {"id": "9", "user": {"id": "7", "name": NAME, "userId": "7"}}
    torn = replies.work(8, 2, user_id=7, user_name=NAME, width="wide")
    pages = [
        parse(
            Target("live_following", {}, 1, "2026-09-21", "5001"),
            replies.reply(f"{replies.BASE}/x", {"error": False, "body": [live]}),
        ),
        replies.ranking_page(torn, at_ms=1_790_000_000_001),
    ]
    store(engine, *pages)
    texts = "SELECT detail FROM listing_entries UNION ALL SELECT fragment FROM dead_letters"
    with reading(engine) as connection:
        stored = " ".join(connection.exec_driver_sql(texts).scalars())
    assert stored.count(NAME) == 2
    forget(engine, ("user", 7))
    store(engine, *pages)
    with reading(engine) as connection:
        stored = " ".join(connection.exec_driver_sql(texts).scalars())
    assert NAME not in stored
    assert one(engine, "SELECT count(*) FROM dead_letters") == (0,), "nor that a row of it was refused"


@pytest.mark.parametrize("thing", [USER, WORK], ids=["user", "artwork"])
@pytest.mark.promise("Forgotten")
def test_no_row_of_any_table_names_what_is_forgotten(engine: Engine, bodies: dict[str, Any], thing: Thing) -> None:
    store(engine, *told(bodies))
    assert len(named(engine, thing)) > 6, "it is named in many tables"
    assert forget(engine, thing) > 0
    assert named(engine, thing) == {}


@pytest.mark.parametrize("thing", [USER, WORK], ids=["user", "artwork"])
@pytest.mark.promise("Forgotten")
def test_facts_do_not_depend_on_when_something_was_forgotten(
    engine: Engine, bodies: dict[str, Any], thing: Thing, is_long: bool
) -> None:
    forget(engine, thing)
    store(engine, *told(bodies))
    before = facts(engine)
    assert named(engine, thing) == {}
    empty(engine)
    store(engine, *told(bodies))
    forget(engine, thing)
    store(engine, *told(bodies))
    assert facts(engine) == before
    for seed in range(3 if is_long else 1):
        pages = told(bodies)
        random.Random(seed).shuffle(pages)
        empty(engine)
        store(engine, *pages[: len(pages) // 2])
        forget(engine, thing)
        store(engine, *pages[len(pages) // 2 :])
        store(engine, *told(bodies))
        assert facts(engine) == before


def test_what_belongs_to_others_stays(engine: Engine, bodies: dict[str, Any]) -> None:
    pages = told(bodies)
    store(engine, *pages)
    before = dump(engine)
    forget(engine, ("user", 999_999_999))
    after = dump(engine)
    assert len(after.pop("suppressions")) == 1
    assert {name: len(told) for name, told in after.items()} == {
        name: len(told) for name, told in before.items() if name != "suppressions"
    }


def test_a_work_whose_author_is_told_later_goes_when_it_is(engine: Engine) -> None:
    forget(engine, ("user", 7))
    entry = {"illust_id": 5, "user_id": 7}
    unsigned = replies.ranking_page(replies.work(5, 1, user_id=0), replies.work(6, 2, user_id=8))
    store(engine, unsigned)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT entry_count FROM rankings").scalar() == 2
    store(engine, replies.detail_page(5, at_ms=1_790_000_000_001))
    assert named(engine, ("artwork", entry["illust_id"])) == {}
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT entry_count FROM rankings").scalar() == 1
        kept = connection.exec_driver_sql("SELECT artwork_id FROM ranking_entries").all()
    assert [tuple(row) for row in kept] == [(6,)]


def test_every_column_of_ids_is_known_to_name_somebody_or_no_one() -> None:
    ids = {column.name for table in METADATA.tables.values() for column in table.columns if column.name.endswith("_id")}
    assert ids == (ids & KINDS.keys()) | (ids & NO_ONE), "decide it in tables/naming.py"
    assert not KINDS.keys() & NO_ONE
    assert {*ABOUT, *TEXTS} <= METADATA.tables.keys()


def test_every_thing_with_an_id_of_its_own_has_a_table_that_is_about_it() -> None:
    about = {kind for kind, _ in ABOUT.values()}
    for name, table in METADATA.tables.items():
        key = [column.name for column in table.primary_key]
        kinds = dict(naming(name))
        if len(key) == 1 and key[0] in kinds:
            assert kinds[key[0]] in about, f"{name}: decide it in tables/naming.py (ABOUT)"


@pytest.fixture
def site() -> Iterator[Standin]:
    with running(Standin(generate=True)) as served:
        yield served


def crawled(scrapy: Crawl, site: Standin) -> Callable[..., Any]:
    def run(*arguments: str, **environment: str) -> Any:
        return scrapy(*arguments, PIXIV_BASE_URL=site.url, **environment)

    return run


@pytest.mark.promise("Forgotten")
def test_a_forgotten_user_is_in_no_file_and_comes_back_by_no_way(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    run = crawled(scrapy, site)
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    assert run(*day).returncode == 0
    ((user, name),) = rows(
        url,
        "SELECT a.user_id, u.name FROM ranking_entries e JOIN artworks a USING (artwork_id)"
        " JOIN users u ON u.user_id = a.user_id WHERE e.rank = 7",
    )
    assert run("crawl", "users", f"-auser_id={user}").returncode == 0
    ranked = rows(url, "SELECT count(*) FROM ranking_entries")[0][0]

    done = run("forget", "user", str(user), "--yes")
    assert done.returncode == 0, done.stderr
    assert f"user {user}: " in done.stdout
    assert "rows removed" in done.stdout
    assert "--captures --yes takes it out of them" in done.stdout
    left = rows(url, "SELECT count(*) FROM ranking_entries")[0][0]
    assert left < ranked
    database = b"".join(file.read_bytes() for file in tmp_path.glob("archive.db*"))
    assert name.encode() not in database, "not even in free pages"

    assert run("replay").returncode == 0
    site.hits.clear()
    again = run("crawl", "users", f"-auser_id={user}")
    assert again.returncode == 0
    assert "forgotten: ./run forget lists what is blocked" in again.stderr
    assert site.targets == [], "what is blocked is not requested"
    assert run(*day, "-arefetch=1").returncode == 0
    assert rows(url, f"SELECT count(*) FROM users WHERE user_id = {user}") == [(0,)]
    assert rows(url, f"SELECT count(*) FROM artworks WHERE user_id = {user}") == [(0,)]

    listed = run("forget")
    assert str(user) in listed.stdout


@pytest.mark.promise("Redacted captures")
def test_captures_are_redacted_and_replay_of_them_gives_the_same_rows_but_tags(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    run = crawled(scrapy, site)
    run("crawl", "rankings", "-adate=2024-02-06", "-apages=2")
    user, name = rows(
        url,
        "SELECT a.user_id, u.name FROM ranking_entries JOIN artworks a USING (artwork_id)"
        " JOIN users u ON u.user_id = a.user_id WHERE rank = 7",
    )[0]
    run("crawl", "users", f"-auser_id={user}")
    done = run("forget", "user", str(user), "--captures", "--yes")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 files rewritten" in done.stdout
    findings = Findings()
    for file in warc_files([tmp_path / "captures"]):
        for reply, _ in read_replies(file, file.name, findings):
            assert name not in reply.body.decode(), reply.url
            assert f'"user_id": {user}' not in reply.body.decode()
    assert not findings.damaged
    kept = rows(url, "SELECT url, params FROM captures UNION ALL SELECT params, '' FROM coverage")
    assert kept
    assert not [row for row in kept if str(user) in " ".join(row)]

    other = f"sqlite:///{tmp_path}/other.db"
    assert run("replay", ARCHIVE_URL=other).returncode == 0
    rebuilt, archive = shown(other), shown(url)
    # A tag that only the forgotten works had stood in the same objects as their IDs.
    assert set(rebuilt.pop("tags")) < set(archive.pop("tags"))
    assert rebuilt == archive


def shown(url: str) -> dict[str, Any]:
    """All facts of an archive, but for coverage without a reply."""
    engine = create(url)
    found = facts(engine)
    engine.dispose()
    found["coverage"] = [row for row in found["coverage"] if row[-2] != "needs_session"]
    return found


def test_captures_of_a_running_crawl_are_left_alone(scrapy: Crawl, site: Standin, url: str, tmp_path: Path) -> None:
    from crawler.capture.writer import CaptureWriter  # noqa: PLC0415

    crawled(scrapy, site)("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    run_id = "20261123T202054-abc123"
    writer = CaptureWriter(tmp_path / "captures", run_id, {"crawl_id": run_id})
    writer.keep("http://127.0.0.1/x", 200, [], b'{"user_id": 7}')
    before = (tmp_path / "captures" / "2026-11" / f"{run_id}.warc.gz.open").read_bytes()
    done = scrapy("forget", "user", "7", "--captures", "--yes")
    writer.close()
    assert done.returncode == 1
    assert "is being written by a running crawl" in done.stdout
    assert "INCOMPLETE" in done.stdout
    assert writer.path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("person", "5"), "say what: user or artwork, and its id"),
        (("user",), "say what: user or artwork, and its id"),
        (("user", "five"), "one id, a whole number"),
        (("user", "-3"), "one id, a whole number"),
        (("user", "5", "--undo"), "is not forgotten"),
        (("user", "5", "--undo", "--captures"), "cannot restore"),
    ],
)
def test_wrong_arguments_are_named(scrapy: Crawl, url: str, arguments: tuple[str, ...], told: str) -> None:
    engine = create(url)
    from crawler.archive.database.engine import prepare  # noqa: PLC0415

    prepare(engine)
    engine.dispose()
    done = scrapy("forget", *arguments)
    assert done.returncode == 2
    assert told in done.stderr


def named_things(page: Page) -> set[Thing]:
    """Every user and work that a page, or its request, names."""
    found = {
        (kind, row[column])
        for table, told in page.rows.items()
        for column, kind in naming(table)
        for row in told
        if kind in FORGETTABLE and row.get(column)
    }
    asked = named_by({**page.target.params, "@account": page.target.account})
    return found | {thing for thing in asked if thing[0] in FORGETTABLE}


def four(value: Any) -> Any:
    """A reply with four elements of each list and each map of ids."""
    if isinstance(value, list):
        return [four(entry) for entry in value[:4]]
    if isinstance(value, dict):
        is_map = len(value) > 4 and all(key.isdecimal() for key in value)
        return {key: four(value[key]) for key in list(value)[: 4 if is_map else None]}
    return value


@pytest.fixture(scope="module")
def whole() -> dict[str, Page]:
    """A page of every endpoint."""
    with running(Standin(generate=True, now=NOW, robots=ROBOTS)) as site:
        read_whole = {n: json.loads(read(url_of(target_of(n), site.url))[1]) for n in ENDPOINTS}
    return {name: page_of(name, four(body), 0) for name, body in read_whole.items()}


def is_part(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return True if a row says nothing that another does not say. Texts of the response may name one work less."""
    return all(value is None or column == "detail" or other.get(column) == value for column, value in row.items())


@pytest.mark.promise("Redacted captures")
def test_a_redacted_response_has_only_rows_that_it_had_and_names_nobody_who_is_forgotten(
    whole: dict[str, Page], subtests: pytest.Subtests
) -> None:
    for name in ENDPOINTS:
        with subtests.test(name=name):
            page = whole[name]
            assert page.reply
            for thing in sorted(named_things(page)):
                out = Forgotten.of(thing)
                expected, _ = out.sift(page.rows)
                body, named = redact(page.target, page.reply, Forgotten.of(thing))
                url = erase_url(page.reply.url, named.is_out)
                night, account = page.target.night, erase_target(page.target, out.is_out).account
                target = recognise(url, night, account, page.target.asker)
                assert target is not None, "a reply about what is forgotten is still one of the endpoint's"
                told = parse(target, replace(page.reply, url=url, body=body))
                assert told.outcome is Outcome.COMPLETE, (thing, told.message)
                kept, _ = out.sift(told.rows)
                for table, known in kept.items():
                    if table != "account_snapshots":  # a text of the response: it names one work less
                        assert all(any(is_part(row, other) for other in expected[table]) for row in known), table
                assert (told.next_page, told.content_digest) == (page.next_page, page.content_digest)
                assert {sight[:3] for sight in told.paths} == {sight[:3] for sight in page.paths}
                if body is not page.reply.body:
                    assert not out.is_named_in(body.decode()), thing
                assert redact(target, replace(page.reply, url=url, body=body), out)[0] == body, "once is enough"


def kept_file(path: Path, *bodies: bytes, is_packed: bool = True) -> bytes:
    """A WARC file with a reply for each body, as any tool writes it."""
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=is_packed)
        for number, body in enumerate(bodies):
            record = writer.create_warc_record(
                f"{replies.BASE}/ajax/illust/{number}",
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=StatusAndHeaders("200", [("Content-Type", "application/json")], protocol="HTTP/1.1"),
            )
            writer.write_record(record)
    return path.read_bytes()


def drop(reply: Reply, _about: dict[str, Any]) -> Change | None:
    return None if b"seven" in reply.body else Change(reply.url, reply.body)


drop_seven = Edits(drop)


def bodies_in(path: Path) -> tuple[list[bytes], Findings]:
    findings = Findings()
    return [reply.body for reply, _ in read_replies(path, path.name, findings)], findings


@pytest.mark.parametrize("name", ["kept.warc", "kept.warc.gz"])
@pytest.mark.promise("Redacted captures")
def test_records_beside_what_is_taken_out_keep_every_byte(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    is_packed = name.endswith("gz")
    kept_file(path, b"one", b"seven", b"three", b"four", is_packed=is_packed)
    path.chmod(0o600)
    link = tmp_path / f"link-{name}"
    link.symlink_to(path)
    done = rewrite(link, name, drop_seven)
    assert (done.dropped, done.cut_short) == (1, 0)
    bodies, findings = bodies_in(path)
    assert bodies == [b"one", b"three", b"four"]
    assert not findings.damaged
    assert path.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()


def test_a_file_with_damage_in_its_middle_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept.warc.gz"
    data = bytearray(kept_file(path, b"seven" * 99, b"two" * 99, b"three" * 99))
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(NotRewritten):
        rewrite(path, path.name, drop_seven)
    assert path.read_bytes() == data


def changed(data: bytes) -> bytes:
    """A file of which a record in the middle does not match its digest, and is whole otherwise."""
    return data.replace(b"two" * 99, b"owt" * 99)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("one-member.warc.gz", gzip.compress),
        ("changed.warc", changed),
        ("junk.warc.gz", lambda data: b"no WARC at all"),
        ("junk-behind.warc", lambda data: data + b"more"),
    ],
)
def test_a_file_that_is_not_understood_to_its_end_loses_nothing(
    tmp_path: Path, name: str, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    data = spoil(kept_file(path, b"seven" * 99, b"two" * 99, b"three" * 99, is_packed=False))
    path.write_bytes(data)
    with pytest.raises(NotRewritten):
        rewrite(path, path.name, drop_seven)
    assert path.read_bytes() == data


def test_what_is_torn_at_the_end_of_a_file_is_left_out_of_it(tmp_path: Path) -> None:
    path = tmp_path / "kept.warc.gz"
    whole = kept_file(path, b"one", b"seven" * 99)
    path.write_bytes(whole[:-40])
    done = rewrite(path, path.name, drop_seven)
    assert done.cut_short > 0
    assert bodies_in(path)[0] == [b"one"]
    assert not bodies_in(path)[1].damaged


BESIDE_THE_BODY: tuple[tuple[str, str, bytes], ...] = (
    ("Location", "https://www.pixiv.net/users/7777", b"{}"),
    ("Location", "/login.php?return_to=%2Fajax%2Fuser%2F7777", b"{}"),
    ("X-UserId", "7777", b"{}"),
    ("Content-Type", "application/json", b'{"error":true,"message":"/ajax/user/7777 not found"}'),
    ("Content-Type", "text/html", b"<html>no /ajax/user/7777/profile here"),
    ("Refresh", "0; url=/touch?user_id=7777", b"{}"),
)


@pytest.mark.parametrize(("header", "value", "body"), BESIDE_THE_BODY)
@pytest.mark.parametrize("path", ["/ajax/illust/5", "/ajax/user/7777"])
@pytest.mark.promise("Forgotten")
def test_headers_and_error_texts_of_captures_name_nobody_who_is_forgotten(
    tmp_path: Path, header: str, value: str, body: bytes, path: str
) -> None:
    writer = CaptureWriter(tmp_path, "20261123T202054-abc123", {})
    kept = writer.keep(f"https://www.pixiv.net{path}", 302, [(header, value)], body)
    writer.close()
    rewrite(writer.path, writer.file, clearing(Forgotten.of(("user", 7777))))
    text = gzip.decompress(writer.path.read_bytes())
    assert b"7777" not in text
    ((read, _),) = read_replies(writer.path, writer.file, Findings())
    assert read.observed_at == kept.observed_at, "it is still a reply"


@pytest.mark.parametrize(
    "address", ["/users/7777", "/ajax/user/7777/novels/tags", "/touch/ajax/user/details?id=7777", "/rpc/x?user_id=7777"]
)
@pytest.mark.parametrize("kind", ["response", "request"])
@pytest.mark.promise("Forgotten")
def test_other_records_about_what_is_forgotten_are_left_out(tmp_path: Path, address: str, kind: str) -> None:
    path = tmp_path / "theirs.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for url in (address, "/ajax/illust/5"):
            line = "GET / HTTP/1.1" if kind == "request" else "200"
            record = writer.create_warc_record(
                f"{replies.BASE}{url}",
                kind,
                payload=io.BytesIO(b"{}"),
                length=2,
                http_headers=StatusAndHeaders(line, [], protocol="HTTP/1.1", is_http_request=kind == "request"),
            )
            writer.write_record(record)
    rewrite(path, path.name, clearing(Forgotten.of(("user", 7777))))
    text = gzip.decompress(path.read_bytes())
    assert b"7777" not in text
    assert b"/ajax/illust/5" in text


@pytest.mark.promise("Forgotten")
def test_what_was_noted_of_a_request_names_nobody_who_is_forgotten(engine: Engine) -> None:
    reply = replace(
        replies.reply(f"{replies.BASE}/ajax/illust/5", b""), status=302, location="https://www.pixiv.net/users/7777"
    )
    page = parse(Target("artwork", {"illust_id": "5"}, 1, "2026-09-21"), reply)
    assert "7777" in page.message
    store(engine, page)
    forget(engine, ("user", 7777))
    assert "users/0" in one(engine, "SELECT message FROM coverage")[0]
    empty(engine)
    forget(engine, ("user", 7777))
    store(engine, parse(page.target, reply))
    assert "users/0" in one(engine, "SELECT message FROM coverage")[0]


def test_half_a_surrogate_in_a_reply_does_not_stop_the_rewriting() -> None:
    title = {**replies.ranking(replies.work(5, 1, user_id=7), replies.work(6, 2, user_id=8))}
    title["contents"][1]["title"] = "x\ud83d"
    target = replies.ranking_target()
    reply = replies.reply(f"{replies.BASE}/x", json.dumps(title).encode())
    body, _ = redact(target, reply, Forgotten.of(("user", 7)))
    page = parse(target, replies.reply(f"{replies.BASE}/x", body))
    assert [row["artwork_id"] for row in page.rows["ranking_entries"]] == [6]


def test_a_number_that_is_somebody_elses_is_left_alone(engine: Engine) -> None:
    forget(engine, ("user", 7))
    entry = {"id": "7", "title": "記事", "url": "https://www.pixiv.net/x", "userId": "8"}
    store(
        engine,
        parse(
            Target("live_following", {}, 1, "2026-09-21", "5001"),
            replies.reply(f"{replies.BASE}/x", {"error": False, "body": [{**entry, "user": {"id": "8"}}]}),
        ),
        replies.ranking_page(replies.work(7, 1, user_id=8), at_ms=1_790_000_000_001),
    )
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM listing_entries").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM ranking_entries").scalar() == 1


def test_captures_that_are_nowhere_are_named(scrapy: Crawl, site: Standin, tmp_path: Path) -> None:
    crawled(scrapy, site)("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    done = scrapy("forget", "user", "7", "--captures", CAPTURE_DIR=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "no such folder" in done.stderr


def ranked(url: str, rank: int) -> tuple[int, int, str]:
    """Work, author and the author's name at a rank."""
    ((work, user, name),) = rows(
        url,
        "SELECT artwork_id, a.user_id, u.name FROM ranking_entries JOIN artworks a USING (artwork_id)"
        f" JOIN users u ON u.user_id = a.user_id WHERE rank = {rank}",
    )
    return work, user, name


@pytest.mark.parametrize("home", ["folder", "postgresql"])
@pytest.mark.promise("Forgotten")
def test_what_is_forgotten_stays_out_of_an_archive_that_is_built_anew(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path, home: str, request: pytest.FixtureRequest
) -> None:
    run = crawled(scrapy, site)
    run("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    _, user, _ = ranked(url, 7)
    run("forget", "user", str(user), "--yes")
    others = f"sqlite:///{tmp_path}/other.db"
    given = {"ARCHIVE_URL": others}
    if home == "postgresql":
        given = {"ARCHIVE_URL": request.getfixturevalue("postgresql")}
    else:  # the captures went to another machine
        (tmp_path / "captures").rename(tmp_path / "backup")
    files = [str(tmp_path / "backup"), "--yes"] if home == "folder" else []
    assert run("replay", *files, **given).returncode == 0
    assert rows(given["ARCHIVE_URL"], "SELECT count(*) FROM ranking_entries") == [(49,)]
    assert rows(given["ARCHIVE_URL"], "SELECT root_kind, root_id FROM suppressions") != []
    assert rows(given["ARCHIVE_URL"], f"SELECT count(*) FROM users WHERE user_id = {user}") == [(0,)]


def test_a_list_that_cannot_be_read_is_named_and_nothing_is_read(scrapy: Crawl, site: Standin, tmp_path: Path) -> None:
    run = crawled(scrapy, site)
    run("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    (tmp_path / "captures" / "forgotten.json").write_text('[{"kind": "user"}]')
    for command in (("crawl", "rankings", "-adate=2024-02-05"), ("replay",), ("forget", "user", "1")):
        done = run(*command)
        assert done.returncode == 2, command
        assert "forgotten.json: it is no list of forgotten things" in done.stderr, done.stderr


@pytest.mark.promise("Forgotten")
def test_undoing_one_thing_never_releases_another(scrapy: Crawl, site: Standin, url: str, tmp_path: Path) -> None:
    run = crawled(scrapy, site)
    run("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    work, user, _ = ranked(url, 7)

    def is_there() -> tuple[bool, bool]:
        assert run("replay").returncode == 0
        ((works,),) = rows(url, f"SELECT count(*) FROM artworks WHERE artwork_id = {work}")
        ((users,),) = rows(url, f"SELECT count(*) FROM users WHERE user_id = {user}")
        return bool(works), bool(users)

    for first, second in (("artwork", "user"), ("user", "artwork")):
        ids = {"artwork": str(work), "user": str(user)}
        run("forget", first, ids[first], "--yes")
        run("forget", second, ids[second], "--yes")
        assert is_there() == (False, False)
        undone = run("forget", "user", str(user), "--undo")
        assert undone.returncode == 0
        assert is_there() == (False, True), "the work was asked for by itself"
        run("forget", "user", str(user), "--yes")
        told = run("forget", "artwork", str(work), "--undo")
        assert told.returncode == 0
        assert is_there() == (False, False), "the work is the user's"
        run("forget", "user", str(user), "--undo")
        assert is_there() == (True, True)
    assert json.loads((tmp_path / "captures" / "forgotten.json").read_text()) == []


@pytest.mark.promise("Forget asks first")
def test_without_yes_it_is_told_what_would_go_and_nothing_changes(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    run = crawled(scrapy, site)
    run("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    _, user, _ = ranked(url, 7)
    before, files = shown(url), {f: f.read_bytes() for f in warc_files([tmp_path / "captures"])}
    told = run("forget", "user", str(user), "--captures")
    assert told.returncode == 0, told.stderr
    assert "rows would be removed" in told.stdout
    assert "1 of 1 file would be rewritten; 1 response redacted" in told.stdout
    assert "nothing was changed. --yes does it." in told.stdout
    assert shown(url) == before
    assert {f: f.read_bytes() for f in warc_files([tmp_path / "captures"])} == files
    done = run("forget", "user", str(user), "--captures", "--yes")
    count = told.stdout.partition(" rows ")[0]
    assert done.stdout.startswith(f"{count} rows removed"), "as was told"


@pytest.mark.promise("Forgotten")
def test_captures_of_later_runs_do_not_bring_the_name_back(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    run = crawled(scrapy, site)
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    run(*day)
    work, user, name = ranked(url, 7)
    run("forget", "user", str(user), "--captures", "--yes")
    assert run(*day, "-arefetch=1").returncode == 0
    assert run("crawl", "artworks", f"-aillust_id={work}").returncode == 0
    found = list(warc_files([tmp_path / "captures"]))
    assert len(found) >= 2
    findings, asked = Findings(), set()
    for file in found:
        assert not file.name.endswith(".open")
        for reply, _ in read_replies(file, file.name, findings):
            assert name not in reply.body.decode(), file
            assert str(user) not in reply.body.decode(), file
            asked.add(reply.url.partition("?")[0].rpartition("/")[2])
    assert "ranking.php" in asked
    placed = {
        (reply.observed_at, reply.file_offset) for file in found for reply, _ in read_replies(file, file.name, findings)
    }
    stored = set(rows(url, "SELECT observed_at, file_offset FROM captures"))
    assert stored <= placed, "the archive knows where its replies lie now"
    kept = (tmp_path / "archive.db").read_bytes()
    assert name.encode() not in kept


@pytest.mark.promise("Forgotten")
def test_a_batch_of_ids_and_the_account_lose_what_is_forgotten() -> None:
    out = Forgotten.of(("artwork", 5), ("user", 7))
    base = "https://www.pixiv.net/ajax"
    batch = f"{base}/user/8/illusts?ids%5B%5D=4&ids%5B%5D=5&ids%5B%5D=55&work_category=illust"
    erased = erase_url(batch, out.is_out)
    assert "ids%5B%5D=5&" not in erased
    assert "ids%5B%5D=4&ids%5B%5D=55" in erased
    assert erase_url(f"{base}/illust/5?lang=ja", out.is_out) == f"{base}/illust/0?lang=ja"
    assert erase_url(f"{base}/illust/55", out.is_out) == f"{base}/illust/55"
    assert erase_url(f"{base}/user/7/profile/all", out.is_out) == f"{base}/user/0/profile/all"
    target = Target("user_illusts", {"user_id": "8", "ids": "5"}, account="7")
    assert erase_target(target, out.is_out).params == {"user_id": "8", "ids": "0"}
    assert erase_target(target, out.is_out).account == "0"


@pytest.mark.promise("Forgotten")
def test_an_id_is_in_no_address_parameter_or_place_of_the_archive(engine: Engine) -> None:
    work = {**replies.work(777, 1, user_id=7), "width": "wide"}
    batch = Target("user_illusts", {"user_id": "8", "ids": "4,777"}, 1, "2026-09-21")
    body = {"error": False, "body": {"777": {"id": "x"}, "4": replies.detail(4)["body"]}}
    address = f"{replies.BASE}/ajax/user/8/illusts?ids%5B%5D=4&ids%5B%5D=777"
    pages = [
        parse(batch, replies.reply(address, body)),
        replies.detail_page(777, at_ms=1_790_000_000_001),
        replies.ranking_page(work, at_ms=1_790_000_000_002),
    ]
    texts = (
        "SELECT url FROM captures UNION ALL SELECT params FROM captures"
        " UNION ALL SELECT params FROM coverage UNION ALL SELECT path FROM dead_letters"
        " UNION ALL SELECT fragment FROM dead_letters"
    )

    def numbers() -> set[str]:
        with reading(engine) as connection:
            stored = connection.exec_driver_sql(texts).scalars()
            return {number for text in stored for number in re.findall(r"\d+", text)}

    store(engine, *pages)
    assert "777" in numbers()
    forget(engine, ("artwork", 777))
    after = numbers()
    assert "777" not in after
    assert "4" in after, "what tells of others stays"
    store(engine, *pages)
    assert "777" not in numbers(), "nor does a replay bring it back"


@pytest.mark.promise("Forget asks first")
def test_a_list_in_a_foreign_folder_is_shown_first_and_applied_with_yes(
    crawl: Any, scrapy: Crawl, standin: Standin, url: str, tmp_path: Path
) -> None:
    assert crawl("rankings", date="2024-02-06", pages="1").returncode == 0
    ((artist,),) = rows(url, "SELECT user_id FROM artworks ORDER BY artwork_id LIMIT 1")
    elsewhere = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/other.db", "CAPTURE_DIR": str(tmp_path / "download")}
    crawled = crawl("rankings", date="2024-02-07", pages="1", **elsewhere)
    assert crawled.returncode == 0, crawled.stderr
    forgot = scrapy("forget", "user", str(artist), "--yes", **elsewhere)
    assert forgot.returncode == 0, forgot.stderr
    of_artist = f"SELECT count(*) FROM artworks WHERE user_id = {artist}"
    before = rows(url, of_artist)
    assert before != [(0,)]
    given = {"PIXIV_BASE_URL": standin.url}
    refused = scrapy("replay", str(tmp_path / "download"), **given)
    assert refused.returncode == 2
    assert f"lists 1 thing that somebody forgot elsewhere: user {artist}" in refused.stderr.replace(
        "1 things", "1 thing"
    )
    assert rows(url, of_artist) == before
    (capture,) = (tmp_path / "download").rglob("*.warc.gz")
    alone = scrapy("replay", str(capture), **given)
    assert alone.returncode == 0, alone.stderr
    assert rows(url, of_artist)[0][0] >= before[0][0], "a list above a named file is not looked for"
    agreed = scrapy("replay", str(tmp_path / "download"), "--yes", **given)
    assert agreed.returncode == 0, agreed.stderr
    assert "They are forgotten here too" in agreed.stderr
    assert rows(url, of_artist) == [(0,)]
    again = scrapy("replay", str(tmp_path / "download"), **given)
    assert again.returncode == 0, "what is forgotten here already needs no consent"


@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.promise("Forgotten everywhere")
def test_what_was_made_of_the_archive_loses_it_or_is_named(
    scrapy: Crawl, standin: Standin, url: str, tmp_path: Path, *, is_moved: bool
) -> None:
    (tmp_path / "moved").mkdir()
    given = {"PIXIV_BASE_URL": standin.url}
    assert scrapy("crawl", "rankings", "-apages=1", **given).returncode == 0
    release, copy = tmp_path / "release", tmp_path / "copy.db"
    assert scrapy("export", str(release), **given).returncode == 0
    assert scrapy("backup", str(copy), **given).returncode == 0
    ((user,),) = rows(url, "SELECT user_id FROM artworks ORDER BY artwork_id LIMIT 1")
    query = f"SELECT count(*) FROM '{release}/artworks.parquet' WHERE user_id = {user}"
    assert duckdb.sql(query).fetchall() != [(0,)]
    shown = scrapy("forget", "user", str(user), **given)
    assert f"release {release}" in shown.stdout
    assert duckdb.sql(query).fetchall() != [(0,)]
    moved = Path(url.removeprefix("sqlite:///")).rename(tmp_path / "moved" / "archive.db") if is_moved else None
    address = {"ARCHIVE_URL": f"sqlite:///{moved}"} if moved else {}
    done = scrapy("forget", "user", str(user), "--yes", **given, **address)
    assert done.returncode == 0, done.stderr
    assert duckdb.sql(query).fetchall() == [(0,)]
    assert f"backup {copy}" in done.stdout.partition("may still hold it")[2]


@pytest.mark.parametrize("command", [("forget", "user", "1100", "--yes"), ("crawl", "rankings", "-apages=1")])
@pytest.mark.promise("Forgotten everywhere")
def test_what_a_killed_rebuild_left_is_removed_by_the_next_command(
    scrapy: Crawl, standin: Standin, url: str, command: tuple[str, ...]
) -> None:
    assert scrapy("crawl", "rankings", "-apages=1", PIXIV_BASE_URL=standin.url).returncode == 0
    left = Path(f"{url.removeprefix('sqlite:///')}.rebuild")
    shutil.copy(url.removeprefix("sqlite:///"), left)
    assert scrapy(*command, PIXIV_BASE_URL=standin.url).returncode == 0
    assert not left.exists()


@pytest.mark.promise("Forgotten everywhere")
def test_an_id_that_is_forgotten_is_not_drawn_again(engine: Engine) -> None:
    at = datetime(2026, 11, 27, 3, tzinfo=UTC)
    work = Artwork.__table__
    with engine.begin() as connection:
        for number, day in enumerate(range(20, 27)):
            created = datetime(2026, 11, day, tzinfo=UTC)
            row = {"artwork_id": 1000 + number, "created_at": created}
            connection.execute(insert(work).values(first_seen_at=1, last_seen_at=1, **row))
        draw(connection, at, 1)
        ids = set(connection.scalars(select(CohortDraw.artwork_id)))
        assert ids
        for key in ids:
            suppressions.forget(connection, ("artwork", key))
        assert not set(connection.scalars(select(CohortDraw.artwork_id)))
        draw(connection, at, 1)
        assert not set(connection.scalars(select(CohortDraw.artwork_id))) & ids
