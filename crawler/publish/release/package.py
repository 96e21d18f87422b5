"""datapackage.json: what a release holds, in the form of Frictionless data packages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection, Table, func, select

from crawler import __version__
from crawler.archive.columnar import DATABASE, made_of
from crawler.archive.database.engine import revisions
from crawler.archive.queries import load, run
from crawler.arrow import TYPES as ARROW
from crawler.errors import ReleaseError
from crawler.files import read_bounded
from crawler.publish.release import history
from crawler.publish.release.files import Written, released_columns
from crawler.tables.meaning import Meaning, meaning_of
from crawler.tables.provenance import Capture
from crawler.tables.rankings import Ranking
from crawler.tables.relations import relations

FILE = "datapackage.json"
TYPES: Mapping[type, str] = {
    int: "integer",
    str: "string",
    bool: "boolean",
    float: "number",
    date: "date",
    datetime: "datetime",
    list: "any",  # frictionless reads Parquet by pandas, whose arrays it does not take for lists
}


PANDAS_NULL = {"integer": "nan", "number": "nan", "date": "NaT", "datetime": "NaT"}
"""What a validator that reads by pandas sees for NULL. Texts have none: a tag may be named nan."""
LICENSE = {
    "name": "notspecified",
    "title": "No licence is granted: titles, tags and texts belong to their authors, and pixiv's terms hold for the rest",
}


def describe(
    connection: Connection,
    base_url: str,
    written: Mapping[str, Sequence[Written]],
    tables: Sequence[Table],
    *,
    is_private: bool,
) -> dict[str, Any]:
    """The package's description; it holds nothing that the archive does not decide.

    So `created` is the time of the newest response, not of the export.
    """
    panel = run(connection, load("ranking-panel"), {"until": "9999-12-31"})
    newest = connection.scalar(select(func.max(Capture.observed_at))) or 0
    first_on, last_on = connection.execute(select(func.min(Ranking.ranking_on), func.max(Ranking.ranking_on))).one()
    return {
        "profile": "data-package",
        "name": "pixiv-archive",
        "title": "An archive of pixiv's public metadata",
        "version": __version__,
        "schema_revision": revisions()[-1],
        "created": f"{datetime.fromtimestamp(newest // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "temporal": {"start": f"{first_on}", "end": f"{last_on}"} if first_on else {},
        "licenses": [LICENSE],
        "sources": [{"title": "pixiv", "path": base_url}],
        "contributors": [{"title": f"pixiv-archive {__version__}", "role": "wrangler"}],
        "is_private": is_private,
        "duckdb": {"path": DATABASE, "made_of": made_of(history.ROWS)},
        "rankings": [
            {
                name: str(value) if name.endswith("_on") else value
                for name, value in zip(panel.headings, row, strict=True)
            }
            for row in panel.rows
        ],
        # A resource has a file, by the standard: rankings that nobody has archived have none.
        "resources": [
            _table(table, written[table.name], tables, is_private=is_private) for table in tables if written[table.name]
        ],
    }


def _table(table: Table, files: Sequence[Written], tables: Sequence[Table], *, is_private: bool) -> dict[str, Any]:
    columns = released_columns(table, is_private=is_private)
    names = {column.name for column in columns}
    released = {one.name for one in tables}
    fields = [
        _field(one.name, one.type.python_type, meaning_of(one), is_nullable=bool(one.nullable)) for one in columns
    ]
    return {
        **_resource(table.name, table.comment or "", files),
        "schema": {
            "fields": fields,
            "primaryKey": [column.name for column in table.primary_key],
            # Responses come in any order: a row may name one that is not archived.
            "relations": [
                {"field": column, "resource": home}
                for of, column, home in relations()
                if of == table.name and column in names and home in released
            ],
        },
    }


def of_history(folder: Path, written: Written) -> dict[str, Any]:
    """The description of the flat table of rankings, as it was written."""
    meanings = history.meanings()
    fields = [
        _field(one.name, _python_type(one.type), meanings[one.name], is_nullable=True)
        for one in parquet.read_schema(folder / written.path)
    ]
    return {**_resource(history.NAME, history.DESCRIPTION, [written]), "schema": {"fields": fields}}


def _python_type(kind: Any) -> type:
    if pa.types.is_list(kind):
        return list
    if pa.types.is_integer(kind):
        return int
    if pa.types.is_timestamp(kind):
        return datetime
    return next(python for python, arrow in ARROW.items() if arrow == kind)


def _resource(name: str, description: str, files: Sequence[Written]) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "path": [one.path for one in files],
        # Of several files frictionless reads the first, and would miss the rows of the others.
        **({"rows": files[0].rows} if len(files) == 1 else {}),
        "parts": [
            {"path": one.path, "hash": f"sha256:{one.sha256}", "bytes": one.bytes, "rows": one.rows} for one in files
        ],
    }


def _field(name: str, kind: type, meaning: Meaning, *, is_nullable: bool) -> dict[str, Any]:
    given = {
        "name": name,
        "type": TYPES[kind],
        "description": meaning.text,
        "unit": meaning.unit,
        "window": meaning.window,
        "null": meaning.null,
        "warning": meaning.warning,
    }
    said: dict[str, Any] = {key: value for key, value in given.items() if value}
    if is_nullable and given["type"] in PANDAS_NULL:
        said["missingValues"] = ["", PANDAS_NULL[given["type"]]]
    if meaning.codes:
        said["categories"] = [{"value": value, "label": label} for value, label in meaning.codes.items()]
    return said


def citation(package: Mapping[str, Any]) -> str:
    """The text of CITATION.cff, by which others cite the release; services of archives read it."""
    return f"""cff-version: 1.2.0
type: dataset
title: "{package["title"]}"
message: "{cite(package)}"
version: "{package["version"]}"
date-released: "{package["created"][:10]}"
authors:
  - name: "Whoever made this release: put your name here"
abstract: "Public metadata of pixiv, a table a file, with the meaning of every column and a report of gaps."
keywords: [pixiv, rankings, metadata]
"""


def cite(package: Mapping[str, Any]) -> str:
    """The sentence by which the release is cited."""
    days = package["temporal"]
    period = f", rankings of {days['start']} to {days['end']}" if days else ""
    return (
        f"{package['title']}{period}. Release of {package['created'][:10]}, made with pixiv-archive {package['version']}"
        f" (schema {package['schema_revision']})."
    )


def read(folder: Path) -> dict[str, Any]:
    """The description of a release. Raises ReleaseError."""
    try:
        found: dict[str, Any] = json.loads(read_bounded(folder / FILE))
        str(found["schema_revision"])
        for resource in found["resources"]:
            str(resource["name"])
            for part in resource["parts"]:
                str(part["path"]), str(part["hash"]), int(part["rows"])
    except FileNotFoundError:
        raise ReleaseError(f"{folder} is no release: no {FILE} in it") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{folder / FILE}: {error!r}") from None
    return found
