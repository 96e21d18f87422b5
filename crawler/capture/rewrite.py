"""Take something out of captures: the one case in which a kept file changes."""

from __future__ import annotations

import fcntl
import gzip
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.capture.reader import (
    UNREADABLE,
    Findings,
    Kept,
    is_reply,
    read_about,
    read_records,
    read_reply,
)
from crawler.capture.writer import SEAL
from crawler.items.page import Reply

BESIDE = ".rewriting"
OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})

Edit = Callable[[Reply, dict[str, Any]], bytes | None]
"""What is to become of a reply: its body (the same one: it stays as it is), or None for nothing."""


class InUse(Exception):
    """A running crawl writes the file."""


@dataclass
class Rewritten:
    """What became of one file.

    cut, dropped: replies changed and left out; places: the moment and offset of what is there.
    """

    cut: int = 0
    dropped: int = 0
    torn: list[str] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        """Whether the file is another one now."""
        return bool(self.cut or self.dropped)


def rewrite(path: Path, name: str, edit: Edit) -> Rewritten:
    """Apply `edit` to the replies of a file, which is replaced whole, or not at all.

    Untouched records keep their bytes. Torn ones are left out where anything changes. Raises InUse,
    or OSError with the file as it was.
    """
    found, findings = Rewritten(), Findings()
    about: dict[str, Any] = {}
    parts: list[tuple[int | None, tuple[int, int] | bytes]] = []
    with path.open("rb") as source:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InUse(f"{path} is being written by a running crawl") from None
        for kept in read_records(path, findings):
            part: tuple[int, int] | bytes = (kept.start, kept.end)
            moment = None
            if kept.record.rec_type == "warcinfo":
                about = read_about(kept)
            elif is_reply(kept):
                try:
                    reply = read_reply(kept, name, about)
                except UNREADABLE as error:
                    findings.torn.append(f"{path} at byte {kept.start}: {error}")
                    continue
                body = edit(reply, about)
                if body is None:
                    found.dropped += 1
                    continue
                moment = reply.observed_at
                if body is not reply.body:
                    found.cut += 1
                    part = _record(kept, reply, body, is_compressed=".gz" in path.suffixes)
            parts.append((moment, part))
        found.torn = findings.torn
        if found.has_changed:
            _replace(path, source, parts, found)
    return found


def _replace(
    path: Path,
    source: Any,
    parts: list[tuple[int | None, tuple[int, int] | bytes]],
    found: Rewritten,
) -> None:
    beside = path.with_name(path.name + BESIDE)
    with beside.open("wb") as out:
        for moment, part in parts:
            if moment is not None:
                found.places[moment] = out.tell()
            if isinstance(part, bytes):
                out.write(part)
            else:
                source.seek(part[0])
                out.write(source.read(part[1] - part[0]))
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)


def _record(kept: Kept, reply: Reply, body: bytes, *, is_compressed: bool) -> bytes:
    """A record like another with a new body, under the moment and id of the old one."""
    http = kept.record.http_headers
    headers = [(name, value) for name, value in http.headers if name.lower() not in OF_THE_BODY]
    was_packed = (http.get_header("Content-Encoding") or "").lower() in ("gzip", "x-gzip")
    data = gzip.compress(body, mtime=0) if was_packed else body
    if was_packed:
        headers.append(("Content-Encoding", "gzip"))
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_compressed, warc_version="WARC/1.1")
    named = kept.record.rec_headers
    record = writer.create_warc_record(
        reply.url,
        "response",
        payload=io.BytesIO(data),
        length=len(data),
        http_headers=StatusAndHeaders(http.statusline, headers, protocol=http.protocol),
        warc_headers_dict={
            "WARC-Record-ID": named.get_header("WARC-Record-ID"),
            "WARC-Date": named.get_header("WARC-Date"),
            SEAL: str(reply.digest),
        },
    )
    writer.write_record(record)
    return out.getvalue()
