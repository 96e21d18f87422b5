"""Every fault on every endpoint: crawls in one process, real HTTP on loopback, a report a line.

`python -m tests.faults FOLDER '{"ENDPOINT": ["FAULT"]}'` crawls each endpoint with each of its
faults into an archive of its own, then again without it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.utils.project import get_project_settings
from scrapy.utils.reactor import install_reactor

from crawler.archive.database.engine import create, prepare, reading
from crawler.endpoints import ENDPOINTS, FAMILIES
from crawler.endpoints.model import Cursor, Endpoint, Offset
from crawler.endpoints.reply import step
from crawler.extensions.outcome import OutcomeExtension
from crawler.spiders.family import SESSION_CHECK
from crawler.tables.metadata import METADATA
from standin.server import Fault, Standin, running
from tests.contract import CASES
from tests.moments import MOMENTS
from tests.test_contract import NOW, SESSION

ERROR = json.dumps({"error": True, "message": "x", "body": []}).encode()
HTML = b"<!DOCTYPE html><title>Just a moment...</title>"
TIMEOUT = 0.5
REFUSED = "refused"
"""The one fault that no server can make: there is none."""

REPLIES: dict[str, dict[str, Any]] = {
    "reset": {"reset": True},
    "reset_once": {"reset": True, "times": 1},
    "silence": {"delay": 8 * TIMEOUT},
    "slow_body": {"stall": 8 * TIMEOUT},
    "cut_body": {"cut": True},
    "truncated_json": {"body": b'{"error":false,"message":"","body":{"works":[{"id":"1","tit'},
    "html_200": {"body": HTML, "content_type": "text/html"},
    "html_403": {"body": HTML, "content_type": "text/html", "status": 403},
    "empty_body": {"body": b""},
    "gzip_garbage": {"body": b"\x1f\x8b\x08garbage", "headers": {"Content-Encoding": "gzip"}},
    "gzip_torn": {
        "body": gzip.compress(b'{"error":false,"body":{' + b'"a":1,' * 500)[:40],
        "headers": {"Content-Encoding": "gzip"},
    },
    "to_login": {"status": 302, "headers": {"Location": "/login.php?return_to=%2F"}},
    "to_other_host": {"status": 302, "headers": {"Location": "https://example.com/x"}},
    **{f"json_{status}": {"status": status, "body": ERROR} for status in (400, 401, 403, 404)},
    **{f"status_{status}": {"status": status, "body": b""} for status in (500, 502, 503)},
    "error_200": {"body": ERROR},
    "throttled": {"status": 429, "body": b""},
    "throttled_once": {"status": 429, "body": b"", "times": 1},
    "told_to_wait": {"status": 429, "body": b"", "times": 1, "headers": {"Retry-After": "1"}},
}
SAYINGS = ("listings", "listing_totals", "listing_entries", "rankings")
RECOVERED = {"reset_once", "throttled_once", "told_to_wait"}
"""Faults after which the same run completes."""


def changes_of(endpoint: Endpoint) -> dict[str, Any]:
    """The faults that only some endpoints can have: changes of what would be sent."""
    found: dict[str, Any] = {}
    if endpoint.reply.total is not None:
        found["total_0"] = lambda root, query: _found_nothing(endpoint, root)
    if endpoint.is_dated:
        found["another_date"] = lambda root, query: {**root, "date": "20200101"}
    if endpoint.paging.param is not None:
        found["endless"] = lambda root, query: _say_more(endpoint, root, query)
        first: dict[str, Any] = {}
        found["repeated"] = lambda root, query: _repeat(endpoint, first, root, query)
    return found


def faults_of(endpoint: Endpoint) -> list[str]:
    """The names of all faults that an endpoint can have."""
    return [REFUSED, *REPLIES, *changes_of(endpoint)]


def _body(endpoint: Endpoint, root: Any) -> Any:
    return root[endpoint.reply.body] if endpoint.reply.body else root


def _set(body: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    inner = step(body, ".".join(way)) if way else body
    if isinstance(inner, dict):
        inner[last] = value


def _found_nothing(endpoint: Endpoint, root: Any) -> Any:
    body = _body(endpoint, root)
    for path in (endpoint.reply.total, *endpoint.reply.zeros, getattr(endpoint.paging, "last", "")):
        _set(body, path or "", 0)
    _set(body, (endpoint.main_list or "").removesuffix("[]"), [])
    return root


def _say_more(endpoint: Endpoint, root: Any, query: Mapping[str, str]) -> Any:
    body, paging = _body(endpoint, root), endpoint.paging
    page = int(query.get(paging.param or "", "1"))
    for path in paging.paths:
        told = step(body, path)
        if isinstance(paging, Cursor):
            _set(body, path, page or told)  # the second page leads to itself
        elif path == getattr(paging, "last", None):
            _set(body, path, False if isinstance(told, bool) else page + 1)
        elif isinstance(paging, Offset):
            _set(body, path, True if isinstance(told, bool) else 10**6)
        else:
            _set(body, path, True if told is True or path.endswith("hasNext") else page + 1)
    return root


def _repeat(endpoint: Endpoint, first: dict[str, Any], root: Any, query: Mapping[str, str]) -> Any:
    asked = {name: value for name, value in query.items() if name != endpoint.paging.param}
    return first.setdefault(json.dumps(asked, sort_keys=True), root)


def closed() -> str:
    """An address on loopback where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class Fact(NamedTuple):
    """A row of a table without moments."""

    table: str
    key: tuple[Any, ...]
    values: tuple[Any, ...]


@dataclass
class Crawled:
    """How one crawl ended."""

    status: int | None
    summary: str
    requests: int


class Crawls:
    """Crawls of one stand-in, one after another."""

    def __init__(self, folder: Path, standin: Standin) -> None:
        self.folder, self.standin = folder, standin
        self.template = folder / "template.db"
        engine = create(f"sqlite:///{self.template}")
        prepare(engine)
        engine.dispose()

    async def crawl(
        self, name: str, archive: str, *, refused: bool = False, patience: float = 10, **given: str
    ) -> Crawled:
        """Crawl one endpoint (after what it follows from) into an archive."""
        endpoint = ENDPOINTS[name]
        settings = get_project_settings()
        settings.setdict(
            {
                "ARCHIVE_URL": self.url(archive),
                "CAPTURE_DIR": str(self.folder / archive),
                "STATE_DIR": str(self.folder / "state"),
                "DOWNLOAD_DELAY": 0,
                "PIXIV_BASE_URL": closed() if refused else self.standin.url,
                "DOWNLOAD_TIMEOUT": patience,
                "RETRY_TIMES": 1,
                "THROTTLE_PAUSE": 0.02,
                "THROTTLE_TIMES": 2,
                "LOG_ENABLED": False,
                "PROGRESS_INTERVAL": 1000,
            },
            priority="cmdline",
        )
        family = next(name for name, all_of in FAMILIES.items() if endpoint in all_of)
        spider = AsyncCrawlerRunner(settings).spider_loader.load(family)
        names = [endpoint.policy.after, name] if endpoint.policy.after else [name]
        given |= {k: v for k, v in CASES[name].given.items() if k not in ("ids", "comment_id")}
        if endpoint.policy.after == "artwork_comments":
            given["illust_id"] = "11441900"
        crawler = Crawler(spider, settings)
        before = len(self.standin.targets)
        await crawler.crawl_async(**given, endpoints=",".join(filter(None, names)))
        outcome = crawler.get_extension(OutcomeExtension)
        assert outcome is not None
        requests = len(self.standin.targets) - before
        return Crawled(outcome.summary.exit_status, outcome.summary.as_text(), requests)

    def url(self, archive: str) -> str:
        file = self.folder / f"{archive}.db"
        if not file.exists():
            shutil.copy(self.template, file)
        return f"sqlite:///{file}"

    def facts(self, archive: str) -> set[Fact]:
        """Every fact but the moments it was seen at, and what is known of the crawls."""
        engine, found = create(self.url(archive)), set()
        with reading(engine) as connection:
            for name, table in METADATA.tables.items():
                if name in ("crawls", "captures", "coverage", "drift", "member_sets"):
                    continue
                columns = [c for c in table.columns if c.name not in {*MOMENTS, "group_times"}]
                listed = ", ".join(column.name for column in columns)
                for row in connection.exec_driver_sql(f"SELECT {listed} FROM {name}"):
                    told = zip(columns, row, strict=True)
                    key = tuple(value for column, value in told if column.primary_key)
                    found.add(Fact(name, key, tuple(row)))
        engine.dispose()
        return found

    def coverage(self, archive: str, name: str) -> list[str]:
        """The outcomes that coverage holds of an endpoint."""
        return sorted(self.query(archive, f"DISTINCT outcome FROM coverage WHERE endpoint = '{name}'"))

    def pages(self, archive: str, name: str) -> int:
        """The greatest page that coverage holds of an endpoint."""
        return int(self.query(archive, f"max(page) FROM coverage WHERE endpoint = '{name}'")[0])

    def query(self, archive: str, sql: str) -> list[Any]:
        """The first column of a SELECT."""
        engine = create(self.url(archive))
        with reading(engine) as connection:
            found = list(connection.exec_driver_sql(f"SELECT {sql}").scalars())
        engine.dispose()
        return found

    def clear(self, archive: str) -> None:
        for file in self.folder.glob(f"{archive}.db*"):
            file.unlink()
        shutil.rmtree(self.folder / archive, ignore_errors=True)


def wrong(facts: set[Fact], reference: set[Fact], *, is_changed: bool) -> list[Fact]:
    """Facts that a crawl without a fault does not find, nor something fuller.

    is_changed: the site told its list otherwise, so in another order: then what there is must be
    right, and what a list says of itself is no lie of the archive's.
    """
    known: dict[tuple[str, Any], list[Fact]] = {}
    for fact in reference:
        known.setdefault((fact.table, fact.key), []).append(fact)
    return [
        fact
        for fact in facts - reference
        # What shows whether a session is dead is requested besides, and right.
        if fact.key[:1] != (SESSION_CHECK,)
        if not (is_changed and fact.table in SAYINGS)
        and not any(is_changed or is_part(fact, whole) for whole in known.get(fact[:2], ()))
    ]


def is_part(fact: Fact, whole: Fact) -> bool:
    """Whether a row says nothing that another does not say."""
    pairs = zip(fact.values, whole.values, strict=True)
    return all(mine is None or mine == theirs for mine, theirs in pairs)


def lost(after: set[Fact], reference: set[Fact], *, is_changed: bool) -> list[Fact]:
    """Facts of a crawl without a fault that are not there."""
    if not is_changed:
        return list(reference - after)
    there = {fact[:2] for fact in after}
    return [f for f in reference if f.table not in SAYINGS and f[:2] not in there]


async def suffer(crawls: Crawls, name: str, fault: str, reference: set[Fact], pages: int) -> dict[str, Any]:
    """Crawl an endpoint with a fault, then without: what came of it.

    reference, pages: facts of a crawl without a fault, and how many pages a list had at most.
    """
    endpoint, site = ENDPOINTS[name], crawls.standin
    path = urlsplit(CASES[name].address).path
    match = (
        rf"^{path.replace('+', '.')}(\?|$)"
        if "comment" not in name
        else "/comments/" + ("roots" if name == "artwork_comments" else "replies")
    )
    archive = f"{name}-{fault}"
    if fault in REPLIES:
        site.faults = [Fault(match, **{"times": None, **REPLIES[fault]})]
    elif fault != REFUSED:
        site.faults = [Fault(match, times=None, change=changes_of(endpoint)[fault])]
    begun = time.monotonic()
    failed = await crawls.crawl(name, archive, refused=fault == REFUSED, patience=TIMEOUT)
    facts, covered = crawls.facts(archive), crawls.coverage(archive, name)
    site.faults = []
    known = reference
    if endpoint.policy.proof and covered == ["absent"]:
        # The work's own page was asked for, and what it says is right.
        await crawls.crawl(endpoint.policy.proof.endpoint, f"{archive}-proof")
        known = reference | crawls.facts(f"{archive}-proof")
        crawls.clear(f"{archive}-proof")
    # What is gone is gone for tonight: only a person asks again.
    again = {"refetch": "1"} if covered == ["absent"] else {}
    mended = await crawls.crawl(name, archive, **again)
    after = crawls.facts(archive)
    is_changed = fault in changes_of(endpoint)
    report = {
        "endpoint": name,
        "fault": fault,
        "status": failed.status,
        "summary": failed.summary,
        "requests": failed.requests,
        "pages": pages,
        "coverage": covered,
        "wrong": [
            str(fact)
            for fact in wrong(facts, known, is_changed=is_changed)
            if not (fault == "json_404" and "not_found" in fact.values)
        ],
        "then": mended.status,
        "then_summary": mended.summary,
        "lost": list(map(str, lost(after, reference, is_changed=is_changed))),
        "seconds": round(time.monotonic() - begun, 2),
    }
    crawls.clear(archive)
    return report


async def run(folder: Path, plan: dict[str, list[str]]) -> None:
    with running(Standin(generate=True, now=NOW, robots="User-agent: *\nAllow: /\n")) as standin:
        crawls = Crawls(folder, standin)
        for name, faults in plan.items():
            whole = await crawls.crawl(name, f"{name}-whole")
            assert whole.status == 0, whole.summary
            reference = crawls.facts(f"{name}-whole")
            pages = crawls.pages(f"{name}-whole", name)
            for fault in faults:
                report = await suffer(crawls, name, fault, reference, pages)
                print(json.dumps(report), flush=True)


def report_all(folder: Path, plan: dict[str, list[str]]) -> None:
    """In a process of its own: print a report a line, and end."""
    os.environ["PIXIV_PHPSESSID"] = SESSION
    logging.disable()
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor  # noqa: PLC0415  # only after it is chosen

    async def whole() -> None:
        try:
            await run(folder, plan)
        finally:
            reactor.stop()

    task = asyncio.get_event_loop().create_task(whole())
    reactor.run()
    task.result()
    sys.stdout.flush()
    sys.exit()


if __name__ == "__main__":
    report_all(Path(sys.argv[1]), json.loads(sys.argv[2]))
