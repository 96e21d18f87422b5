"""What was kept can always be read again: live and replay are one, and no reply stops the next."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.downloadermiddlewares.httpcompression import ACCEPTED_ENCODINGS
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, OperationalError
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive.database.engine import create, is_away, is_of_the_data, reading, writing
from crawler.archive.writing.page_rows import Upsert
from crawler.archive.writing.store import Store
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.record import CODINGS, LARGEST, decode, installed, target_of
from crawler.capture.writer import CaptureWriter
from crawler.errors import DoesNotFit, TooLarge
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from crawler.parse.rows import KEY_BYTES, indexed_texts
from crawler.replay import replay
from crawler.tables.metadata import METADATA
from crawler.tables.row import Row
from standin.server import Fault, Standin, running
from tests import replies
from tests.conftest import Crawl, rows
from tests.processes import run_scrapy
from tests.test_archive import dump, one, store
from tests.test_every_table import page_of, read_bodies

BIG = b'{"error":false,"body":{"a":"' + b"x" * 300_000 + b'"}}'
DENSE = random.Random(7).randbytes(300_000).hex().encode()
"""A body that no coding makes much smaller."""


@pytest.fixture
def site() -> Iterator[Standin]:
    with running(Standin(generate=True)) as served:
        yield served


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(installed.brotli.compress(data, quality=4)),
    "zstd": installed.zstd.compress,
}


@pytest.mark.promise("Every content coding")
def test_every_coding_that_scrapy_accepts_has_a_decoder() -> None:
    assert {coding.decode() for coding in ACCEPTED_ENCODINGS} <= CODINGS.keys() == CODED.keys()


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.promise("Every content coding")
def test_a_body_in_any_coding_is_read_whole_in_part_and_to_the_limit(coding: str) -> None:
    whole = CODED[coding](BIG)
    assert decode(whole, coding) == BIG
    assert decode(CODED["gzip"](whole), f"{coding}, gzip") == BIG, "several codings, one in another"
    torn = decode(CODED[coding](DENSE)[: len(DENSE) // 3], coding)
    assert DENSE.startswith(torn)
    assert len(torn) > len(DENSE) // 10, "what there is of it is read"
    assert decode(b"plain", coding) == b"plain", "kept under its old header by another tool"
    bomb = CODED[coding](bytes(LARGEST + 1))
    assert len(bomb) < LARGEST // 100
    with pytest.raises(TooLarge):
        decode(bomb, coding)


def test_what_a_server_sends_as_deflate_is_read_with_and_without_its_header() -> None:
    assert decode(raw_deflate(BIG), "deflate") == BIG


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
@pytest.mark.promise("Every content coding")
def test_a_reply_in_any_coding_is_the_same_live_in_replay_and_to_forget(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path, coding: str
) -> None:
    works = [replies.work(5, 1, user_id=7, user_name="名前の人"), replies.work(6, 2, user_id=8)]
    body = json.dumps(replies.ranking(*works)).encode()
    site.faults.append(Fault("ranking", body=CODED[coding](body), headers={"Content-Encoding": coding}))
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
    assert scrapy(*day, PIXIV_BASE_URL=site.url).returncode == 0
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy("replay", ARCHIVE_URL=other).returncode == 0
    assert rows(other, "SELECT count(*) FROM ranking_entries") == [(2,)]
    assert facts_of(url) == facts_of(other)
    assert scrapy("forget", "user", "7", "--captures", "--yes").returncode == 0
    for reply in kept(tmp_path / "captures"):
        assert "名前の人" not in reply.body.decode()


def kept(folder: Path) -> Iterator[Any]:
    findings = Findings()
    for file in warc_files([folder]):
        for reply, _ in read_replies(file, file.name, findings):
            yield reply


def facts_of(url: str) -> dict[str, Any]:
    engine = create(url)
    found = dump(engine)
    engine.dispose()
    return found


ODD: dict[str, tuple[bytes, str, str]] = {
    "nested 900 deep": (b'{"error":false,"body":' + b"[" * 900 + b"]" * 900 + b"}", "", "nested"),
    "nested 5,000 deep": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "", "nested"),
    "a small gzip of much": (gzip.compress(bytes(LARGEST + 1)), "gzip", "more than 64 MiB"),
    "cut JSON": (b'{"error":false,"body":{"a":', "", "pixiv sent unreadable JSON"),
    "no UTF-8 at all": (b"\xff\xfe\x00\x80", "", "pixiv sent unreadable JSON"),
}


@pytest.mark.parametrize(("body", "coding", "told"), ODD.values(), ids=ODD)
@pytest.mark.promise("Damaged records")
def test_an_odd_reply_costs_itself_alone_and_is_named(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path, body: bytes, coding: str, told: str
) -> None:
    headers = {"Content-Encoding": coding} if coding else {}
    site.faults.append(Fault("date=20240205", body=body, headers=headers))
    days = ("crawl", "rankings", "-adate=2024-02-04..2024-02-06", "-apages=1")
    live = scrapy(*days, PIXIV_BASE_URL=site.url)
    assert live.returncode == 1
    assert told in live.stderr
    assert "Traceback" not in live.stderr
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(100,)]

    other = f"sqlite:///{tmp_path}/other.db"
    replayed = scrapy("replay", ARCHIVE_URL=other)
    assert replayed.returncode == 1
    assert "1 record could not be read" in replayed.stderr
    assert told in replayed.stderr
    assert rows(other, "SELECT count(*) FROM ranking_entries") == [(100,)], "what is behind is read"

    work = rows(url, "SELECT min(artwork_id) FROM ranking_entries")[0][0]
    done = scrapy("forget", "artwork", str(work), "--captures", "--yes")
    assert "1 of 1 file rewritten" in done.stdout, "what is behind is cleared"
    assert done.returncode == (1 if "MiB" in told else 0), "what cannot be unpacked is said"


def packed(url: str, body: bytes, *, is_packed: bool = True) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_packed)
    head = StatusAndHeaders("200", [("Content-Type", "application/json")], protocol="HTTP/1.1")
    record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), length=len(body), http_headers=head)
    writer.write_record(record)
    return out.getvalue()


@pytest.mark.parametrize("name", ["kept.warc.gz", "kept.warc"])
@pytest.mark.promise("Damaged records")
def test_a_damaged_or_huge_record_costs_itself_alone(tmp_path: Path, name: str) -> None:
    is_packed = name.endswith("gz")
    one_, two, three = (packed(f"https://www.pixiv.net/{n}", n.encode() * 999, is_packed=is_packed) for n in "abc")
    huge = packed("https://www.pixiv.net/huge", bytes(LARGEST + 9), is_packed=is_packed)
    for place in range(0, len(two) - 4, 11):
        spoilt = bytearray(two)
        spoilt[place] ^= 0xFF
        path = tmp_path / name
        path.write_bytes(one_ + bytes(spoilt) + three)
        findings = Findings()
        read = [reply.url[-1] for reply, _ in read_replies(path, name, findings)]
        assert read[0] == "a", place
        assert read[-1] == "c", place
        assert len(read) == 3 or findings.damaged, place
    path.write_bytes(one_ + huge + three)
    read = [(reply.url[-4:], reply.unread) for reply, _ in read_replies(path, name, Findings())]
    assert [url[-1] for url, _ in read] == ["a", "e", "c"]
    assert "more than 64 MiB" in read[1][1]


@pytest.mark.parametrize("digest", ["blake3:0a1b", "sha-256:{}", "sha256:{}", "md9:x"])
@pytest.mark.promise("Other tools' captures")
def test_a_digest_that_another_tool_wrote_loses_no_record(tmp_path: Path, digest: str) -> None:
    path = tmp_path / "theirs.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for name in "abcdef":
            body = name.encode() * 99
            told = digest.format(hashlib.sha256(body).hexdigest())
            record = writer.create_warc_record(
                f"https://www.pixiv.net/{name}",
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=StatusAndHeaders("200", [], protocol="HTTP/1.1"),
            )
            writer.ensure_digest(record)
            record.rec_headers.replace_header("WARC-Payload-Digest", told)
            writer.write_record(record)
    findings = Findings()
    read = [reply.url[-1] for reply, _ in read_replies(path, path.name, findings)]
    assert read == list("abcdef")
    assert not findings.damaged


HEADERS: tuple[list[tuple[str, str]], ...] = (
    [("Location", "/x"), ("Location", "/login.php?return_to=%2F")],
    [("Content-Type", "text/html"), ("content-type", "application/json")],
    [("Location", "/空".encode().decode("latin-1"))],
    [("Location", "/a\x00b")],
    [("Content-Encoding", "gzip"), ("Content-Encoding", "identity")],
    [("X-空", "ü")],
    [("Location", " /x ")],
)


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("body", [b"{}", b"<html>"])
@pytest.mark.promise("Read back as saved")
def test_a_reply_is_the_same_when_it_is_kept_and_when_it_is_read_back(
    tmp_path: Path, headers: list[tuple[str, str]], body: bytes
) -> None:
    writer = CaptureWriter(tmp_path, "20261123T202054-abc123", {})
    live = writer.keep("https://www.pixiv.net/ajax/illust/5", 302, headers, body)
    writer.close()
    ((read, _),) = read_replies(writer.path, writer.file, Findings())
    assert replace(read, crawl_id=live.crawl_id) == live


@pytest.mark.promise("Read back as saved")
def test_what_a_header_says_is_stored_on_both_databases(engine: Engine) -> None:
    reply = replace(replies.reply(f"{replies.BASE}/x", b""), status=302, location="/a\x00b\ud83d")
    store(engine, parse(Target("artwork", {"illust_id": "5"}, 1, "2026-09-21"), reply))
    ((message,),) = all_of(engine, "SELECT message FROM coverage")
    assert "/ab" in message


@pytest.mark.promise("Other tools' captures")
def test_captures_on_another_disk_are_read_through_their_link(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    scrapy("crawl", "rankings", "-adate=2024-02-06", "-apages=1", PIXIV_BASE_URL=site.url)
    (month,) = (tmp_path / "captures").glob("20*")
    month.rename(tmp_path / "disk2")
    month.symlink_to(tmp_path / "disk2")
    (tmp_path / "captures" / "again").symlink_to(tmp_path / "captures")
    assert len(warc_files([tmp_path / "captures"])) == 1, "a link back is not followed for ever"
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy("replay", ARCHIVE_URL=other).returncode == 0
    assert rows(other, "SELECT count(*) FROM ranking_entries") == [(50,)]
    ((work,),) = rows(url, "SELECT artwork_id FROM ranking_entries WHERE rank = 1")
    done = scrapy("forget", "artwork", str(work), "--captures", "--yes")
    assert "1 of 1 file rewritten" in done.stdout


@pytest.mark.promise("Damaged records")
def test_a_reply_that_the_parser_cannot_take_is_named_with_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("crawler.parse.page.census", broken)
    page = replies.ranking_page(replies.work(5, 1))
    assert page.outcome is Outcome.FAILED
    assert page.is_unread
    assert "RuntimeError" in page.message
    assert "test_kept.py:" in page.message


LONG = "".join(map(chr, range(0x4E00, 0x4E00 + 8_000)))
"""A text that no compression makes short enough for PostgreSQL's indexes."""


@pytest.mark.promise("One bad value")
def test_a_key_that_only_sqlite_would_take_is_a_dead_letter_on_both(engine: Engine) -> None:
    body = read_bodies()["follow_latest"]
    body["body"]["tagTranslation"] = {"空": {LONG: "sky", "en": "sky"}}
    page = page_of("follow_latest", body, 0)
    store(engine, page)
    ((table, error),) = all_of(engine, "SELECT table_name, error FROM dead_letters")
    assert (table, error) == ("tag_translations", "lang: more than 2,000 bytes in a key")
    assert all_of(engine, "SELECT lang FROM tag_translations") == [("en",)]


def all_of(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


WIDE: dict[type, Callable[[int], Any]] = {
    str: lambda size: LONG[:size],
    int: lambda _: 2**62,
    bool: lambda _: True,
    float: lambda _: 1.5,
    date: lambda _: date(2024, 2, 6),
    datetime: lambda _: datetime(2024, 2, 6, tzinfo=UTC),
}
"""A value for each type of column; of texts one of so many characters."""


@pytest.mark.promise("One bad value")
def test_every_text_of_a_key_or_index_is_bounded(engine: Engine) -> None:
    """The widest rows of every table that the bounds let through are taken by the database."""
    upsert = Upsert(engine.dialect)
    tried = 0
    for name, cls in upsert.classes.items():
        assert issubclass(cls, Row)
        for texts in indexed_texts(cls):
            row: dict[str, Any] = {}
            for column in METADATA.tables[name].columns:
                if column.primary_key or not column.nullable:
                    kind = column.type.python_type
                    row[column.name] = WIDE[kind](KEY_BYTES // 3 // len(texts))
            with engine.connect() as connection, writing(connection):
                target = upsert.writers[name]
                target.write(connection, target.bind([row]))
            tried += 1
    assert tried > 5


@pytest.mark.promise("One bad value")
def test_a_refusal_of_values_is_no_server_that_is_away(postgresql: str) -> None:
    engine = create(postgresql)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (k text PRIMARY KEY)")
        with pytest.raises(OperationalError) as refused:
            connection.exec_driver_sql("INSERT INTO t VALUES (%s)", (LONG,))
        connection.rollback()
        with pytest.raises(DataError) as wrong:
            connection.exec_driver_sql("SELECT 'x\\001'::int")
    engine.dispose()
    for error in (refused.value, wrong.value):
        assert not is_away(error)
        assert is_of_the_data(error)
    nowhere = create("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(OperationalError) as away, nowhere.connect():
        pass
    nowhere.dispose()
    assert is_away(away.value)


def spoiled(how: Callable[[], None], *arguments: str, **environment: str) -> Any:
    """A command in whose process something is spoiled first."""
    return run_scrapy(arguments, os.environ | environment, how)


def die_between() -> None:
    """Dies after the third reply is kept, before its page is stored."""
    put, seen = Store.pages, []

    def pages(self: Store, pages: Any) -> None:
        seen.extend(pages)
        if len(seen) >= 3:
            os.kill(os.getpid(), signal.SIGKILL)
        put(self, pages)

    Store.pages = pages  # type: ignore[method-assign]


def refuse_third() -> None:
    """The archive does not take the third page."""
    put, seen = Store.pages, []

    def pages(self: Store, pages: Any) -> None:
        seen.extend(pages)
        if len(seen) >= 3:
            raise DoesNotFit("for a test")
        put(self, pages)

    Store.pages = pages  # type: ignore[method-assign]


@pytest.mark.parametrize("how", [die_between, refuse_third])
@pytest.mark.promise("Recovered captures")
def test_a_capture_whose_page_never_reached_the_archive_is_found_by_the_next_crawl(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path, how: Callable[[], None]
) -> None:
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=5")
    first = spoiled(how, *day, PIXIV_BASE_URL=site.url)
    assert first.returncode != 0
    missing = 5 - rows(url, "SELECT count(*) FROM captures WHERE endpoint = 'ranking'")[0][0]
    assert missing
    (left,) = (tmp_path / "captures").rglob("*.open")
    site.hits.clear()
    again = scrapy("crawl", "rankings", "-adate=2024-02-05", "-apages=1", PIXIV_BASE_URL=site.url)
    assert again.returncode == 0, again.stderr
    assert "Archived 1 responses that a killed run had captured" in again.stderr
    assert len([hit for hit in site.targets if "20240206" in hit]) == 0, "no request is made for it"
    assert rows(url, "SELECT max(rank) FROM ranking_entries") >= [(150,)]
    assert not list((tmp_path / "captures").rglob("*.open"))
    assert left.with_name(left.name.removesuffix(".open")).exists()


@pytest.mark.promise("Recovered captures")
def test_what_a_run_cut_short_is_left_out_of_its_file_and_replay_reads_it_whole(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=2")
    scrapy(*day, PIXIV_BASE_URL=site.url)
    (file,) = warc_files([tmp_path / "captures"])
    data = file.read_bytes()
    file.unlink()
    file.with_name(file.name + ".open").write_bytes(data + data[:300])
    assert scrapy(*day, PIXIV_BASE_URL=site.url).returncode == 0
    assert file.read_bytes() == data
    assert scrapy("replay").returncode == 0


@pytest.mark.promise("Recovered captures")
def test_captures_of_another_archive_are_left_to_it(scrapy: Crawl, site: Standin, tmp_path: Path) -> None:
    day = ("crawl", "rankings", "-adate=2024-02-06", "-apages=5")
    spoiled(die_between, *day, PIXIV_BASE_URL=site.url)
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy(*day, PIXIV_BASE_URL=site.url, ARCHIVE_URL=other).returncode == 0
    assert len(list((tmp_path / "captures").rglob("*.open"))) == 1


@pytest.mark.promise("Replay depends on captures only")
def test_a_clock_that_is_behind_changes_nothing_of_a_replay(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    assert scrapy("crawl", "rankings", "-apages=1", PIXIV_BASE_URL=site.url).returncode == 0
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy("replay", ARCHIVE_URL=other, CLOCK_SHIFT="-400").returncode == 0
    assert facts_of(other) == facts_of(url)


@pytest.mark.promise("Replay depends on captures only")
def test_a_backup_of_the_captures_does_not_change_where_they_lie(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    scrapy("crawl", "rankings", "-adate=2024-02-06", "-apages=2", PIXIV_BASE_URL=site.url)
    told = "SELECT file, file_offset, record_id, crawl_id FROM captures ORDER BY observed_at"
    before = rows(url, told)
    backup = tmp_path / "backup" / "flat"
    backup.mkdir(parents=True)
    for file in warc_files([tmp_path / "captures"]):
        shutil.copy(file, backup)
    assert scrapy("replay", str(backup)).returncode == 0
    assert rows(url, told) == before
    other = f"sqlite:///{tmp_path}/other.db"
    assert scrapy("replay", str(backup), ARCHIVE_URL=other).returncode == 0
    assert rows(other, told) == before, "named as the run named it"


@pytest.mark.promise("Replay depends on captures only")
def test_what_a_file_says_of_its_run_is_believed_as_far_as_a_run_says_such_things(
    engine: Engine, tmp_path: Path
) -> None:
    run = "20261123T202054-abc123"
    about = {"crawl_id": run, "night": LONG, "account": LONG, "asker": LONG, "session": LONG}
    writer = CaptureWriter(tmp_path, run, about)
    writer.keep("https://www.pixiv.net/ajax/search/top/x", 200, [], b"{}")
    writer.close()
    ((reply, told),) = read_replies(writer.path, "x", Findings())
    assert told == {"crawl_id": run}
    target = target_of(reply, told)
    assert target is not None
    store(engine, parse(target, reply))


@pytest.mark.promise("Order does not matter")
def test_tags_of_a_page_that_was_rolled_back_are_not_taken_for_known(engine: Engine) -> None:
    page = replies.ranking_page(replies.work(5, 1))
    kept_store = Store(engine)
    put = kept_store._dead_letters  # noqa: SLF001  # a failure after the rows

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("for a test")

    kept_store._dead_letters = fail  # type: ignore[method-assign]  # noqa: SLF001
    with pytest.raises(RuntimeError):
        kept_store.pages([page])
    kept_store._dead_letters = put  # type: ignore[method-assign]  # noqa: SLF001
    failed = Target("ranking", {"mode": "daily", "content": "all", "date": "20240101"}, 1)
    kept_store.pages([Page(failed, Outcome.FAILED, 1, "no reply")])
    kept_store.pages([page])
    kept_store.close()
    (tags,) = one(engine, "SELECT count(*) FROM tags")
    assert tags == one(engine, "SELECT count(DISTINCT tag_id) FROM artwork_tags")[0] > 0


@pytest.mark.promise("Order does not matter")
def test_two_tellings_of_one_works_counts_in_a_reply_are_united(engine: Engine) -> None:
    told = [
        {"artwork_id": 5, "observed_at": 9, "bookmark_count": 3, "view_count": None},
        {"artwork_id": 5, "observed_at": 9, "view_count": 40},
    ]
    for order in (told, told[::-1]):
        with engine.connect() as connection, connection.begin() as transaction:
            Upsert(engine.dialect).pages(connection, [({"artwork_counts": order}, 9)])
            found = connection.exec_driver_sql("SELECT bookmark_count, view_count FROM artwork_counts").all()
            transaction.rollback()
        assert [tuple(row) for row in found] == [(3, 40)]


AFRESH = ("replay", "--rebuild")


@pytest.fixture
def crawled(scrapy: Crawl, site: Standin, archive_url: str) -> str:
    """An archive on each database with rankings, a work, and something that was not answered."""
    site.faults.append(Fault("date=20240203", times=None, delay=9))
    scrapy(
        "crawl",
        "rankings",
        "-adate=2024-02-03..2024-02-06",
        "-apages=1",
        "-s",
        "DOWNLOAD_TIMEOUT=0.3",
        "-s",
        "RETRY_TIMES=0",
        PIXIV_BASE_URL=site.url,
        ARCHIVE_URL=archive_url,
    )
    site.faults.clear()
    return archive_url


@pytest.mark.promise("Rebuild")
def test_a_rebuilt_archive_is_what_the_captures_tell_whatever_was_there(
    scrapy: Crawl, site: Standin, crawled: str, tmp_path: Path
) -> None:
    work, other = rows(crawled, "SELECT artwork_id FROM ranking_entries ORDER BY rank")[:2]
    scrapy("forget", "artwork", str(work[0]), "--yes", ARCHIVE_URL=crawled)
    truth = facts_of(crawled)
    runs = rows(crawled, "SELECT crawl_id, outcome FROM crawls ORDER BY 1")
    assert any("could not be reached" in str(row) for row in truth["coverage"]), "of this there is no capture"
    engine = create(crawled)
    with engine.begin() as connection:  # what an older version has read wrongly
        connection.exec_driver_sql("UPDATE artworks SET title = 'wrong', width = 1")
        connection.exec_driver_sql("DELETE FROM artwork_tags")
        connection.exec_driver_sql("CREATE TABLE of_mine (a integer)")
        connection.exec_driver_sql("INSERT INTO of_mine VALUES (1)")
        connection.exec_driver_sql("CREATE VIEW v_of_mine AS SELECT title FROM artworks WHERE title = 'wrong'")
        connection.exec_driver_sql("INSERT INTO tags (tag_id, name) VALUES (1, 'of no reply')")
    with reading(engine) as reader:
        is_sqlite = reader.dialect.name == "sqlite"
        reader.exec_driver_sql("BEGIN" if is_sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        wrong = reader.exec_driver_sql("SELECT count(*) FROM v_of_mine").scalar()
        assert wrong
        done = scrapy(*AFRESH, ARCHIVE_URL=crawled)
        assert done.returncode == 0, done.stderr
        assert "rebuilt and in its place" in done.stderr
        assert reader.exec_driver_sql("SELECT count(*) FROM v_of_mine").scalar() == wrong, "readers keep reading"
    engine.dispose()
    assert rows(crawled, "SELECT count(*) FROM v_of_mine") == [(0,)], "a user's view stays, and reads what is new"
    assert facts_of(crawled) == truth
    after = rows(crawled, "SELECT crawl_id, outcome FROM crawls ORDER BY 1")
    assert set(runs) <= set(after), "runs are no facts of replies"
    assert rows(crawled, "SELECT a FROM of_mine") == [(1,)], "what is not the project's stays"
    assert rows(crawled, f"SELECT count(*) FROM artworks WHERE artwork_id = {work[0]}") == [(0,)]
    assert rows(crawled, f"SELECT count(*) FROM artworks WHERE artwork_id = {other[0]}") == [(1,)]
    assert [path.suffix for path in tmp_path.glob("*.rebuild*")] in ([], [".lock"])
    assert scrapy(*AFRESH, ARCHIVE_URL=crawled).returncode == 0
    assert facts_of(crawled) == truth


@pytest.mark.promise("Rebuild")
def test_an_archive_that_knows_more_than_the_captures_is_not_replaced(
    scrapy: Crawl, site: Standin, crawled: str, tmp_path: Path
) -> None:
    before = set(warc_files([tmp_path / "captures"]))
    scrapy("crawl", "rankings", "-adate=2024-01-06", "-apages=1", PIXIV_BASE_URL=site.url, ARCHIVE_URL=crawled)
    truth = facts_of(crawled)
    # Not the greatest name: two crawls may begin in one second.
    (file,) = set(warc_files([tmp_path / "captures"])) - before
    away = file.rename(tmp_path / file.name)
    done = scrapy(*AFRESH, ARCHIVE_URL=crawled)
    assert done.returncode == 1
    assert "1 responses of the archive are in no capture" in done.stderr
    assert file.name in done.stderr
    assert facts_of(crawled) == truth
    both = scrapy(*AFRESH, str(tmp_path / "captures"), str(away), ARCHIVE_URL=crawled)
    assert both.returncode == 0, both.stderr
    assert facts_of(crawled) == truth
    assert scrapy(*AFRESH, "--drop-missing", ARCHIVE_URL=crawled).returncode == 0
    assert facts_of(crawled) != truth


def crawl_before_the_swap() -> None:
    """Before what was built is put in place, a crawl archives another day."""
    swap = replay.swap

    def crawl_and_swap(*arguments: Any, **named: Any) -> int:
        day = ("crawl", "rankings", "-adate=2024-01-06", "-apages=1")
        subprocess.run([sys.executable, "-m", "crawler", *day], check=True, capture_output=True)
        return swap(*arguments, **named)

    replay.swap = crawl_and_swap


@pytest.mark.promise("Rebuild")
def test_what_was_kept_while_the_archive_was_built_is_in_the_new_one(site: Standin, crawled: str) -> None:
    given = {"ARCHIVE_URL": crawled, "PIXIV_BASE_URL": site.url}
    done = spoiled(crawl_before_the_swap, *AFRESH, **given)
    assert done.returncode == 0, done.stderr
    unit = "content=all&date=20240106&mode=daily"
    told = "SELECT count(*) FROM ranking_entries JOIN rankings USING (ranking_id)"
    assert rows(crawled, f"{told} WHERE ranking_on = '2024-01-06'") == [(50,)]
    assert rows(crawled, f"SELECT count(*) FROM coverage WHERE params = '{unit}'") == [(1,)]


@pytest.mark.promise("Rebuild")
def test_a_build_that_is_killed_leaves_the_archive_as_it_was(scrapy: Crawl, crawled: str) -> None:
    truth = facts_of(crawled)
    assert spoiled(die_between, *AFRESH, ARCHIVE_URL=crawled).returncode != 0
    assert facts_of(crawled) == truth
    assert scrapy(*AFRESH, ARCHIVE_URL=crawled).returncode == 0
    assert facts_of(crawled) == truth
