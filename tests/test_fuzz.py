"""Mutated replies: parsed without an exception, stored in one piece or refused with a path."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.model.page import Outcome
from crawler.parse import parse
from tests import replies
from tests.test_archive import store

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
REQUEST = {
    "requestId": "5",
    "planId": "6",
    "creatorUserId": "7",
    "fanUserId": None,
    "requestTags": ["空"],
    "requestProposal": {
        "requestOriginalProposal": "x",
        "requestOriginalProposalHtml": "x",
        "requestOriginalProposalLang": "ja",
        "requestTranslationProposal": [
            {"requestProposalLang": "en", "requestProposal": "y", "requestProposalHtml": "y"}
        ],
    },
    "plan": {
        "planId": "6",
        "planTitle": {"planOriginalTitle": "p", "planTranslationTitle": {"en": {"planTitle": "q"}}},
    },
    "postWork": {"postWorkId": "1", "postWorkType": "illust", "work": None},
    "collaborateStatus": {"collaborateUserSamples": [{"collaborateUserId": None, "collaborateAnonymousFlg": True}]},
}
SOURCES = (
    (replies.ranking_target(), replies.ranking(replies.work(1, 1), replies.work(2, 2, **replies.WITHHELD))),
    (replies.artwork_target(), replies.detail(1)),
    (
        replies.COMMISSION_TARGET,
        replies.commission(
            replies.thumbnail(1),
            requests=[REQUEST],
            tagTranslation={"空": {"romaji": "sora"}},
            users=[{"userId": "7", "name": "作家", "image": "https://i.pximg.net/u.png"}],
        ),
    ),
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


@pytest.mark.more
@pytest.mark.parametrize("source", range(len(SOURCES)), ids=lambda n: SOURCES[n][0].endpoint)
def test_a_mutated_reply_is_stored_or_refused_and_never_raises(engine: Engine, source: int, is_long: bool) -> None:
    target, body = SOURCES[source]
    rng = random.Random(source)
    complete = refused = 0
    for number in range(1500 if is_long else 75):
        data = json.dumps(mutate(rng, body)).encode()
        page = parse(target, replies.reply(f"u{number}", data, at_ms=1_790_000_000_000 + number))
        store(engine, page)
        complete += page.outcome is Outcome.COMPLETE
        refused += len(page.refused)
        assert page.outcome.is_read or not page.rows
    assert complete > 30, "most mutations leave a reply that is read"
    assert refused > 30, "many mutations leave a row that is refused"
