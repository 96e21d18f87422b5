"""A release: the same bytes for the same archive on either database, and nothing private in it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import polars as pl
import pytest
import yaml
from pyarrow import parquet
from sqlalchemy import insert

from crawler.archive.columnar import DATABASE
from crawler.archive.database.engine import create, prepare
from crawler.errors import BadArgument, needed
from crawler.publish.release import export, files, package, quality
from crawler.tables.metadata import METADATA
from standin import rankings
from tests import replies
from tests.conftest import ROOT, Crawl
from tests.test_archive import store
from tests.test_every_table import page_of, read_bodies

LAST = date(2026, 10, 7)
OWN = {"account_snapshots", "notifications", "bookmark_tags"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An archive with something of everything: rankings of two years, and a reply of every endpoint."""
    url = f"sqlite:///{tmp_path_factory.mktemp('source')}/archive.db"
    engine = create(url)
    prepare(engine)
    for on in (LAST, LAST - timedelta(days=1), date(2025, 12, 31)):
        body = rankings.reply(1, "daily", "all", on, 1, LAST)
        assert body is not None
        store(engine, replies.body_page(body))
    for at, (name, body) in enumerate(read_bodies().items()):
        if name != "ranking":
            store(engine, page_of(name, body, at))
    with engine.begin() as connection:
        edges = [
            {"user_id": 1, "followed_user_id": user, "rest": rest, "first_seen_at": 1, "last_seen_at": 1}
            for user, rest in ((2, "show"), (3, "hide"))
        ]
        connection.execute(insert(METADATA.tables["follows"]), edges)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def release(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of it."""
    folder = tmp_path_factory.mktemp("out") / "release"
    assert export.export(source, replies.BASE, folder, is_private=False) == 0
    return folder


def bytes_of(folder: Path) -> dict[str, str]:
    """The digest of every file but the one that DuckDB writes an identifier of its own into."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != DATABASE
    }


def test_the_same_archive_gives_the_same_bytes(source: str, release: Path, tmp_path: Path) -> None:
    export.export(source, replies.BASE, tmp_path / "again", is_private=False)
    assert bytes_of(tmp_path / "again") == bytes_of(release)


def test_the_same_rows_on_postgresql_give_the_same_bytes(
    source: str, release: Path, postgresql: str, tmp_path: Path
) -> None:
    engines = [create(source), create(postgresql)]
    prepare(engines[1])
    with engines[0].connect() as here, engines[1].begin() as there:
        for table in METADATA.sorted_tables:
            rows = [dict(row) for row in here.execute(table.select()).mappings()]
            if rows:
                there.execute(insert(table), rows)
    for engine in engines:
        engine.dispose()
    export.export(postgresql, replies.BASE, tmp_path / "again", is_private=False)
    assert bytes_of(tmp_path / "again") == bytes_of(release)


def test_what_the_account_alone_sees_is_in_no_public_release(release: Path, source: str) -> None:
    described = package.read(release)
    assert not not_public() & {one["name"] for one in described["resources"]}
    follows = parquet.read_table(release / "follows.parquet").to_pylist()
    assert {row["rest"] for row in follows} <= {"show", None}
    assert 3 not in {row["followed_user_id"] for row in follows}
    listed = parquet.read_table(release / "listings.parquet").column("endpoint").to_pylist()
    assert listed
    assert not {"follow_latest", "discovery_artworks", "mypixiv_latest"} & set(listed)
    assert "bookmark_id" not in parquet.read_schema(release / "bookmarks.parquet").names
    engine = create(source)
    with engine.connect() as connection:
        for table in OWN:
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar(), table
    engine.dispose()


def test_duckdb_opens_it_from_any_folder_and_after_it_was_moved(release: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(release, moved)
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print(c.execute('SELECT count(*) FROM ranking_entries').fetchone()[0],"
        "c.execute('SELECT count(*) FROM v_ranking_history WHERE age_days < 3').fetchone()[0] > 0,"
        "c.execute(\"SELECT comment FROM duckdb_columns() WHERE table_name = 'artworks' AND column_name = 'ai_type'\").fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, moved / DATABASE], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("150 True whether made with AI")


def test_pandas_reads_an_empty_column_with_its_declared_type(release: Path) -> None:
    entries = pd.concat(map(pd.read_parquet, sorted((release / "ranking_entries").glob("*.parquet"))))
    assert len(entries) == 150
    for name, table in METADATA.tables.items():
        if name not in not_public() and (release / f"{name}.parquet").exists():
            schema = parquet.read_schema(release / f"{name}.parquet")
            for field in schema:
                assert field.type == files.TYPES[table.columns[field.name].type.python_type]


def test_its_flat_table_has_a_row_for_each_day_and_rank_with_the_tags_of_the_entry(release: Path, source: str) -> None:
    engine = create(source)
    with engine.connect() as connection:
        entries = connection.exec_driver_sql("SELECT count(*) FROM ranking_entries").scalar()
        tags = connection.exec_driver_sql(
            "SELECT tag FROM v_ranking_tags WHERE rank = 1 AND ranking_on = '2025-12-31' ORDER BY tag"
        ).all()
    engine.dispose()
    flat = pl.scan_parquet(release / "ranking_history.parquet")
    assert flat.select(pl.len()).collect().item() == entries
    (first,) = flat.filter(pl.col("ranking_on") == date(2025, 12, 31), pl.col("rank") == 1).collect().to_dicts()
    assert first["tags"] == [tag for (tag,) in tags]
    assert first["title"]
    assert first["user_name"]
    assert (first["depth"], first["is_complete"]) == (50, False)
    held = pd.read_parquet(release / "ranking_history.parquet", dtype_backend="pyarrow")
    assert held["view_count"].dtype == "int64[pyarrow]"
    assert held["ranking_on"].min() == date(2025, 12, 31)
    schema = parquet.read_schema(release / "ranking_history.parquet")
    assert all(field.metadata[b"description"] for field in schema)


def test_frictionless_finds_it_valid(release: Path) -> None:
    """Rows, types and keys of every file, by the standard's own program."""
    report = frictionless.validate(str(release / "datapackage.json"))
    assert report.valid, report.flatten(["name", "fieldName", "message"])[:5]
    assert len(report.tasks) > 40


def test_questions_are_asked_of_it_without_an_archive(release: Path, scrapy: Crawl, tmp_path: Path) -> None:
    given = {"ARCHIVE_URL": f"sqlite:///{tmp_path}/none/archive.db"}
    done = scrapy("sql", "--from", str(release), "ranking-panel", "--csv", **given)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith(f"daily,all,2025-12-31,{LAST},3,")
    assert "3 of " in done.stderr, "how much it knows"
    own = scrapy("sql", "--from", str(release), "SELECT rating_count / view_count FROM ranking_entries", **given)
    assert "never divide rating_count by view_count" in own.stdout
    for statement in ("SELECT * FROM read_text('/etc/passwd')", "WITH a AS (SELECT 1) COPY a TO '/tmp/x.csv'"):
        refused = scrapy("sql", "--from", str(release), statement, **given)
        assert refused.returncode == 2, refused.stdout
        assert "Traceback" not in refused.stderr
    nowhere = scrapy("sql", "--from", str(tmp_path), "ranking-panel", **given)
    assert nowhere.returncode == 2
    assert "is no release: no archive.duckdb in it" in nowhere.stderr


def test_its_description_names_every_file_with_its_digest_types_units_and_days(release: Path) -> None:
    described = json.loads((release / package.FILE).read_text())
    parts = [part for resource in described["resources"] for part in resource["parts"]]
    assert {part["path"] for part in parts} == {str(f.relative_to(release)) for f in release.rglob("*.parquet")}
    assert all(part["hash"] == f"sha256:{files.sha256(release / part['path'])}" for part in parts)
    (entries,) = [one for one in described["resources"] if one["name"] == "ranking_entries"]
    assert [part["path"] for part in entries["parts"]] == [
        "ranking_entries/2025.parquet",
        "ranking_entries/2026.parquet",
    ]
    (views,) = [one for one in entries["schema"]["fields"] if one["name"] == "view_count"]
    assert (views["unit"], views["window"]) == ("count", "all since publication")
    assert described["rankings"][0]["first_on"] == "2025-12-31"


def test_it_can_be_cited(release: Path) -> None:
    described = json.loads((release / package.FILE).read_text())
    assert described["temporal"] == {"start": "2025-12-31", "end": f"{LAST}"}
    assert described["sources"] == [{"title": "pixiv", "path": "https://www.pixiv.net"}]
    assert described["licenses"][0]["name"] == "notspecified"
    assert described["contributors"][0]["title"].startswith("pixiv-archive ")
    assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", described["created"]), "of the newest response"
    assert all(resource["path"] for resource in described["resources"])
    sentence = package.cite(described)
    assert f"rankings of 2025-12-31 to {LAST}. Release of {described['created'][:10]}" in sentence
    assert f"> {sentence}\n" in (release / "README.md").read_text()
    cited = yaml.safe_load((release / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["type"], cited["message"]) == ("1.2.0", "dataset", sentence)
    assert str(cited["date-released"]) == described["created"][:10]


def test_it_says_what_is_missing_refused_changed_and_unknown(release: Path) -> None:
    text = (release / "QUALITY.md").read_text()
    assert f"- daily all 2026: 2026-01-01 to {LAST - timedelta(days=2)}\n" in text
    assert "| daily | all | 2026 | 2 | 0 | 50 of 500 ranks | 100 | 0.0 |" in text
    assert f"- daily all, 50 of 500 ranks: 2025-12-31, {LAST - timedelta(days=1)} to {LAST}\n" in text
    assert "| artworks | ai_type |" in text
    percents = re.findall(r"\| (\d+\.\d) \|\n", text.partition("## Values that are unknown")[2])
    assert min(map(float, percents)) > 1
    assert quality.schema_changes() == (release / "SCHEMA.md").read_text()


def test_again_into_the_same_folder_it_writes_what_changed_alone(source: str, tmp_path: Path) -> None:
    copied, folder = tmp_path / "archive.db", tmp_path / "release"
    shutil.copy(source.removeprefix("sqlite:///"), copied)
    url = f"sqlite:///{copied}"
    export.export(url, replies.BASE, folder, is_private=False)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")}
    engine = create(url)
    body = rankings.reply(1, "daily", "all", LAST - timedelta(days=2), 1, LAST)
    assert body is not None
    store(engine, replies.body_page(body))
    engine.dispose()
    export.export(url, replies.BASE, folder, is_private=False)
    changed = {str(f.relative_to(folder)) for f in folder.rglob("*.parquet") if before.get(f) != f.stat().st_mtime_ns}
    assert "ranking_entries/2026.parquet" in changed
    assert not {"ranking_entries/2025.parquet", "comments.parquet", "novels.parquet"} & changed


def test_a_folder_with_other_things_is_left_alone(source: str, scrapy: Crawl, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = scrapy("export", str(tmp_path), ARCHIVE_URL=source, PIXIV_BASE_URL=replies.BASE)
    assert done.returncode == 2
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missing_extra_is_named() -> None:
    with pytest.raises(BadArgument, match="is not installed: start the command with "), needed("export"):
        raise ModuleNotFoundError(name="pyarrow")


def test_the_notebook_draws_four_pictures_of_a_release_as_a_page_that_loads_nothing(
    release: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    done = subprocess.run(
        [sys.executable, ROOT / "docs/notebook.py", "--release", release, "--page", page],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.count("<svg ") == 4
    for title in ("Views that it takes", "Days that a work is ranked", "not ranked the day before", "carry a tag"):
        assert title in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!#)', text)


def test_readers_with_an_older_duckdb_can_open_it(release: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{release / DATABASE}' AS made (READ_ONLY)")
        said = connection.sql("SELECT tags FROM duckdb_databases() WHERE database_name = 'made'")
        ((tags,),) = said.fetchall()
    assert tags["storage_version"] == "v1.0.0+"


def test_the_database_is_made_again_when_the_sql_of_a_view_has_changed(
    source: str, release: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    shutil.copytree(release, folder)
    package = folder / "datapackage.json"
    described = json.loads(package.read_text())
    described["duckdb"]["made_of"] = "of an earlier version"
    package.write_text(json.dumps(described))
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute("CREATE OR REPLACE VIEW v_ranking_history AS SELECT 1 AS old")
    assert export.export(source, replies.BASE, folder, is_private=False) == 0
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        assert len(connection.sql("SELECT * FROM v_ranking_history").columns) > 5
    at = (folder / DATABASE).stat().st_mtime_ns
    assert export.export(source, replies.BASE, folder, is_private=False) == 0
    assert (folder / DATABASE).stat().st_mtime_ns == at, "once is enough"


def not_public() -> set[str]:
    return {name for name, table in METADATA.tables.items() if table.info["audience"] != "public"}


def test_every_table_says_who_may_see_it() -> None:
    assert [name for name, table in METADATA.tables.items() if table.info["audience"] is None] == []
    assert not_public() >= {"account_snapshots", "notifications", "actions", "suppressions"}


HIDDEN_WORKS = (777_000_001, 777_000_002)
"""For mypixiv, and for the author alone."""


@pytest.mark.promise("Public releases")
def test_a_public_release_holds_no_work_and_no_part_of_a_profile_that_is_not_for_everybody(
    tmp_path: Path, migrated: Path
) -> None:
    shutil.copy(migrated, tmp_path / "archive.db")
    url = f"sqlite:///{tmp_path}/archive.db"
    engine = create(url)
    works = [replies.work(work, place) for place, work in enumerate((*HIDDEN_WORKS, 5), 1)]
    store(engine, replies.ranking_page(*works))
    for restrict, work in enumerate(HIDDEN_WORKS, 1):
        store(engine, replies.detail_page(work, restrict=restrict, illustTitle="秘密", title="秘密"))
    for name, body in read_bodies().items():
        if name.startswith(("user", "commission")):
            store(engine, page_of(name, body, 9))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE user_details SET gender = '性別秘密', birth_day = '誕生秘密'")
    engine.dispose()
    assert export.export(url, replies.BASE, tmp_path / "public", is_private=False) == 0
    found = everything(tmp_path / "public")
    assert "title" in found
    for secret in (*map(str, HIDDEN_WORKS), "秘密"):
        assert [line for line in found.splitlines() if secret in line] == []
    assert export.export(url, replies.BASE, tmp_path / "mine", is_private=True) == 0
    for secret in (*map(str, HIDDEN_WORKS), "性別秘密", "誕生秘密"):
        assert secret in everything(tmp_path / "mine"), secret


def everything(folder: Path) -> str:
    """All that stands in the files of a release, as text."""
    texts = []
    for file in sorted(folder.rglob("*.parquet")):
        table = parquet.read_table(file)
        texts += [f"{file.name}: {row}" for row in (table.column_names, *table.to_pylist())]
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            texts += [f"{name}: {row}" for row in connection.sql(f"SELECT * FROM {name}").fetchall()]
    return "\n".join(texts)
