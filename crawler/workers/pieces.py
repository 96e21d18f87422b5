"""A job step cut into pieces: crawls small enough to be lost, and large enough to be worth a process. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby, product
from typing import NamedTuple

from crawler.endpoints.model import Endpoint
from crawler.endpoints.params import LATEST, ArgumentRules, Choice, Day, Days, IdBatch, Ids, Param, Words
from crawler.planning import plan
from crawler.planning.arguments import itself

IDS = 20
"""IDs in a piece: some dozens of requests, a minute or two."""
PUBLIC, SESSION = "public", "session"
"""Queues of what any account may request, and of what needs a session, whoever's."""
UNNAMED = "default"
"""The account whose session is given without a name."""


class Piece(NamedTuple):
    """A crawl: a spider and its arguments, as `./run crawl` takes them, and the queue it is in."""

    spider: str
    arguments: Mapping[str, str]
    queue: str
    is_optional: bool = False


def queue_of(account: str) -> str:
    """The queue of an account: what is shown to it alone."""
    return f"account {account.upper() or UNNAMED}"


def cut(
    spider: str, arguments: Mapping[str, str], rules: ArgumentRules, account: str = "", *, is_own: bool = False
) -> list[Piece]:
    """The pieces of a crawl, the newest days first. arguments: their values, no `@FILE` or `?QUESTION`.

    A month of one mode and content is one; twenty users, or works; a search. account: whose feeds are meant; is_own:
    whether all is for that account alone.
    Raises BadArgument.
    """
    endpoints = plan.choose(spider, arguments)
    params = {name: param for one in endpoints for name, param in one.request.params.items()}
    is_dated = any(endpoint.is_dated for endpoint in endpoints)
    # Days first: what is queued first is done first, and the newest comes first.
    names = sorted(arguments, key=lambda name: not isinstance(params.get(name), Days))
    parts = [list(_parts(params.get(name), name, arguments[name], rules, is_dated=is_dated)) for name in names]
    found = []
    for values in product(*parts):
        chosen = dict(zip(names, values, strict=True))
        ordered = {name: chosen[name] for name in arguments}
        queue = _queue(endpoints, spider, ordered, rules, account, is_own=is_own)
        found.append(Piece(spider, ordered, queue))
    return found


def _parts(param: Param | None, name: str, text: str, rules: ArgumentRules, *, is_dated: bool) -> Iterator[str]:
    """The values of an argument, as many together as a piece holds."""
    if isinstance(param, Days):
        yield from _months(param.parse(name, text, rules))
    elif isinstance(param, Day) and text:
        # Now: `today-1` is another day when the task is done.
        yield from param.parse(name, text, rules)
    elif isinstance(param, (Ids, IdBatch)):
        ids = [one for part in param.parse(name, text, rules) for one in part.split(",")]
        yield from (",".join(ids[at : at + IDS]) for at in range(0, len(ids), IDS))
    elif isinstance(param, Choice) and is_dated:
        yield from param.parse(name, text, rules)
    elif isinstance(param, Words) and text:
        yield from map(itself, param.parse(name, text, rules))  # the worker resolves it once more
    else:
        yield text


def _months(days: Iterable[str]) -> Iterator[str]:
    """Days in a row of one month together; `latest` alone.

    >>> list(_months(["", "20240302", "20240301", "20240229", "20240201"]))
    ['latest', '2024-03-01..2024-03-02', '2024-02-29', '2024-02-01']
    """
    yield from ("latest" for day in days if day == LATEST)
    listed = sorted(date.fromisoformat(day) for day in days if day != LATEST)
    # Days in a row lie equally far from their places.
    rows = groupby(enumerate(listed), lambda one: (one[1] - timedelta(days=one[0]), one[1].month))
    spans = [[day for _, day in row] for _, row in rows]
    for span in reversed(spans):
        yield f"{span[0]}" if len(span) == 1 else f"{span[0]}..{span[-1]}"


def _queue(
    endpoints: Sequence[Endpoint],
    spider: str,
    arguments: Mapping[str, str],
    rules: ArgumentRules,
    account: str,
    *,
    is_own: bool,
) -> str:
    """Who may request it."""
    policies = {endpoint.name: endpoint.policy for endpoint in endpoints}
    if is_own or any(policy.login != "no" for policy in policies.values()):
        return queue_of(account)
    targets = plan.plan(spider, arguments, rules, night="")
    wants_session = any(policies[target.endpoint].wants_session(target.params) for target in targets)
    return SESSION if wants_session else PUBLIC
