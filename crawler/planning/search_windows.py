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

from crawler.archive.due.lists import SearchLength
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.paging import Numbered
from crawler.endpoints.params import Choice
from crawler.model.target import Target

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
"""Intended size of the parts of a period, as a share of the cap: days differ."""
COMMON_SIZE = 1200
"""Pixels: about as many works are wider as are narrower."""

Kind = Literal["days", "end", "type", "ratio", "width", "height"]


@dataclass
class SearchSplit:
    """A search that was cut: how, into what, and what else could be tried.

    shared: the later parts of a period, each with the day that the one before ends with. totals: what
    the search had in this run. pages: how many of the other end are needed. tries: what was tried already to
    make the parts complete.
    """

    target: Target
    kind: Kind
    parts: list[Target]
    others: list[Kind]
    shared: list[Target]
    totals: list[int]
    pages: int | None = None
    tries: int = 0


def is_beyond(target: Target, length: SearchLength) -> bool:
    """Return True if a search has more works than its pages show: where its last page is a cap.

    A total is off by a few: one that a page more would hold is no sign of a cap elsewhere.
    """
    paging = _paging(target)
    if length.last_page is None or length.last_page in paging.caps:
        return length.total > shown(target, length)
    return length.total > (length.last_page + 1) * SLOTS


def shown(target: Target, length: SearchLength) -> int:
    """Number of works that the pages of a search show."""
    return (length.last_page or _paging(target).shown) * _size(target, length)


def _size(target: Target, length: SearchLength) -> int:
    """Number of works on a full page: that of the first, if it is full."""
    return length.held if length.held in (_paging(target).size, SLOTS) else _paging(target).size


def _paging(target: Target) -> Numbered:
    paging = ENDPOINTS[target.endpoint].paging
    assert isinstance(paging, Numbered), "searches have pages by number"
    return paging


def cut(target: Target, length: SearchLength) -> SearchSplit | None:
    """Return how a search beyond its cap is split; None if nothing splits it.

    A search without a period is not cut: it may be of any size.
    """
    if not target.params.get("scd"):
        return None
    return cut_by(list(_kinds(target, length)), target, length)


def cut_by(kinds: Sequence[Kind], target: Target, length: SearchLength) -> SearchSplit | None:
    """The first of some cuts."""
    if not kinds:
        return None
    kind, *others = kinds
    parts, shared = _days(target, length) if kind == "days" else (_parts(target, kind), [])
    pages = None
    if kind == "end":  # as many as show what is hidden, and one of which it shows
        pages = -(-(length.total - shown(target, length)) // _size(target, length)) + 1
    return SearchSplit(target, kind, parts, others, shared, [length.total], pages)


def _kinds(target: Target, length: SearchLength) -> Iterator[Kind]:
    """The cuts that there are, the cheapest first."""
    params = target.params
    first, last = _period(target)
    # No other cut beside days: each part is a search of its own, which is cut further if need be.
    if first < last:
        yield "days"
        return
    # Less a page: the two ends must share works, or nobody knows what lies between them.
    is_doubled = length.total <= 2 * shown(target, length) - _size(target, length)
    if params["order"] in OTHER_ENDS and is_doubled and length.last_page is not None:
        yield "end"
    if params["type"] in PARTS_OF_TYPES:
        yield "type"
    if not params["ratio"]:
        yield "ratio"
    for kind, low, high in (("width", "wlt", "wgt"), ("height", "hlt", "hgt")):
        if _middle(params[low], params[high]) is not None:
            yield kind  # type: ignore[misc]  # one of the literals


def _days(target: Target, length: SearchLength) -> tuple[list[Target], list[Target]]:
    """The parts of a period, and the later ones with the day that the one before ends with.

    As many as it takes if each day had as many works; one that has more than are shown is cut again.
    """
    first, last = _period(target)
    days = (last - first).days + 1
    # At least two: a single part would be the search itself, cut again for ever.
    count = min(days, max(2, -(-length.total // int(shown(target, length) * FILLED))))
    begins = [first + timedelta(days=days * place // count) for place in range(count)]
    ends = [begin - timedelta(days=1) for begin in begins[1:]]
    until = [*map(str, ends), target.params["ecd"] or f"{last}"]
    parts = [_with(target, scd=f"{begin}", ecd=end) for begin, end in zip(begins, until, strict=True)]
    shared = [_with(target, scd=f"{end}", ecd=latest) for end, latest in zip(ends, until[1:], strict=True)]
    # A shared part that begins where the search begins would be the search itself.
    is_smaller = all(part.params["scd"] != target.params["scd"] for part in shared)
    return parts, shared if is_smaller else []


def _parts(target: Target, kind: Kind) -> list[Target]:
    """The parts of a cut by something else."""
    params = target.params
    if kind == "end":
        return [_with(target, order=OTHER_ENDS[params["order"]])]
    if kind == "type":
        return [_with(target, type=one) for one in PARTS_OF_TYPES[params["type"]]]
    if kind == "ratio":
        ratios = ENDPOINTS[target.endpoint].request.params["ratio"]
        assert isinstance(ratios, Choice)
        return [_with(target, ratio=one) for one in ratios.values]
    low, high = ("wlt", "wgt") if kind == "width" else ("hlt", "hgt")
    middle_size = _middle(params[low], params[high])
    assert middle_size is not None
    return [_with(target, **{high: f"{middle_size}"}), _with(target, **{low: f"{middle_size + 1}"})]


def _with(target: Target, **params: str) -> Target:
    return replace(target, page=1, params={**target.params, **params})


def _period(target: Target) -> tuple[date, date]:
    first = date.fromisoformat(target.params["scd"])
    last = date.fromisoformat(target.params.get("ecd") or target.night)
    # A period may begin after tonight: then it is that one day.
    return first, max(first, last)


def _middle(low: str, high: str) -> int | None:
    """Return where a range of sizes is split; None if it is one size."""
    least = int(low or 1)
    if not high:
        return COMMON_SIZE if least <= COMMON_SIZE else least * 2
    return (least + int(high)) // 2 if least < int(high) else None


def is_short(total: int, found: int) -> bool:
    """Return True if parts contain fewer works than the search itself: more than may vanish in between."""
    return found < total - max(FEW, int(total * MAY_VANISH))
