"""datapackage.json: what a release holds, in the form of Frictionless data packages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table

from crawler import __version__
from crawler.archive.database.engine import revisions
from crawler.archive.queries import load, run
from crawler.errors import ReleaseError
from crawler.files import read_bounded
from crawler.publish.release import duck
from crawler.publish.release.files import Written, released_columns
from crawler.tables.meaning import meaning_of
from crawler.tables.relations import relations

FILE = "datapackage.json"
TYPES = {
    "int": "integer",
    "str": "string",
    "bool": "boolean",
    "float": "number",
    "date": "date",
    "datetime": "datetime",
}


def describe(
    connection: Connection, written: Mapping[str, Sequence[Written]], tables: Sequence[Table], *, is_private: bool
) -> dict[str, Any]:
    """The package's description; it holds nothing that the archive does not decide: no time, no place."""
    panel = run(connection, load("ranking-panel"), {"until": "9999-12-31"})
    return {
        "profile": "data-package",
        "name": "pixiv-archive",
        "title": "An archive of pixiv's public metadata",
        "version": __version__,
        "schema_revision": revisions()[-1],
        "is_private": is_private,
        "duckdb": {"path": duck.FILE, "made_of": duck.made_of()},
        "rankings": [
            {
                name: str(value) if name.endswith("_on") else value
                for name, value in zip(panel.headings, row, strict=True)
            }
            for row in panel.rows
        ],
        "resources": [_resource(table, written[table.name], tables, is_private=is_private) for table in tables],
    }


def _resource(table: Table, files: Sequence[Written], tables: Sequence[Table], *, is_private: bool) -> dict[str, Any]:
    columns = released_columns(table, is_private=is_private)
    names = {column.name for column in columns}
    released = {one.name for one in tables}
    return {
        "name": table.name,
        "description": table.comment,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "path": [one.path for one in files],
        "rows": sum(one.rows for one in files),
        "parts": [
            {"path": one.path, "hash": f"sha256:{one.sha256}", "bytes": one.bytes, "rows": one.rows} for one in files
        ],
        "schema": {
            "fields": [_field(column) for column in columns],
            "primaryKey": [column.name for column in table.primary_key],
            # Responses come in any order: a row may name one that is not archived.
            "relations": [
                {"field": column, "resource": home}
                for of, column, home in relations()
                if of == table.name and column in names and home in released
            ],
        },
    }


def _field(column: Column[Any]) -> dict[str, Any]:
    meaning = meaning_of(column)
    given = {
        "name": column.name,
        "type": TYPES[column.type.python_type.__name__],
        "description": meaning.text,
        "unit": meaning.unit,
        "window": meaning.window,
        "null": meaning.null,
        "warning": meaning.warning,
    }
    said: dict[str, Any] = {key: value for key, value in given.items() if value}
    if meaning.codes:
        said["categories"] = [{"value": value, "label": label} for value, label in meaning.codes.items()]
    return said


def as_text(package: Mapping[str, Any]) -> str:
    """The description as it is written."""
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


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
