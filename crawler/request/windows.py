"""Searches past the page cap: cut until each part can be shown in full.

By days first, then by what else the search offers. The site's totals decide whether a cut is one: where
the parts contain fewer works than the search itself, it is requested again, for it may have moved; then parts of
a period share the day between them, for the site may leave it out of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from crawler.archive.search_length import SearchLength
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.paging import Numbered
from crawler.endpoints.params import Choice
from crawler.items.ask import Ask

FEW = 3
MAY_VANISH = 0.01
"""So many works, or this share of them, may come or go between one request and the next."""
SLOTS = 60
"""Places of a page, one of which is an advertisement's for who has no session."""
PARTS_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    "all": ("illust", "ugoira", "manga"),
    "illust_and_ugoira": ("illust", "ugoira"),
}
OTHER_ENDS: Mapping[str, str] = {"date_d": "date", "date": "date_d"}
FILLED = 0.9
"""How full the parts of a period are meant to be: days differ."""
COMMON_SIZE = 1200
"""Pixels: about as many works are wider as are narrower."""

Kind = Literal["days", "end", "type", "ratio", "width", "height"]


@dataclass
class Split:
    """A search that was cut: how, into what, and what else could be tried.

    shared: the later parts of a period, each with the day that the one before ends with. totals: what
    the search had in this run. pages: how many of the other end are needed. tries: what was tried already to
    make the parts complete.
    """

    ask: Ask
    kind: Kind
    parts: list[Ask]
    others: list[Kind]
    shared: list[Ask]
    totals: list[int]
    pages: int | None = None
    tries: int = 0


def is_windowed(ask: Ask) -> bool:
    """Whether a period is among the parameters of its endpoint."""
    return "scd" in ask.params


def is_beyond(ask: Ask, length: SearchLength) -> bool:
    """Whether a search has more works than its pages show: where its last page is a cap.

    A total is off by a few: one that a page more would hold is no sign of a cap elsewhere.
    """
    paging = _paging(ask)
    if length.last_page is None or length.last_page in paging.caps:
        return length.total > shown(ask, length)
    return length.total > (length.last_page + 1) * SLOTS


def shown(ask: Ask, length: SearchLength) -> int:
    """How many works the pages of a search show."""
    return (length.last_page or _paging(ask).shown) * _size(ask, length)


def _size(ask: Ask, length: SearchLength) -> int:
    """How many works a full page holds: as the first does, where that is full."""
    return length.held if length.held in (_paging(ask).size, SLOTS) else _paging(ask).size


def _paging(ask: Ask) -> Numbered:
    paging = ENDPOINTS[ask.endpoint].paging
    assert isinstance(paging, Numbered), "searches have pages by number"
    return paging


def cut(ask: Ask, length: SearchLength) -> Split | None:
    """How a search that is beyond its cap is cut; None where nothing cuts it.

    A search without a period is not cut: it may be of any size.
    """
    if not ask.params.get("scd"):
        return None
    return cut_by(list(_kinds(ask, length)), ask, length)


def cut_by(kinds: Sequence[Kind], ask: Ask, length: SearchLength) -> Split | None:
    """The first of some cuts."""
    if not kinds:
        return None
    kind, *others = kinds
    parts, shared = _days(ask, length) if kind == "days" else (_parts(ask, kind), [])
    pages = _pages_from_the_other_end(ask, length) if kind == "end" else None
    return Split(ask, kind, parts, others, shared, [length.total], pages)


def _kinds(ask: Ask, length: SearchLength) -> Iterator[Kind]:
    """The cuts that there are, the cheapest first."""
    params = ask.params
    first, last = _period(ask)
    if first < last:
        yield "days"
        return
    is_doubled = length.total <= 2 * shown(ask, length) - _size(ask, length)
    if params["order"] in OTHER_ENDS and is_doubled and length.last_page is not None:
        yield "end"
    if params["type"] in PARTS_OF_TYPES:
        yield "type"
    if not params["ratio"]:
        yield "ratio"
    for kind, low, high in (("width", "wlt", "wgt"), ("height", "hlt", "hgt")):
        if _middle(params[low], params[high]) is not None:
            yield kind  # type: ignore[misc]  # one of the literals


def _days(ask: Ask, length: SearchLength) -> tuple[list[Ask], list[Ask]]:
    """The parts of a period, and the later ones with the day that the one before ends with.

    As many as it takes if each day had as many works; one that has more than are shown is cut again.
    """
    first, last = _period(ask)
    days = (last - first).days + 1
    count = min(days, max(2, -(-length.total // int(shown(ask, length) * FILLED))))
    begins = [first + timedelta(days=days * place // count) for place in range(count)]
    ends = [begin - timedelta(days=1) for begin in begins[1:]]
    until = [*map(str, ends), ask.params["ecd"] or f"{last}"]
    parts = [_with(ask, scd=f"{begin}", ecd=end) for begin, end in zip(begins, until, strict=True)]
    shared = [
        _with(ask, scd=f"{end}", ecd=latest) for end, latest in zip(ends, until[1:], strict=True)
    ]
    is_smaller = all(part.params["scd"] != ask.params["scd"] for part in shared)
    return parts, shared if is_smaller else []


def _parts(ask: Ask, kind: Kind) -> list[Ask]:
    """The parts of a cut by something else."""
    params = ask.params
    if kind == "end":
        return [_with(ask, order=OTHER_ENDS[params["order"]])]
    if kind == "type":
        return [_with(ask, type=one) for one in PARTS_OF_TYPES[params["type"]]]
    if kind == "ratio":
        ratios = ENDPOINTS[ask.endpoint].request.params["ratio"]
        assert isinstance(ratios, Choice)
        return [_with(ask, ratio=one) for one in ratios.values]
    low, high = ("wlt", "wgt") if kind == "width" else ("hlt", "hgt")
    middle_size = _middle(params[low], params[high])
    assert middle_size is not None
    return [
        _with(ask, **{high: f"{middle_size}"}),
        _with(ask, **{low: f"{middle_size + 1}"}),
    ]


def _with(ask: Ask, **params: str) -> Ask:
    return replace(ask, page=1, params={**ask.params, **params})


def _period(ask: Ask) -> tuple[date, date]:
    first = date.fromisoformat(ask.params["scd"])
    last = date.fromisoformat(ask.params.get("ecd") or ask.night)
    return first, max(first, last)


def _middle(low: str, high: str) -> int | None:
    """Where a range of sizes is cut; None where it is one size."""
    least = int(low or 1)
    if not high:
        return COMMON_SIZE if least <= COMMON_SIZE else least * 2
    return (least + int(high)) // 2 if least < int(high) else None


def _pages_from_the_other_end(ask: Ask, length: SearchLength) -> int:
    """How many pages from the other end show what a search does not: one of them it shows too."""
    hidden = length.total - shown(ask, length)
    return -(-hidden // _size(ask, length)) + 1


def is_short(total: int, found: int) -> bool:
    """Whether parts contain fewer works than the search itself: more than may vanish in between."""
    return found < total - max(FEW, int(total * MAY_VANISH))
