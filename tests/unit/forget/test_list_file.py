"""The list of kind of what is blocked goes with the captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import ListError
from crawler.forget.suppressions import LIST, cleared_of, foreign_lists, read_list, write_list


def entry(key: int, *, is_cut: bool = True) -> dict[str, Any]:
    return {"kind": "user", "thing_id": key, "root_kind": "user", "root_id": key, "forgotten_at": 1, "is_cut": is_cut}


def test_what_is_written_is_read_once_whatever_the_order(tmp_path: Path) -> None:
    write_list(tmp_path, [entry(2)])
    write_list(tmp_path, [entry(1), entry(2)])
    assert read_list(tmp_path) == [entry(1), entry(2)]
    assert (tmp_path / LIST).stat().st_mode & 0o077 == 0, "for its owner alone"
    write_list(tmp_path, [], lambda one: one["thing_id"] != 1)
    assert read_list(tmp_path) == [entry(2)]


def test_captures_are_cleared_of_what_was_to_be_cut_alone(tmp_path: Path) -> None:
    write_list(tmp_path, [entry(1), entry(2, is_cut=False)])
    assert cleared_of(tmp_path).roots.keys() == {("user", 1)}


def test_a_list_is_of_the_folder_that_was_named_and_not_of_ones_own_captures(tmp_path: Path) -> None:
    theirs, own = tmp_path / "theirs", tmp_path / "captures"
    for folder in (theirs / "2026-10", own):
        folder.mkdir(parents=True)
    write_list(theirs, [entry(1)])
    write_list(own, [entry(2)])
    capture = theirs / "2026-10" / "a.warc.gz"
    capture.write_bytes(b"")
    assert foreign_lists([theirs, own], own) == {theirs / LIST: read_list(theirs)}
    assert foreign_lists([theirs / "2026-10", capture], own) == {}, "never of the folder above"


@pytest.mark.parametrize("text", ["{", "{}", "[1]", json.dumps([{**entry(1), "kind": "planet"}])])
def test_a_list_that_cannot_be_read_stops_everything(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text, encoding="utf-8")
    with pytest.raises(ListError, match="nobody knows what is blocked"):
        read_list(tmp_path)
