"""Write docs/tables.md from the row classes: `./run python docs/make_tables.py`."""

from __future__ import annotations

from pathlib import Path

from crawler.tables.metadata import METADATA
from crawler.tables.row import Base, Field

HEAD = """# Tables

Made from the row classes in `crawler/tables/` by `./run python docs/make_tables.py`; do not edit.

Columns named `_seen_at` and `observed_at` are moments: nanoseconds since 1970 whose digits below
the millisecond are the reply's digest, so that a moment names its reply: join it with
`captures.observed_at`. `v_*` views show them as times. Other `_at` columns are UTC times, `_on`
columns dates (rankings: in Japan). `group_times` is the merge's own: when each group of columns was last
set, where that is not `last_seen_at`.
"""


def render() -> str:
    """The data dictionary."""
    classes = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    parts = [HEAD]
    for name, table in METADATA.tables.items():
        parts += [f"## {name}", "", (classes[name].__doc__ or "").strip(), ""]
        parts += ["| column | type | JSON | meaning |", "|---|---|---|---|"]
        for column in table.columns:
            field: Field = column.info.get("field") or Field()
            names = ", ".join(f"`{spelling}`" for spelling in field.names)
            key = " (key)" if column.primary_key else ""
            kind = column.type.python_type.__name__
            parts.append(f"| {column.name}{key} | {kind} | {names} | {column.comment or ''} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("tables.md").write_text(render(), encoding="utf-8")
