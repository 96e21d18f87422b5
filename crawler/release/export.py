"""Make a release of an archive, or bring one up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from crawler import __version__
from crawler.archive.engine import opened, reading, revisions
from crawler.errors import ReleaseError
from crawler.release import duck, package, quality
from crawler.release.files import (
    Part,
    Written,
    fingerprint_of,
    parts,
    released_tables,
    sha256,
    write_part,
)

README = """# A release of an archive of pixiv's public metadata

Parquet files, one a table (rankings one a year), with the meaning of every table and column in `datapackage.json`, what is
missing or unknown in `QUALITY.md`, and the schema's history in `SCHEMA.md`.

    import duckdb
    duckdb.connect("archive.duckdb", read_only=True).sql("SELECT mode, count(*) FROM rankings GROUP BY mode")

    import pandas
    pandas.read_parquet("ranking_entries/2026.parquet")

`archive.duckdb` holds the same rows, and the views of the archive (`v_ranking_history` …); it opens from any folder. Check the files by the digests
in `datapackage.json`; `scrapy import FOLDER` does, and makes an archive of them again.

To cite: the version, the revision and the days covered, as `datapackage.json` says them.
"""


def export(url: str, folder: Path, *, is_private: bool) -> int:
    """Make a release; returns the exit status. Parts whose rows are unchanged are left as they are. Raises Unusable."""
    before = _before(folder, is_private=is_private)
    folder.mkdir(parents=True, exist_ok=True)
    tables = released_tables(is_private=is_private)
    with opened(url) as engine, _at_one_moment(engine) as connection:
        written = {
            table.name: [
                _part(connection, part, folder, before, is_private=is_private)
                for part in parts(connection, table, is_private=is_private)
            ]
            for table in tables
        }
        described = package.describe(connection, written, tables, is_private=is_private)
        notes = quality.render(connection, folder, written)
    duck.make(folder, tables, written, is_private=is_private)
    for name, text in (
        ("QUALITY.md", notes), ("SCHEMA.md", quality.schema_changes()), ("README.md", README),
        (package.FILE, package.as_text(described)),
    ):  # fmt: skip
        _write(folder / name, text)
    _remove_others(folder, written)
    files = [one for parts_ in written.values() for one in parts_]
    same = sum(one.path in before and before[one.path].sha256 == one.sha256 for one in files)
    print(
        f"OK: {folder}: {sum(one.rows for one in files):,} rows in {len(files)} files,"
        f" {sum(one.bytes for one in files) / 1e6:,.1f} MB"
        + (f"; {same} of them unchanged" if before else "")
        + f"; {duck.FILE} holds the same rows"
    )
    return 0


def _before(folder: Path, *, is_private: bool) -> dict[str, Written]:
    """The files of the release that is there. Raises ReleaseError where other things are."""
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    found = package.read(folder)
    if found.get("is_private") != is_private:
        kind = "with" if found.get("is_private") else "without"
        raise ReleaseError(
            f"{folder} is a release {kind} what is private: name another folder, or do as it did"
        )
    if (found.get("version"), found["schema_revision"]) != (__version__, revisions()[-1]):
        return {}
    return {
        part["path"]: Written(
            part["path"], part["hash"].removeprefix("sha256:"), part["bytes"], part["rows"], part.get("fingerprint", "")
        )
        for resource in found["resources"]
        for part in resource["parts"]
    }  # fmt: skip


def _part(
    connection: Connection,
    part: Part,
    folder: Path,
    before: dict[str, Written],
    *,
    is_private: bool,
) -> Written:
    mark = fingerprint_of(connection, part)
    known = before.get(part.path)
    file = folder / part.path
    if (
        known
        and mark
        and known.fingerprint == mark
        and file.exists()
        and sha256(file) == known.sha256
    ):
        return known
    return write_part(connection, part, folder, mark, is_private=is_private)


@contextmanager
def _at_one_moment(engine: Any) -> Iterator[Connection]:
    """A connection that sees the archive as it is now, whatever is written meanwhile."""
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
        yield connection


def _write(file: Path, text: str) -> None:
    partial = file.with_name(file.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


def _remove_others(folder: Path, written: dict[str, list[Written]]) -> None:
    """Remove Parquet files of an earlier release that this one has not."""
    here = {one.path for files in written.values() for one in files}
    for file in folder.rglob("*.parquet"):
        if str(file.relative_to(folder)) not in here:
            file.unlink()
