"""The token that an action needs, from the start page, where pixiv keeps it for its own scripts."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from crawler.endpoints.json_path import is_there, step

_DATA = re.compile(rb"<script[^>]*\bid=[\"']?__NEXT_DATA__[\"']?[^>]*>(.*?)</script>", re.DOTALL)
_FORM = re.compile(r"[0-9A-Za-z_-]{16,128}")
STATE = "props.pageProps.serverSerializedPreloadedState"


class Start(NamedTuple):
    """What the start page says. token: "" where it has none; is_alive: whether it knows the session."""

    token: str
    is_alive: bool


def read_start(page: bytes) -> Start:
    """Read the start page. Raises ValueError, saying what of its known shape is missing."""
    found = _DATA.search(page)
    if found is None:
        raise ValueError("it has no __NEXT_DATA__")
    try:
        text = step(json.loads(found[1]), STATE)
        state = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        raise ValueError("its __NEXT_DATA__ is no JSON") from None
    if not isinstance(state, dict):
        raise ValueError(f"its __NEXT_DATA__ has no {STATE}")
    token = step(state, "api.token")
    is_token = isinstance(token, str) and _FORM.fullmatch(token) is not None
    is_dead = is_there(state, "userData.self") and step(state, "userData.self") is None
    return Start(token if is_token else "", not is_dead)
