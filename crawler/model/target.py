"""A target of a crawl, and the key under which the archive stores its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fetch, such as the daily ranking of a day: an endpoint with parameters, a run date, an access level.

    params: the parameters of the request, without the page.
    page: the number of one page of the target. Of a target that has not begun: its first page that is wanted.
    night: the run date (Japan); "" if the response never changes.
    account: the account whose session is used, if the response is about that account; else "".
    asker: the access level, if the response depends on it: `session`, `premium`, with `/en` if the language is not
        Japanese; "": anyone, without a session.

    `key` names it in the archive, which keeps for each page of each target whether it has it.
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
    escaped = {name: value.replace("%", "%25").replace("&", "%26") for name, value in params.items() if value}
    return "&".join(f"{name}={escaped[name]}" for name in sorted(escaped))


def read_params(key: str) -> dict[str, str]:
    """The parameters of a canonical text, as coverage and listings keep them."""
    pairs = (part.partition("=") for part in key.split("&") if part)
    # In the reverse order of writing: `%2526` is the text `%26`.
    return {name: value.replace("%26", "&").replace("%25", "%") for name, _, value in pairs}
