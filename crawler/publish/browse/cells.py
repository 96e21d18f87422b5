"""Display of values: IDs link to their rows and to pixiv, moments are times, addresses are links."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from datasette import hookimpl
from markupsafe import Markup

from crawler.publish.browse.metadata import DATABASE
from crawler.tables.meaning import MOMENT, meaning_of
from crawler.tables.metadata import METADATA
from crawler.tables.relations import HOMES, PAGES, target

SITE = "https://www.pixiv.net"
FOLDED = """
for (const list of document.querySelectorAll("dl.column-descriptions")) {
  const box = document.createElement("details"), head = document.createElement("summary");
  head.textContent = "What the columns mean";
  list.replaceWith(box);
  box.append(head, list);
}
"""


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(row: Any, value: Any, column: str, table: str | None) -> Markup | None:
    """A value as HTML, where it is more than a value; None: as Datasette shows it."""
    if isinstance(value, int) and not isinstance(value, bool):
        named = HOMES.get(column)
        own = named if named in PAGES and table in (named, None) else None  # its own key, of rows with a page at pixiv
        home = target(table or "", column) or own
        if home is not None:
            return _linked(value, home, is_own=home == table)
        if is_moment(table, column):
            shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(value // 1_000_000_000))
            return Markup('<span title="{}">{} UTC</span>').format(value, shown)  # format escapes
    if not isinstance(value, str):
        return None
    if column == "ranking_on":
        return day_link(value, {name: row[name] for name in row.keys()})  # noqa: SIM118  # iterates over values
    if column == "tag" and value:
        return Markup('<a href="/{}/tag-life?{}">{}</a>').format(DATABASE, urlencode({"tag": value}), value)
    if value.startswith("https://"):
        return Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(value)
    return None


def day_link(on: str, row: Mapping[str, Any]) -> Markup:
    """A ranking's day as a link to its entries; to the rankings of the day where the mode is not known."""
    known = {name: row[name] for name in ("mode", "content") if row.get(name)}
    table, more = ("v_ranking_history", {"_sort": "rank"}) if "mode" in known else ("v_rankings", {})
    address = urlencode({**known, "ranking_on": on, **more})
    return Markup('<a href="/{}/{}?{}">{}</a>').format(DATABASE, table, address, on)


@hookimpl  # type: ignore[untyped-decorator]
def extra_body_script() -> str:
    """Fold the columns' meanings away: rows come first."""
    return FOLDED


def _linked(value: int, home: str, *, is_own: bool) -> Markup:
    shown = escape(str(value))
    row = shown if is_own else f'<a href="/{DATABASE}/{home}/{shown}">{shown}</a>'
    away = PAGES.get(home)
    link = f' <a href="{SITE}{away.format(value)}" rel="noreferrer" title="at pixiv">↗</a>' if away else ""
    return Markup(row + link)  # noqa: S704  # a number and names of our own


def is_moment(table: str | None, column: str) -> bool:
    """Return True if a column holds nanoseconds; of a question's own columns nobody knows."""
    home = METADATA.tables.get(table or "")
    if home is None or column not in home.columns:
        return False
    unit = meaning_of(home.columns[column]).unit
    return unit in (MOMENT, "nanoseconds since 1970")
