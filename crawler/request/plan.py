"""From arguments to asks: what is to be fetched, checked before any request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from crawler.endpoints import FAMILIES
from crawler.endpoints.model import Endpoint
from crawler.endpoints.params import BadArgument
from crawler.items.page import Ask

OWN = ("endpoints", "pages", "refetch")


def argument_names(family: str) -> tuple[str, ...]:
    """The arguments that a family's spider takes."""
    known = {name for endpoint in FAMILIES[family] for name in endpoint.params}
    return (*sorted(known), *OWN)


def choose(family: str, arguments: Mapping[str, str]) -> list[Endpoint]:
    """The endpoints that the arguments ask for. Raises BadArgument naming the valid ones."""
    offered = {endpoint.name: endpoint for endpoint in FAMILIES[family]}
    known = argument_names(family)
    for name in arguments:
        if name not in known:
            raise BadArgument(f"{family} takes no argument {name}; valid: {', '.join(known)}")
    asked = arguments.get("endpoints")
    if asked is not None:
        names = [name.strip() for name in asked.split(",")]
        for name in names:
            if name not in offered:
                raise BadArgument(f"endpoints={name}: no such one; valid: {', '.join(offered)}")
        chosen = [offered[name] for name in dict.fromkeys(names)]
    else:
        chosen = [
            endpoint
            for endpoint in offered.values()
            if all(name in arguments or not needed for name, needed in _needs(endpoint))
        ]
    for endpoint in chosen:
        for name, needed in _needs(endpoint):
            if needed and name not in arguments:
                raise BadArgument(f"{endpoint.name} needs an argument: -a {name}=…")
    if not chosen:
        wanted = sorted({name for e in offered.values() for name, needed in _needs(e) if needed})
        raise BadArgument(f"{family} needs one of: {', '.join(f'-a {name}=…' for name in wanted)}")
    return chosen


def plan(family: str, arguments: Mapping[str, str], *, allow_r18: bool, night: str) -> list[Ask]:
    """Every unit of work that the arguments ask for, as the ask of its first page.

    Raises BadArgument for anything that cannot be asked.
    """
    asks: list[Ask] = []
    for endpoint in choose(family, arguments):
        values: list[Sequence[str]] = []
        for name, param in endpoint.params.items():
            given = arguments.get(name, param.default(allow_r18=allow_r18))
            assert given is not None, f"{name} was found to be needed"
            values.append(param.parse(name, given, allow_r18=allow_r18))
        for combination in product(*values):
            params = dict(zip(endpoint.params, combination, strict=True))
            if endpoint.check:
                endpoint.check(params)
            asks.append(Ask(endpoint.name, params, 1, endpoint.night_of(params, night)))
    return asks


def check(family: str, arguments: Mapping[str, str], *, allow_r18: bool) -> None:
    """Raises BadArgument where a spider of the family would not take the arguments."""
    plan(family, arguments, allow_r18=allow_r18, night="")
    read_count("pages", arguments.get("pages"))
    read_switch("refetch", arguments.get("refetch"))


def read_count(name: str, text: str | None) -> int | None:
    """A bound given as an argument: a whole number above 0, or None. Raises BadArgument."""
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise BadArgument(f"{name}={text}: a whole number above 0")
    return int(text)


def read_switch(name: str, text: str | None) -> bool:
    """A switch given as an argument: 1 or 0. Raises BadArgument."""
    if text not in (None, "0", "1"):
        raise BadArgument(f"{name}={text}: 1 or 0")
    return text == "1"


def _needs(endpoint: Endpoint) -> Iterator[tuple[str, bool]]:
    for name, param in endpoint.params.items():
        yield name, param.default(allow_r18=False) is None
