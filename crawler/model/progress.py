"""How far the archive is with a target, and what is to be requested next."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model.reply import Outcome
from crawler.model.target import Target


@dataclass(frozen=True)
class Progress:
    """How far a target is, by what is archived of it.

    page: the next page to request; None: nothing more is. outcome: how the target ended, or how that page did when it was
    last requested; None: it never was. message: why.
    is_again: that page was read before, and what it listed does not fit its neighbours. is_certain: of a list, that
    nothing slipped from page to page unseen while it moved. is_bounded: more pages follow that nobody wants.
    waits_for: another target that is to be requested first, because it may spare this one.
    """

    page: int | None
    outcome: Outcome | None
    message: str = ""
    is_again: bool = False
    is_certain: bool = True
    is_bounded: bool = False
    waits_for: Target | None = None
