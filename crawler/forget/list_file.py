"""Read and write forgotten.json, the list of what is blocked, kept beside the captures."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from crawler.errors import ListError
from crawler.files import complete_file, private_folder, read_bounded
from crawler.tables.naming import KINDS, Forgotten, Thing

LIST = "forgotten.json"
KEY = ("kind", "thing_id", "root_kind", "root_id")
Entry = dict[str, Any]
"""A row of `suppressions`."""


def read_list(folder: Path) -> list[Entry]:
    """Return the list of a folder of captures, empty if there is none. Raises ListError."""
    path = folder / LIST
    try:
        entries = json.loads(read_bounded(path))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise ListError(_refusal(path, error)) from None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise ListError(_refusal(path, "it is no list of forgotten things"))
    return entries


def _refusal(path: Path, why: object) -> str:
    return (
        f"{path}: {why}. Without it nobody knows what is blocked, so nothing is read. Put a backup of the"
        " file in its place, or remove it and forget again what it held"
    )


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {*KEY, "forgotten_at", "is_cut"}
        and all(entry[name] in KINDS.values() for name in ("kind", "root_kind"))
        and all(type(entry[name]) is int for name in ("thing_id", "root_id", "forgotten_at"))
        and type(entry["is_cut"]) is bool
    )


def foreign_lists(paths: Iterable[Path], captures: Path) -> dict[Path, list[Entry]]:
    """Return the lists of folders that somebody named and that are not our own captures. Raises ListError.

    A list applies to the folder that it lies in, never to one above or to a single file.
    """
    own = captures.resolve()
    folders = [path for path in paths if path.is_dir() and not path.resolve().is_relative_to(own)]
    found = {folder / LIST: read_list(folder) for folder in folders}
    return {file: entries for file, entries in found.items() if entries}


def cleared_of(folder: Path) -> Forgotten:
    """Return what is to be redacted in the captures of a folder. Raises ListError."""
    roots: dict[Thing, set[Thing]] = {}
    for entry in read_list(folder):
        if entry["is_cut"]:
            thing = entry["kind"], entry["thing_id"]
            roots.setdefault(thing, set()).add((entry["root_kind"], entry["root_id"]))
    return Forgotten(roots)


def write_list(
    folder: Path, entries: Iterable[Entry], stays: Callable[[Mapping[str, Any]], bool] | None = None
) -> None:
    """Add entries to the list of a folder. stays: keeps an earlier entry, all if None.

    The file is replaced completely or not at all. Raises ListError and OSError.
    """
    before = read_list(folder)
    staying = before if stays is None else [entry for entry in before if stays(entry)]
    merged = {tuple(entry[name] for name in KEY): entry for entry in (*staying, *entries)}
    after = [merged[key] for key in sorted(merged)]
    if after == before or (not after and not (folder / LIST).exists()):
        return
    private_folder(folder)
    with complete_file(folder / LIST) as beside, beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(after, indent=0) + "\n")
        file.flush()
        os.fsync(file.fileno())
