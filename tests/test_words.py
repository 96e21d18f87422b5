"""One word for one thing: words that meant several are not used in the crawler (docs/glossary.md)."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

RETIRED = {
    "tell, told": (r"tell|tells|told|telling|tellings", "contain, list, show, say"),
    "sight": (r"sight|sights", "when it was seen; a sighting is a row"),
    "settle": (r"settle|settles|settled", "end, decide, believe"),
    "whole": (r"whole(?! number)", "complete, in full, intact"),
    "torn": (r"torn", "damaged, cut short"),
    "lack": (r"lack|lacks|lacking", "be without, miss"),
    "gone": (r"gone", "ended, not there"),
    "faint, barren, so-manieth": (r"faint|barren|so-manieth", "unclear, empty, nth"),
}
"""By word: the pattern, and what to say instead."""
FILES = sorted((ROOT / "crawler").rglob("*.py"))


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_is_in_no_name_docstring_or_comment(word: str) -> None:
    pattern, instead = RETIRED[word]
    # A part of a name counts: `first_told_at`. The position in a file is Python's `tell()`.
    found = re.compile(rf"(?<![a-z])({pattern})(?![a-z])(?!\(\))", re.IGNORECASE)
    places = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in FILES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if found.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", line))
    ]
    assert not places, f"say {instead}"


def words_of(file: Path) -> Iterator[tuple[int, str]]:
    """The names, comments and docstrings of a module, each with its line; no other text."""
    with file.open("rb") as opened:
        for token in tokenize.tokenize(opened.readline):
            is_docstring = token.type == tokenize.STRING and token.string.lstrip("r")[:3] == '"""'
            if token.type in (tokenize.NAME, tokenize.COMMENT) or is_docstring:
                yield token.start[0], token.string


def test_ask_is_a_noun_and_what_is_sent_is_requested() -> None:
    found = re.compile(r"(?<![a-z])(asked|asking|asks? for)(?![a-z])", re.IGNORECASE)
    places = [
        f"{file.relative_to(ROOT)}:{number}: {word}"
        for file in FILES
        for number, word in words_of(file)
        if found.search(word)
    ]
    assert not places


def names_made_in(tree: ast.Module) -> set[str]:
    """The names of classes, functions, arguments and variables."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("name", ["keep", "kept", "Kept", "Plan"])
def test_a_name_that_had_several_meanings_has_one_or_none(name: str) -> None:
    named = [
        str(file.relative_to(ROOT))
        for file in FILES
        if name in names_made_in(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert named == (["crawler/capture/writer.py"] if name == "keep" else [])


def test_the_glossary_has_at_most_twenty_terms() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE)
    assert 10 < len(terms) <= 20
    assert terms == sorted(terms, key=str.lower)
