"""Read responses back from WARC files, intact ones only, and say which are damaged."""

from __future__ import annotations

import io
import json
import os
import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.utils import Digester

from crawler.capture.record import CHUNK, LARGEST, checked, digest, moment, read_warc_date, readable
from crawler.capture.writer import OPEN, SEAL, file_of
from crawler.model.page import Reply

SUFFIXES = (".warc.gz", ".warc", ".warc.gz" + OPEN)

UNREADABLE = (
    ArchiveLoadFailed,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    # warcio trips over records whose headers are cut short or garbled.
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
)


GZIP, WARC = b"\x1f\x8b\x08", b"WARC/"
WINDOW = 16 * CHUNK
BEGINNING = re.compile(re.escape(GZIP) + rb"|(?<=\n)WARC/1\.")


@dataclass
class Findings:
    """Findings of a reading of files: counts and the places of damaged records.

    revisits: records that say that a response was the same as one elsewhere.
    """

    files: int = 0
    revisits: int = 0
    damaged: list[str] = field(default_factory=list)


def warc_files(paths: list[Path]) -> list[Path]:
    """The WARC files among paths and below folders, sorted. Raises FileNotFoundError."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(_below(path))
        elif path.exists():
            found.add(path)
        else:
            raise FileNotFoundError(f"no file or folder {path}")
    return sorted(found)


def _below(folder: Path) -> Iterator[Path]:
    """The WARC files below a folder, through links: a month may lie on another disk."""
    seen: set[Path] = set()
    for place, inner, names in os.walk(folder, followlinks=True):
        where = Path(place).resolve()
        if where in seen:  # a link to where one was already would be followed for ever
            inner.clear()
            continue
        seen.add(where)
        # A file that two ways lead to is named by its own.
        inner.sort(key=lambda name: (Path(place, name).is_symlink(), name))
        yield from (Path(place, name) for name in names if name.endswith(SUFFIXES))


def read_replies(path: Path, name: str, findings: Findings) -> Iterator[tuple[Reply, dict[str, Any]]]:
    """The responses of one file with what its warcinfo says of the run ({} where it says nothing).

    name: the file's name in the archive (below CAPTURE_DIR, without `.open`); a file that still has
    its run's name is named as that run named it, wherever it lies now. A record that is
    cut short or does not match its digest is named in findings and left out.
    """
    about: dict[str, Any] = {}
    for record in read_records(path, findings):
        if record.warc.rec_type == "warcinfo":
            about = read_about(record)
            run = about.get("crawl_id", "")
            name = file_of(run) if run and path.name.startswith(run) else name
        elif record.warc.rec_type == "revisit":
            findings.revisits += 1
        elif is_reply(record):
            try:
                reply = read_reply(record, name, about)
            except UNREADABLE as error:
                findings.damaged.append(f"{path} at byte {record.start}: {error}")
                continue
            yield reply, about


@dataclass(frozen=True)
class Record:
    """An intact record of a file: warc: as warcio has it; its body, where it begins and ends in bytes.

    body: no more than LARGEST and one byte, by which it is known to be too large.
    """

    warc: Any
    body: bytes
    start: int
    end: int


def read_records(path: Path, findings: Findings) -> Iterator[Record]:
    """The records of one file; damaged ones are named in findings and left out.

    Behind one that cannot be read it goes on with the next that begins like a record.
    """
    findings.files += 1
    try:
        stream = path.open("rb")
    except OSError as error:
        findings.damaged.append(f"{path}: {error.strerror}")
        return
    with stream:
        begin: int | None = 0
        while begin is not None:
            begin = yield from _read_from(stream, begin, path, findings)


def _read_from(stream: BinaryIO, begin: int, path: Path, findings: Findings) -> Generator[Record, None, int | None]:
    """The records from a byte on to the end, or to one that cannot be read.

    Returns where one begins behind that, None for nowhere.
    """
    start = end = begin
    try:
        stream.seek(begin)
        records = ArchiveIterator(stream)
        while (record := next(records, None)) is not None:
            body = _read(record.raw_stream)
            start = records.get_record_offset()
            end = start + records.get_record_length()
            if len(body) <= LARGEST and not _is_intact(record, body):
                # Where it ends is not known: its length may be what is wrong.
                findings.damaged.append(f"{path} at byte {start}")
                return _next_start(stream, start + 1)
            yield Record(record, body, start, end)
            start = end
        # A record cut within its first bytes looks like the end of the file.
        if end < path.stat().st_size and path.name.endswith((".gz", f".gz{OPEN}")):
            findings.damaged.append(f"{path} at byte {end}")
    except UNREADABLE as error:
        findings.damaged.append(f"{path} at byte {start}: {error or 'cut short'}")
        return _next_start(stream, start + 1)
    return None


def _next_start(stream: BinaryIO, after: int) -> int | None:
    """Return where the next record begins, packed by itself or not packed; None for nowhere."""
    place = after - 1  # a record that is not packed begins behind the end of a line
    while True:
        stream.seek(place)
        window = stream.read(WINDOW)
        for found in BEGINNING.finditer(window):
            start = place + found.start()
            # Too near the end to be unpacked for a look: windows overlap by CHUNK, so the next one has it whole.
            if start < after or found.start() > WINDOW - CHUNK:
                continue
            if found[0] != GZIP or _is_packed_record(window[found.start() :][:CHUNK]):
                return start
        if len(window) < WINDOW:
            return None
        place += WINDOW - CHUNK


def _is_packed_record(data: bytes) -> bool:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, len(WARC)) == WARC
    except zlib.error:
        return False


def _read(stream: Any) -> bytes:
    """A record's body as far as LARGEST and a byte; what is behind that is passed over."""
    parts, size = [], 0
    while size <= LARGEST and (part := stream.read(min(CHUNK, LARGEST + 1 - size))):
        parts.append(part)
        size += len(part)
    while size > LARGEST and stream.read(CHUNK):
        pass
    return b"".join(parts)


def read_reply(record: Record, name: str, about: dict[str, Any]) -> Reply:
    """The response of a record, without its content coding. Raises ValueError for one without a date or status."""
    body = record.body
    headers, http = record.warc.rec_headers, record.warc.http_headers
    url = headers.get_header("WARC-Target-URI")
    status = int(http.get_statuscode())
    # Redaction leaves the moment of a response as it was.
    seal = int(headers.get_header(SEAL) or digest(url, status, body))
    if (http.get_header("Transfer-Encoding") or "").lower() == "chunked":
        body = ChunkedDataReader(io.BytesIO(body)).read()  # as other tools keep it
    plain, unread = readable(body, http.headers)
    return Reply(
        url=url,
        status=status,
        body=plain,
        unread=unread,
        observed_at=moment(read_warc_date(headers.get_header("WARC-Date")), seal),
        digest=seal,
        content_type=http.get_header("Content-Type") or "",
        location=http.get_header("Location") or "",
        record_id=headers.get_header("WARC-Record-ID") or "",
        file=name,
        file_offset=record.start,
        crawl_id=str(about.get("crawl_id", "")),
        has_session=about.get("session") == "account",
    )


def _is_intact(record: Any, body: bytes) -> bool:
    # warcio gives a record that is cut short without complaint: its length and digest are the witnesses.
    # A revisit has the digest of the payload that another record holds.
    is_own = record.rec_type != "revisit"
    expected = (is_own and record.rec_headers.get_header("WARC-Payload-Digest")) or ""
    name, colon, value = expected.partition(":")
    if colon and (digester := _digester(name)) is not None:
        digester.update(body)
        # Most tools write base32, some write hex.
        base32 = str(digester).partition(":")[2]
        return value.upper() == base32 or value.lower() == digester.digester.hexdigest()
    is_stated = record.rec_headers.get_header("Content-Length") is not None
    return is_stated and getattr(record.raw_stream, "limit", 0) == 0


def _digester(name: str) -> Digester | None:
    """Return the function for a digest of this name; None if this Python has none."""
    try:
        return Digester(name.lower().replace("sha-", "sha"))
    except ValueError:
        return None


def read_about(record: Record) -> dict[str, Any]:
    """Return the description of a run in a warcinfo record; {} if it is none of this project's."""
    try:
        about = json.loads(record.body)
    except ValueError:
        return {}
    return checked(about) if isinstance(about, dict) else {}


def is_reply(record: Record) -> bool:
    """Return True if a record holds a reply."""
    return record.warc.rec_type == "response" and record.warc.http_headers is not None
