"""Files and folders for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone. Raises OSError."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # says so where a file is in its place


def private_opener(path: str, flags: int) -> int:
    """Open a file that is made for its owner alone: `open(..., opener=private_opener)`."""
    return os.open(path, flags, 0o600)
