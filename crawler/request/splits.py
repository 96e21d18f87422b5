"""The searches of a run that were cut into parts, and whether the parts are the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.archive.archive import Archive
from crawler.archive.following import Reach
from crawler.items.page import Ask
from crawler.request.windows import Split, cut, cut_by, is_beyond, is_short, is_windowed, shown

IsAsked = Callable[[Ask], bool]


@dataclass(frozen=True)
class Part:
    """What is to be asked of a search that was cut.

    pages: how many at most; is_forced: its first page, whatever is archived of it.
    """

    ask: Ask
    pages: int | None = None
    is_forced: bool = False


@dataclass
class Splits:
    """The searches of a run that were cut.

    hidden: what is not shown because no period was given; short: what should be there and is not.
    """

    hidden: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def of(self, archive: Archive, ask: Ask) -> Split | None:
        """How a search is cut that has more works than are shown; what cannot be shown is noted."""
        told = _beyond(archive, ask)
        if told is None:
            return None
        split = cut(ask, told)
        if split is None:
            what = f"{ask.key}: of {told.total:,} works the site shows {shown(ask, told):,}"
            if ask.params["scd"]:
                self.short.append(f"failed: {what}, and what it offers cuts them no further")
            else:
                self.hidden.append(f"{what}: give scd and ecd to have all")
        return split

    def next_of(self, archive: Archive, split: Split, is_asked: IsAsked) -> list[Part]:
        """What is to be asked next so that the parts of a search are the whole; [] once they are.

        is_asked: whether something was asked for in this run.
        """
        if split.kind == "end":
            return self._from_the_other_end(archive, split)
        known = [archive.reach(part) for part in split.parts]
        found = sum(told.total for told in known if told is not None)
        whole = archive.reach(split.ask)
        if split.tries and whole is not None:
            split.totals.append(whole.total)
        # What came or went while the parts were asked for is in one of the totals alone.
        total = min(split.totals)
        if found >= total:
            return []
        split.tries += 1
        if split.tries == 1:
            silent = [part for part, told in zip(split.parts, known, strict=True) if told is None]
            again = [Part(part, is_forced=True) for part in silent if not is_asked(part)]
            return [Part(split.ask, is_forced=True), *again]
        if split.shared:
            later, split.shared = split.shared, []
            split.parts = [split.parts[0], *later]
            return list(map(Part, later))
        if not is_short(total, found):
            return []
        return self._other_cut(split, whole, f"its windows tell {found:,} of {total:,} works")

    def _from_the_other_end(self, archive: Archive, split: Split) -> list[Part]:
        """The pages from the other end, as many as it takes to meet those from this one."""
        (other,) = split.parts
        whole = archive.reach(split.ask)
        assert whole is not None, "it told how many works it has"
        if archive.works_of_list(split.ask) & archive.works_of_list(other):
            return []
        if split.tries:
            assert split.pages is not None, "of the other end some pages are enough"
            split.pages += 1
        split.tries += 1
        if whole.last_page is not None and (split.pages or 0) > whole.last_page:
            return self._other_cut(split, whole, "its two ends do not meet")
        return [Part(other, pages=split.pages)]

    def _other_cut(self, split: Split, whole: Reach | None, why: str) -> list[Part]:
        """Another cut of a search whose parts are not the whole; named where there is none."""
        other = cut_by(split.others, split.ask, whole) if whole is not None else None
        if other is None:
            self.short.append(f"failed: {split.ask.key}: {why}")
            return []
        split.kind, split.parts, split.others = other.kind, other.parts, other.others
        split.pages, split.tries = other.pages, 0
        return first_of(split)


def first_of(split: Split) -> list[Part]:
    """What is asked first of a search that was cut."""
    return [] if split.kind == "end" else [Part(part) for part in split.parts]


def is_cut(archive: Archive, ask: Ask) -> bool:
    """Whether the parts of a search tell what its own pages past the first would."""
    told = _beyond(archive, ask)
    split = cut(ask, told) if told is not None else None
    return split is not None and split.kind != "end"


def _beyond(archive: Archive, ask: Ask) -> Reach | None:
    """The length of a search that has more works than are shown."""
    told = archive.reach(ask) if is_windowed(ask) and ask.page == 1 else None
    return told if told is not None and is_beyond(ask, told) else None
