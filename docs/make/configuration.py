"""Make docs/reference/settings.md from the settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from scrapy.settings import default_settings

from crawler import settings
from crawler.setting_defaults import SETTINGS

FILE = Path(__file__).parents[1] / "reference/settings.md"
SOURCE = Path(settings.__file__)
HEAD = """# Settings

Made from `crawler/settings.py` and `crawler/setting_defaults.py` by `./run docs`; do not edit.

Nothing has to be set. A setting is given in the environment (`ARCHIVE_URL=… ./run …`), for one command with `-s NAME=VALUE`, or for the
nights in `~/.config/pixiv-archive/environment` ([every night](../howto/nightly.md)). A session, and addresses that hold a password, are given
in the environment alone: a command line can be read by others. A wrong value ends a command before it begins, and names the valid ones.
"""


def render() -> str:
    """Every setting."""
    lines = [HEAD, "## Its own", "", "| setting | default | given in | what it does |", "|---|---|---|---|"]
    for one in SETTINGS:
        default = one.shown or (f"`{one.default}`" if one.default else "")
        lines.append(f"| `{one.name}` | {default} | {one.where} | {one.meaning} |")
    lines += [
        "",
        "## Scrapy's, where they are not Scrapy's default",
        "",
        "They keep their names and may be set as ever. Those of the gate are no help to go faster: below its floor nothing begins.",
        "",
        "| setting | here | why |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {value} | {why} |" for name, value, why in changed()]
    return "\n".join(lines) + "\n"


def changed() -> Iterator[tuple[str, str, str]]:
    """Scrapy's settings that are set otherwise: name, value, reason."""
    text = SOURCE.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name = node.targets[0].id
        if name.isupper() and hasattr(default_settings, name) and not name.endswith("_BASE"):
            comments = [line.partition("#")[2].strip() for line in lines[node.lineno - 1 : node.end_lineno]]
            value = ast.unparse(node.value)
            shown = f"`{value}`" if len(value) < 60 else "see crawler/settings.py"
            yield (name, shown, "; ".join(filter(None, comments)).replace("|", "\\|") or "what this project is")
