"""Releases, copies, reports and backups that were made of an archive on this machine, so that `forget` finds them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crawler.files import complete_file, private_folder
from crawler.places import state_folder

FILE = "made.json"
Kind = Literal["release", "copy", "report", "backup"]


@dataclass(frozen=True)
class Made:
    """Something that was made. archive: its address without a password; is_private: of a release."""

    archive: str
    kind: Kind
    path: str
    is_private: bool = False


def note(state_dir: str, made: Made) -> None:
    """Take note of something that was made. On a machine where nothing can be written, nothing is noted."""
    folder = state_folder(state_dir)
    others = [one for one in _read(folder) if one.path != made.path]
    with suppress(OSError):
        private_folder(folder)
        with complete_file(folder / FILE) as beside:
            beside.write_text(json.dumps([asdict(one) for one in (*others, made)], indent=0) + "\n")


def made_of(state_dir: str, archive: str) -> list[Made]:
    """Return what was made of an archive and is still there."""
    found = _read(state_folder(state_dir))
    return [one for one in found if _is_of(one, archive) and Path(one.path).exists()]


def _is_of(one: Made, archive: str) -> bool:
    """Return True if something was made of an archive, also where that has been moved since: its old place is empty."""
    scheme, _, path = one.archive.partition("///")
    is_moved = scheme == "sqlite:" and Path(path).name == Path(archive).name and not Path(path).exists()
    return one.archive == archive or is_moved


def _read(folder: Path) -> list[Made]:
    with suppress(OSError, ValueError, TypeError):
        return [Made(**one) for one in json.loads((folder / FILE).read_text())]
    return []
