"""Take something out of captures: the one case in which a kept file changes."""

from __future__ import annotations

import fcntl
import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.capture.reader import (
    GZIP,
    UNREADABLE,
    WARC,
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


class NotRewritten(Exception):
    """A file cannot be rewritten as it is; the text says why. It is left alone."""


@dataclass
class Rewritten:
    """What became of one file.

    cut, dropped: replies changed and left out; torn: bytes at the end that were no whole record,
    left out; places: the moment and offset of what is there.
    """

    cut: int = 0
    dropped: int = 0
    torn: int = 0
    places: dict[int, int] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        """Whether the file is another one now."""
        return bool(self.cut or self.dropped or self.torn)


@dataclass(frozen=True)
class Part:
    """A piece of the new file: bytes of the old one, or new ones. moment: of its reply."""

    start: int
    end: int
    new: bytes | None = None
    moment: int | None = None


def rewrite(path: Path, name: str, edit: Edit) -> Rewritten:
    """Apply `edit` to the replies of a file, which is replaced whole, or not at all.

    Untouched records keep their bytes; a record that is cut short at the end is left out. Raises
    NotRewritten where a crawl writes the file, or anything else of it cannot be read; OSError. Then
    the file is as it was.
    """
    path = path.resolve()
    found, findings = Rewritten(), Findings()
    about: dict[str, Any] = {}
    parts: list[Part] = []
    size = path.stat().st_size
    with path.open("rb") as source:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotRewritten(f"{path} is being written by a running crawl") from None
        whole = 0
        for kept, end in _extents(path, findings):
            if kept.start != whole:
                raise NotRewritten(f"{path} at byte {whole}: a damaged record")
            whole = end
            part = Part(kept.start, end)
            if kept.record.rec_type == "warcinfo":
                about = read_about(kept)
            elif is_reply(kept):
                edited = _edited(kept, name, about, edit, end, is_packed=".gz" in path.suffixes)
                if edited is None:
                    found.dropped += 1
                    continue
                part = edited
                found.cut += part.new is not None
            parts.append(part)
        if whole < size:
            if not _is_torn(source, whole):
                raise NotRewritten(f"{path} at byte {whole}: no WARC record that was cut short")
            found.torn = size - whole
        if found.has_changed:
            _replace(path, source, parts, found)
    return found


def _extents(path: Path, findings: Findings) -> Iterator[tuple[Kept, int]]:
    """Whole records with where they end, the empty lines behind an uncompressed one included."""
    with path.open("rb") as source:
        for kept in read_records(path, findings):
            if kept.end < kept.start:
                raise NotRewritten(f"{path}: its records are not compressed one by one")
            source.seek(kept.end)
            behind = source.read(4)
            yield kept, kept.end + (4 if behind == b"\r\n\r\n" else 0)


def _is_torn(source: BinaryIO, after: int) -> bool:
    """Whether the rest of a file is the beginning of one record, as a killed process leaves it."""
    source.seek(after)
    rest = source.read()
    if not rest.startswith(GZIP[: len(rest)]):
        return rest.startswith(WARC[: len(rest)]) and b"\n" + WARC not in rest
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        begun = member.decompress(rest)
    except zlib.error:
        return False
    return not member.eof and begun.startswith(WARC[: len(begun)])


def _edited(
    kept: Kept, name: str, about: dict[str, Any], edit: Edit, end: int, *, is_packed: bool
) -> Part | None:
    """What becomes of a reply; None for nothing."""
    try:
        reply = read_reply(kept, name, about)
    except UNREADABLE as error:
        raise NotRewritten(f"{name} at byte {kept.start}: {error}") from None
    body = edit(reply, about)
    if body is None:
        return None
    is_new = body is not reply.body
    new = _record(kept, reply, body, is_compressed=is_packed) if is_new else None
    return Part(kept.start, end, new, reply.observed_at)


def _replace(path: Path, source: BinaryIO, parts: list[Part], found: Rewritten) -> None:
    beside = path.with_name(path.name + BESIDE)
    with beside.open("wb") as out:
        os.fchmod(out.fileno(), stat.S_IMODE(path.stat().st_mode))
        for part in parts:
            if part.moment is not None:
                found.places[part.moment] = out.tell()
            if part.new is not None:
                out.write(part.new)
                continue
            source.seek(part.start)
            out.write(source.read(part.end - part.start))
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
    kept_headers = {
        header: value
        for header in ("WARC-Record-ID", "WARC-Date")
        if (value := kept.record.rec_headers.get_header(header))
    }
    record = writer.create_warc_record(
        reply.url,
        "response",
        payload=io.BytesIO(data),
        length=len(data),
        http_headers=StatusAndHeaders(http.statusline, headers, protocol=http.protocol),
        warc_headers_dict={**kept_headers, SEAL: str(reply.digest)},
    )
    writer.write_record(record)
    return out.getvalue()
