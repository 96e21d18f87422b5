"""The spider that reads captures instead of a site."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from crawler.archive.engine import ROOT
from crawler.capture.ask import ask_of
from crawler.capture.list import lists_beside
from crawler.capture.reader import Findings, read_replies
from crawler.capture.writer import OPEN
from crawler.errors import ArchiveError, ListError
from crawler.items.page import Page
from crawler.items.reply import Outcome
from crawler.parse import parse
from crawler.request.gate import is_pixiv
from crawler.request.handler import LOOPBACK
from crawler.request.run import Run
from crawler.request.shared_archive import archive_of
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
