"""Replies that other tools kept: what is taken of them, what is refused, and what never comes along."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive.database.engine import create
from crawler.archive.writing.store import Store
from crawler.capture.record import digest, moment
from crawler.capture.writer import CaptureWriter
from crawler.clock import SITE_BEGAN
from crawler.endpoints import url as url_of
from crawler.fetch.run import Run
from crawler.replay.naming import Naming, checked_time
from crawler.replay.recorded import Recorded, Taken, json_files, json_replies, own_copy, take_in
from tests import replies
from tests.conftest import Crawl, rows
from tests.test_brought_in import facts

SITE = "https://www.pixiv.net"
SECRET = "PHPSESSID=77_abcdefabcdef"
SEEN = "2024-03-01T00:00:00Z"


@pytest.fixture(autouse=True)
def of_pixiv(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is brought in is of pixiv; nothing is requested."""
    monkeypatch.setenv("PIXIV_BASE_URL", "https://www.pixiv.net")


def foreign(path: Path, *, at: str = SEEN, is_packed: bool = True) -> Path:
    """A file as other tools write them: cookies, a coded body, requests, a revisit, another site."""
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=is_packed)
        for name, site in ((1, SITE), (2, SITE), (3, "https://example.org")):
            body = gzip.compress(json.dumps(replies.detail(name)).encode(), mtime=0)
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"),
                ("Set-Cookie", f"{SECRET}; path=/"),
            ]
            address = f"{site.replace('//', '//me:hidden@')}/ajax/illust/{name}?tt=hidden"
            dated = {"WARC-Date": at}
            request = StatusAndHeaders(f"GET /ajax/illust/{name} HTTP/1.1", [("Cookie", SECRET)], is_http_request=True)
            writer.write_record(
                writer.create_warc_record(
                    address, "request", io.BytesIO(), 0, http_headers=request, warc_headers_dict=dated
                )
            )
            http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    address, "response", io.BytesIO(body), len(body), http_headers=http, warc_headers_dict=dated
                )
            )
        kept = writer.create_revisit_record(
            f"{SITE}/ajax/illust/1", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", f"{SITE}/ajax/illust/2", at
        )
        writer.write_record(kept)
    return path


@pytest.mark.parametrize("name", ["theirs.warc.gz", "theirs.warc", "theirs.dat"])
def test_a_foreign_warc_is_taken_in_without_its_cookies_and_once(
    scrapy: Crawl, tmp_path: Path, url: str, name: str
) -> None:
    file = foreign(tmp_path / name, is_packed=name.endswith("gz"))
    done = scrapy("replay", str(file), "--source", "a study")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "2 responses of 1 file imported, 0 known before, 0 refused, 1 others passed over, 1 revisit" in said
    before = facts(url)
    assert rows(url, "SELECT DISTINCT artwork_id FROM artwork_counts ORDER BY 1") == [(1,), (2,)]
    assert rows(url, "SELECT count(*) FROM crawls WHERE arguments LIKE '%a study%'") == [(1,)]
    done = scrapy("replay", str(file), "--source", "a study")
    assert "0 responses of 1 file imported, 2 known before" in done.stderr
    file.unlink()
    assert scrapy("replay", "--rebuild").returncode == 0
    assert facts(url) == before
    (capture,) = (tmp_path / "captures").rglob("*.warc.gz")
    assert not {b"PHPSESSID", b"hidden"} & {*re.findall(rb"PHPSESSID|hidden", gzip.decompress(capture.read_bytes()))}


def test_a_foreign_warc_among_ones_own_captures_is_known_when_it_is_named(
    scrapy: Crawl, tmp_path: Path, url: str
) -> None:
    (tmp_path / "captures/others").mkdir(parents=True)
    there = foreign(tmp_path / "captures/others/theirs.warc.gz")
    assert scrapy("replay").returncode == 0
    before = facts(url)
    elsewhere = there.rename(tmp_path / "theirs.warc.gz")
    assert "0 responses of 1 file imported, 2 known before" in scrapy("replay", str(elsewhere)).stderr
    assert facts(url) == before


def test_what_was_taken_in_before_a_stop_is_archived_by_the_next_run(
    tmp_path: Path, migrated: Path, scrapy: Crawl, url: str
) -> None:
    shutil.copy(migrated, tmp_path / "archive.db")
    engine = create(url)
    run = Run.begin("replay", {})
    into = Taken()

    def stopped() -> Iterator[Recorded]:
        (tmp_path / "5.json").write_bytes(DETAIL)
        yield from json_replies([tmp_path / "5.json"], into, Naming.of(AS_WORK, None, SEEN, ""))
        raise KeyboardInterrupt

    written = Store(engine)
    begin = partial(written.begin_crawl, run.begun(1))
    with pytest.raises(KeyboardInterrupt):
        take_in(stopped(), into, tmp_path / "captures", lambda _: None, run, begin)
    written.close()
    engine.dispose()
    (left,) = (tmp_path / "captures").rglob("*.open")
    done = scrapy("replay", str(tmp_path / "5.json"), "--as", AS_WORK, "--seen-at", SEEN)
    assert "0 responses of 1 file imported, 1 known before" in done.stderr
    assert not left.exists()
    assert rows(url, "SELECT DISTINCT artwork_id FROM artwork_counts") == [(5,)]


def test_a_page_of_a_list_by_offset_is_that_of_its_offset(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(COMMENTS)
    ((address, _),), refused = taken(tmp_path, "artwork_comments?illust_id=5&offset=50")
    assert "offset=50" in address
    assert not refused


def test_a_capture_of_ones_own_whose_first_record_is_damaged_is_known_by_its_name(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "theirs", "20240301T000000-abcdef", {"crawl_id": "20240301T000000-abcdef"})
    writer.keep(f"{SITE}/ajax/illust/5", 200, (), DETAIL)
    writer.close()
    data = bytearray((tmp_path / "theirs" / writer.file).read_bytes())
    data[30] ^= 0xFF
    (tmp_path / "theirs" / writer.file).write_bytes(data)
    copy = own_copy(tmp_path / "theirs" / writer.file, tmp_path / "captures")
    assert copy == tmp_path / "captures" / writer.file


def test_a_reply_of_a_time_to_come_is_refused(scrapy: Crawl, tmp_path: Path, url: str) -> None:
    done = scrapy("replay", str(foreign(tmp_path / "a.warc.gz", at="2099-01-01T00:00:00Z")))
    assert done.returncode == 1
    assert "seen at 2099-01-01 00:00: before the site began, or still to come" in done.stderr
    assert not (tmp_path / "captures").exists()


@pytest.mark.parametrize("at_ms", [int(SITE_BEGAN.timestamp() * 1000) - 1, 99 * 365 * 86_400_000])
def test_nobody_saw_anything_before_the_site_began_or_in_years_to_come(at_ms: int) -> None:
    with pytest.raises(ValueError, match="before the site began, or still to come"):
        checked_time(at_ms)


def taken(folder: Path, entry: str, **more: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """What is taken of the files of a folder, address and time; and what is refused, without the folder."""
    given = {"pattern": None, "seen_at": SEEN, "source": "", **more}
    into = Taken()
    found = [
        (one.address.removeprefix(SITE), f"{datetime.fromtimestamp(one.at_ms / 1000, UTC):%Y-%m-%d %H:%M}")
        for one in json_replies(json_files([folder], into), into, Naming.of(entry, **given))
    ]
    return found, [line.removeprefix(f"{folder}/") for line in into.refused]


DETAIL = json.dumps(replies.detail(5)).encode()
A_RANKING = json.dumps(replies.ranking(replies.work(1, 1), date="20240206", rank_total=1)).encode()
COMMENTS = json.dumps({"error": False, "message": "", "body": {"comments": [], "hasNext": False}}).encode()
AS_WORK = "artwork?illust_id=5"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("plain.json", DETAIL),
        ("CAPITALS.JSON", DETAIL),
        ("packed.json.gz", gzip.compress(DETAIL)),
        ("mark.json", b"\xef\xbb\xbf" + DETAIL),
        ("wide.json", DETAIL.decode().encode("utf-16")),
        ("lines.jsonl", b"\r\n" + DETAIL + b"\r\n"),
    ],
)
def test_json_is_taken_however_it_is_written(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    found, refused = taken(tmp_path, AS_WORK)
    assert [address for address, _ in found] == ["/ajax/illust/5"]
    assert not refused


@pytest.mark.parametrize(
    ("entry", "name", "body", "why"),
    [
        (AS_WORK, "a.json", b"", "empty"),
        (AS_WORK, "a.json", b"{", "no JSON"),
        (AS_WORK, "a.json", b"[" * 200_000, "no JSON|recursion"),
        (AS_WORK, "a.json", A_RANKING, "no response of artwork"),
        (AS_WORK, "a.json", b'{"error": true, "message": "", "body": []}', "answered with an error"),
        ("ranking", "a.json", DETAIL, "."),
        ("ranking?date=20240207", "a.json", A_RANKING, "date"),
        ("ranking", "a.json", A_RANKING.replace(b'"page": 1', b'"page": -3'), "no page begins at p=-3"),
        ("ranking", "a.json", A_RANKING.replace(b"20240206", b"20991231"), "of 2099-12-31, and seen before that day"),
        ("ranking", "a.json", A_RANKING.replace(b"20240206", b"99991231"), "of 9999-12-31"),
        ("artwork_comments?illust_id=5&offset=x", "a.json", COMMENTS, "no page begins at offset=x"),
        (AS_WORK, "a.json.gz", gzip.compress(DETAIL)[:-9], "."),
        ("artwork?illust_id={body.nothing}", "a.json", DETAIL, "the response has no such value"),
    ],
)
def test_what_answers_something_else_is_refused_with_the_reason(
    tmp_path: Path, entry: str, name: str, body: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(body)
    found, refused = taken(tmp_path, entry)
    assert not found
    (line,) = refused
    assert line.startswith(name)
    assert any(one in line for one in why.split("|")), line


def test_what_cannot_be_opened_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(DETAIL)
    (tmp_path / "two.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "three.json").mkdir()
    found, refused = taken(tmp_path, AS_WORK)
    assert len(found) == 1
    assert refused == ["two.json: No such file or directory"]


@pytest.mark.parametrize(
    ("seen_at", "shown"),
    [
        ("{day:%Y_%m_%d}", "2024-02-06 00:00"),
        ("{name_day}T06:30+09:00", "2024-02-05 21:30"),
        ("{body.uploadDate}", "2024-02-01 03:00"),
    ],
)
def test_when_it_was_seen_may_be_in_its_name_or_in_the_reply(tmp_path: Path, seen_at: str, shown: str) -> None:
    body = replies.detail(5, uploadDate="2024-02-01T03:00:00+00:00")
    (tmp_path / "2024_02_06 2024-02-06.json").write_text(json.dumps(body))
    pattern = r"(?P<day>\S+) (?P<name_day>[-\d]+)"
    found, _ = taken(tmp_path, AS_WORK, pattern=pattern, seen_at=seen_at)
    assert [at for _, at in found] == [shown]


def test_a_ranking_in_a_file_that_is_older_than_its_day_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(A_RANKING)
    os.utime(tmp_path / "a.json", (1_200_000_000, 1_200_000_000))
    found, refused = taken(tmp_path, "ranking", seen_at="mtime")
    assert not found
    assert "of 2024-02-06, and seen before that day" in refused[0]


def test_a_line_says_which_work_it_is_of(scrapy: Crawl, tmp_path: Path, url: str) -> None:
    lines = [json.dumps(replies.detail(number)) for number in (7, 8, 9)]
    (tmp_path / "works.jsonl").write_text("\n".join(lines))
    done = scrapy(
        "replay", str(tmp_path / "works.jsonl"), "--as", "artwork?illust_id={body.illustId}", "--seen-at", SEEN
    )
    assert done.returncode == 0, done.stderr
    assert rows(url, "SELECT DISTINCT artwork_id FROM artwork_counts ORDER BY 1") == [(7,), (8,), (9,)]


def test_replies_that_are_said_to_be_of_one_time_are_all_taken_and_found_again(
    scrapy: Crawl, tmp_path: Path, url: str
) -> None:
    seen, numbers = {}, []
    naming = Naming.of("artwork?illust_id={body.illustId}", None, SEEN, "")
    # Two works whose replies would have one moment: their digests agree in the digits that a moment has.
    for number in range(1, 20_000):
        body = json.dumps(replies.detail(number)).encode()
        address = url_of(naming.target({}, replies.detail(number)), SITE)
        key = moment(0, digest(address, 200, body))
        if key in seen:
            numbers = [seen[key], number]
            break
        seen[key] = number
    assert numbers
    lines = [json.dumps(replies.detail(number)) for number in numbers]
    (tmp_path / "works.jsonl").write_text("\n".join(lines))
    given = ("replay", str(tmp_path / "works.jsonl"), "--as", "artwork?illust_id={body.illustId}", "--seen-at", SEEN)
    done = scrapy(*given)
    assert "2 responses of 1 file imported, 0 known before" in done.stderr
    assert rows(url, "SELECT DISTINCT artwork_id FROM artwork_counts ORDER BY 1") == [(one,) for one in numbers]
    done = scrapy(*given)
    assert "0 responses of 1 file imported, 2 known before" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("a.json",), "is no WARC file: of JSON say what it answers, --as ENDPOINT"),
        (("a.json", "--seen-at", "mtime"), "--seen-at goes with --as"),
        (("--source", "x"), "--source goes with files that somebody else recorded"),
        (
            ("a.json", "--as", AS_WORK, "--seen-at", "2099-01-01"),
            "--seen-at 2099-01-01: seen at 2099-01-01 00:00: before",
        ),
        (("a.json", "--as", AS_WORK, "--seen-at", "9999-12-31"), "--seen-at 9999-12-31: seen at"),
    ],
)
def test_options_that_would_be_passed_over_are_refused(
    scrapy: Crawl, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    (tmp_path / "a.json").write_bytes(DETAIL)
    given = [str(tmp_path / one) if one == "a.json" else one for one in arguments]
    done = scrapy("replay", *given)
    assert done.returncode == 2
    assert why in done.stderr.replace("\n", " ")


BOMB = gzip.compress(bytes(1_500_000_000 // 20), 9)
"""Seventy kilobytes that unpack to 75 MB, above what is read."""


@pytest.mark.parametrize("name", ["bomb.json.gz", "bomb.jsonl.gz", "bomb.json"])
@pytest.mark.promise("Damaged records")
def test_a_file_that_unpacks_to_more_than_is_read_costs_itself_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BOMB)
    for number in range(10):
        body = json.dumps(replies.detail(number + 1))
        (tmp_path / f"{number + 1}.json").write_text(body)
    taken = Taken()
    naming = Naming.of("artwork?illust_id={stem}", None, SEEN, "")
    tracemalloc.start()
    found = list(json_replies(json_files([tmp_path], taken), taken, naming))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 10
    (refused,) = taken.refused
    assert name in refused
    assert "more than 64 MiB" in refused
    assert peak < 300_000_000


def test_every_list_and_setting_that_names_a_file_is_bounded(
    scrapy: Crawl, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(10**10)  # of zeros, which take no room
    session = tmp_path / "session"
    session.symlink_to(huge)
    huge.chmod(0o600)
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures/forgotten.json").symlink_to(huge)
    for words, more in (
        (("crawl", "artworks", f"-aillust_id=@{huge}"), {"DOWNLOAD_DELAY": "2"}),
        (("track", "add", "--file", str(huge)), {}),
        (("job", "plan", str(huge)), {"DOWNLOAD_DELAY": "2"}),
        (("crawl", "feeds"), {"PIXIV_PHPSESSID_FILE": str(session), "DOWNLOAD_DELAY": "2"}),
        (("forget",), {}),
    ):
        with subtests.test(words=words):
            done = scrapy(*words, **more)
            assert done.returncode == 2, done.stderr
            assert "more than 64 MiB" in done.stderr
            assert "Traceback" not in done.stderr
