"""Values for the templates of `./run browse`: queries by group, notes on a result, links from a row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from datasette import hookimpl

from crawler.archive import queries
from crawler.archive.view_columns import view_purposes
from crawler.archive.views import FOLDER
from crawler.errors import CrawlerError
from crawler.places import command
from crawler.publish.browse.cells import day_link
from crawler.publish.browse.metadata import DATABASE
from crawler.tables.metadata import METADATA
from crawler.tables.relations import HOMES, relations

NotesOf = Callable[[str, str, Mapping[str, str]], Sequence[str]]
"""The lines about a result, from the name of a query or its SQL, and its parameters."""
RANKINGS = """
SELECT mode, content, count(*) AS days, min(ranking_on) AS first_on, max(ranking_on) AS last_on
FROM rankings GROUP BY mode, content ORDER BY days DESC, mode, content
"""


class Pages:
    """A plugin of Datasette: values for the templates of this project."""

    def __init__(self, notes_of: NotesOf) -> None:
        self._notes_of = notes_of
        self._groups = queries.by_group()
        self._queries = {one.name: one for several in self._groups.values() for one in several}
        self.__name__ = __name__  # Datasette looks beside the module for static files

    @hookimpl  # type: ignore[untyped-decorator]
    def extra_template_vars(
        self, template: str, table: str | None, request: Any, datasette: Any
    ) -> Callable[[], Awaitable[dict[str, Any]]]:
        """The values that a template needs."""

        async def made() -> dict[str, Any]:
            if template == "index.html":
                found = await datasette.get_database(DATABASE).execute(RANKINGS)
                return self._home([dict(row) for row in found.rows])
            if template.startswith("row"):
                return self._about(table or "", request.url_vars["pks"])
            return await self._result(request) if template.startswith("query") else {}

        return made

    async def _result(self, request: Any) -> dict[str, Any]:
        name, sql = request.url_vars.get("table") or "", request.args.get("sql") or ""
        question = self._queries.get(name)
        given = {key: request.args.get(key) or "" for key in request.args}
        notes: Sequence[str] = ()
        if question or sql:
            try:
                # It asks the archive, and would hold up all other pages.
                notes = await asyncio.to_thread(self._notes_of, name, sql, given)
            except CrawlerError as error:
                notes = [str(error)]
        return {"question": question, "notes": notes}

    def _home(self, rankings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        views = view_purposes()
        tables = {name: table.comment for name, table in METADATA.tables.items()}
        return {
            "database": DATABASE,
            "rankings": rankings,
            "day_link": day_link,
            "groups": self._groups,
            "views": [one for one in views.items() if (FOLDER / f"{one[0]}.sql").exists()],
            "tables": sorted({**views, **tables}.items()),
            "crawl": command("crawl rankings -a mode=daily"),
        }

    def _about(self, table: str, key: str) -> dict[str, Any]:
        """Links from a row to the queries that take its id, and to the rows of other tables that name it."""
        column = next((name for name, home in HOMES.items() if home == table), None)
        if column is None:
            return {}
        questions = [
            (one.question, f"/{DATABASE}/{one.name}?{urlencode({column: key})}")
            for one in self._queries.values()
            if column in [parameter.name for parameter in one.parameters]
        ]
        others = [
            (f"{other}.{name}", f"/{DATABASE}/{other}?{urlencode({name: key})}")
            for other, name, home in relations()
            if home == table
        ]
        return {"questions": questions, "others": others}
