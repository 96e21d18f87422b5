"""What is sent to an endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

from crawler.endpoints.check import check_name
from crawler.endpoints.params import Param
from crawler.errors import BadArgument


@dataclass(frozen=True)
class RequestSpec:
    """What is requested.

    path: with `{name}` for parameters that are part of it; query: what is always sent.
    check: raises BadArgument for parameters that are valid alone and not together.
    """

    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, str]], None] | None = None

    def __post_init__(self) -> None:
        for name in self.path_params:
            check_name(f"{self.path}: params", "parameter", name, self.params)

    @cached_property
    def path_params(self) -> frozenset[str]:
        """The names of the parameters that are part of the path."""
        return frozenset(re.findall(r"\{(\w+)\}", self.path))

    def url_path(self, params: Mapping[str, str]) -> str:
        """The path with its parameters filled in and fully percent-encoded."""
        filled = {name: quote(value, safe="") for name, value in params.items()}
        return self.path.format_map(filled)

    def match_path(self, path: str) -> re.Match[str] | None:
        """A path of this endpoint, with its parameters as groups; None for another's."""
        return self._pattern.fullmatch(path)

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """One value for every parameter, those not given as the site takes them.

        Raises BadArgument for a value that is not valid, or missing and needed.
        """
        params = {}
        for name, param in self.params.items():
            text = given.get(name) or param.default(allow_r18=True)
            if text == "" and param.default(allow_r18=True) == "":
                params[name] = ""
                continue
            values = param.read(name, text or "")
            if len(values) != 1:
                raise BadArgument(f"{name}={text}: one value is needed here")
            params[name] = values[0]
        if self.check:
            self.check(params)
        return params

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        texts = [f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
        return re.compile("".join(texts))
