"""Make docs/reference/endpoints.md from crawler/endpoints/."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path

from crawler.endpoints import FAMILIES
from crawler.endpoints.model import Endpoint
from crawler.endpoints.paging import Single
from crawler.spiders import families

FILE = Path(__file__).parents[1] / "reference/endpoints.md"
HEAD = """# Endpoints

Made from `crawler/endpoints/` by `./run docs`; do not edit.

A spider requests all endpoints of its family whose arguments are given, but for those that are requested by name only
(`-a endpoints=NAME,NAME`). Arguments have the names of pixiv's own parameters. Without a session, an endpoint that needs one is named and not
requested. An argument in bold must be given. What each endpoint fills: [tables](tables.md).
"""


def render() -> str:
    """Every endpoint, by spider."""
    spiders = {one.name: one for one in vars(families).values() if hasattr(one, "name")}
    parts = [HEAD]
    for family, endpoints in FAMILIES.items():
        parts += [f"## {family}", "", cleandoc(spiders[family].__doc__ or ""), ""]
        parts += [
            "| endpoint | address | arguments | session | pages |",
            "|---|---|---|---|---|",
            *map(_row, endpoints),
            "",
        ]
    return "\n".join(parts) + "\n"


def _row(endpoint: Endpoint) -> str:
    params = endpoint.request.params
    arguments = ", ".join(f"**{name}**" if params[name].default(allow_r18=True) is None else name for name in params)
    policy = endpoint.policy
    session = "yes" if policy.login != "no" else "for some arguments" if policy.needs_login else ""
    name = f"`{endpoint.name}`" + (", by name" if policy.is_extra else "")
    pages = "" if isinstance(endpoint.paging, Single) else "several"
    return f"| {name} | `{endpoint.request.path}` | {arguments} | {session} | {pages} |"
