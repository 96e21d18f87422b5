"""Read replies back from WARC files, whole ones only, and say which were torn."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.utils import Digester

from crawler.capture.moment import digest, moment, read_warc_date
from crawler.capture.writer import OPEN, SEAL
from crawler.items.page import Reply

SUFFIXES = (".warc.gz", ".warc", ".warc.gz" + OPEN)

# AttributeError: warcio trips over a record whose headers are cut short.
UNREADABLE = (ArchiveLoadFailed, AttributeError, EOFError, OSError, ValueError, zlib.error)


@dataclass
class Findings:
    """What a reading of files came upon: counts and the places of torn records."""

    files: int = 0
    torn: list[str] = field(default_factory=list)


def warc_files(paths: list[Path]) -> list[Path]:
    """The WARC files among paths and below folders, sorted. Raises FileNotFoundError."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(entry for entry in path.rglob("*") if entry.name.endswith(SUFFIXES))
        elif path.exists():
            found.add(path)
        else:
            raise FileNotFoundError(f"no file or folder {path}")
    return sorted(found)


def read_replies(
    path: Path, name: str, findings: Findings
) -> Iterator[tuple[Reply, dict[str, Any]]]:
    """The replies of one file with what its warcinfo says of the run ({} where it says nothing).

    name: the file's name in the archive (below CAPTURE_DIR, without `.open`). A record that is
    cut short or does not match its digest is named in findings and left out.
    """
    about: dict[str, Any] = {}
    for kept in read_records(path, findings):
        if kept.record.rec_type == "warcinfo":
            about = read_about(kept)
        elif is_reply(kept):
            try:
                reply = read_reply(kept, name, about)
            except UNREADABLE as error:
                findings.torn.append(f"{path} at byte {kept.start}: {error}")
                continue
            yield reply, about


@dataclass(frozen=True)
class Kept:
    """A whole record of a file: warcio's record, its body, where it begins and ends in bytes."""

    record: Any
    body: bytes
    start: int
    end: int


def read_records(path: Path, findings: Findings) -> Iterator[Kept]:
    """The records of one file; torn ones are named in findings and left out."""
    findings.files += 1
    try:
        size, end = path.stat().st_size, 0
        stream = path.open("rb")
    except OSError as error:
        findings.torn.append(f"{path}: {error.strerror}")
        return
    with stream:
        records = ArchiveIterator(stream)
        while True:
            try:
                record = next(records)
                body = record.raw_stream.read()
                offset, end = _extent(records)
                if _is_whole(record, body):
                    yield Kept(record, body, offset, end)
                else:
                    findings.torn.append(f"{path} at byte {offset}")
            except StopIteration:
                break
            except UNREADABLE as error:
                findings.torn.append(f"{path} after byte {end}: {error or 'cut short'}")
                return
    # A record cut within its first bytes looks like the end of the file.
    if end < size and path.name.endswith((".gz", f".gz{OPEN}")):
        findings.torn.append(f"{path} at byte {end}")


def _extent(records: ArchiveIterator) -> tuple[int, int]:
    offset, length = records.get_record_offset(), records.get_record_length()
    return offset, offset + length


def read_reply(kept: Kept, name: str, about: dict[str, Any]) -> Reply:
    """The reply of a record, decompressed. Raises ValueError for one without a date or status."""
    body = kept.body
    headers, http = kept.record.rec_headers, kept.record.http_headers
    url = headers.get_header("WARC-Target-URI")
    status = int(http.get_statuscode())
    # What was taken out of a reply leaves its moment as it was.
    seal = int(headers.get_header(SEAL) or digest(url, status, body))
    if (http.get_header("Transfer-Encoding") or "").lower() == "chunked":
        body = ChunkedDataReader(io.BytesIO(body)).read()  # as other tools keep it
    encoding = (http.get_header("Content-Encoding") or "").lower()
    return Reply(
        url=url,
        status=status,
        body=decompress(body, encoding),
        observed_at=moment(read_warc_date(headers.get_header("WARC-Date")), seal),
        digest=seal,
        content_type=http.get_header("Content-Type") or "",
        location=http.get_header("Location") or "",
        record_id=headers.get_header("WARC-Record-ID") or "",
        file=name,
        file_offset=kept.start,
        crawl_id=str(about.get("crawl_id", "")),
        has_session=about.get("session") == "account",
    )


def decompress(body: bytes, encoding: str) -> bytes:
    """A body without its gzip or deflate coding; one that does not decompress as it is."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return body
    plain, rest = b"", body
    try:
        # A body may be several gzip members, one after another.
        while rest:
            member = zlib.decompressobj(zlib.MAX_WBITS | 32)
            plain += member.decompress(rest)
            rest = member.unused_data
    except zlib.error:
        return plain or body
    return plain


def _is_whole(record: Any, body: bytes) -> bool:
    # warcio gives a torn record without complaint: its length and digest are the witnesses.
    expected = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    name, colon, value = expected.partition(":")
    if colon:
        digester = Digester(name)
        digester.update(body)
        return str(digester) == f"{name}:{value}"
    is_stated = record.rec_headers.get_header("Content-Length") is not None
    return is_stated and getattr(record.raw_stream, "limit", 0) == 0


def read_about(kept: Kept) -> dict[str, Any]:
    """What a warcinfo record says of its run; {} where it is none of this project's."""
    try:
        about = json.loads(kept.body)
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def is_reply(kept: Kept) -> bool:
    """Whether a record holds a reply."""
    return kept.record.rec_type == "response" and kept.record.http_headers is not None
