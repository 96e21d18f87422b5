"""Keep every response in a WARC file before anyone reads it."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.capture.record import digest, moment, readable, warc_date
from crawler.files import private_folder, private_opener
from crawler.model.page import Reply

OPEN = ".open"
SEAL = "X-Reply-Digest"
"""A header of records whose response was rewritten: the digest of the response as it came."""
# Stripped before a record is written: secrets are in no capture (invariant 8).
SECRET_HEADERS = frozenset({"set-cookie", "set-cookie2", "cookie", "authorization", "x-csrf-token"})


def file_of(crawl_id: str) -> str:
    """Return the path of a run's captures, below CAPTURE_DIR."""
    return f"{crawl_id[:4]}-{crawl_id[4:6]}/{crawl_id}.warc.gz"


def is_written(path: Path) -> bool:
    """Return True if a run is writing a capture file."""
    with path.open("rb") as file:
        try:
            # Shared, so that two processes that check at once do not take each other for a writer.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class CaptureWriter:
    """One WARC file of one run: a record a response, flushed at once, renamed when closed.

    While the run lives the file ends in `.open`; a run that was killed, or whose pages did not all
    reach the archive, leaves it so, and the next crawl archives what is missing.
    """

    def __init__(self, folder: Path, crawl_id: str, about: Mapping[str, object]) -> None:
        """Open `<folder>/<year-month>/<crawl_id>.warc.gz.open`. Raises OSError."""
        self.crawl_id = crawl_id
        self.file = file_of(crawl_id)
        self.path = folder / self.file
        private_folder(self.path.parent)
        self.open_path = self.path.with_name(self.path.name + OPEN)
        # One file per attempt, never appended to: a killed run may have left a torn record at its end.
        self._out = open(self.open_path, "xb", opener=private_opener)  # noqa: SIM115  # takes an opener; kept open
        fcntl.flock(self._out, fcntl.LOCK_EX)  # whoever would rewrite the file sees it is in use
        self._writer = WARCWriter(self._out, gzip=True, warc_version="WARC/1.1")
        self._last_ms = 0
        self._has_session = about.get("session") == "account"
        text = json.dumps(about, ensure_ascii=False, sort_keys=True)
        record = self._writer.create_warc_record(
            f"urn:crawl:{crawl_id}",
            "warcinfo",
            payload=io.BytesIO(text.encode()),
            length=len(text.encode()),
            warc_content_type="application/json",
        )
        self._writer.write_record(record)
        self._out.flush()

    def keep(
        self,
        url: str,
        status: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        at_ms: int | None = None,
        seal: int | None = None,
    ) -> Reply:
        """Write a response as it came (body still coded) and flush it to the system.

        at_ms: when it was seen, of one that somebody else recorded, milliseconds since 1970; None: now.
        seal: its digest as it came, where its coding was taken off; None: as it is here.
        Returns it as it is read back, with its moment and place; content_type and location are
        filled from the headers. Raises OSError where it cannot be kept.
        """
        # Writing to a file that was removed succeeds, and its responses would be gone when this process ends.
        if os.fstat(self._out.fileno()).st_nlink == 0:
            raise OSError(errno.ENOENT, "the file was removed")
        # A name beyond ASCII is no header's, and warcio cannot write it.
        shown = [
            (name, value.strip()) for name, value in headers if name.isascii() and name.lower() not in SECRET_HEADERS
        ]
        # Strictly later than the last: two equal responses in one millisecond are two moments.
        if at_ms is None:
            at_ms = self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        own = digest(url, status, body)
        seal = own if seal is None else seal
        observed_at = moment(at_ms, seal)
        http = StatusAndHeaders(str(status), shown, protocol="HTTP/1.1")
        record = self._writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(body),
            length=len(body),
            http_headers=http,
            warc_headers_dict={"WARC-Date": warc_date(observed_at), **({} if seal == own else {SEAL: str(seal)})},
        )
        offset = self._out.tell()
        self._writer.write_record(record)
        # Before anyone reads the response (invariant 1). Not fsync: it guards against the death of the process, not of
        # the machine.
        self._out.flush()
        # As they were written, not as they came: warcio escapes what is not ASCII.
        plain, unread = readable(body, http.headers)
        return Reply(
            url=url,
            status=status,
            body=plain,
            unread=unread,
            observed_at=observed_at,
            digest=seal,
            content_type=http.get_header("Content-Type") or "",
            location=http.get_header("Location") or "",
            record_id=record.rec_headers.get_header("WARC-Record-ID"),
            file=self.file,
            file_offset=offset,
            crawl_id=self.crawl_id,
            has_session=self._has_session,
        )

    def close(self, *, is_stored: bool = True) -> None:
        """Close the file, and give it its final name where all that it holds is archived."""
        self.release()
        if is_stored:
            finish(self.open_path)

    def release(self) -> None:
        """Close the file, under the name of one that is not finished."""
        self._out.close()


def finish(path: Path) -> Path:
    """Give a file that was left open its final name, and return that."""
    final = path.with_name(path.name.removesuffix(OPEN))
    with suppress(FileNotFoundError):
        path.rename(final)
    return final
