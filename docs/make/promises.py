"""Make docs/dev/promises-tests.md from the tests: which of them show each promise of docs/explain/promises.md."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs/dev/promises-tests.md"
HEAD = """# Which test shows which promise

Made from the marks in `tests/` (`@pytest.mark.promise("…")`) by `./run docs`; do not edit.
[Promises](../explain/promises.md) has each in full.

| promise | shown by |
|---|---|
"""


def promised() -> list[str]:
    """Return the titles of all promises, in the order of their page."""
    text = (ROOT / "docs/explain/promises.md").read_text(encoding="utf-8")
    return re.findall(r"^- \*\*(.+?)\.\*\*", text.partition("## Not promised")[0], re.MULTILINE)


def shown() -> Mapping[str, list[str]]:
    """Return the tests of each marked title, as file and name."""
    found = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise":
                    found[ast.literal_eval(mark.args[0])].append(f"`{file.relative_to(ROOT)}::{node.name}`")  # type: ignore[attr-defined]
    return found


def render() -> str:
    """Every promise with its tests."""
    tests = shown()
    return HEAD + "".join(f"| {title} | {', '.join(tests[title])} |\n" for title in promised())
