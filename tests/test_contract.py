"""Every endpoint keeps one contract: its address, its pages, its rows, its errors, its session.

The replies are the stand-in's. What they become is in tests/expected/, written with
`--write-expected` and then read by a person.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from crawler.endpoints import ENDPOINTS, recognise, url
from crawler.model.page import Outcome, Page
from crawler.model.target import Target
from crawler.parse import parse
from standin.server import ROBOTS, Standin, running
from tests import replies
from tests.conftest import ROOT
from tests.contract import CASES
from tests.moments import MOMENTS

EXPECTED = Path(__file__).with_name("expected")
NOW = datetime(2026, 10, 8, 4, tzinfo=UTC)
NIGHT = "2026-10-08"
SESSION = "5001_abcdefgh"


@pytest.fixture(scope="module")
def site() -> Iterator[Standin]:
    with running(Standin(generate=True, now=NOW, robots=ROBOTS)) as served:
        yield served


def target_of(name: str, page: int = 1) -> Target:
    endpoint = ENDPOINTS[name]
    params = endpoint.request.complete(CASES[name].given)
    return Target(name, params, page, endpoint.night_of(params, NIGHT))


def read(address: str, session: str = SESSION) -> tuple[int, bytes]:
    """Status and body of an address on loopback."""
    asked = Request(address, headers={"Cookie": f"PHPSESSID={session}"})  # noqa: S310  # loopback
    try:
        with urlopen(asked) as answered:  # noqa: S310
            status, body, headers = answered.status, answered.read(), answered.headers
    except HTTPError as error:
        with error:
            status, body, headers = error.code, error.read(), error.headers
    return status, gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def fetch(site: Standin, target: Target, session: str = SESSION) -> Page:
    address = url(target, site.url)
    status, body = read(address, session)
    return parse(target, replies.reply(address, body, status=status, has_session=bool(session)))


def test_every_endpoint_stands_in_the_contract() -> None:
    assert set(CASES) == set(ENDPOINTS)


def test_an_endpoint_is_asked_for_as_documented(subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            asked = url(target_of(name), "https://www.pixiv.net")
            path, _, query = CASES[name].address.partition("?")
            assert urlsplit(asked).path == path
            assert urlsplit(asked).query == query


def test_every_documented_parameter_is_accepted_under_its_name(subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            endpoint = ENDPOINTS[name]
            taken = {*endpoint.request.params, *filter(None, [endpoint.paging.param])}
            assert set(CASES[name].documented.split()) <= taken


def test_the_address_of_an_endpoint_is_recognised_as_its_ask(subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            target = target_of(name)
            assert recognise(url(target, "https://www.pixiv.net", "ja"), NIGHT) == target


def test_a_reply_becomes_its_expected_rows_with_nothing_refused_or_unknown(
    site: Standin, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            page = fetch(site, target_of(name))
            assert page.outcome is Outcome.COMPLETE, page.message
            assert page.refused == []
            assert [sight.path for sight in page.paths if not sight.is_declared] == []
            file = EXPECTED / f"{name}.json"
            told = json.dumps(summary(page), ensure_ascii=False, indent=1, default=str) + "\n"
            if request.config.getoption("--write-expected"):
                file.write_text(told, encoding="utf-8")
            assert file.read_text(encoding="utf-8") == told


def summary(page: Page) -> dict[str, Any]:
    """By table the number of rows and the fullest of them; sections of lists."""
    tables = {
        table: {"rows": len(rows), "fullest": max(map(_plain, rows), key=_fullness)}
        for table, rows in sorted(page.rows.items())
    }
    sections = Counter(row["section"] for row in page.rows.get("listing_entries", ()))
    return {"sections": dict(sections), "tables": tables}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MOMENTS}


def _fullness(row: dict[str, Any]) -> int:
    return sum(value is not None for value in row.values())


def test_an_endpoint_pages_as_declared(site: Standin, subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            page: int | None = 1
            seen: list[int] = []
            while page is not None:
                seen.append(page)
                assert len(seen) < 40
                page = fetch(site, target_of(name, page)).next_page
            assert len(seen) == CASES[name].pages, f"the stand-in has {len(seen)} pages"


ERRORS = {
    "bad request": (400, b'{"error":true,"message":"x","body":[]}'),
    "dead session": (401, b'{"error":true,"message":"x","body":[]}'),
    "forbidden": (403, b'{"error":true,"message":"x","body":[]}'),
    "blocked": (403, b"<!DOCTYPE html>"),
    "gone": (404, b'{"error":true,"message":"","body":[]}'),
    "broken": (500, b'{"error":true}'),
    "error with 200": (200, b'{"error":true,"message":"x","body":[]}'),
    "text for an error": (200, b'{"error":"x"}'),
    "a page": (200, b"<html></html>"),
    "nothing": (200, b""),
    "half": (200, b'{"error":false,"body":{"a"'),
    "a list": (200, b"[]"),
    "another shape": (200, b'{"error":false,"message":"","body":"x"}'),
}


def test_an_error_is_never_taken_for_facts(subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        for error, (status, body) in ERRORS.items():
            with subtests.test(name=name, error=error):
                target = target_of(name)
                page = parse(target, replies.reply(url(target, "https://www.pixiv.net"), body, status=status))
                assert page.outcome is not Outcome.COMPLETE
                assert page.next_page is None
                assert set(page.rows) <= {"artworks"}
                assert all(set(row) == {"artwork_id", "state"} for row in page.rows.get("artworks", ()))


def test_an_endpoint_needs_the_session_that_it_says(site: Standin, subtests: pytest.Subtests) -> None:
    for name in sorted(ENDPOINTS):
        with subtests.test(name=name):
            target = target_of(name)
            needs = ENDPOINTS[name].policy.login != "no"
            assert needs == CASES[name].needs_session
            outcome = fetch(site, target, session="").outcome
            assert outcome is (Outcome.NEEDS_SESSION if needs else Outcome.COMPLETE)


def test_the_entry_that_contributing_shows_keeps_the_rules() -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs/tutorial/first-endpoint.md").read_text(), re.DOTALL)
    for block in shown:
        ast.parse(block)
    (entry,) = [block for block in shown if block.startswith("Endpoint(")]
    assert len(entry.splitlines()) <= 15
