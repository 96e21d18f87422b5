"""Erase forgotten IDs from requests: 0 takes the place of an ID, a batch is sent without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit, urlunsplit

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.params import NO_ID
from crawler.model.target import Target
from crawler.tables.naming import BATCHES, PARAMS, Thing

IsOut = Callable[[Thing], bool]
ACCOUNT = "@account"


def erase_target(target: Target, is_out: IsOut) -> Target:
    """Return a target without forgotten IDs, the same object if it has none."""
    params = erase_params(target.params, is_out)
    account = erase_params({ACCOUNT: target.account}, is_out)[ACCOUNT]
    if params == target.params and account == target.account:
        return target
    return replace(target, params=params, account=account)


def erase_params(params: Mapping[str, str], is_out: IsOut) -> dict[str, str]:
    """Return parameters without forgotten IDs."""
    return {name: _erased(name, value, is_out) for name, value in params.items()}


def _erased(name: str, value: str, is_out: IsOut) -> str:
    if name in BATCHES:
        kind = BATCHES[name]
        left = [one for one in value.split(",") if not (one.isdecimal() and is_out((kind, int(one))))]
        return ",".join(left) or NO_ID if value else value
    kind = PARAMS.get(name, "")
    is_named = bool(kind) and value.isdecimal() and is_out((kind, int(value)))
    return NO_ID if is_named else value


def erase_url(url: str, is_out: IsOut) -> str:
    """Return an address without forgotten IDs, unchanged if it is no endpoint's."""
    address = urlsplit(url)
    for endpoint in ENDPOINTS.values():
        found = endpoint.request.pattern.fullmatch(address.path)
        if found is None:
            continue
        path = address.path
        # From the end, so that earlier spans stay valid.
        for name in sorted(found.groupdict(), key=found.start, reverse=True):
            begin, end = found.span(name)
            path = path[:begin] + _erased(name, found[name], is_out) + path[end:]
        sent = {param.sent(name): name for name, param in endpoint.request.params.items()}
        query = _erased_query(address.query, sent, is_out)
        return urlunsplit(address._replace(path=path, query=query))
    return url


def _erased_query(query: str, sent: Mapping[str, str], is_out: IsOut) -> str:
    parts: list[str] = []
    batches: dict[str, int] = {}
    for part in query.split("&"):
        key, equals, value = part.partition("=")
        name = sent.get(unquote(key), "")
        erased = _erased(name, unquote(value), is_out) if name else value
        is_erased = bool(name) and erased != unquote(value)
        if is_erased and name in BATCHES:
            batches.setdefault(key, len(parts))
            continue
        parts.append(f"{key}{equals}{erased}" if is_erased else part)
    for key, place in batches.items():
        if not any(part.partition("=")[0] == key for part in parts):
            parts.insert(place, f"{key}={NO_ID}")
    return "&".join(parts)
