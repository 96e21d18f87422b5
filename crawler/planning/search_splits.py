"""The searches of a run that were cut into parts, and whether the parts are complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.archive.archive import Archive
from crawler.archive.due.lists import SearchLength
from crawler.model.target import Target
from crawler.planning.search_windows import SearchSplit, cut, cut_by, is_beyond, is_short, shown


@dataclass(frozen=True)
class SearchPart:
    """Next targets of a search that was split.

    pages: how many at most; is_forced: its first page, whatever is archived of it.
    """

    target: Target
    pages: int | None = None
    is_forced: bool = False


@dataclass
class SearchSplits:
    """The searches of a run that were cut.

    hidden: what is not shown because no period was given; short: what should be there and is not.
    """

    hidden: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def of(self, archive: Archive, target: Target) -> SearchSplit | None:
        """Split a search that has more works than are shown; note what cannot be shown."""
        length = _beyond(archive, target)
        if length is None:
            return None
        split = cut(target, length)
        if split is None:
            what = f"{target.key}: of {length.total:,} works the site shows {shown(target, length):,}"
            if target.params["scd"]:
                self.short.append(f"failed: {what}, and what it offers cuts them no further")
            else:
                self.hidden.append(f"{what}: give scd and ecd to have all")
        return split

    def next_of(self, archive: Archive, split: SearchSplit, is_requested: Callable[[Target], bool]) -> list[SearchPart]:
        """Return what to request next so that the parts of a search are complete; [] once they are.

        is_requested: whether something was requested in this run.
        """
        if split.kind == "end":
            return self._from_the_other_end(archive, split)
        known = [archive.search_length(part) for part in split.parts]
        found = sum(length.total for length in known if length is not None)
        uncut = archive.search_length(split.target)
        if split.tries and uncut is not None:
            split.totals.append(uncut.total)
        # What came or went while the parts were requested is in one of the totals alone.
        total = min(split.totals)
        if found >= total:
            return []
        split.tries += 1
        if split.tries == 1:
            silent = [part for part, length in zip(split.parts, known, strict=True) if length is None]
            again = [SearchPart(part, is_forced=True) for part in silent if not is_requested(part)]
            return [SearchPart(split.target, is_forced=True), *again]
        if split.shared:
            later, split.shared = split.shared, []
            # The first part has no day before it to share.
            split.parts = [split.parts[0], *later]
            return list(map(SearchPart, later))
        if not is_short(total, found):
            return []
        return self._other_cut(split, uncut, f"its windows contain {found:,} of {total:,} works")

    def _from_the_other_end(self, archive: Archive, split: SearchSplit) -> list[SearchPart]:
        """The pages from the other end, as many as it takes to meet those from this one."""
        (other,) = split.parts
        uncut = archive.search_length(split.target)
        assert uncut is not None, "it said how many works it has"
        if archive.works_of_list(split.target) & archive.works_of_list(other):
            return []
        if split.tries:
            assert split.pages is not None, "of the other end some pages are enough"
            split.pages += 1
        split.tries += 1
        if uncut.last_page is not None and (split.pages or 0) > uncut.last_page:
            return self._other_cut(split, uncut, "its two ends do not meet")
        return [SearchPart(other, pages=split.pages)]

    def _other_cut(self, split: SearchSplit, uncut: SearchLength | None, why: str) -> list[SearchPart]:
        """Another cut of a search whose parts are not complete; named where there is none."""
        other = cut_by(split.others, split.target, uncut) if uncut is not None else None
        if other is None:
            self.short.append(f"failed: {split.target.key}: {why}")
            return []
        # In place: the spider holds this split and asks it for its next targets.
        split.kind, split.parts, split.others = other.kind, other.parts, other.others
        split.pages, split.tries = other.pages, 0
        return first_of(split)


def first_of(split: SearchSplit) -> list[SearchPart]:
    """Return the first target of a search that was split."""
    # Pages from the other end are requested by next_of(), which knows how far the two ends are apart.
    return [] if split.kind == "end" else [SearchPart(part) for part in split.parts]


def is_cut(archive: Archive, target: Target) -> bool:
    """Return True if the parts of a search contain what its own pages past the first would."""
    length = _beyond(archive, target)
    split = cut(target, length) if length is not None else None
    # Two ends need the search's own pages, so these are not superfluous.
    return split is not None and split.kind != "end"


def _beyond(archive: Archive, target: Target) -> SearchLength | None:
    """The length of a search that has more works than are shown."""
    length = archive.search_length(target) if "scd" in target.params and target.page == 1 else None
    return length if length is not None and is_beyond(target, length) else None
