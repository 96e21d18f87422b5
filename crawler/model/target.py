"""What a crawl is to fetch, and the key under which the archive keeps how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be fetched: an endpoint with its parameters, for whom, and on which night.

    page: the page of it that is meant, or the one to begin with; coverage is kept by target and page.
    params: canonical parameters without the page; night: JST date, "" for what never changes;
    account: whose session it is requested with, where the answer is about it, else "".
    asker: who requests, where the answer depends on it: `session`, `premium`, with `/en` for another
        language than Japanese; "": anyone, without a session.
    """

    endpoint: str
    params: Mapping[str, str]
    page: int = 1
    night: str = ""
    account: str = ""
    asker: str = ""

    @classmethod
    def of_key(cls, endpoint: str, key: str, page: int, night: str) -> Self:
        """The target whose parameters are a canonical text, as coverage keeps it."""
        params = read_params(key)
        asker, account = params.pop("@asker", ""), params.pop("@account", "")
        return cls(endpoint, params, page, night, account, asker)

    @property
    def key(self) -> str:
        """The parameters in one canonical text, as coverage and listings keep them."""
        return canonical({**self.params, "@account": self.account, "@asker": self.asker})


def canonical(params: Mapping[str, str]) -> str:
    """Parameters sorted by name, without empty ones: `content=all&date=20240206&mode=daily`.

    A value's own `&` is `%26`, its `%` is `%25`.
    """
    return "&".join(f"{name}={_escaped(params[name])}" for name in sorted(params) if params[name])


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26")


def read_params(key: str) -> dict[str, str]:
    """The parameters of a canonical text, as coverage and listings keep them."""
    pairs = (part.partition("=") for part in key.split("&") if part)
    return {name: value.replace("%26", "&").replace("%25", "%") for name, _, value in pairs}
