"""Over all endpoints: mutated replies never raise, and facts do not depend on how they arrive."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from crawler.archive.database.engine import create, reading
from crawler.endpoints import ENDPOINTS, url
from crawler.model.page import Outcome, Page
from crawler.parse import parse
from crawler.tables.metadata import METADATA
from standin.server import ROBOTS, Standin, running
from tests import replies
from tests.test_archive import dump, empty, store, store_in_commits
from tests.test_contract import NOW, read, target_of

PER_ENDPOINT, PER_ENDPOINT_LONG = 8, 200
AT = 1_790_000_000_000
DEEP: Any = "x"
for _ in range(60):
    DEEP = [{"id": DEEP}]

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**64),
    10**30,
    1.5,
    float("inf"),
    "",
    "x",
    "\0",
    "\ud800",
    "a" * 5000,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    [{"id": 1}],
    "1970年01月01日 00:00",
    "9999-99-99",
    DEEP,
    {"\ud800": "\udfff"},
    {"\0": 1},
    -1e308,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path into a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield (*path, key)
        yield from places(entry, (*path, key))


def mutate(rng: random.Random, body: Any) -> Any:
    """A copy with some keys dropped, added or retyped."""
    mutated = copy.deepcopy(body)
    for _ in range(rng.randint(1, 6)):
        path = rng.choice(list(places(body)))
        # An earlier change may have taken the place away.
        with suppress(KeyError, IndexError, TypeError, AttributeError):
            holder = mutated
            for key in path[:-1]:
                holder = holder[key]
            match rng.randrange(4):
                case 0:
                    del holder[path[-1]]
                case 1 if isinstance(holder, dict):
                    holder[f"new{rng.randint(0, 5)}"] = copy.deepcopy(rng.choice(VALUES))
                case _:
                    holder[path[-1]] = copy.deepcopy(rng.choice(VALUES))
    return mutated


@pytest.fixture(scope="module")
def bodies() -> dict[str, Any]:
    return read_bodies()


def read_bodies() -> dict[str, Any]:
    """A small reply of every endpoint."""
    with running(Standin(generate=True, now=NOW, robots=ROBOTS)) as site:
        return {name: shorten(json.loads(read(url(target_of(name), site.url))[1])) for name in ENDPOINTS}


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
    target = target_of(name)
    data = json.dumps(body).encode()
    return parse(target, replies.reply(url(target, replies.BASE), data, at_ms=AT + at, has_session=True))


@pytest.mark.more
@pytest.mark.promise("Garbled responses")
def test_mutated_replies_are_stored_or_refused_and_never_raise(
    engine: Engine, bodies: dict[str, Any], is_long: bool, figure: Callable[[str, int], None]
) -> None:
    each = PER_ENDPOINT_LONG if is_long else PER_ENDPOINT
    rng = random.Random(5)
    complete = told = at = 0
    refused: set[tuple[int, str, str]] = set()
    keys: dict[str, set[Any]] = {}
    for name, body in bodies.items():
        for _ in range(each):
            at += 1
            page = page_of(name, mutate(rng, body), at)
            store(engine, page)
            told += 1
            complete += page.outcome is Outcome.COMPLETE
            refused |= {(page.observed_at, row.table, row.path) for row in page.refused}
            for table, rows in page.rows.items():
                names = [column.name for column in METADATA.tables[table].primary_key]
                keys.setdefault(table, set()).update(tuple(row[n] for n in names) for row in rows)
            assert page.outcome.is_read or set(page.rows) <= {"omissions"}
    assert told == each * len(ENDPOINTS) >= 400
    assert complete > told / 2, "most mutations leave a reply that is read"
    assert len(refused) > told / 10, "many mutations leave a row that is refused"
    lost = {table: told - stored_keys(engine, table) for table, told in keys.items()}
    figure("fuzzed replies", told)
    figure("lost rows", sum(map(len, lost.values())))
    assert not any(lost.values())
    assert stored_keys(engine, "dead_letters") == refused


HERE = "the place of something monstrous"
MONSTERS = {
    "nested a hundred thousand times": "[" * 100_000 + "]" * 100_000,
    "nested as objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "megabytes of text": f'"{"空" * 1_000_000}"',
    "a number of many digits": "9" * 5_000,
    "not a number": "NaN",
    "half a surrogate": '"\\ud83d"',
    "NUL": '"a\\u0000b"',
}


@pytest.mark.parametrize("monster", MONSTERS.values(), ids=MONSTERS)
@pytest.mark.promise("Garbled responses")
def test_a_monster_anywhere_in_a_reply_of_any_endpoint_raises_nothing(
    engine: Engine, bodies: dict[str, Any], monster: str
) -> None:
    rng = random.Random(9)
    for at, (name, body) in enumerate(bodies.items()):
        target = target_of(name)
        changed = copy.deepcopy(body)
        *way, last = rng.choice(list(places(body)))
        holder = changed
        for key in way:
            holder = holder[key]
        holder[last] = HERE
        data = json.dumps(changed).replace(f'"{HERE}"', monster).encode()
        reply = replies.reply(url(target, replies.BASE), data, at_ms=AT + at, has_session=True)
        page = parse(target, reply)
        store(engine, page)
        assert page.outcome.is_read or page.message, "what is wrong is said"
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(METADATA.tables["captures"])) > 50


def stored_keys(engine: Engine, table: str) -> set[Any]:
    """The keys of a table's rows."""
    key = METADATA.tables[table].primary_key
    with reading(engine) as connection:
        return {tuple(row) for row in connection.execute(select(*key))}


def missing(name: str, at: int) -> Page:
    """What a 404 tells."""
    target = target_of(name)
    error = {"error": True, "message": "", "body": []}
    reply = replies.reply(url(target, replies.BASE), error, status=404, at_ms=AT + at, has_session=True)
    return parse(target, reply)


def history(bodies: dict[str, Any], rng: random.Random) -> list[Page]:
    """What each endpoint told: as it is, changed, missing; two of one millisecond, one much later."""
    told = []
    for place, (name, body) in enumerate(bodies.items()):
        told += [
            page_of(name, body, place),
            page_of(name, mutate(rng, body), place),
            page_of(name, mutate(rng, body), 1_000 + place),
            missing(name, 1_000 + place),
            page_of(name, mutate(rng, body), 2_000 + place),
        ]
    for at, (name, change) in enumerate(CHANGES):
        changed = copy.deepcopy(bodies[name])
        change(changed)
        told.append(page_of(name, changed, 1_500 + at))
    return told


def _translate(root: Any) -> None:
    for languages in root["body"]["tagTranslation"].values():
        languages["en"] = "another word"


def _plan(root: Any) -> None:
    for request in root["body"]["requests"]:
        request["plan"]["planStandardPrice"] += 500


def _begin(root: Any) -> None:
    root["prev_date"] = False


def _publish_anew(root: Any) -> None:
    one, other, *_ = root["contents"]
    one["illust_id"], other["illust_id"] = other["illust_id"], one["illust_id"]


def _leave_out(root: Any) -> None:
    root["body"].pop(next(iter(root["body"])))


CHANGES: list[tuple[str, Callable[[Any], None]]] = [
    ("tag", _translate),
    ("commission_complete_illust", _plan),
    ("ranking", _begin),
    ("user_illusts", _leave_out),
    ("ranking", _publish_anew),
]
"""Changes that no mutation is sure to make."""


@pytest.mark.more
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.promise("Order does not matter")
def test_facts_of_every_table_do_not_depend_on_order_repetition_or_rollback(
    engine: Engine, bodies: dict[str, Any], seed: int
) -> None:
    rng = random.Random(seed)
    told = history(bodies, rng)
    store(engine, *told)
    expected = dump(engine)
    unfilled = {
        "acknowledgements",
        "actions",
        "crawls",
        "job_runs",
        "queued_tasks",
        "suppressions",
        "tracked",
    }  # not facts of replies
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
    empty(engine)
    store_in_commits(engine, shuffled, rng)
    assert dump(engine) == expected


@pytest.mark.promise("Old over new")
def test_old_replies_over_newer_ones_change_nothing_of_the_present(engine: Engine, bodies: dict[str, Any]) -> None:
    told = history(bodies, random.Random(7))
    store(engine, *told)
    expected = dump(engine)
    empty(engine)
    store(engine, *reversed(told))
    assert dump(engine) == expected


@pytest.mark.promise("Two writers")
def test_two_writers_at_once_make_the_same_archive_as_one(
    engine: Engine, archive_url: str, bodies: dict[str, Any]
) -> None:
    rng = random.Random(8)
    told = history(bodies, rng)
    store(engine, *told)
    expected = dump(engine)
    empty(engine)
    # Each has two thirds, in an order of its own: much is told by both, at the same time.
    shares = [rng.sample(told, len(told) * 2 // 3) for _ in range(2)]
    rest = [page for page in told if not any(page in share for share in shares)]
    engines = [create(archive_url) for _ in shares]
    with ThreadPoolExecutor(len(shares)) as both:
        for done in [both.submit(store, writer, *share) for writer, share in zip(engines, shares, strict=True)]:
            done.result()
    store(engine, *rest)
    for writer in engines:
        writer.dispose()
    assert dump(engine) == expected
