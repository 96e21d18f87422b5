"""The two documented actions on one's own account, for `./run act`: never part of a crawl."""

from __future__ import annotations

from typing import Any

ACTIONS = {"bookmark": "/ajax/illusts/bookmarks/add", "like": "/ajax/illusts/like"}
"""Path of each action. A bookmark can be undone by hand, on the site; a like cannot."""


def body_of(action: str, artwork_id: int, *, is_private: bool, tags: list[str], comment: str) -> dict[str, Any]:
    """Fields that an action sends, in the documented names."""
    bookmark = {"restrict": int(is_private), "comment": comment, "tags": tags} if action == "bookmark" else {}
    return {"illust_id": str(artwork_id), **bookmark}
