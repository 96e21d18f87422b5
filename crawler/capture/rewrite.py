"""Take something out of captures: the one case in which a kept file changes."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.capture.reader import (
    GZIP,
    UNREADABLE,
    WARC,
    Findings,
    Record,
    is_reply,
    read_about,
    read_records,
    read_reply,
)
from crawler.capture.writer import SEAL
from crawler.errors import NotRewritten
from crawler.files import private_opener
from crawler.model.page import Reply

BESIDE = ".rewriting"
OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Change(NamedTuple):
    """New address and body of a response; the very same ones leave it unchanged."""

    url: str
    body: bytes


@dataclass
class Rewritten:
    """Result of rewriting one file.

    cut, dropped: responses changed and left out; cut_short: bytes at the end that were no intact record,
    left out; unread: places of responses that cannot be read, so stay as they are; places: the moment and
    offset of what is there.
    """

    cut: int = 0
    dropped: int = 0
    cut_short: int = 0
    is_about_changed: bool = False
    unread: list[str] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        """Return True if the file is another one now."""
        return bool(self.cut or self.dropped or self.cut_short or self.is_about_changed)


class Part(NamedTuple):
    """A piece of the new file: bytes of the old one, or new ones. moment: of its reply."""

    start: int
    end: int
    new: bytes | None = None
    moment: int | None = None


@dataclass(frozen=True)
class Edits:
    """Changes of a file.

    reply: takes a response and the description of its run; returns its change, None to remove it. about: takes that
    description, returns the new one. header: takes name and value of a header, returns the new value. is_about: takes
    the address of a record that is no response; returns True to remove it.
    """

    reply: Callable[[Reply, dict[str, Any]], Change | None]
    about: Callable[[dict[str, Any]], dict[str, Any]] = lambda about: about
    header: Callable[[str, str], str] = lambda _name, value: value
    is_about: Callable[[str], bool] = lambda _url: False


def rewrite(path: Path, name: str, edits: Edits, *, is_dry: bool = False) -> Rewritten:
    """Apply edits to a file, which is replaced in one step, or not at all. is_dry: not at all, to count.

    Untouched records keep their bytes; a record that is cut short at the end is left out. Raises
    NotRewritten where a crawl writes the file, or anything else of it cannot be read; OSError. Then
    the file is as it was.
    """
    # A link stays a link: the file that it leads to is replaced.
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
        read_to = 0
        for record, end in _extents(path, findings):
            # The reader passes over what is damaged; here a gap ends it, because nothing that is not understood may be
            # lost.
            if record.start != read_to:
                raise NotRewritten(f"{path} at byte {read_to}: a damaged record")
            read_to = end
            # Not the last suffix: the file of a run that did not end is called .warc.gz.open.
            is_packed = ".gz" in path.suffixes
            part: Part | None = Part(record.start, end)
            if record.warc.rec_type == "warcinfo":
                about = read_about(record)
                part = _edited_about(record, edits, end, found, is_packed=is_packed)
            elif is_reply(record):
                part = _edited(record, name, about, edits, end, found, is_packed=is_packed)
            elif edits.is_about(record.warc.rec_headers.get_header("WARC-Target-URI") or ""):
                found.dropped += 1
                part = None
            if part is not None:
                parts.append(part)
        if read_to < size:
            if not _is_cut_short(source, read_to):
                raise NotRewritten(f"{path} at byte {read_to}: no WARC record that was cut short")
            found.cut_short = size - read_to
        if found.has_changed and not is_dry:
            _replace(path, source, parts, found)
    return found


def _extents(path: Path, findings: Findings) -> Iterator[tuple[Record, int]]:
    """Intact records with where they end, the empty lines behind an uncompressed one included."""
    with path.open("rb") as source:
        for record in read_records(path, findings):
            if record.end < record.start:
                raise NotRewritten(f"{path}: its records are not compressed one by one")
            source.seek(record.end)
            behind = source.read(4)
            yield record, record.end + (4 if behind == b"\r\n\r\n" else 0)


def _is_cut_short(source: BinaryIO, after: int) -> bool:
    """Return True if the rest of a file is the beginning of one record, as a killed process leaves it."""
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
    record: Record, name: str, about: dict[str, Any], edits: Edits, end: int, found: Rewritten, *, is_packed: bool
) -> Part | None:
    """Return the new part for a response; None to remove it."""
    try:
        reply = read_reply(record, name, about)
    except UNREADABLE as error:
        raise NotRewritten(f"{name} at byte {record.start}: {error}") from None
    part = Part(record.start, end, moment=reply.observed_at)
    if reply.unread:
        found.unread.append(f"{name} at byte {record.start}: {reply.url}: {reply.unread}")
        return part
    change = edits.reply(reply, about)
    if change is None:
        found.dropped += 1
        return None
    was = record.warc.http_headers.headers
    headers = [(header, edits.header(header, value)) for header, value in was]
    if change.url == reply.url and change.body is reply.body and headers == was:
        return part
    found.cut += 1
    return part._replace(new=_response(record, reply, change, headers, is_packed=is_packed))


def _edited_about(record: Record, edits: Edits, end: int, found: Rewritten, *, is_packed: bool) -> Part:
    try:
        # Not read_about, which drops what no run of ours says: an edit removes nothing but what it is for.
        about = json.loads(record.body)
        edited = edits.about(about) if isinstance(about, dict) else about
    except ValueError:
        return Part(record.start, end)
    if edited == about:
        return Part(record.start, end)
    found.is_about_changed = True
    text = json.dumps(edited, ensure_ascii=False, sort_keys=True).encode()
    headers = record.warc.rec_headers
    url, kind = headers.get_header("WARC-Target-URI") or "", headers.get_header("Content-Type") or "application/json"
    return Part(record.start, end, _record(record, url, text, {}, is_packed=is_packed, warc_content_type=kind))


def _replace(path: Path, source: BinaryIO, parts: list[Part], found: Rewritten) -> None:
    beside = path.with_name(path.name + BESIDE)
    with open(beside, "wb", opener=private_opener) as out:  # takes an opener
        # private_opener would take away the access that others had to the old file.
        os.fchmod(out.fileno(), stat.S_IMODE(path.stat().st_mode))
        for part in parts:
            if part.moment is not None:
                # Records move, and captures.file_offset of the archive would keep the old places.
                found.places[part.moment] = out.tell()
            if part.new is not None:
                out.write(part.new)
                continue
            source.seek(part.start)
            out.write(source.read(part.end - part.start))
        out.flush()
        # Synced, unlike a capture being written: the next line takes the old file away.
        os.fsync(out.fileno())
    beside.replace(path)


def _response(
    record: Record, reply: Reply, change: Change, headers: Sequence[tuple[str, str]], *, is_packed: bool
) -> bytes:
    """A response like another with a new address and body, under the moment of the old one."""
    http = record.warc.http_headers
    was_coded = any(name.lower() == "content-encoding" for name, _ in http.headers)
    headers = [(name, value) for name, value in headers if name.lower() not in OF_THE_BODY]
    # No time in the gzip header: the same redaction gives the same bytes whenever it is done.
    data = gzip.compress(change.body, mtime=0) if was_coded else change.body
    if was_coded:
        headers.append(("Content-Encoding", "gzip"))
    http = StatusAndHeaders(http.statusline, headers, protocol=http.protocol)
    return _record(record, change.url, data, {SEAL: str(reply.digest)}, is_packed=is_packed, http_headers=http)


def _record(record: Record, url: str, body: bytes, also: dict[str, str], *, is_packed: bool, **more: Any) -> bytes:
    """A record of the kind, id and time of another. also: further headers of the record."""
    old, out = record.warc.rec_headers, io.BytesIO()
    lasting = {name: value for name in ("WARC-Record-ID", "WARC-Date") if (value := old.get_header(name))}
    writer = WARCWriter(out, gzip=is_packed, warc_version="WARC/1.1")
    new = writer.create_warc_record(
        url,
        record.warc.rec_type,
        payload=io.BytesIO(body),
        length=len(body),
        warc_headers_dict={**lasting, **also},
        **more,
    )
    writer.write_record(new)
    return out.getvalue()
