"""The report draws in a browser and loads nothing; the pages of `./run browse` answer; the notebook runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from urllib.request import urlopen

import pytest

from crawler.analysis.answer import notes_of
from crawler.archive import queries
from crawler.archive.database.engine import create, prepare
from crawler.errors import ArchiveError
from crawler.model.page import Page
from crawler.publish.browse.cells import render_cell
from crawler.publish.browse.metadata import statement
from crawler.publish.browse.serve import application
from crawler.publish.report import charts, facts, page
from crawler.publish.report.page import write
from crawler.tables.metadata import METADATA
from standin import rankings
from tests import chromium, replies
from tests.chromium import Tab, look
from tests.conftest import ROOT, Crawl
from tests.processes import TIMEOUT, free_port, wait_for
from tests.test_archive import store
from tests.test_every_table import page_of, read_bodies

LAST = date(2026, 10, 7)
browser = pytest.mark.skipif(chromium.PROGRAM is None, reason=chromium.MISSING)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of two rankings, a reply of every endpoint, and a title that would break out of a script."""
    file = tmp_path_factory.mktemp("pictures") / "archive.db"
    engine = create(f"sqlite:///{file}")
    prepare(engine)
    for mode in ("daily", "weekly"):
        store(engine, *days_of(mode, 21, "</script><script>document.title = 'broken'</script>東方"), at_once=21)
    for at, (name, body) in enumerate(read_bodies().items()):
        if name != "ranking":
            store(engine, page_of(name, body, at))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO job_runs (run_id, job, started_at, finished_at, outcome, request_count, summary) VALUES"
            f" ('a', 'nightly', {time.time_ns()}, {time.time_ns()}, 'ok', 36, '')"
        )
    engine.dispose()
    return file


def days_of(mode: str, count: int, title: str = "") -> Iterator[Page]:
    """The first pages of so many days of a ranking; title: of the newest day's first work."""
    for back in range(count):
        body = rankings.reply(1, mode, "all", LAST - timedelta(days=back), 1, LAST)
        assert body is not None
        if title and back == 0:
            body["contents"][0]["title"] = title
        yield replies.body_page(body)


def report_of(archive: Path, folder: Path) -> Path:
    file = folder / "report.html"
    assert write(f"sqlite:///{archive}", file, facts.Wish("newest-365", "newest")) == 0
    return file


async def drawn(tab: Tab) -> None:
    await tab.until("document.body && (document.body.dataset.drawn || document.body.dataset.error)")
    assert await tab.evaluate("document.body.dataset.error || ''") == ""


DRAW = """
import json, sys, vl_convert
specs = json.load(open(sys.argv[1]))
for name in sorted(specs):
    if name != "nights":  # when runs began is told by the reader's own clock
        print(name, vl_convert.vegalite_to_svg(specs[name]))
"""


def test_days_are_the_same_days_in_every_time_zone(archive: Path, tmp_path: Path) -> None:
    text = report_of(archive, tmp_path).read_text(encoding="utf-8")
    (specs,) = re.findall(r"^const specs = (.*);$", text, re.MULTILINE)
    (tmp_path / "specs.json").write_text(specs)
    shown = {
        subprocess.run(
            [sys.executable, "-c", DRAW, str(tmp_path / "specs.json")],
            env=os.environ | {"TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati")
    }
    (drawn_once,) = shown
    assert "artwork-path" in drawn_once or "</svg>" in drawn_once


@browser
@pytest.mark.parametrize(("width", "is_dark"), [(1200, False), (1200, True), (390, False)])
def test_every_picture_draws_without_an_error_and_nothing_is_loaded(
    archive: Path, tmp_path: Path, width: int, is_dark: bool
) -> None:
    file = report_of(archive, tmp_path)

    async def seen(tab: Tab) -> None:
        await drawn(tab)
        for one in charts.PICTURES:
            marks = f"document.querySelectorAll('#picture-{one.answer} svg .mark-group, #picture-{one.answer} svg path').length"
            assert await tab.evaluate(marks), one.answer
        wide = await tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, "the page is wider than the screen"
        background = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(20, 24, 28)") == is_dark
        assert await tab.evaluate("document.title") == "The archive in pictures"

    tab = look(file.as_uri(), seen, width=width, is_dark=is_dark)
    assert tab.errors == []
    assert [one for one in tab.requests if not one.startswith(("file:", "data:", "blob:"))] == []


@browser
def test_a_mark_that_is_pointed_at_shows_what_it_is_and_a_search_dims_the_others(archive: Path, tmp_path: Path) -> None:
    file = report_of(archive, tmp_path)

    async def seen(tab: Tab) -> None:
        await drawn(tab)
        await tab.evaluate("document.querySelector('#picture-top-artists').scrollIntoView({block: 'center'})")
        place = await tab.evaluate(
            "(() => { const b = document.querySelector('#picture-top-artists .mark-rect path').getBoundingClientRect();"
            " return [b.x + b.width / 3, b.y + b.height / 2] })()"
        )
        await tab.point_at(*place)
        await tab.until("document.querySelector('#vg-tooltip-element.visible')")
        shown = await tab.evaluate("document.querySelector('#vg-tooltip-element').innerText")
        assert "entries" in shown
        assert "best rank" in shown
        before = await tab.evaluate("document.querySelector('#picture-paths svg').outerHTML.length")
        await tab.evaluate(
            "(() => { const i = document.querySelector('#picture-paths input'); i.value = 'zzz';"
            " i.dispatchEvent(new Event('input', {bubbles: true})) })()"
        )
        await tab.until(f"document.querySelector('#picture-paths svg').outerHTML.length != {before}")

    assert look(file.as_uri(), seen).errors == []


@browser
@pytest.mark.parametrize("days", [0, 1])
def test_an_archive_of_nothing_and_one_of_a_day_look_right(tmp_path: Path, days: int) -> None:
    engine = create(f"sqlite:///{tmp_path}/small.db")
    prepare(engine)
    if days:
        body = rankings.reply(1, "daily", "all", LAST, 1, LAST)
        assert body is not None
        store(engine, replies.body_page(body))
    engine.dispose()
    file = report_of(tmp_path / "small.db", tmp_path)

    async def seen(tab: Tab) -> None:
        await drawn(tab)
        said = await tab.evaluate("[...document.querySelectorAll('.nothing')].map(one => one.innerText).join('|')")
        assert ("No ranking of this time is archived: ./run crawl rankings" in said) == (days == 0)
        assert "Two weeks of a daily ranking are needed" in said
        assert int(await tab.evaluate("document.body.dataset.drawn")) == (9 if days else 0)

    assert look(file.as_uri(), seen).errors == []


@pytest.mark.more
def test_a_year_of_daily_rankings_takes_at_most_three_megabytes(tmp_path: Path, migrated: Path) -> None:
    shutil.copy(migrated, tmp_path / "year.db")
    engine = create(f"sqlite:///{tmp_path}/year.db")
    store(engine, *days_of("daily", 365), at_once=73)
    engine.dispose()
    assert report_of(tmp_path / "year.db", tmp_path).stat().st_size < 3_000_000


def test_postgresql_gives_the_same_page(postgresql: str, tmp_path: Path) -> None:
    pages = []
    for url in (f"sqlite:///{tmp_path}/small.db", postgresql):
        engine = create(url)
        prepare(engine)
        store(engine, *days_of("daily", 15), at_once=15)
        engine.dispose()
        file = tmp_path / "report.html"
        write(url, file, facts.Wish("newest-365", "newest"))
        pages.append(file.read_text())
    assert specs_of(pages[0]) == specs_of(pages[1])


def specs_of(text: str) -> object:
    found = re.search(r"^const specs = (.*);$", text, re.MULTILINE)
    assert found is not None
    return json.loads(found[1], parse_float=lambda number: round(float(number), 6), parse_int=float)


def test_every_picture_says_in_a_sentence_what_it_shows_where_from_and_gives_its_numbers(
    archive: Path, tmp_path: Path
) -> None:
    text = report_of(archive, tmp_path).read_text(encoding="utf-8")
    sections = re.findall(r"<section>(<h2 id=.*?)</section>", text, re.DOTALL)
    assert len(sections) == len(charts.PICTURES)
    for one in sections:
        claim = re.sub("<.*?>", "", one.partition("</h2>")[0])
        assert re.search(r"\d", claim), claim
        (asked,) = re.findall(r"\./run sql ([\w-]+)", one.partition("class='soft source'")[2])
        assert asked in queries.names()
        assert re.search(r"\(.*(\d{4}-\d\d-\d\d|up) to \d{4}-\d\d-\d\d", one), "its period"
        assert "<table>" in one
    (data,) = re.findall(r"^const data = (.*);$", text, re.MULTILINE)
    assert {text.count("\r\n") > 1 for text in json.loads(data).values()} == {True}


def test_the_report_begins_where_something_is_archived(archive: Path, tmp_path: Path) -> None:
    text = report_of(archive, tmp_path).read_text(encoding="utf-8")
    assert f"{LAST - timedelta(days=20)} to {LAST}: daily, weekly" in text


def test_what_a_picture_cannot_say_is_said_once(archive: Path, tmp_path: Path) -> None:
    text = report_of(archive, tmp_path).read_text(encoding="utf-8")
    lists = re.findall(r"<ul class='notes'>(.*?)</ul>", text)
    assert lists
    for one in lists:
        lines = [line.lower().rstrip(".") for line in re.findall("<li>(.*?)</li>", one)]
        assert len(lines) == len(set(lines)), lines


def test_a_report_of_what_cannot_be_is_refused(scrapy: Crawl, archive: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{archive}"
    for arguments, message in (
        (("--since", "2024"), "since=2024: a date like 2024-02-06"),
        (("--mode", "dayly"), "--mode dayly: no such value. Did you mean daily? Valid: daily"),
    ):
        done = scrapy("report", str(tmp_path / "r.html"), *arguments, ARCHIVE_URL=url)
        assert done.returncode == 2
        assert message in done.stderr
    assert page.TEMPLATE.exists()


@contextmanager
def browsing(archive: Path) -> Iterator[str]:
    """`./run browse` on a free port."""
    command = [sys.executable, "-m", "crawler", "browse", "--port", "0"]
    port = free_port()
    command[-1] = str(port)
    environment = {"ARCHIVE_URL": f"sqlite:///{archive}"}
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/ " in process.stdout.readline()
        wait_for(partial(answers, f"http://127.0.0.1:{port}/-/versions.json"))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        urlopen(address).close()  # noqa: S310  # loopback
    except OSError:
        return False
    return True


def read(address: str) -> str:
    with urlopen(address, timeout=TIMEOUT) as answered:  # noqa: S310  # loopback
        assert answered.status == 200
        return str(answered.read().decode())


def test_every_table_view_and_question_has_a_page_that_answers(archive: Path) -> None:
    asked = {"artwork_id": "1", "user_id": "1", "tag": "空", "tags": "空", "text": "空"}
    with browsing(archive) as site:
        for name in (*METADATA.tables, "v_ranking_history", "v_artworks", "v_counts", "v_ranking_tags"):
            assert "What the columns mean" in read(f"{site}/archive/{name}?_size=5"), name
        for name in queries.names():
            given = "&".join(
                f"{one.name}={asked.get(one.name, '') if one.default is None else ''}"
                for one in queries.load(name).parameters
            )
            listed = json.loads(read(f"{site}/archive/{name}.json?{given}&_shape=array".replace("空", "%E7%A9%BA")))
            assert isinstance(listed, list), name
        ranked = read(f"{site}/archive/ranking_entries?_size=5")
        assert re.search(r'<a href="/archive/artworks/\d+">', ranked)
        assert re.search(r'<a href="https://www.pixiv.net/artworks/\d+"', ranked)
        assert "UTC" in ranked


def page_of_browse(archive: Path, address: str) -> str:
    """A page as the server of `./run browse` makes it, without its socket."""
    url = f"sqlite:///{archive}"
    pages = application(url, partial(notes_of, url))
    answered = asyncio.run(pages.client.get(address))
    assert answered.status_code == 200
    return str(answered.text)


def test_the_first_page_has_the_rankings_the_queries_by_group_and_a_search(archive: Path) -> None:
    home = page_of_browse(archive, "/")
    for said in (*map(str.capitalize, queries.GROUPS), "Which artists have the most entries", 'name="text"'):
        assert said in home
    day = re.search(r'href="(/archive/v_ranking_history\?mode=daily[^"]*)"', home)
    assert day is not None
    assert re.search(r'<a href="/archive/artworks/\d+">', page_of_browse(archive, unescape(day[1])))


def test_a_work_leads_to_its_queries_and_its_rows(archive: Path) -> None:
    found = page_of_browse(archive, "/archive/works-by-name?text=%25&most=1")
    (work,) = set(re.findall(r'<a href="/archive/artworks/(\d+)">', found))
    links = page_of_browse(archive, f"/archive/artworks/{work}")
    assert f'href="/archive/artwork-path?artwork_id={work}"' in links
    assert f'href="/archive/ranking_entries?artwork_id={work}"' in links


def test_a_tag_leads_to_its_life(archive: Path) -> None:
    assert '<a href="/archive/tag-life?tag=' in page_of_browse(archive, "/archive/v_ranking_tags?_size=5")


def test_a_query_page_has_its_parameters_with_their_defaults_and_notes_above_the_rows(archive: Path) -> None:
    shown = page_of_browse(archive, "/archive/turnover")
    places = [shown.index(part) for part in ('placeholder="daily"', "ranks 1–", "<tbody>", "The SQL")]
    assert places == sorted(places)
    assert "needs --param text" in page_of_browse(archive, "/archive/works-by-name").replace("&#39;", "'")


@browser
def test_the_pages_have_no_error_in_a_browser(archive: Path) -> None:
    async def seen(tab: Tab) -> None:
        await tab.until("document.readyState == 'complete' && document.querySelector('details summary')")

    with browsing(archive) as site:
        assert look(f"{site}/archive/artworks", seen).errors == []


def test_pages_of_queries_and_of_sql_say_what_a_terminal_says(archive: Path) -> None:
    wrong = "select+count(*)+as+works+from+ranking_entries"
    pages = {
        f"?sql={wrong}": "a work counts as often as it was ranked",
        "?sql=select+%27%3C/script%3E%27,+count(*)+as+works+from+ranking_entries": "a work counts",
    }
    with browsing(archive) as site:
        for page, said in pages.items():
            assert said in read(f"{site}/archive{page}")


def test_an_empty_field_of_a_question_is_its_default() -> None:
    sql = statement(queries.load("longest-charting-works"))
    assert "coalesce(nullif(:mode, ''), 'weekly')" in sql
    assert "date((SELECT max(ranking_on) FROM rankings), '-365 days')" in sql
    assert "--" not in sql


def test_a_value_that_is_none_of_these_is_shown_as_it_is() -> None:
    assert render_cell({}, 5, "rank", "ranking_entries") is None
    assert render_cell({}, "<b>", "title", "artworks") is None
    assert "&lt;" in str(render_cell({}, "https://x/<b>", "url", None))


def test_postgresql_is_told_what_to_use_instead(postgresql: str) -> None:
    with pytest.raises(ArchiveError, match="psql, pgAdmin or Metabase"):
        application(postgresql)
