"""Over all endpoints: mutated replies never raise, and facts do not depend on how they arrive."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.endpoints import ENDPOINTS
from crawler.items import METADATA
from crawler.items.page import Outcome, Page
from crawler.parse import parse
from crawler.request.build import url
from standin.server import ROBOTS, Standin, running
from tests import replies
from tests.test_archive import dump, empty, store
from tests.test_contract import NOW, ask_of, read
from tests.test_fuzz import mutate

PER_ENDPOINT, PER_ENDPOINT_LONG = 20, 200
AT = 1_790_000_000_000


@pytest.fixture(scope="module")
def bodies() -> dict[str, Any]:
    return read_bodies()


def read_bodies() -> dict[str, Any]:
    """A small reply of every endpoint."""
    with running(Standin(generate=True, now=NOW, robots=ROBOTS)) as site:
        return {
            name: shorten(json.loads(read(url(ask_of(name), site.url))[1])) for name in ENDPOINTS
        }


def shorten(value: Any) -> Any:
    """A reply with two elements of each list and each map of ids."""
    if isinstance(value, list):
        return [shorten(entry) for entry in value[:2]]
    if isinstance(value, dict):
        is_map = len(value) > 2 and all(key.isdecimal() for key in value)
        kept = list(value.items())[: 2 if is_map else None]
        return {key: shorten(entry) for key, entry in kept}
    return value


def page_of(name: str, body: Any, at: int) -> Page:
    ask = ask_of(name)
    data = json.dumps(body).encode()
    return parse(ask, replies.reply(url(ask, replies.BASE), data, at_ms=AT + at, has_session=True))


def test_a_thousand_mutated_replies_are_stored_or_refused_and_never_raise(
    engine: Engine, bodies: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    each = PER_ENDPOINT_LONG if request.config.getoption("--long") else PER_ENDPOINT
    rng = random.Random(5)
    complete = refused = told = at = 0
    for name, body in bodies.items():
        for _ in range(each):
            at += 1
            page = page_of(name, mutate(rng, body), at)
            store(engine, page)
            told += 1
            complete += page.outcome is Outcome.COMPLETE
            refused += len(page.refused)
            assert page.outcome is Outcome.COMPLETE or not page.rows
    assert told == each * len(ENDPOINTS) >= 1_000
    assert complete > told / 2, "most mutations leave a reply that is read"
    assert refused > told / 10, "many mutations leave a row that is refused"
    stored = dump(engine)
    assert len(stored["dead_letters"]) == refused


@pytest.mark.parametrize("seed", range(3))
def test_facts_of_every_table_do_not_depend_on_order_repetition_or_rollback(
    engine: Engine, bodies: dict[str, Any], seed: int
) -> None:
    rng = random.Random(seed)
    told = [
        page_of(name, body if turn == 0 else mutate(rng, body), turn * 1_000 + place)
        for place, (name, body) in enumerate(bodies.items())
        for turn in range(4)
    ]
    store(engine, *told)
    expected = dump(engine)
    unfilled = {"actions", "crawls"}  # not facts of replies
    assert {name for name in METADATA.tables if not expected.get(name, True)} <= unfilled
    empty(engine)
    shuffled = told + rng.sample(told, len(told) // 3)
    rng.shuffle(shuffled)
    for page in shuffled:
        if rng.random() < 0.1:
            # The last table breaks it: all that was written before is rolled back.
            with pytest.raises(KeyError):
                store(engine, replace(page, rows={**page.rows, "zzz": [{}]}))
        store(engine, page)
    assert dump(engine) == expected
