"""`./run status doctor`: whether an archive can be filled tonight, and what to do where not."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from protego import Protego
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from sqlalchemy import Engine
from twisted.python.failure import Failure

from crawler.archive.database.engine import archive_file, create, opened, prepare, reading, revision_of, shown, writing
from crawler.archive.status_queries import capture_files
from crawler.capture.writer import OPEN
from crawler.clock import ahead
from crawler.console import preflight
from crawler.console.running import run_spider
from crawler.endpoints import ENDPOINTS
from crawler.errors import ArchiveError, HeldError, Unusable
from crawler.fetch.rate_limiter import pace
from crawler.fetch.route import obstacle, route
from crawler.fetch.session import load_session
from crawler.files import names_set_in, private_folder
from crawler.places import ROOT, command, environment_file
from crawler.words import clean, counted, duration

LEAST_FREE = 1_000_000_000
MOST_OFF = 60
"""Seconds that the clock may differ from the site's: moments and nights are made of it."""

WHO = "/touch/ajax/user/self/status"
"""Answers everyone alike: who the session is, if it is one."""

WELL, NOTE, FAIL = "ok", "note", "FAIL"
QUICKLY_READ = 256_000_000
"""Bytes of an archive that are read within a second or so."""
CENTRAL = ("crawls", "coverage", "rankings", "ranking_pages", "dead_letters", "drift")
"""The tables that say what is there: small, and written by every page."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. how: `ok`, `note` (nothing to fix) or `FAIL`."""

    what: str
    how: str
    text: str


class RobotsSpider(Spider):
    """Through the rate limiter like every other: robots.txt, whose headers hold the time; the session."""

    name = "doctor"
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]  # Scrapy reads it off the class
        "ROBOTSTXT_OBEY": False,  # it is robots.txt that is requested
        "ITEM_PIPELINES": {},
        "EXTENSIONS": {},
        "DOWNLOADER_MIDDLEWARES": {"crawler.fetch.middleware.GateMiddleware": 900},
        "RETRY_ENABLED": False,
        "THROTTLE_TIMES": 0,
        "LOG_ENABLED": False,
    }

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings

    async def start(self) -> AsyncIterator[Request]:
        base = self.settings["PIXIV_BASE_URL"].rstrip("/")
        yield Request(f"{base}/robots.txt", callback=self.parse_robots, errback=self.failed)
        if load_session(self.settings) is not None:
            yield Request(f"{base}{WHO}", callback=self.parse_session, errback=self.failed)

    def parse_robots(self, response: Response) -> None:
        self.findings += (read_clock(response, time.time()), read_robots(response, self.settings["USER_AGENT"]))

    def parse_session(self, response: Response) -> None:
        self.findings.append(read_session(response))

    def failed(self, failure: Failure) -> None:
        base = self.settings["PIXIV_BASE_URL"]
        stands = obstacle(failure.value, self.settings)
        why = stands or f"{base} does not answer ({type(failure.value).__name__})"
        self.findings.append(Finding("site", FAIL, why))


def examine(settings: Settings, *, is_offline: bool, is_deep: bool = False) -> bool:
    """Print every finding; returns whether nothing is ill.

    is_offline: nothing is requested of the site. is_deep: all of a large archive is read.
    """
    findings = [
        *look_at_environment(),
        *look_at_database(settings, is_deep=is_deep),
        *look_at_captures(settings),
        *look_at_disk(settings),
    ]
    for what, look in (("session", look_at_session), ("pace", look_at_pace), ("network", look_at_route)):
        try:
            findings += look(settings)
        except Unusable as error:
            findings.append(Finding(what, FAIL, str(error)))
    if not is_offline and any(finding.how == FAIL for finding in findings):
        findings.append(Finding("site", NOTE, "no request sent: fix the above first"))
    elif not is_offline:
        findings += ask_site(settings)
    for finding in findings:
        print(f"{finding.how:<5} {finding.what:<11} {clean(finding.text)}")
    ill = sum(finding.how == FAIL for finding in findings)
    print(f"\nFAIL: {counted(ill, 'problem')} to fix" if ill else "\nOK")
    return not ill


def ask_site(settings: Settings) -> list[Finding]:
    """A polite request or two: is the site there, its robots.txt, the clock, the session."""
    findings: list[Finding] = []
    try:
        preflight.check(settings)
    except Unusable as unusable:
        return [Finding("settings", FAIL, str(unusable))]
    quiet = settings.copy()
    quiet.set("LOG_INSTALL_ROOT_HANDLER", value=False, priority="cmdline")
    try:
        run_spider(AsyncCrawlerProcess(quiet), RobotsSpider, findings=findings)
    except Unusable as error:
        how = NOTE if isinstance(error, HeldError) else FAIL
        return [Finding("site", how, f"no request sent: {error}")]
    return findings


def look_at_environment() -> Iterator[Finding]:
    """Check if this shell has the settings that scheduled runs read from a file."""
    file = environment_file()
    if missing := sorted(names_set_in(file) - os.environ.keys()):
        text = f"this shell lacks {', '.join(missing)} of {file}: set -a; . {file}; set +a"
        yield Finding("environment", NOTE, text)


def look_at_database(settings: Settings, *, is_deep: bool = False) -> Iterator[Finding]:
    """Check if the archive opens, is at the newest revision and takes a write."""
    try:
        archive_file(settings["ARCHIVE_URL"])
    except ArchiveError as error:
        yield Finding("database", FAIL, str(error))
        return
    try:
        engine = create(settings["ARCHIVE_URL"], is_new=False)
    except ArchiveError as error:
        yield Finding("database", NOTE, str(error))
        return
    try:
        if revision_of(engine) is None:  # to look at it begins nothing in it
            first = command("crawl rankings")
            yield Finding("database", NOTE, f"{shown(engine)} is empty. A first archive begins with {first}")
            return
        prepare(engine)
        with engine.connect() as connection, writing(connection):
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            connection.exec_driver_sql("CREATE TABLE doctor_was_here (x INTEGER)")
            connection.exec_driver_sql("DROP TABLE doctor_was_here")
        yield Finding("database", WELL, f"{shown(engine)} opens and takes writes")
        yield Finding("migrations", WELL, f"at {version}, the newest")
        if engine.dialect.name == "sqlite":
            yield look_at_integrity(engine, is_deep=is_deep)
    except ArchiveError as error:
        yield Finding("migrations" if "revision" in str(error) else "database", FAIL, str(error))
    except Exception as error:  # noqa: BLE001  # whatever a database says is a finding
        yield Finding("database", FAIL, str(error).strip().splitlines()[0])
    finally:
        engine.dispose()


def look_at_integrity(engine: Engine, *, is_deep: bool) -> Finding:
    """Check if SQLite finds the file's structure sound; of a large one that of its central tables."""
    path = Path(engine.url.database or "")
    is_all = is_deep or path.stat().st_size <= QUICKLY_READ
    with engine.connect() as connection:
        checks = ["quick_check"] if is_all else [f"quick_check('{name}')" for name in CENTRAL]
        said = {str(connection.exec_driver_sql(f"PRAGMA {one}").scalar()) for one in checks}
    how = WELL if said == {"ok"} else FAIL
    of = "" if is_all else f" of {', '.join(CENTRAL)} (all of it: --deep)"
    return Finding("integrity", how, f"SQLite's quick check{of} says: {', '.join(sorted(said))}")


def look_at_captures(settings: Settings) -> Iterator[Finding]:
    """Check if the captures of the archive are where captures are kept: a disk may not be mounted."""
    folder = Path(ROOT, settings["CAPTURE_DIR"])
    try:
        with opened(settings["ARCHIVE_URL"], is_reader=True) as engine, reading(engine) as connection:
            files = capture_files(connection)
            is_shared = engine.dialect.name == "postgresql"
    except ArchiveError:  # the database's own finding says it
        return
    # A run that was killed, or is under way, has its file under the open name.
    missing = [file for file in files if not any((folder / f"{file}{end}").exists() for end in ("", OPEN))]
    if not missing:
        return
    if len(missing) == len(files):
        yield Finding("captures", FAIL, f"none of the archive's is in {folder}: is its disk mounted? ({missing[0]} …)")
        return
    # Of several machines each may have its own.
    how = NOTE if is_shared else FAIL
    text = f"{len(missing):,} of {len(files):,} files are not in {folder}: {missing[0]} … A rebuild would lack what they hold"
    yield Finding("captures", how, f"{text}{', unless it has those of all machines' if is_shared else ''}")


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    """Check room and permissions for captures and the archive."""
    places = {"captures": Path(ROOT, settings["CAPTURE_DIR"])}
    with suppress(ArchiveError):  # the database's own finding says it
        file = archive_file(settings["ARCHIVE_URL"])
        if file and file != ":memory:":
            places["archive"] = Path(file).parent
    for name, place in places.items():
        try:
            private_folder(place)
            with tempfile.TemporaryFile(dir=place):
                free = shutil.disk_usage(place).free
        except OSError as error:
            yield Finding("disk", FAIL, f"{name}: {place}: {error.strerror}, not writable")
            continue
        if place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("privacy", NOTE, f"{name}: others can read {place}: chmod 700 closes it")
        text = f"{name}: {free / 1e9:,.1f} GB free in {place}"
        if free >= LEAST_FREE:
            yield Finding("disk", WELL, text)
        else:
            yield Finding("disk", FAIL, f"{text}: at least 1 GB is needed")


def look_at_session(settings: Settings) -> Iterator[Finding]:
    """Check if a session is given, and safely. Raises Unusable."""
    session = load_session(settings)
    if session is None:
        yield Finding("session", NOTE, "none: what pixiv shows to everyone is archived")
    else:
        yield Finding("session", WELL, f"given, {session.account}; not shown, not stored")
    r18 = "on" if settings.getbool("ALLOW_R18") else "off"
    yield Finding("R-18", NOTE, f"lists of R-18 works are {r18} (ALLOW_R18)")


def look_at_pace(settings: Settings) -> Iterator[Finding]:
    """Check if requests leave slowly enough. Raises Unusable."""
    preflight.check_values(settings)
    allowed = pace(settings)
    delay = settings.getfloat("DOWNLOAD_DELAY")
    yield Finding("pace", WELL, f"one request every {delay:g} s, never less than {allowed.gap:.2f} s apart")


def look_at_route(settings: Settings) -> Iterator[Finding]:
    """Tell which route requests will take. Raises Unusable."""
    way = route(settings, has_session=load_session(settings) is not None)
    yield Finding("network", WELL, f"requests go to {settings['PIXIV_BASE_URL']} {way}")


def read_clock(response: Response, now: float) -> Finding:
    """Check if this machine's clock agrees with pixiv's."""
    off = ahead(response.headers.get("Date"), response.headers.get("Age"), now)
    if off is None:
        return Finding("clock", NOTE, "the site does not say its time")
    local = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if abs(off) <= MOST_OFF:
        return Finding("clock", WELL, f"{local}, as the site's")
    word = "ahead of" if off > 0 else "behind"
    return Finding("clock", FAIL, f"{local}: {duration(abs(off))} {word} the site's; set the clock")


def read_session(response: Response) -> Finding:
    """Check if the session is alive, whose it is, and if its R-18 is on."""
    try:
        status = json.loads(response.body)["body"]["user_status"]
        is_alive = status.get("is_logged_in", "user_id" in status)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Finding("session", FAIL, f"the site does not say who it is ({response.status})")
    if not is_alive:
        return Finding("session", FAIL, "dead: log in again and give the new PHPSESSID")
    shown = {"0": "off", "1": "on, without R-18G", "2": "on, with R-18G"}
    r18 = shown.get(str(status.get("user_x_restrict")), "unknown")
    return Finding("session", WELL, f"alive, of account {status.get('user_id', '?')}; its R-18: {r18}")


def read_robots(response: Response, agent: str) -> Finding:
    """Check which endpoints the site's robots.txt keeps from crawlers."""
    if response.status >= 500 or response.status == 429 or 300 <= response.status < 400:
        text = f"answered {response.status}: without it nothing is requested"
        return Finding("robots.txt", FAIL, text)
    if response.status >= 400:
        return Finding("robots.txt", NOTE, f"answered {response.status}: nothing is forbidden")
    rules = Protego.parse(response.body.decode("utf-8", "replace"))
    base = response.url.removesuffix("/robots.txt")
    forbidden = [
        endpoint.name
        for endpoint in ENDPOINTS.values()
        if not rules.can_fetch(base + quote(endpoint.request.path.replace("{", "1").replace("}", "")), agent)
    ]
    if not forbidden:
        return Finding("robots.txt", WELL, "read; it forbids none of the endpoints")
    return Finding("robots.txt", NOTE, f"obeyed; it forbids {', '.join(forbidden)}")
