"""The vocabulary in which endpoints are described; see CONTRIBUTING.md for how to add one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal
from urllib.parse import unquote

from crawler.endpoints.paging import Cursor, Numbered, Offset, Paging, Single
from crawler.endpoints.params import Days, Ids, Param, Words
from crawler.endpoints.reply import At, Block, ReplySpec, Section, check_name, steps
from crawler.errors import BadArgument
from crawler.model.page import Outcome
from crawler.model.target import Target
from crawler.tables.metadata import METADATA


@dataclass(frozen=True)
class RequestSpec:
    """The request of an endpoint.

    path: with `{name}` for parameters that are part of it; query: what is always sent.
    check: raises BadArgument for parameters that are valid alone and not together.
    """

    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, str]], None] | None = None

    def __post_init__(self) -> None:
        for name in self.pattern.groupindex:
            check_name(f"{self.path}: params", "parameter", name, self.params)

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """One value for every parameter, those not given as the site takes them.

        Raises BadArgument for a value that is not valid, or missing and needed.
        """
        params = {}
        for name, param in self.params.items():
            # An address is read the same whatever is switched on now: a replay depends on the captures alone.
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
    def pattern(self) -> re.Pattern[str]:
        """The paths of this endpoint, with its parameters as groups."""
        parts = re.split(r"\{(\w+)\}", self.path)
        texts = [f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
        return re.compile("".join(texts))


@dataclass(frozen=True)
class Asker:
    """Who asks. kind: "" without a session, `session`, or `premium`; account: the session's."""

    kind: str = ""
    lang: str = ""
    account: str = ""


USUAL_LANG = "ja"
ANONYMOUS = "anonymous"
ANYONE = Asker(lang=USUAL_LANG)


@dataclass(frozen=True)
class Proof:
    """An endpoint whose response makes a 400 final. message: the reason that is recorded."""

    endpoint: str
    message: str


@dataclass(frozen=True)
class Policy:
    """Rules of an endpoint: how often and by whom it is requested, and the meaning of a refusal.

    login: whether a session is needed; needs_login: for which parameters, where not for all.
    changes: "nightly" where the same request answers something new every night, else "never".
    on_missing: what a 404 means: the thing is absent, or a ranking may not be there yet.
    proof: the endpoint whose answer for the same thing shows that a 400 here is the site's last word
        (comments that are closed), and the column that says so beforehand.
    marked_missing: table, key column and parameter of the thing whose state a 404 shows.
    after: the endpoint whose targets bring this one's, see archive/due/following.py.
    is_extra: requested only when named in `endpoints=`, for what is beside a family's purpose.
    most_pages: a bound where the user gives none, for lists without an end.
    expects: how many pages the answer has as a rule, for forecasts; None where no one knows.
    """

    login: Literal["no", "yes", "own"] = "no"
    needs_login: Callable[[Mapping[str, str]], bool] | None = None
    changes: Literal["never", "nightly"] = "nightly"
    on_missing: Outcome = Outcome.ABSENT
    proof: Proof | None = None
    marked_missing: tuple[str, str, str] | None = None
    after: str | None = None
    is_extra: bool = False
    most_pages: int | None = None
    expects: Callable[[Mapping[str, str]], int] | None = None

    def wants_session(self, params: Mapping[str, str]) -> bool:
        """Return True if these parameters are answered to a session only."""
        return self.login != "no" or (self.needs_login is not None and self.needs_login(params))


HARMLESS = frozenset({"lang", "version", "word", "tt", "_"})
"""Parameters of an address that do not change what is answered, but for its language."""


@dataclass(frozen=True)
class Endpoint:
    """One documented endpoint: what is sent, how it is paged, what is read, and when it is requested.

    Raises WrongEntry where an entry names what is not there.
    """

    name: str
    request: RequestSpec
    reply: ReplySpec
    paging: Paging = field(default_factory=Single)
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        params = {*self.request.params, *filter(None, (self.paging.param,))}
        named: list[tuple[str, Iterable[str]]] = [("echoes", self.reply.echoes.values())]
        for at in self.reply.all_rows:
            named += [(f"{at.place}.given", at.given.values()), (f"{at.place}.part_if", at.part_if)]
        named.append(("answers", filter(None, (self.reply.answers,))))
        if self.policy.marked_missing:
            table, column, param = self.policy.marked_missing
            check_name(f"{self.name}: marked_missing", "table", table, METADATA.tables)
            check_name(f"{self.name}: marked_missing", "column", column, METADATA.tables[table].columns.keys())
            named.append(("marked_missing", (param,)))
        for place, names in named:
            for name in names:
                check_name(f"{self.name}: {place}", "parameter", name, params)

    def expected_pages(self, params: Mapping[str, str]) -> int | None:
        """Return the usual number of pages; None if no one knows before."""
        if self.policy.expects is not None:
            return self.policy.expects(params)
        return 1 if isinstance(self.paging, Single) else None

    def target(self, params: Mapping[str, str], page: int, night: str, asker: Asker = ANYONE) -> Target:
        """A page of this endpoint, tonight, by an asker."""
        # Lists of an account are covered for each account, because another session has other lists.
        owner = asker.account if self.policy.login != "no" else ""
        # Of the asker, what does not change this endpoint's answers is left out.
        kind = asker.kind if self.policy.login == "no" else ""
        if asker.lang != USUAL_LANG and self.request.path.startswith("/ajax/"):
            kind = f"{kind or ANONYMOUS}/{asker.lang}"
        return Target(self.name, params, page, self.night_of(params, night), owner, kind)

    def answered_to_all(self, target: Target) -> Target:
        """The target under which an answer is kept that holds for every asker, as a ranking's rows do."""
        return replace(target, asker="") if self.policy.changes == "never" else target

    def night_of(self, params: Mapping[str, str], night: str) -> str:
        """The night that is part of a target's coverage; "" where the answer is for ever.

        What is left to the site (`latest`) is another question every night.
        """
        is_lasting = self.policy.changes == "never" and all(params.get(name) for name in self.request.params)
        return "" if is_lasting else night

    @cached_property
    def names_a_thing(self) -> bool:
        """Return True if something is requested by name, which may not be there."""
        return any(isinstance(param, (Days, Ids, Words)) for param in self.request.params.values())

    @cached_property
    def is_dated(self) -> bool:
        """Return True if it is requested by the day, and without one answers with the newest."""
        return isinstance(self.request.params.get("date"), Days)

    @cached_property
    def main_list(self) -> str | None:
        """The path of what its pages list; None where it has one page."""
        if self.paging.param is None:
            return None
        lists = (at.path for at in self.reply.all_rows if at.path.endswith("[]"))
        return self.reply.main_section.path if self.reply.main_section else next(lists, None)

    def match(self, path: str, query: Mapping[str, str]) -> tuple[dict[str, str], int] | None:
        """The parameters and page of an address of this endpoint, or None for another's."""
        found = self.request.pattern.fullmatch(path)
        # Endpoints may share a route and differ by a fixed parameter only (user and user_full).
        if not found or any(query.get(name) != value for name, value in self.request.query.items()):
            return None
        given = {name: unquote(value) for name, value in found.groupdict().items()}
        for name, param in self.request.params.items():
            sent = param.sent(name)
            if sent in query:
                given[name] = query[sent]
        try:
            params = self.request.complete(given)
        except BadArgument:
            return None
        page = self.paging.page_of(query, params)
        if page is None:
            return None
        known = {*self.request.query, *self.paging.query(page, params), *HARMLESS}
        known |= {param.sent(name) for name, param in self.request.params.items()}
        # A parameter that the entry does not know may narrow the answer.
        return (params, page) if query.keys() <= known else None


__all__ = [
    "ANONYMOUS",
    "ANYONE",
    "USUAL_LANG",
    "Asker",
    "At",
    "Block",
    "Cursor",
    "Endpoint",
    "Numbered",
    "Offset",
    "Paging",
    "Policy",
    "Proof",
    "ReplySpec",
    "RequestSpec",
    "Section",
    "Single",
    "steps",
]
