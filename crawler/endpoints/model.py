"""The vocabulary in which endpoints are described; see CONTRIBUTING.md for how to add one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote, unquote

from crawler.endpoints.paging import Cursor, Numbered, Offset, Single
from crawler.endpoints.params import Days, IdBatch, Ids, Param, Words
from crawler.errors import BadArgument
from crawler.items.page import Ask, Outcome
from crawler.items.row import Row

HARMLESS = frozenset({"lang", "version", "word"})
"""Parameters of an address that do not change what is answered, but for its language."""

Login = Literal["no", "yes", "own"]


@dataclass(frozen=True)
class At:
    """Rows of a class at a path of the body.

    path: keys joined by dots; `[]` after a list, `{}` after a map; "" is the body itself.
    """

    row: type[Row]
    path: str = ""
    optional: bool = False
    """Whether elements without the row's key are simply no rows."""
    only: tuple[str, ...] = ()
    """The columns to read besides key and constants, where a spelling means something else here."""
    when: str = ""
    """A key without which (or with null) an element is no row of this class."""
    given: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Columns that the request tells instead of the reply: column to parameter."""
    fixed: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Columns that are the same for all rows here: column to value."""
    is_null_empty: bool = False
    """Whether null in the place of the list says that it is empty."""
    owners_at: str = ""
    """Where the owners stand whose sets a map tells: those that it leaves out are empty."""
    part_if: tuple[str, ...] = ()
    """Parameters that narrow a list: where one is sent, the list tells no set whole."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to read besides key and constants; empty: all."""
        return self.only


@dataclass(frozen=True)
class Section(At):
    """An ordered list of a listing: its name and the column that its ids fill.

    also: further columns, as `label`, `url`, `score`, `detail` (the whole element).
    details: a map beside the list, by id, that tells more of each (spelled `@details.…`).
    """

    name: str = ""
    of: str = "artwork_id"
    also: tuple[str, ...] = ()
    details: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.of, *self.also)


@dataclass(frozen=True)
class Block:
    """A part that several replies share: its rows and the paths it ignores, with reasons."""

    rows: tuple[At, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)


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
    """What settles a 400: see `Endpoint.proof`. message: what is said of it."""

    endpoint: str
    message: str


@dataclass(frozen=True)
class Endpoint:
    """One documented endpoint.

    path: with `{name}` for parameters that are part of it; query: what is always sent.
    holds: paths without which a reply is no answer: `[]` behind one where a list must be there, `{}`
        for a map (PHP's [] is an empty one), `[+]` and `{+}` for one that is not empty, `?` for a
        key that may be null; plain paths lead to a value that is not null.
    brings: paths that a reply is asked for besides, also through the elements of a list: where no
        element has one the reply is read, and the run says that facts are lost.
    answers: the parameter of a batch of ids, each of which is a key of the answer, or left out.
    proof: the endpoint whose answer for the same thing shows that a 400 here is the site's last word
        (comments that are closed), and the column that says so beforehand.
    body: where the facts are, "body" in pixiv's envelope, "" where there is none.
    login: whether a session is needed; needs_login: for which parameters, where not for all.
    constants: facts of the whole page, from (body, params).
    after: the endpoint whose units bring this one's, see archive/following.py.
    total: path of a list's total; 0 is not believed at once, for a throttled site says so too.
    newest_first: whether new elements come on top, by parameters; else a total proves nothing of a list
        that moves (see archive/walk.py).
    zeros: further totals that are 0 as well where nothing was found.
    gone: table, key column and parameter of the thing whose state a 404 tells.
    is_extra: asked only when named in `endpoints=`, for what is beside a family's purpose.
    most_pages: a bound where the user gives none, for lists without an end.
    echoes: body path to the parameter that it must repeat (`paging.param` for the page).
    check: raises ValueError for parameters that are valid alone and not together.
    changes: "nightly" where the same request tells something new every night, else "never".
    on_missing: what a 404 means: the thing is absent, or a ranking may not be there yet.
    expects: how many pages the answer has as a rule, for forecasts; None where no one knows.
    ignored: body paths that are not stored, with the reason; all below them is ignored too.
    """

    name: str
    path: str
    rows: tuple[At | Block, ...]
    holds: tuple[str, ...]
    brings: tuple[str, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    paging: Single = field(default_factory=Single)
    body: str = "body"
    login: Login = "no"
    needs_login: Callable[[Mapping[str, str]], bool] | None = None
    constants: Mapping[str, Callable[[Any, Mapping[str, str]], Any]] = field(default_factory=dict)
    echoes: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, str]], None] | None = None
    after: str | None = None
    answers: str | None = None
    proof: Proof | None = None
    total: str | None = None
    newest_first: Callable[[Mapping[str, str]], bool] = lambda params: True
    zeros: tuple[str, ...] = ()
    gone: tuple[str, str, str] | None = None
    is_extra: bool = False
    most_pages: int | None = None
    changes: Literal["never", "nightly"] = "nightly"
    on_missing: Outcome = Outcome.ABSENT
    expects: Callable[[Mapping[str, str]], int] | None = None
    ignored: Mapping[str, str] = field(default_factory=dict)

    def wants_session(self, params: Mapping[str, str]) -> bool:
        """Whether these parameters are answered to a session only."""
        return self.login != "no" or (self.needs_login is not None and self.needs_login(params))

    def expected_pages(self, params: Mapping[str, str]) -> int | None:
        """How many pages the answer has as a rule; None where no one knows before."""
        if self.expects is not None:
            return self.expects(params)
        return 1 if type(self.paging) is Single else None

    def ask(self, params: Mapping[str, str], page: int, night: str, asker: Asker = ANYONE) -> Ask:
        """A page of this endpoint, tonight, by an asker."""
        owner = asker.account if self.login != "no" else ""
        return Ask(
            self.name, params, page, self.night_of(params, night), owner, self._asker_key(asker)
        )

    def _asker_key(self, asker: Asker) -> str:
        """The asker as asks name it: what does not change this endpoint's answers is left out."""
        kind = asker.kind if self.login == "no" else ""
        lang = asker.lang if self.path.startswith("/ajax/") else USUAL_LANG
        if lang == USUAL_LANG:
            return kind
        return f"{kind or ANONYMOUS}/{lang}"

    def answered_to_all(self, ask: Ask) -> Ask:
        """The ask under which an answer is kept that holds for every asker, as a ranking's rows do."""
        return replace(ask, asker="") if self.changes == "never" else ask

    def night_of(self, params: Mapping[str, str], night: str) -> str:
        """The night that is part of an ask's coverage; "" where the answer is for ever.

        What is left to the site (`latest`) is another question every night.
        """
        is_lasting = self.changes == "never" and all(params.get(name) for name in self.params)
        return "" if is_lasting else night

    @cached_property
    def all_rows(self) -> tuple[At, ...]:
        """The rows of the entry and its blocks, in order."""
        return tuple(
            at for part in self.rows for at in (part.rows if isinstance(part, Block) else (part,))
        )

    @cached_property
    def names_a_thing(self) -> bool:
        """Whether it is asked for something by name, which may not be there."""
        return any(isinstance(param, (Days, IdBatch, Ids, Words)) for param in self.params.values())

    @cached_property
    def is_dated(self) -> bool:
        """Whether it is asked by the day, and without one answers with the newest."""
        return isinstance(self.params.get("date"), Days)

    @cached_property
    def has_listing(self) -> bool:
        """Whether its replies hold ordered lists that are kept as seen."""
        return self.main_section is not None

    @cached_property
    def main_section(self) -> Section | None:
        """The first of its sections: of a list with pages, what they list."""
        return next((at for at in self.all_rows if isinstance(at, Section)), None)

    @cached_property
    def main_list(self) -> str | None:
        """The path of what its pages list; None where it has one page."""
        if self.paging.param is None:
            return None
        lists = (at.path for at in self.all_rows if at.path.endswith("[]"))
        return self.main_section.path if self.main_section else next(lists, None)

    @cached_property
    def is_read_as_a_list(self) -> bool:
        """Whether its pages are joined as they were read; a ranking's are one publication."""
        return self.paging.param is not None and not self.is_dated

    @cached_property
    def must_hold(self) -> tuple[tuple[str, str], ...]:
        """The paths of `holds` without their marks, each with its mark."""
        found = (re.fullmatch(r"(.*?)(|\[\+?\]|\{\+?\}|\?)", path) for path in self.holds)
        return tuple((match[1], match[2]) for match in found if match)

    @cached_property
    def all_ignored(self) -> dict[str, str]:
        """The ignored paths of the entry and its blocks."""
        blocks = (part.ignored for part in self.rows if isinstance(part, Block))
        merged: dict[str, str] = {}
        for ignored in (*blocks, self.ignored):
            merged.update(ignored)
        return merged

    @cached_property
    def keys_elsewhere(self) -> frozenset[str]:
        """The keys of a body that rows below it read, or that are ignored."""
        paths = (*(at.path for at in self.all_rows), *self.all_ignored)
        return frozenset(path.split(".")[0].rstrip("[]{}") for path in paths if path)

    def url_path(self, params: Mapping[str, str]) -> str:
        """The path with its parameters filled in and fully percent-encoded."""
        filled = {name: quote(value, safe="") for name, value in params.items()}
        return self.path.format_map(filled)

    def match_path(self, path: str) -> re.Match[str] | None:
        """A path of this endpoint, with its parameters as groups; None for another's."""
        return self._pattern.fullmatch(path)

    def match(self, path: str, query: Mapping[str, str]) -> tuple[dict[str, str], int] | None:
        """The parameters and page of an address of this endpoint, or None for another's."""
        found = self.match_path(path)
        if not found or any(query.get(name) != value for name, value in self.query.items()):
            return None
        given = {name: unquote(value) for name, value in found.groupdict().items()}
        for name, param in self.params.items():
            sent = param.sent(name)
            if sent in query:
                given[name] = query[sent]
        try:
            params = self.complete(given)
        except BadArgument:
            return None
        page = self.paging.page_of(query, params)
        if page is None or not self._asks_alone(query, params, page):
            return None
        return params, page

    def _asks_alone(self, query: Mapping[str, str], params: Mapping[str, str], page: int) -> bool:
        """Whether a query asks for nothing that the entry does not know: it may narrow the answer."""
        known = {*self.query, *self.paging.query(page, params), *HARMLESS}
        known |= {param.sent(name) for name, param in self.params.items()}
        return all(name in known for name in query)

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

    @property
    def is_list(self) -> bool:
        """Whether the body is a list."""
        return any(at.path.startswith("[]") for at in self.all_rows)

    @cached_property
    def path_params(self) -> frozenset[str]:
        """The names of the parameters that are part of the path."""
        return frozenset(re.findall(r"\{(\w+)\}", self.path))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        texts = [
            f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        ]
        return re.compile("".join(texts))


def steps(path: str) -> Iterator[tuple[str, str]]:
    """A row path as (key, container) pairs: `a.b[]` gives ("a", ""), ("b", "[]").

    A container in a container has no key: `a{}{}` gives ("a", "{}"), ("", "{}").
    """
    for part in path.split(".") if path else ():
        key = part.rstrip("[]{}")
        containers = re.findall(r"\[\]|\{\}", part)
        yield key, containers[0] if containers else ""
        for container in containers[1:]:
            yield "", container


__all__ = [
    "At", "Block", "Cursor", "Endpoint", "Numbered", "Offset", "Section", "Single", "steps",
]  # fmt: skip
