"""The two documented actions on one's own account, for `./run act`: never part of a crawl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Action:
    """One POST. can_be_undone: by hand, on the site."""

    name: str
    path: str
    can_be_undone: bool

    def body(self, artwork_id: int, *, is_private: bool, tags: list[str], comment: str) -> Mapping[str, Any]:
        """Fields that are sent, in the documented names."""
        if self.name == "like":
            return {"illust_id": str(artwork_id)}
        return {"illust_id": str(artwork_id), "restrict": int(is_private), "comment": comment, "tags": tags}


ACTIONS = {
    action.name: action
    for action in (
        Action("bookmark", "/ajax/illusts/bookmarks/add", can_be_undone=True),
        Action("like", "/ajax/illusts/like", can_be_undone=False),
    )
}
