"""The request that a kept response answers, and who sent it: its address and the record of its run say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crawler.clock import night_of
from crawler.endpoints import recognise
from crawler.model.reply import Reply
from crawler.model.target import Target

VALID: Mapping[str, str] = {
    "crawl_id": r"\d{8}T\d{6}-[0-9a-f]{6}",
    "night": r"\d{4}-\d{2}-\d{2}",
    "account": r"[0-9a-z]{0,40}",
    "asker": r"|session|premium",
    "session": r"[a-z]{1,20}",
}
"""Forms of what a run says of itself and keys are made of: anything else is none of this project's."""


def checked(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a run in a warcinfo record, without what no run of this project says."""
    return {
        name: value
        for name, value in about.items()
        if name not in VALID or (isinstance(value, str) and re.fullmatch(VALID[name], value))
    }


def target_of(reply: Reply, about: Mapping[str, Any]) -> Target | None:
    """The request that a kept response answers, or None where it is none of the endpoints'.

    about: what the warcinfo record of its file says of the run, {} for other tools' files.
    """
    night = about.get("night") or night_of(reply.observed_at)
    usual = "session" if about.get("session") == "account" else ""
    return recognise(reply.url, night, about.get("account", ""), about.get("asker", usual))
