"""Small files of state: JSON objects, read as empty where they are none."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.files import private_opener


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a file that only its owner can read. Raises OSError."""
    with open(path, "w", encoding="utf-8", opener=private_opener) as file:  # takes an opener
        file.write(json.dumps(state))


def read_state(path: Path) -> dict[str, Any]:
    """What a file holds."""
    with suppress(OSError, ValueError):
        state = json.loads(path.read_text())
        if isinstance(state, dict):
            return state
    return {}
