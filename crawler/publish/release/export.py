"""Make a release of an archive, or bring one up to date."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from duckdb_engine import Dialect
from sqlalchemy import Table

from crawler.archive import columnar
from crawler.archive.columnar import DATABASE
from crawler.archive.database.engine import check_site, opened, reading
from crawler.archive.released import BLANKED, public
from crawler.errors import ReleaseError
from crawler.files import TEMPORARY, complete_file
from crawler.publish.release import history, package, quality
from crawler.publish.release.files import BY_YEAR, Written, released_columns, released_tables, write_table
from crawler.tables.metadata import METADATA
from crawler.words import duration

WORK = ".work-"
"""Beginning of the name of the folder in which a release is prepared."""
PAGES = ("QUALITY.md", "SCHEMA.md", "README.md", "CITATION.cff")
README = """# A release of an archive of pixiv's public metadata

Begin with `ranking_history.parquet`: a row for each day and rank, with title, artist, tags and counts. The other Parquet files are the tables of
the archive, one each (rankings one a year). `datapackage.json` says what every table and column means, `QUALITY.md` what is missing or unknown,
`SCHEMA.md` how the schema came to be.

```python
import duckdb
duckdb.connect("archive.duckdb", read_only=True).sql("SELECT mode, count(*) FROM rankings GROUP BY mode")

import pandas
pandas.read_parquet("ranking_history.parquet", dtype_backend="pyarrow")  # integers stay integers

import polars
polars.scan_parquet("ranking_history.parquet").filter(polars.col("rank") == 1).collect()
```

```r
library(arrow); read_parquet("ranking_history.parquet") |> dplyr::filter(rank == 1)
```

`pixiv-archive sql --from .` asks this folder every question that the archive's software has.

`archive.duckdb` holds the same rows, and the views of the archive (`v_ranking_history` …); it opens from any folder. DuckDB writes an identifier of its own into it,
so that its bytes differ each time; those of all other files do not. Check the Parquet files by the digests in `datapackage.json`.

Before you add up: `count(*)` of `ranking_entries` counts entries, and a work has one for each day that it was ranked. A join with tags
repeats a row for each tag. `view_count` is all since publication, `rating_count` the ranking's own span: never divide one by the other,
never add views over days. `v_ranking_tags` has the tags that came with an entry; `artwork_tags` those of all times. Rankings may hold first
ranks only (`v_rankings.depth`).

To cite (CITATION.cff has it for machines):

> {cite}

No licence is granted: titles, tags and texts belong to their authors, and pixiv's terms hold for the rest. Whoever publishes the release answers for that.
"""


def renew_copy(url: str, file: Path) -> None:
    """Bring the copy of an archive up to date, if it is not. Raises ArchiveError."""
    begun = time.monotonic()
    with opened(url, is_reader=True) as engine:
        is_current = columnar.is_current(engine, file)
    if is_current:
        print(f"OK: {file} has all that the archive has")
        return
    try:
        columnar.make(url, file)
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror or error}; the copy that was there stays") from None
    print(f"OK: {file}: {file.stat().st_size / 1e6:,.1f} MB in {duration(time.monotonic() - begun)}")


def export(url: str, base_url: str, folder: Path, *, copy: Path | None = None, is_private: bool) -> int:
    """Make a release of an archive of a site; returns the exit status. Files whose bytes would be the same are left as they are.

    copy: of the archive, which is read if it has all that the archive has. Raises Unusable.
    """
    found = _before(folder, is_private=is_private)
    with opened(url, is_reader=True) as engine:
        check_site(engine, base_url)
        if copy and not columnar.is_current(engine, copy):
            copy = None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700 if is_private else 0o777)
        for left in folder.glob(f"{WORK}*"):
            shutil.rmtree(left)
        # Inside the release's folder, on the same disk: so the database can be moved into place in one step.
        with tempfile.TemporaryDirectory(dir=folder, prefix=WORK) as work, tempfile.TemporaryDirectory() as private:
            if copy is None:
                copy = Path(private, "copy.duckdb")  # never in a folder that may be served already
                columnar.make(url, copy)
            database = Path(work, DATABASE)
            with columnar.made(database, is_public=not is_private) as connection:
                _fill(connection, copy, is_private=is_private)
            return _export(database, base_url, folder, found, is_private=is_private)
    except OSError as error:
        raise ReleaseError(f"{folder}: {error.strerror or error}; the same command goes on where it is") from None


def _fill(connection: duckdb.DuckDBPyConnection, copy: Path, *, is_private: bool) -> None:
    """Fill a release's database from the copy of an archive, with what is for everybody; or for its owner.

    It holds the rows themselves, for DuckDB resolves relative paths in views against the reader's folder, not its own. A
    table that is not released is there without rows, so that every question can be asked.
    """
    quoted = str(copy).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS copied (READ_ONLY)")
    connection.execute("USE copied")  # the conditions of rows read other tables
    released = {table.name for table in released_tables(is_private=is_private)}
    for table in METADATA.tables.values():
        shown = None if is_private else public(table)
        condition = "true" if table.name in released else "false"
        if shown is not None and table.name in released:
            condition = str(shown.compile(dialect=Dialect(), compile_kwargs={"literal_binds": True}))
        keys = ", ".join(column.name for column in table.primary_key)
        columns = ", ".join(_columns(table, is_private=is_private))
        connection.execute(
            f"CREATE TABLE made.{table.name} AS SELECT {columns} FROM {table.name} WHERE {condition} ORDER BY {keys}"
        )
    connection.execute("USE made")
    connection.execute("DETACH copied")
    columnar.finish(connection)


def _columns(table: Table, *, is_private: bool) -> list[str]:
    """The columns of a table; without a value those of the account itself, and with another what is blanked."""
    there = {column.name for column in released_columns(table, is_private=is_private)}
    blanked = {} if is_private else BLANKED.get(table.name, {})
    found = []
    for column in table.columns:
        if column.name in blanked:
            found.append(f"'{blanked[column.name]}' AS {column.name}")
        elif column.name in there:
            found.append(column.name)
        else:
            found.append(f"CAST(NULL AS {columnar.TYPES[column.type.python_type]}) AS {column.name}")
    return found


def _export(database: Path, base_url: str, folder: Path, found: Mapping[str, Any], *, is_private: bool) -> int:
    before = {
        part["path"]: part["hash"].removeprefix("sha256:")
        for resource in found.get("resources", ())
        for part in resource["parts"]
        if resource["name"] != history.NAME
    }
    tables = released_tables(is_private=is_private)
    with columnar.opened(database) as engine, reading(engine) as connection:
        made: Any = connection.connection.driver_connection
        written = {table.name: write_table(made, table, folder, is_private=is_private) for table in tables}
        described = package.describe(connection, base_url, written, tables, is_private=is_private)
        notes = quality.render(connection, folder, written, is_private=is_private)
        files = [one for several in written.values() for one in several]
        same = sum(before.get(one.path) == one.sha256 for one in files)
        flat = [one for one in found.get("resources", ()) if one["name"] == history.NAME]
        # DuckDB writes an identifier of its own into each file: made again, it would differ for the same rows.
        is_same = same == len(files) == len(before) and found.get("duckdb") == described["duckdb"]
        is_same &= bool(flat) and (folder / DATABASE).exists() and (folder / history.FILE).exists()
        if not is_same:
            flat = [package.of_history(folder, history.write(made, folder, is_private=is_private))]
        described["resources"] += flat
    if not is_same:
        database.replace(folder / DATABASE)
    for name, text in (
        ("QUALITY.md", notes),
        ("SCHEMA.md", quality.schema_changes()),
        ("README.md", README.format(cite=package.cite(described))),
        ("CITATION.cff", package.citation(described)),
        (package.FILE, json.dumps(described, ensure_ascii=False, indent=1) + "\n"),
    ):
        with complete_file(folder / name, is_public=not is_private) as beside:
            beside.write_text(text, encoding="utf-8")
    _remove_others(folder, before, written)
    print(
        f"OK: {folder}: {sum(one.rows for one in files):,} rows in {len(files)} files,"
        f" {sum(one.bytes for one in files) / 1e6:,.1f} MB"
        + (f"; {same} of them unchanged" if before else "")
        + f"; {DATABASE} holds the same rows, {history.FILE} those of rankings in one table"
    )
    return 0


def _before(folder: Path, *, is_private: bool) -> dict[str, Any]:
    """The description of the release that is there, empty for one that was not completed. Raises ReleaseError."""
    if folder.exists() and not folder.is_dir():
        raise ReleaseError(f"{folder} is a file: name a folder")
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    if not (folder / package.FILE).exists():
        strange = sorted(file.name for file in folder.iterdir() if not _is_ours(file))
        if strange:
            raise ReleaseError(f"{folder} holds other things ({', '.join(strange[:3])}): name an empty or new folder")
        return {}
    found = package.read(folder)
    if found.get("is_private") != is_private:
        kind = "with" if found.get("is_private") else "without"
        raise ReleaseError(f"{folder} is a release {kind} what is private: name another folder, or do as it did")
    return found


def _is_ours(file: Path) -> bool:
    """Return True if a file or folder is one that a release begins with."""
    left = TEMPORARY.fullmatch(file.name)
    name = left[1] if left else file.name
    return (
        file.name.startswith(WORK)
        or name in {DATABASE, history.FILE, *PAGES, *BY_YEAR}
        or (name.endswith(".parquet") and name.removesuffix(".parquet") in METADATA.tables)
    )


def _remove_others(folder: Path, before: Iterable[str], written: Mapping[str, Sequence[Written]]) -> None:
    """Remove files that the earlier release lists and this one has not, and what a killed one left. Nothing else."""
    here = {one.path for files in written.values() for one in files}
    for path in {*before} - here:
        listed = (folder / path).resolve()
        # The description may be another's or edited: no path in it makes us remove anything else.
        if listed.is_relative_to(folder.resolve()) and listed.suffix == ".parquet":
            listed.unlink(missing_ok=True)
    names = {Path(path).name for path in here} | {DATABASE, package.FILE, history.FILE, *PAGES}
    for file in [*folder.glob(".*.part"), *folder.glob("*/.*.part")]:
        left = TEMPORARY.fullmatch(file.name)
        if left and left[1] in names:
            file.unlink()
