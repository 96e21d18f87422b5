"""The responses that captures hold, in the order they were kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.capture.reader import Findings, read_replies
from crawler.capture.target import target_of
from crawler.capture.writer import OPEN
from crawler.fetch.session_handler import LOOPBACK
from crawler.model.reply import Reply
from crawler.model.run_summary import REPLAYED
from crawler.model.target import Target
from crawler.site import is_pixiv

AskedReply = tuple[Target, Reply]


class Reading:
    """Reads WARC files, once.

    findings: what it came upon. others: how many responses are of other sites or endpoints. done_bytes: how far
    it is, of total_bytes.
    """

    def __init__(self, files: Sequence[Path], captures: Path, base_url: str, only: frozenset[int] | None) -> None:
        """captures: where the archive keeps its own. only: the moments that are meant; None: all."""
        self.files = files
        self.findings = Findings()
        self.others = 0
        self.done_bytes = 0
        self.total_bytes = sum(file.stat().st_size for file in files if file.exists())
        self.is_done = False
        self._captures = captures
        self._base_url = base_url
        self._only = only

    def replies(self, adopt: Callable[[dict[str, Any]], None]) -> Iterator[AskedReply]:
        """The responses with what they answer. adopt: takes the row of the run that kept them, before."""
        before = 0
        for file in self.files:
            adopted = ""
            is_copy = not file.is_relative_to(self._captures)
            for read, about in read_replies(file, self._name(file), self.findings):
                self.done_bytes = before + read.file_offset
                reply = replace(read, is_copy=True) if is_copy else read
                if self._only is not None and reply.observed_at not in self._only:
                    continue
                if reply.crawl_id not in ("", adopted):
                    adopted = reply.crawl_id
                    adopt(_crawl(about, reply.observed_at))
                target = target_of(reply, about)
                if target is None or not is_of_site(reply.url, self._base_url):
                    self.others += 1
                    continue
                yield target, reply
            before += file.stat().st_size if file.exists() else 0
        self.done_bytes = before
        self.is_done = True

    def _name(self, file: Path) -> str:
        is_own = file.is_relative_to(self._captures)
        name = file.relative_to(self._captures) if is_own else file.name
        return str(name).removesuffix(OPEN)


def is_of_site(url: str, base_url: str) -> bool:
    """Return True if an address is pixiv's, the fake server's or the one that is crawled."""
    address = urlsplit(url)
    is_crawled = address.netloc == urlsplit(base_url).netloc
    return is_crawled or is_pixiv(url) or address.hostname in LOOPBACK


def _crawl(about: dict[str, Any], first_at: int) -> dict[str, Any]:
    """The row of the run that kept a file, as far as its warcinfo says; first_at: its first response's."""
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
        "outcome": REPLAYED,
    }
