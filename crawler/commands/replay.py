"""`scrapy replay`: archive from captures, through the same parse and pipelines, no request."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.archive.condition import dead_places
from crawler.archive.engine import ROOT, ArchiveError, create, prepare, reading
from crawler.archive.store import Store
from crawler.capture.asked import ask_of
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.writer import OPEN
from crawler.commands.running import run_crawler
from crawler.items.page import Outcome, Page
from crawler.parse import parse
from crawler.request.gate import is_pixiv
from crawler.request.handler import LOOPBACK
from crawler.request.run import Run
from crawler.spiders.base import WORDS, PageByPage, Tally


class ReplaySpider(PageByPage):
    """Yields the pages of WARC files in the order they were kept."""

    name = "replay"
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]  # Scrapy reads it off the class
        # Nothing of a replay goes anywhere near the network.
        "DOWNLOADER_MIDDLEWARES": {},
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https", "file", "ftp", "s3", "data")),
        "ROBOTSTXT_OBEY": False,
    }

    def __init__(self, files: str, only: frozenset[int] | None = None) -> None:
        """only: the moments of the replies that are meant; None: all."""
        super().__init__(files=files)
        self.files = [Path(name) for name in json.loads(files)]
        self.only = only
        self.run = Run.begin(self.name, {"files": str(len(self.files))})
        self._findings = Findings()
        self._replayed = 0
        self._outcomes: Counter[Outcome] = Counter()
        self._others = 0
        self._unread: list[str] = []
        self._done = False

    async def start(self) -> AsyncIterator[Page]:
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        engine = create(self.settings["ARCHIVE_URL"])
        store = Store(engine)
        try:
            for file in self.files:
                adopted = ""
                is_copy = not file.is_relative_to(captures.resolve())
                for kept, about in read_replies(file, _name(file, captures), self._findings):
                    reply = replace(kept, is_copy=True) if is_copy else kept
                    if self.only is not None and reply.observed_at not in self.only:
                        continue
                    if reply.crawl_id not in ("", adopted):
                        adopted = reply.crawl_id
                        store.begin_crawl(_crawl(about, reply.observed_at))
                        store.close()
                    ask = ask_of(reply, about)
                    if ask is None or not self._is_ours(reply.url):
                        self._others += 1
                        continue
                    self._settled.clear()
                    self._replayed += 1
                    self.awaited = parse(ask, reply)
                    self._outcomes[self.awaited.outcome] += 1
                    if self.awaited.is_unread:
                        place = f"{file} at byte {reply.file_offset}"
                        self._unread.append(f"{place}: {reply.url}: {self.awaited.message}")
                    yield self.awaited
                    await self._settled.wait()
            self._done = True
        finally:
            store.close()
            engine.dispose()

    def _is_ours(self, url: str) -> bool:
        """Whether an address is pixiv's, the stand-in's or the one that is crawled."""
        address = urlsplit(url)
        is_base = address.netloc == urlsplit(self.settings["PIXIV_BASE_URL"]).netloc
        return is_base or is_pixiv(url) or address.hostname in LOOPBACK

    def tally(self) -> Tally:
        found = self._findings
        told = ", ".join(f"{count:,} {WORDS[key]}" for key, count in self._outcomes.items())
        return Tally(
            f"replay: {self._replayed:,} replies ({told or 'none'}) of {found.files:,} files,"
            f" {self._others:,} others passed over, {len(found.torn):,} torn",
            left=0 if self._done else max(len(self.files) - found.files, 1),
            unread=len(found.torn) + len(self._unread),
            problems=(*(f"torn, left out: {place}" for place in found.torn), *self._unread),
        )


def _name(file: Path, captures: Path) -> str:
    home = captures.resolve()
    name = file.relative_to(home) if file.is_relative_to(home) else file.name
    return str(name).removesuffix(OPEN)


def _crawl(about: dict[str, Any], first_at: int) -> dict[str, Any]:
    """The row of the run that kept a file, as far as its warcinfo tells; first_at: its first reply's."""
    crawl_id = str(about["crawl_id"])
    try:
        begun = datetime.strptime(crawl_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        started_at = int(begun.timestamp()) * 1_000_000_000
    except ValueError:
        started_at = first_at
    return {
        "crawl_id": crawl_id,
        "spider": str(about.get("spider", "")),
        "arguments": json.dumps(about.get("arguments", {}), sort_keys=True),
        "versions": json.dumps(about.get("versions", {}), sort_keys=True),
        "session": str(about.get("session", "")),
        "started_at": started_at,
        "outcome": "replayed",
    }


class Command(ScrapyCommand):
    """Reads whole files and those that a killed run left open; torn records are named."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] [FILES or FOLDERS]"

    def short_desc(self) -> str:
        return "Archive from captures (default: all of CAPTURE_DIR), without any request"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--dead", action="store_true",
            help="only the replies that hold refused rows (scrapy status dead), after a fix",
        )  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        assert self.crawler_process is not None
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        paths, only = [Path(arg) for arg in args] or [captures], None
        if opts.dead:
            if args:
                raise UsageError("--dead knows its files: name none", print_help=False)
            places = self._dead_places()
            if not places:
                print("OK: no row was refused")
                return
            only = frozenset(observed_at for observed_at, _ in places)
            holding = sorted({name for _, name in places})
            paths = [_kept(captures / name) for name in holding]
        try:
            files = warc_files(paths)
        except FileNotFoundError as error:
            raise UsageError(str(error), print_help=False) from None
        if not files:
            names = ", ".join(map(str, paths))
            raise UsageError(f"no WARC file (.warc, .warc.gz) in {names}", print_help=False)
        crawler = self.crawler_process.create_crawler(ReplaySpider)
        listed = json.dumps([str(file.resolve()) for file in files])
        self.exitcode = run_crawler(self.crawler_process, crawler, files=listed, only=only)

    def _dead_places(self) -> list[tuple[int, str]]:
        assert self.settings is not None
        try:
            engine = create(self.settings["ARCHIVE_URL"], is_new=False)
            try:
                prepare(engine)
                with reading(engine) as connection:
                    return dead_places(connection)
            finally:
                engine.dispose()
        except ArchiveError as error:
            raise UsageError(str(error), print_help=False) from None


def _kept(path: Path) -> Path:
    """A capture, or what a killed run left open of it."""
    left_open = path.with_name(path.name + OPEN)
    return left_open if not path.exists() and left_open.exists() else path
