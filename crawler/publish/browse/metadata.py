"""Settings of Datasette: meanings, queries, facets, sensible orders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from crawler.archive import queries
from crawler.archive.queries import Parameter, Query
from crawler.archive.view_columns import view_meanings, view_purposes
from crawler.tables.meaning import meaning_of
from crawler.tables.metadata import METADATA

DATABASE = "archive"
SHOWN: Mapping[str, Mapping[str, Any]] = {
    "rankings": {"sort_desc": "ranking_on", "facets": ["mode", "content", "is_complete"]},
    "ranking_entries": {"sort_desc": "ranking_id"},
    "artworks": {"sort_desc": "last_seen_at", "facets": ["kind", "x_restrict", "state"]},
    "users": {"sort_desc": "last_seen_at"},
    "captures": {"sort_desc": "observed_at", "facets": ["endpoint", "outcome", "status"]},
    "crawls": {"sort_desc": "started_at", "facets": ["spider", "outcome"]},
    "job_runs": {"sort_desc": "started_at", "facets": ["job", "outcome"]},
    "listings": {"sort_desc": "listing_id", "facets": ["endpoint"]},
    "artwork_counts": {"sort_desc": "observed_at"},
    "dead_letters": {"sort_desc": "observed_at", "facets": ["endpoint"]},
    "coverage": {"sort_desc": "last_at", "facets": ["endpoint", "outcome"]},
    "comments": {"sort_desc": "posted_at"},
    "commission_requests": {"facets": ["status", "work_kind"]},
    "drift": {"facets": ["endpoint", "json_type"]},
    "v_ranking_history": {"sort_desc": "ranking_on"},
    "v_artworks": {"sort_desc": "created_at"},
    "v_counts": {"sort_desc": "at_moment"},
    "v_job_runs": {"sort_desc": "started_at"},
}
"""The column by which a table or view is sorted, newest first, and those whose values are counted beside it."""
NEWEST = "(SELECT max(ranking_on) FROM rankings)"


def metadata() -> dict[str, Any]:
    """The metadata of the one database there is."""
    of_tables = {name: {c.name: meaning_of(c) for c in table.columns} for name, table in METADATA.tables.items()}
    purposes = {name: table.comment or "" for name, table in METADATA.tables.items()} | {**view_purposes()}
    tables = {
        name: {
            "description": purposes[name],
            "columns": {column: meaning.as_text() for column, meaning in meanings.items()},
            **SHOWN.get(name, {}),
        }
        for name, meanings in (of_tables | {**view_meanings()}).items()
    }
    found = [queries.load(name) for name in queries.names()]
    return {
        "title": "An archive of pixiv's public metadata",
        "description": "Read-only. The questions are canned queries: leave a field empty for its default.",
        "databases": {DATABASE: {"tables": tables, "queries": {one.name: _question(one) for one in found}}},
    }


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
    # An empty field of the page is sent as "", and every parameter is bound as text.
    return f"CAST(coalesce(nullif(:{one.name}, ''), {_default(one)}) AS {kind})"


def _default(one: Parameter) -> str:
    found = re.fullmatch(r"(newest|today)(?:-(\d+))?", one.default or "")
    if not found:
        return f"'{one.default}'"
    day = NEWEST if found[1] == "newest" else "'now'"
    return f"date({day}, '-{found[2] or 0} days')"
