"""`scrapy replay`: archive from captures, through the same parse and pipelines, no request."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.afresh import Place, beside, swap
from crawler.archive.condition import dead_places
from crawler.archive.engine import ROOT, create, explain, prepare, reading
from crawler.capture.asked import ask_of
from crawler.capture.list import lists_beside
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.writer import OPEN
from crawler.console import preflight
from crawler.console.running import run_crawler
from crawler.errors import ArchiveError, ListError, Missing, Unusable
from crawler.extensions.words import counted
from crawler.items.page import Outcome, Page
from crawler.parse import parse
from crawler.request.gate import is_pixiv
from crawler.request.handler import LOOPBACK
from crawler.request.opened import archive_of
from crawler.request.run import Run
from crawler.spiders.base import WORDS, PageByPage, Tally

SHOWN_FILES = 10


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
        self.is_done = False

    async def start(self) -> AsyncIterator[Page]:
        captures = _home(self.settings["CAPTURE_DIR"])
        archive = archive_of(self.crawler)
        try:
            archive.take_over(lists_beside(self.files))
        except ListError as error:
            raise ArchiveError(str(error)) from None
        for file in self.files:
            adopted = ""
            is_copy = not file.is_relative_to(captures)
            for read, about in read_replies(file, _name(file, captures), self._findings):
                reply = replace(read, is_copy=True) if is_copy else read
                if self.only is not None and reply.observed_at not in self.only:
                    continue
                if reply.crawl_id not in ("", adopted):
                    adopted = reply.crawl_id
                    archive.begin_crawl(_crawl(about, reply.observed_at))
                ask = ask_of(reply, about)
                if ask is None or not self._is_ours(reply.url):
                    self._others += 1
                    continue
                self._page_done.clear()
                self._replayed += 1
                self.awaited = parse(ask, reply)
                self._outcomes[self.awaited.outcome] += 1
                if self.awaited.is_unread:
                    place = f"{file} at byte {reply.file_offset}"
                    self._unread.append(f"{place}: {reply.url}: {self.awaited.message}")
                yield self.awaited
                await self._page_done.wait()
        self.is_done = True

    def _is_ours(self, url: str) -> bool:
        """Whether an address is pixiv's, the stand-in's or the one that is crawled."""
        address = urlsplit(url)
        is_base = address.netloc == urlsplit(self.settings["PIXIV_BASE_URL"]).netloc
        return is_base or is_pixiv(url) or address.hostname in LOOPBACK

    def tally(self) -> Tally:
        found = self._findings
        ends = ", ".join(f"{count:,} {WORDS[key]}" for key, count in self._outcomes.items())
        return Tally(
            f"replay: {self._replayed:,} replies ({ends or 'none'}) of {found.files:,} files,"
            f" {self._others:,} others passed over, {len(found.damaged):,} damaged",
            left=0 if self.is_done else max(len(self.files) - found.files, 1),
            unread=len(found.damaged) + len(self._unread),
            problems=(*(f"damaged, left out: {place}" for place in found.damaged), *self._unread),
        )


def _home(folder: str) -> Path:
    """CAPTURE_DIR, links followed."""
    return Path(ROOT, folder).resolve()


def _name(file: Path, captures: Path) -> str:
    name = file.relative_to(captures) if file.is_relative_to(captures) else file.name
    return str(name).removesuffix(OPEN)


def _crawl(about: dict[str, Any], first_at: int) -> dict[str, Any]:
    """The row of the run that kept a file, as far as its warcinfo says; first_at: its first reply's."""
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
    """Reads finished files and those that a killed run left open; damaged records are named."""

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
        parser.add_argument(
            "--afresh", action="store_true",
            help="build the archive anew from the captures, beside the one in use, and put it in its"
            " place: after a change of the code that reads replies",
        )  # fmt: skip
        parser.add_argument(
            "--drop-missing", action="store_true",
            help="with --afresh: let go what was read of replies that no capture holds any more",
        )  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            preflight.check_components(self.settings, ("ADDONS", "ITEM_PIPELINES", "EXTENSIONS"))
        except Unusable as error:
            raise UsageError(str(error), print_help=False) from None
        captures = Path(ROOT, self.settings["CAPTURE_DIR"])
        paths, only = [Path(arg) for arg in args] or [captures], None
        if opts.dead and opts.afresh:
            raise UsageError("--dead and --afresh: one of them", print_help=False)
        if opts.drop_missing and not opts.afresh:
            raise UsageError("--drop-missing goes with --afresh", print_help=False)
        if opts.dead:
            if args:
                raise UsageError("--dead knows its files: name none", print_help=False)
            places = self._dead_places()
            if not places:
                print("OK: no row was refused")
                return
            only = frozenset(observed_at for observed_at, _ in places)
            holding = sorted({name for _, name in places})
            paths = [_finished_or_open(captures / name) for name in holding]
        try:
            files = warc_files(paths)
        except FileNotFoundError as error:
            raise UsageError(str(error), print_help=False) from None
        if not files:
            names = ", ".join(map(str, paths))
            raise UsageError(f"no WARC file (.warc, .warc.gz) in {names}", print_help=False)
        if opts.afresh:
            self.exitcode = self._afresh(files, drop=opts.drop_missing)
        else:
            self.exitcode, _ = self._replay(files, only)

    def _replay(self, files: list[Path], only: frozenset[int] | None = None) -> tuple[int, bool]:
        """Returns the exit status, and whether all files were read to their ends."""
        assert self.crawler_process is not None
        crawler = self.crawler_process.create_crawler(ReplaySpider)
        listed = json.dumps([str(file.resolve()) for file in files])
        status = run_crawler(self.crawler_process, crawler, files=listed, only=only)
        spider = crawler.spider
        return status, isinstance(spider, ReplaySpider) and spider.is_done

    def _afresh(self, files: list[Path], *, drop: bool) -> int:
        """Build the archive anew and put it in its place; returns the exit status."""
        assert self.settings is not None
        assert self.crawler_process is not None
        url, captures = self.settings["ARCHIVE_URL"], Path(ROOT, self.settings["CAPTURE_DIR"])
        try:
            with beside(url) as new:
                self.crawler_process.settings.set("ARCHIVE_URL", new, priority="cmdline")
                status, is_done = self._replay(files)
                if not is_done:
                    print("INCOMPLETE: the archive is as it was.", file=sys.stderr)
                    return 1
                read = partial(_read_again, [*files, captures])
                lost = swap(url, new, read, drop=drop)
        except Missing as error:
            for line in _missing_files(error.places):
                print(line, file=sys.stderr)
            print(
                f"INCOMPLETE: {error}: the archive is as it was. Name the files or folders that hold"
                " them besides, or let their facts go with --drop-missing.",
                file=sys.stderr,
            )
            return 1
        except Unusable as error:
            raise UsageError(str(error), print_help=False) from None
        except SQLAlchemyError as error:
            text = f"the archive is as it was: {explain(error)}"
            raise UsageError(text, print_help=False) from None
        dropped = f"; what {lost:,} replies contained is let go" if lost else ""
        print(f"The archive is built afresh and in its place{dropped}.", file=sys.stderr)
        return status

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


def _finished_or_open(path: Path) -> Path:
    """A capture, or what a killed run left open of it."""
    left_open = path.with_name(path.name + OPEN)
    return left_open if not path.exists() and left_open.exists() else path


def _read_again(paths: list[Path], places: list[Place]) -> Iterator[Page]:
    """The pages of replies that came while the archive was built, as far as files hold them."""
    wanted = {place.moment for place in places}
    names = {Path(place.file).name for place in places}
    for file in warc_files([path for path in paths if path.exists()]):
        if file.name.removesuffix(OPEN) in names:
            for reply, about in read_replies(file, file.name, Findings()):
                ask = ask_of(reply, about) if reply.observed_at in wanted else None
                if ask is not None:
                    yield parse(ask, reply)


def _missing_files(places: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Which files hold what is missing, the most first, in lines."""
    counted_files = Counter(file for _, file in places).most_common()
    for name, count in counted_files[:SHOWN_FILES]:
        yield f"  {counted(count, 'reply', 'replies')} of {name or 'a file without a name'}"
    if len(counted_files) > SHOWN_FILES:
        yield f"  … and {len(counted_files) - SHOWN_FILES:,} more files"
