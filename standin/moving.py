"""A site whose lists move while they are read: works come, go and are hidden between two requests.

Seeded and stateful, beside the fake server, whose lists never move: `Standin(moving=Moving(seed=1))`. It answers with
the routes and bodies of the still site. `Moving.throughout` is what an archive must have in the end.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from standin import fake_people, fake_works, rankings, search
from standin.bodies import thumbnail
from standin.routes import Asked, enveloped, route_of
from standin.search import KINDS

FAMILIES = (fake_people, search)  # imported for the routes that they register
SHAPE = fake_works.uploaded_on(1, 0)[0]
"""The work of the still site whose form those of this one have."""
ROW = rankings.row(1, SHAPE, "daily", 1, 0, fake_works.FIRST, fake_works.FIRST) or {}


@dataclass(frozen=True)
class Work:
    """A work, or whatever a list holds: newer ones have greater ids."""

    key: int
    on: date
    kind: int
    width: int
    height: int
    user_id: ClassVar[int] = 7

    @property
    def artwork_id(self) -> int:
        return self.key

    @property
    def ratio(self) -> str:
        return "0" if self.width == self.height else "0.5" if self.width > self.height else "-0.5"


@dataclass
class Moving:
    """A moving site. Rates are events a request: works that come on top, that go, anywhere.

    first, last: the days of the works; count: how many there are at first. returns: how often one that
    was hidden is shown again at its place. publishes: how often a ranking is published anew.
    is_session: whether pages of searches hold 60 works and no advertisement. shares_days: whether the
    site leaves the last day of a period out. left: accounts that have left: they are counted and have their place,
    and no page shows them. is_stuck: whether pages by offset are always the first.
    """

    seed: int = 1
    count: int = 300
    first: date = date(2026, 9, 1)
    last: date = date(2026, 9, 30)
    comes: float = 0.0
    goes: float = 0.0
    returns: float = 0.0
    publishes: float = 0.0
    cap: int = 10
    is_session: bool = False
    shares_days: bool = False
    off_by: int = 0
    requests: int = 0
    works: list[Work] = field(default_factory=list)
    left: set[int] = field(default_factory=set)
    is_stuck: bool = False
    ranked: list[int] = field(default_factory=list)
    publications: list[list[int]] = field(default_factory=list)
    next_on: date | None = None
    _hidden: list[Work] = field(default_factory=list)
    _gone: set[int] = field(default_factory=set)
    _since: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._newest = 1_000_000
        days = (self.last - self.first).days + 1
        for day in sorted(self._random.randrange(days) for _ in range(self.count)):
            self._come(self.first + timedelta(days=day))
        self.ranked = [1 + place for place in range(500)]
        self.publications.append(list(self.ranked))
        self.begin()

    def begin(self) -> None:
        """Watch what is there throughout, from now on."""
        self._since = {work.key for work in self.works}
        self._gone = set()

    @property
    def throughout(self) -> set[int]:
        """Return the works that were there all the time since `begin`."""
        return self._since - self._gone

    def calm(self) -> None:
        """Nothing happens any more."""
        self.comes = self.goes = self.returns = self.publishes = 0.0

    def _come(self, on: date) -> None:
        draw = self._random
        self._newest += draw.randrange(1, 9)
        width = draw.randrange(300, 4_000)
        height = width if draw.random() < 0.1 else draw.randrange(300, 4_000)
        kind = draw.choices((0, 1, 2), (70, 25, 5))[0]
        self.works.insert(0, Work(self._newest, on, kind, width, height))

    def _move(self) -> None:
        """Let the list move between two requests."""
        draw = self._random
        for rate, event in (
            (self.comes, lambda: self._come(self.last)),
            (self.goes, self._go),
            (self.returns, self._return),
            (self.publishes, self._publish),
        ):
            for certainly in range(int(rate) + 1):
                if draw.random() < rate - certainly:
                    event()

    def _go(self) -> None:
        if self.works:
            work = self.works.pop(self._random.randrange(len(self.works)))
            self._gone.add(work.key)
            self._hidden.append(work)

    def _return(self) -> None:
        if self._hidden:
            self.works.append(self._hidden.pop(self._random.randrange(len(self._hidden))))
            self.works.sort(key=lambda work: -work.key)

    def _publish(self) -> None:
        """Some works change places, some leave, new ones come; the whole may be told otherwise."""
        draw = self._random
        for _ in range(draw.randrange(1, 40)):
            one, other = (draw.randrange(len(self.ranked)) for _ in range(2))
            self.ranked[one], self.ranked[other] = self.ranked[other], self.ranked[one]
        for _ in range(draw.randrange(0, 4)):
            self.ranked.insert(draw.randrange(len(self.ranked)), 10_000 + draw.randrange(10**6))
        if draw.random() < 0.3:
            self.next_on = date(2026, 9, 21)
        self.publications.append(list(self.ranked))

    def answer(self, target: str) -> dict[str, Any] | None:
        """The response to a path and query, as JSON; None where it is of another kind.

        What happens between two requests has happened before it.
        """
        if self.requests:
            self._move()
        self.requests += 1
        address = urlsplit(target)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        if address.path == "/ranking.php":
            return self._ranking(query)
        found = route_of(unquote(address.path))
        if found is None or not found[0].moves:
            return None
        asked = AskedOfMoving(self.seed, found[1], query, self.last, None, self)
        return enveloped(address.path, found[0].answer(asked))

    def found(self, query: Mapping[str, str]) -> list[Work]:
        """Return the works that a search finds, in its order."""
        kinds = KINDS.get(query.get("type", ""), (0, 1, 2))
        begin, end = query.get("scd", ""), query.get("ecd", "9")
        sides = (("wlt", 0), ("wgt", 10**9), ("hlt", 0), ("hgt", 10**9))
        least_w, most_w, least_h, most_h = (int(query.get(name) or usual) for name, usual in sides)
        leaves_out = self.shares_days and query.get("scd") != query.get("ecd") != f"{self.last}"
        listed = [
            work
            for work in self.works
            if work.kind in kinds
            and begin <= f"{work.on}" <= end
            and not (leaves_out and f"{work.on}" == end)
            and least_w <= work.width <= most_w
            and least_h <= work.height <= most_h
            and (query.get("ratio") or work.ratio) == work.ratio
        ]
        return listed[::-1] if query.get("order") == "date" else listed

    def _ranking(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The newest publication of a day's ranking."""
        page, day = int(query.get("p") or 1), date.fromisoformat(query.get("date") or "20260920")
        begin = (page - 1) * rankings.PAGE
        shown = self.ranked[begin : begin + rankings.PAGE]
        rows = [{**ROW, "illust_id": key, "rank": rank} for rank, key in enumerate(shown, begin + 1)]
        days = (date(2026, 9, 19), day, self.next_on)
        return rankings.root(rows, query["mode"], "all", page, len(self.ranked), days)


@dataclass(frozen=True)
class AskedOfMoving(Asked):
    """A request to a moving site: its lists are what it holds now."""

    site: Moving
    is_moving: ClassVar[bool] = True

    def short(self, work: Work, **more: Any) -> dict[str, Any]:
        at = f"{work.on}T12:00:00+09:00"
        ids = {"id": str(work.key), "userId": str(work.user_id), "illustType": work.kind}
        size = {"width": work.width, "height": work.height}
        return thumbnail(1, SHAPE, self.today, **ids, **size, createDate=at, updateDate=at, **more)

    def newest(self, count: int) -> Sequence[Any]:
        return ()  # what stands beside a list must not stand in for what is missing in it

    def listed(self, count: int) -> Sequence[Work]:
        return self.site.works

    def ids(self, usual: range) -> Sequence[int]:
        return [work.key for work in self.site.works]

    def by_offset(self, listed: Sequence[Any], usual: int) -> tuple[Sequence[Any], int]:
        offset = 0 if self.site.is_stuck else self.number("offset", 0)
        limit = min(self.number("limit", usual), 100)
        placed = listed[offset : offset + limit]
        return [one for one in placed if getattr(one, "key", one) not in self.site.left], offset + limit

    def searched(self, kinds: tuple[int, ...]) -> dict[str, Any]:
        """The page of a search: a session's holds 60 works; an advertisement stands anywhere."""
        listed, site = self.site.found(self.query), self.site
        size, cap = (60, search.PAGES_SESSION) if site.is_session else (search.WORKS_A_PAGE, site.cap)
        told = search.page_of(self, listed, size, cap, ad_at=site.requests * 7 % (size + 1))
        told["total"] += site.off_by if listed and self.number("p", 1) == 1 else 0
        return told
