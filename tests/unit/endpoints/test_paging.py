"""How pages are requested, and where a list ends."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.endpoints.paging import MOST_PAGES, Cursor, Numbered, Offset, Paging, Single


@pytest.mark.parametrize(
    ("paging", "body", "page", "after"),
    [
        (Single(), {}, 1, None),
        (Numbered(more="next"), {"next": 2}, 1, 2),
        (Numbered(more="next"), {"next": False}, 9, None),
        (Numbered(more="pager.hasNext"), {"pager": {"hasNext": True}}, 3, 4),
        (Numbered(last="isLast"), {"isLast": True}, 3, None),
        (Numbered(last="last"), {"last": 5}, 5, None),
        (Numbered(last="last", total="total"), {"total": 130}, 2, 3),
        (Numbered(more="next", ends_empty=True), [], 4, None),
        (Offset(50, more="hasNext"), {"hasNext": True}, 1, 50),
        (Offset(50, more="total"), {"total": 60}, 50, 99),
        (Cursor("lastId", more="lastId"), {"lastId": "0"}, 7, None),
    ],
)
def test_a_reply_says_which_page_follows(paging: Paging, body: Any, page: int, after: int | None) -> None:
    assert paging.next(body, page, {}) == after


@pytest.mark.parametrize(
    ("paging", "body", "page"),
    [
        (Numbered(more="next"), {}, 1),
        (Numbered(more="next"), {"next": 1}, 1),
        (Numbered(more="next"), {"next": MOST_PAGES + 1}, 1),
        (Numbered(last="last"), {"last": None}, 1),
        (Offset(50, more="hasNext"), {}, 1),
        (Cursor("lastId", more="lastId"), {"lastId": 9}, 7),
    ],
)
def test_a_list_that_may_go_on_is_never_taken_for_complete(paging: Paging, body: Any, page: int) -> None:
    with pytest.raises(ValueError, match=r"next|last|hasNext|lastId"):
        paging.next(body, page, {})
