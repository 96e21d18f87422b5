"""Settings of Datasette: meanings, queries, facets, sensible orders."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from crawler.archive import queries
from crawler.archive.queries import Parameter, Query
from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables.meaning import meaning_of
from crawler.tables.metadata import METADATA

DATABASE = "archive"
ORDER = {
    "rankings": "ranking_on",
    "ranking_entries": "ranking_id",
    "artworks": "last_seen_at",
    "users": "last_seen_at",
    "captures": "observed_at",
    "crawls": "started_at",
    "job_runs": "started_at",
    "listings": "listing_id",
    "artwork_counts": "observed_at",
    "dead_letters": "observed_at",
    "coverage": "last_at",
    "comments": "posted_at",
    "v_ranking_history": "ranking_on",
    "v_artworks": "created_at",
    "v_counts": "at_moment",
    "v_job_runs": "started_at",
}
"""The column by which a table or view is shown, newest first."""
FACETS = {
    "rankings": ["mode", "content", "is_complete"],
    "artworks": ["kind", "x_restrict", "state"],
    "coverage": ["endpoint", "outcome"],
    "captures": ["endpoint", "outcome", "status"],
    "commission_requests": ["status", "work_kind"],
    "drift": ["endpoint", "json_type"],
    "dead_letters": ["endpoint"],
    "listings": ["endpoint"],
    "crawls": ["spider", "outcome"],
    "job_runs": ["job", "outcome"],
}
NEWEST = "(SELECT max(ranking_on) FROM rankings)"


def metadata() -> dict[str, Any]:
    """The metadata of the one database there is."""
    tables: dict[str, Any] = {}
    for name, table in METADATA.tables.items():
        columns = {column.name: meaning_of(column).as_text() for column in table.columns}
        tables[name] = _shown(name, table.comment or "", columns)
    for name, meanings in view_meanings().items():
        columns = {column: meaning.as_text() for column, meaning in meanings.items()}
        tables[name] = _shown(name, view_purposes()[name], columns)
    found = [queries.load(name) for name in queries.names()]
    return {
        "title": "An archive of pixiv's public metadata",
        "description": "Read-only. The questions are canned queries: leave a field empty for its default.",
        "databases": {DATABASE: {"tables": tables, "queries": {one.name: _question(one) for one in found}}},
    }


def _shown(name: str, description: str, columns: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": description, "columns": columns}
    if name in ORDER:
        found["sort_desc"] = ORDER[name]
    if name in FACETS:
        found["facets"] = FACETS[name]
    return found


def _question(query: Query) -> dict[str, Any]:
    limits = "".join(f"<li>Cannot tell you: {escape(limit)}.</li>" for limit in query.cannot_say)
    return {
        "title": f"{query.group}: {query.question}",
        "description_html": f"<ul>{limits}</ul>",
        "sql": statement(query),
        "params": [one.name for one in query.parameters],
    }


def statement(query: Query) -> str:
    """A question's SQL, in which an empty parameter is its default.

    >>> from crawler.archive.queries import inline
    >>> statement(inline("SELECT 1;"))
    'SELECT 1'
    """
    lines = [line for line in query.sql.splitlines() if not line.startswith("--")]
    sql = "\n".join(lines).strip().rstrip(";")
    for one in query.parameters:
        sql = re.sub(rf"(?<![\w:]):{one.name}\b", _given(one), sql)
    return sql


def _given(one: Parameter) -> str:
    kind = "INTEGER" if one.kind == "integer" else "TEXT"
    if one.default is None:
        return f"CAST(:{one.name} AS {kind})"
    return f"CAST(coalesce(nullif(:{one.name}, ''), {_default(one)}) AS {kind})"


def _default(one: Parameter) -> str:
    found = re.fullmatch(r"(newest|today)(?:-(\d+))?", one.default or "")
    if not found:
        return f"'{one.default}'"
    day = NEWEST if found[1] == "newest" else "'now'"
    return f"date({day}, '-{found[2] or 0} days')"
