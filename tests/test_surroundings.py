"""What is around a crawl: the way to the site, arguments, output, files, other people's components."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import CannotResolveHostError
from scrapy.settings import Settings
from sqlalchemy import Engine

from crawler.actions.act import read_token
from crawler.archive.database.engine import archive_url, create, prepare, reading
from crawler.archive.queries import load, run
from crawler.errors import ArchiveError, QueryError, SettingError
from crawler.extensions.progress_bar import ProgressExtension
from crawler.fetch.rate_limiter import advisory_key
from crawler.fetch.route import RESOLVER, obstacle, route
from crawler.model.target import Target
from crawler.spiders.results import OpenTarget
from standin.server import CSRF, Fault, Standin, running
from tests.conftest import ROOT, Crawl, rows
from tests.processes import TIMEOUT, Running, run_scrapy, wait_for

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
DAY = ("crawl", "rankings", "-adate=2024-02-06", "-apages=1")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "socks_proxy", "no_proxy")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    with running(Standin(generate=True)) as served:
        monkeypatch.setenv("PIXIV_BASE_URL", served.url)
        yield served


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def settings(base: str = "https://www.pixiv.net", **more: Any) -> Settings:
    return Settings({"PIXIV_BASE_URL": base, "HTTPPROXY_ENABLED": True, **more})


def start_page(state: Any, name: str = "__NEXT_DATA__") -> bytes:
    props = {"pageProps": {"serverSerializedPreloadedState": state}}
    return f'<script id="{name}" type="application/json">{json.dumps({"props": props})}</script>'.encode()


def test_a_start_page_of_another_shape_says_what_is_missing() -> None:
    state = {"api": {"token": CSRF}, "userData": {"self": {"id": "1"}}}
    assert read_token(start_page(json.dumps(state))) == CSRF
    dead = {**state, "userData": {"self": None}}
    assert read_token(start_page(json.dumps(dead))) == ""
    assert read_token(start_page(json.dumps({}))) == ""
    for page, told in (
        (b"<html>", "no __NEXT_DATA__"),
        (start_page(state), "serverSerializedPreloadedState"),
        (start_page("{"), "is no JSON"),
        (start_page("[" * 5000), "is no JSON"),
    ):
        with pytest.raises(ValueError, match=told):
            read_token(page)


@pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY", "socks_proxy"])
@pytest.mark.promise("Network settings")
def test_a_proxy_that_is_not_honoured_is_refused_before_anything_is_asked(
    scrapy: Crawl, site: Standin, name: str
) -> None:
    done = scrapy(*DAY, **{name: "socks5h://127.0.0.1:9050"})
    assert done.returncode == 2
    assert "Scrapy does not honour it" in done.stderr
    assert "http_proxy=http://HOST:PORT" in done.stderr
    assert site.hits == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("socks5://127.0.0.1:9", "a proxy of the kind socks5 is not supported"),
        ("https://127.0.0.1:9", "a proxy of the kind https is not supported"),
        ("http://", "is no address"),
        ("http://127.0.0.1:port", "is no address"),
    ],
)
def test_a_proxy_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, given: str, told: str) -> None:
    monkeypatch.setenv("https_proxy", given)
    with pytest.raises(SettingError, match=told):
        route(settings(), has_session=False)


def test_a_proxy_that_scrapy_takes_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.example:3128")
    told = str(route(settings(), has_session=True))
    assert told == "through the proxy http://proxy.example:3128 (https_proxy)"
    assert str(route(settings(HTTPPROXY_ENABLED=False), has_session=True)).startswith("directly")
    monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:9050")
    assert route(settings(), has_session=True).proxy, "what is for this scheme comes first"
    monkeypatch.setenv("no_proxy", "pixiv.net")
    assert str(route(settings(), has_session=True)) == "directly: no_proxy names the host"


@pytest.mark.promise("Network settings")
def test_a_session_never_goes_to_a_proxy_in_clear_text(scrapy: Crawl, site: Standin) -> None:
    done = scrapy(*DAY, http_proxy=site.url, PIXIV_PHPSESSID=SESSION)
    assert done.returncode == 2
    assert "in clear text: set no_proxy=127.0.0.1" in done.stderr
    assert site.hits == []
    through = scrapy(*DAY, http_proxy=site.url)
    assert through.returncode == 0, "without a session the proxy is used"


@contextmanager
def refusing_proxy() -> Iterator[str]:
    """A proxy that opens no tunnel to anybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def refuse() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.promise("Network settings")
def test_what_stands_in_the_way_is_named_and_not_to_be_tried_again(scrapy: Crawl) -> None:
    with refusing_proxy() as proxy:
        refused = scrapy(*DAY, "-sRETRY_TIMES=0", PIXIV_BASE_URL="https://127.0.0.1:9", https_proxy=proxy)
    away = scrapy(*DAY, "-sRETRY_TIMES=0", http_proxy="http://127.0.0.1:9")
    for done, told in (
        (refused, f"the proxy {proxy} refuses"),
        (away, "the proxy http://127.0.0.1:9 does not answer (http_proxy)"),
    ):
        assert done.returncode == 1
        assert told in done.stderr
        assert "fix that first" in done.stderr.splitlines()[-1]
        assert "(robots.txt) can" not in done.stderr
        assert "Run the same command again" not in done.stderr


@pytest.mark.promise("Network settings")
def test_a_host_with_ipv6_addresses_alone_is_named_with_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def addresses(_host: str, _port: Any, family: int) -> list[str]:
        if family != socket.AF_INET6:
            raise OSError
        return ["::1"]

    monkeypatch.setattr("socket.getaddrinfo", addresses)
    error = CannotResolveHostError("x")
    assert RESOLVER in obstacle(error, settings("http://only6.example"))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [])
    assert "no address is known of" in obstacle(error, settings("http://nowhere.example"))


@pytest.mark.promise("Network settings")
def test_doctor_shows_the_way_that_requests_take(scrapy: Crawl, site: Standin) -> None:
    done = scrapy("status", "doctor")
    assert f"requests go to {site.url} directly" in done.stdout
    done = scrapy("status", "doctor", all_proxy="socks5h://127.0.0.1:1")
    assert "FAIL  network" in done.stdout


@pytest.mark.promise("Interrupted output")
def test_bytes_that_are_no_text_are_a_wrong_argument(scrapy: Crawl, site: Standin) -> None:
    done = scrapy("crawl", "search", os.fsdecode(b"-aword=\xff\xfe"))
    assert done.returncode == 2
    assert done.stderr == "word='\\udcff\\udcfe': these bytes are no text (UTF-8 is needed)\n"
    assert site.hits == []


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_csv_and_json_are_utf8_whatever_the_terminal_is(
    scrapy: Crawl, site: Standin, tmp_path: Path, form: str
) -> None:
    assert scrapy(*DAY).returncode == 0
    query = tmp_path / "q.sql"
    query.write_text("SELECT title FROM artworks")
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "sql", str(query), form],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert re.search("[\u3000-\u9fff]", done.stdout.decode("utf-8"))


@pytest.mark.parametrize("command", [("status",), ("sql",), ("forget", "user", "5", "--yes")])
@pytest.mark.promise("Interrupted output")
def test_output_that_cannot_be_written_is_one_line(scrapy: Crawl, site: Standin, command: tuple[str, ...]) -> None:
    assert scrapy(*DAY).returncode == 0
    done = run_scrapy(command, os.environ, stdout=Path("/dev/full"))
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert told == ["standard output: No space left on device: what follows is not shown"]


@pytest.mark.parametrize(
    "command", ["status >&-", "sql --csv >&-", "job list >&-", "forget user 5 --yes >&-", "status 2>&-"]
)
@pytest.mark.promise("Interrupted output")
def test_a_stream_that_is_closed_changes_nothing(site: Standin, scrapy: Crawl, command: str) -> None:
    assert scrapy(*DAY).returncode == 0
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m scrapy {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.promise("Interrupted output")
def test_a_crawl_without_standard_error_archives(site: Standin, url: str) -> None:
    arguments = " ".join(DAY)
    done = subprocess.run(["/bin/sh", "-c", f"{sys.executable} -m scrapy {arguments} 2>&-"], cwd=ROOT, check=False)
    assert done.returncode == 0
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(50,)]


def test_a_pipe_that_closes_does_not_stop_the_work(scrapy: Crawl, site: Standin, url: str) -> None:
    assert scrapy(*DAY).returncode == 0
    ((work,),) = rows(url, "SELECT artwork_id FROM ranking_entries WHERE rank = 1")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "forget", "artwork", str(work), "--yes"],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.stderr == "standard output: Broken pipe: what follows is not shown\n"
    assert rows(url, f"SELECT count(*) FROM artworks WHERE artwork_id = {work}") == [(0,)]


@pytest.mark.promise("Interrupted output")
def test_markup_in_a_search_word_is_harmless_in_the_bar() -> None:
    class Search:
        name = "search"
        opened = OpenTarget(Target("search_top", {"word": "[/b]x\x1b[31m"}))

    extension = ProgressExtension.__new__(ProgressExtension)
    extension._spider = Search()  # type: ignore[assignment]  # noqa: SLF001
    assert extension._what() == "search [/b]x�[31m"  # noqa: SLF001
    bar = extension._made_bar(None)  # noqa: SLF001
    task = bar.add_task("", total=None, what=extension._what(), figures="[/x]")  # noqa: SLF001
    what, _, told = (column(bar.tasks[task]) for column in bar.columns)  # type: ignore[operator]
    assert (str(what), str(told)) == ("search [/b]x�[31m", "[/x]")


@pytest.mark.parametrize("secret", ["zqx@kvj", "zqx@kvj?wyz", "zqx@kvj/wyz", "zqx@kvj#wyz"])
@pytest.mark.promise("Passwords")
def test_a_password_with_an_at_sign_is_shown_nowhere(scrapy: Crawl, secret: str) -> None:
    url = f"postgresql://me:{secret}@127.0.0.1:9/archive"
    with pytest.raises(ArchiveError, match="%40") as refused:
        archive_url(url)
    parts = re.split(r"[@?/#]", secret)
    assert not [part for part in parts if part in str(refused.value)]
    doctor = ("status", "doctor", "--check")
    for command in (("status",), DAY, ("sql", "top-artists"), doctor, ("replay",)):
        done = scrapy(*command, ARCHIVE_URL=url)
        assert done.returncode != 0, command
        shown = done.stdout + done.stderr
        assert not [part for part in parts if part in shown], command


WRITING = (
    "COMMIT; DELETE FROM tags; SELECT 1",
    "SELECT 1; DELETE FROM tags",
    "WITH gone AS (DELETE FROM tags RETURNING 1) SELECT * FROM gone",
    "DELETE FROM tags RETURNING tag_id",
    "ROLLBACK",
    "CREATE TABLE t (a integer)",
    "COPY (SELECT 1) TO PROGRAM 'touch {place}'",
    "COPY (SELECT 1) TO '{place}'",
    "/* first */ COPY (SELECT 1) TO '{place}'",
    "DO $$ BEGIN DELETE FROM tags; END $$",
    "SET TRANSACTION READ WRITE",
)


@pytest.mark.parametrize("sql", WRITING)
@pytest.mark.promise("Queries only read")
def test_a_question_is_one_statement_that_can_only_read(engine: Engine, tmp_path: Path, sql: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO tags (tag_id, name) VALUES (1, 'x')")
    file = tmp_path / "q.sql"
    place = tmp_path / "made"
    tmp_path.chmod(0o777)
    file.write_text(sql.format(place=place))
    with reading(engine) as connection, pytest.raises(QueryError):
        run(connection, load(str(file)), {})
    assert not place.exists()
    file.write_text("SELECT count(*) FROM tags")
    with reading(engine) as connection:
        assert run(connection, load(str(file)), {}).rows == [(1,)]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tags")


@pytest.mark.parametrize("sql", ["PRAGMA journal_mode = DELETE", "ATTACH 'other.db' AS o", "VACUUM"])
@pytest.mark.promise("Queries only read")
def test_a_question_changes_no_setting_of_sqlite(scrapy: Crawl, url: str, tmp_path: Path, sql: str) -> None:
    engine = create(url)
    prepare(engine)
    file = tmp_path / "q.sql"
    file.write_text(sql)
    with reading(engine) as connection, pytest.raises(QueryError, match="a question only reads"):
        run(connection, load(str(file)), {})
    file.write_text("SELECT name FROM pragma_table_info('tags')")
    with reading(engine) as connection:
        assert ("tag_id",) in run(connection, load(str(file)), {}).rows
    engine.dispose()


@pytest.mark.promise("Owner only")
def test_archive_captures_and_state_are_readable_by_their_owner_alone(
    scrapy: Crawl, site: Standin, tmp_path: Path
) -> None:
    places = {
        "ARCHIVE_URL": f"sqlite:///{tmp_path}/new/archive.db",
        "CAPTURE_DIR": str(tmp_path / "kept" / "captures"),
        "STATE_DIR": str(tmp_path / "state"),
    }
    before = os.umask(0)
    try:
        assert scrapy(*DAY, **places).returncode == 0
        assert scrapy("forget", "user", "5", "--captures", "--yes", **places).returncode == 0
        assert scrapy("replay", "--rebuild", **places).returncode == 0
    finally:
        os.umask(before)
    found = [file for name in ("new", "kept", "state") for file in (tmp_path / name).rglob("*")]
    assert len(found) > 6
    for file in (*found, tmp_path / "new", tmp_path / "kept", tmp_path / "state"):
        is_lock = file.suffix == ".lock"  # empty; the folder is closed
        assert is_lock or not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), file


@pytest.mark.promise("Owner only")
def test_one_site_has_one_advisory_lock_however_its_address_is_written() -> None:
    written = (
        "https://www.pixiv.net",
        "https://pixiv.net/",
        "https://WWW.Pixiv.NET:443",
        "http://pixiv.net:80",
        "https://www.pixiv.net./",
    )
    assert len({advisory_key(base, "account-1") for base in written}) == 1
    assert advisory_key(written[0], "account-1") != advisory_key(written[0], "account-2")
    local = {advisory_key(base, "x") for base in ("http://LOCALHOST", "http://localhost:80/")}
    assert len(local) == 1 < len(local | {advisory_key("http://localhost:81", "x")})


@pytest.mark.parametrize(
    "given",
    [
        "EXTENSIONS={}",
        'ITEM_PIPELINES={"mine.Own": 100}',
        "DOWNLOADER_MIDDLEWARES={}",
        "DOWNLOAD_HANDLERS={}",
        'ITEM_PIPELINES={"crawler.pipelines.StorePipeline":"x"}',
        "SPIDER_MODULES=",
        "SCHEDULER=x.y",
        'ADDONS={"x.y":1}',
        'SPIDER_MIDDLEWARES={"no.such.Class":1}',
        "CONCURRENT_ITEMS=0",
    ],
)
@pytest.mark.promise("Interrupted output")
def test_settings_that_replace_the_projects_own_components_or_cannot_be_loaded_are_refused(
    scrapy: Crawl, site: Standin, given: str
) -> None:
    done = scrapy(*DAY, "-s", given)
    assert done.returncode == 2, done.stderr
    assert given.partition("=")[0] in done.stderr
    assert "Traceback" not in done.stderr
    assert site.hits == []


@pytest.mark.promise("Interrupted output")
def test_a_replay_stores_whatever_pipelines_are_set_and_names_those_it_passes_by(
    scrapy: Crawl, site: Standin, tmp_path: Path
) -> None:
    assert scrapy(*DAY).returncode == 0
    other = f"sqlite:///{tmp_path}/other.db"
    done = scrapy("replay", "-s", 'ITEM_PIPELINES={"scrapy.Item": 5}', ARCHIVE_URL=other)
    assert done.returncode == 0
    assert "passes no pipeline of your own: scrapy.Item" in done.stderr
    assert rows(other, "SELECT count(*) FROM ranking_entries") != [(0,)]


OWN = """
from scrapy.exceptions import DropItem


class Dropping:
    def process_item(self, item):
        raise DropItem("not wanted")


class AddOn:
    def update_settings(self, settings):
        settings["ITEM_PIPELINES"] = {**settings.getdict("ITEM_PIPELINES"), "own_parts.Dropping": 100}
"""


@pytest.mark.promise("Interrupted output")
def test_ones_own_pipeline_is_added_by_an_add_on_and_what_it_drops_is_said_in_a_line(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    (tmp_path / "own_parts.py").write_text(OWN)
    own = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = scrapy(*DAY, "-s", 'ADDONS={"own_parts.AddOn": 100}', **own)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "Dropped by a pipeline" in line]
    assert "not wanted" in line
    assert len(done.stderr) < 2_000
    assert "1 page dropped by another pipeline: not stored, still due" in done.stderr
    assert rows(url, "SELECT count(*) FROM ranking_entries") == [(0,)]
    assert scrapy("crawl", "rankings", "-adate=2024-02-07", "-apages=1").returncode == 0
    left = rows(url, "SELECT count(*) FROM ranking_entries")
    assert left == [(50,)], "what was dropped is not stored behind its back"


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a server, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", posted
    finally:
        server.shutdown()
        server.server_close()


RECIPES = ROOT / "docs" / "recipes"


def test_the_recipe_posts_each_complete_ranking_from_a_folder_beside_the_checkout(
    scrapy: Crawl, site: Standin, url: str, tmp_path: Path
) -> None:
    shutil.copy(RECIPES / "webhook.py", tmp_path)
    own = {"PYTHONPATH": str(tmp_path), "ADDONS": '{"webhook.AddOn": 100}'}
    with webhook() as (address, posted):
        for arguments in (("-adate=2024-02-06", "-apages=1"), ("-adate=2024-02-06",), ("-adate=2024-02-06",)):
            done = scrapy("crawl", "rankings", *arguments, **own, WEBHOOK=address)
            assert done.returncode == 0, done.stderr
    assert len(posted) == 1, "not for one page of several, and not again"
    (ranking,) = posted
    works = [work for (work,) in rows(url, "SELECT artwork_id FROM ranking_entries ORDER BY rank")]
    assert ranking == {"mode": "daily", "content": "all", "date": "20240206", "works": works}


def test_the_newest_ranking_is_announced_once_and_not_again_by_later_runs(
    scrapy: Crawl, site: Standin, tmp_path: Path
) -> None:
    shutil.copy(RECIPES / "webhook.py", tmp_path)
    own = {"PYTHONPATH": str(tmp_path), "ADDONS": '{"webhook.AddOn": 100}'}
    with webhook() as (address, posted):
        for _ in range(2):
            assert scrapy("crawl", "rankings", **own, WEBHOOK=address).returncode == 0
    assert len(posted) == 1


@pytest.mark.parametrize("given", ["{", "5", '"x"', '{"json.JSONDecoder": "x"}', '{"json.dumps": 1}'])
def test_add_ons_in_the_environment_that_are_none_are_named(scrapy: Crawl, site: Standin, given: str) -> None:
    done = scrapy(*DAY, ADDONS=given)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("ADDONS")
    assert "Traceback" not in done.stderr
    assert site.hits == []


@pytest.mark.parametrize("name", ["PIXIV_BASE_URL", "http_proxy"])
@pytest.mark.promise("Interrupted output")
def test_an_address_in_bytes_that_are_no_text_is_named(scrapy: Crawl, site: Standin, name: str) -> None:
    done = scrapy(*DAY, **{name: os.fsdecode(b"http://\xff\xfe")})
    assert done.returncode == 2, done.stderr
    assert name in done.stderr
    assert "address" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pause", [0.0, 0.4, 0.8, 1.2])
@pytest.mark.promise("Interrupted output")
def test_ctrl_c_while_a_jobs_crawl_starts_is_a_clear_word(site: Standin, tmp_path: Path, pause: float) -> None:
    job = tmp_path / "jobs"
    job.mkdir()
    (job / "mine.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-01-01"\n')
    given = {"JOB_DIR": str(job), "DOWNLOAD_DELAY": "1"}
    with Running(("job", "run", "mine"), os.environ | given) as process:
        while "1/1" not in process.output() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(pause)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.15)
        done = process.finish()
    assert done.returncode == 1, done.stderr
    assert "mine STOPPED before its end" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.promise("Interrupted output")
def test_a_job_whose_terminal_goes_away_stops_its_crawl(site: Standin, tmp_path: Path) -> None:
    job = tmp_path / "jobs"
    job.mkdir()
    (job / "mine.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-01-01"\n')
    given = {"JOB_DIR": str(job), "DOWNLOAD_DELAY": "1"}
    with Running(("job", "run", "mine"), os.environ | given) as process:
        while not site.targets and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGHUP)
        assert process.finish().returncode == 1
    asked = len(site.targets)
    time.sleep(1.5)
    assert len(site.targets) == asked, "no crawl is left behind"


@pytest.mark.promise("Interrupted output")
def test_ctrl_c_ends_a_command_with_a_word() -> None:
    code = "import crawler.settings, time; print(flush=True); time.sleep(30)"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode != 0
    assert errors == "stopped\n"


def _is_in(text: str, process: Running) -> bool:
    return text in process.output()


@pytest.mark.promise("Interrupted output")
def test_a_second_ctrl_c_in_a_job_is_a_clear_word(site: Standin, tmp_path: Path) -> None:
    job = tmp_path / "jobs"
    job.mkdir()
    (job / "mine.toml").write_text('[[step]]\nspider = "rankings"\ndate = "2024-01-01..2024-02-06"\n')
    given = {"JOB_DIR": str(job), "DOWNLOAD_DELAY": "0.5"}
    site.faults.append(Fault("p=2", times=None, delay=600))  # what is under way cannot end meanwhile
    with Running(("job", "run", "mine"), os.environ | given) as process:
        wait_for(lambda: len(site.targets) == 2, process.errors)
        for said in ("stopping: the request under way", "stopping at once", ""):
            process.send_signal(signal.SIGINT)
            wait_for(partial(_is_in, said, process), process.output)
        done = process.finish()
    assert done.returncode == 1
    assert "stopping: the request under way is still archived" in done.stdout
    assert "stopping at once" in done.stdout
    assert "INCOMPLETE" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
