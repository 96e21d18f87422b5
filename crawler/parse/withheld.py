"""Find out what a response withholds of a work."""

from __future__ import annotations

from typing import Any

from crawler.parse.element import NOTHING, Element, Raw
from crawler.tables.read import NULL, UNKNOWN


def withheld_reason(raw: Raw) -> str | None:
    """Return why a work's row is blank, or None if it is not.

    A stated reason, or the evidence: no title, or a date of 1970.
    """
    reason = raw.get("mask_reason") or raw.get("maskReason")
    if reason:
        return str(reason)
    uploaded = raw.get("illust_upload_timestamp", 1)
    is_blank = raw.get("title") == "" or (isinstance(uploaded, int) and uploaded < 0)
    is_epoch = str(raw.get("createDate", "")).startswith("1970-")
    return "unknown" if is_blank or is_epoch else None


def reason_of(element: Element) -> str | None:
    """`withheld_reason` of an element, worked out once: rows, states and checks want it."""
    if element.noted is NOTHING:
        element.noted = withheld_reason(element.raw)
    reason: str | None = element.noted
    return reason


def restriction_of(raw: Raw) -> Any:
    """Return what a work's own page withholds: `login_only`, `restricted` (no image), NULL for nothing.

    UNKNOWN where the row is no such page.
    """
    urls = raw.get("urls")
    if not isinstance(urls, dict) or "original" not in urls:
        return UNKNOWN
    if raw.get("isLoginOnly") is True:
        return "login_only"
    return NULL if any(urls.values()) else "restricted"
