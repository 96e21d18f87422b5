"""Show completeness notes and hazards on the pages of queries and of SQL of one's own, as a terminal does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from datasette import hookimpl

from crawler.archive import queries
from crawler.errors import CrawlerError

NotesOf = Callable[[str, str, Mapping[str, str]], Sequence[str]]
"""The lines about a result, from the name of a query or its SQL, and its parameters."""
SHOWN = """
const notes = document.createElement("ul");
notes.className = "notes";
for (const line of %s) {
  const item = document.createElement("li");
  item.textContent = line;
  notes.append(item);
}
(document.querySelector(".rows-and-columns, table") ?? document.querySelector("h1")).before(notes);
"""


class Notes:
    """A plugin of Datasette: completeness and hazards above the rows of a query."""

    def __init__(self, notes_of: NotesOf) -> None:
        self._notes_of = notes_of
        self.__name__ = __name__  # Datasette looks beside the module for static files

    @hookimpl  # type: ignore[untyped-decorator]
    def extra_body_script(self, template: str, request: Any) -> Callable[[], Awaitable[str]]:
        """The lines as a script that puts them into the page."""

        async def made() -> str:
            name = (request.url_vars.get("table") or "") if request else ""
            sql = (request.args.get("sql") or "") if request else ""
            if not template.startswith("query") or not (name in queries.names() or sql):
                return ""
            given = {key: request.args.get(key) or "" for key in request.args}
            try:
                lines = await asyncio.to_thread(self._notes_of, name, sql, given)
            except CrawlerError as error:
                lines = [str(error)]
            # In a script, no text may end it.
            return SHOWN % json.dumps(list(lines)).replace("<", "\\u003c") if lines else ""

        return made
