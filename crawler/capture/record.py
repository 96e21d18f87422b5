"""A response as a WARC record holds it: its coding, its moment, its digest, its target."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from scrapy.utils import _compression
from scrapy.utils.gz import gunzip

from crawler.clock import night_of
from crawler.endpoints import recognise
from crawler.errors import TooLarge
from crawler.model.page import Reply
from crawler.model.target import Target
from crawler.tables.read import INT64_MAX

VALID: Mapping[str, str] = {
    "crawl_id": r"\d{8}T\d{6}-[0-9a-f]{6}",
    "night": r"\d{4}-\d{2}-\d{2}",
    "account": r"[0-9a-z]{0,40}",
    "asker": r"|session|premium",
    "session": r"[a-z]{1,20}",
}
"""Forms of what a run says of itself and keys are made of: anything else is none of this project's."""
LARGEST = 64 * 1024 * 1024
"""Bytes that a response may unpack to. The same for every setting, or facts would depend on it; the
largest known response is 1.2 MB."""
CHUNK = 1 << 16
installed: Any = _compression
"""The modules of Brotli and Zstandard that Scrapy needs and has found."""
BROKEN = (zlib.error, EOFError, OSError, ValueError, installed.brotli.error, installed.zstd.ZstdError)
CODINGS: Mapping[str, Callable[..., bytes]] = {
    "gzip": gunzip,
    "x-gzip": gunzip,
    "deflate": installed._inflate,  # noqa: SLF001  # Scrapy's own, as far as a torn body goes
    "br": installed._unbrotli,  # noqa: SLF001
    "zstd": installed._unzstd,  # noqa: SLF001
}
"""Every coding that Scrapy accepts; a test compares."""
NS_PER_MS = 1_000_000


def checked(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a run in a warcinfo record, without what no run of this project says."""
    return {
        name: value
        for name, value in about.items()
        if name not in VALID or (isinstance(value, str) and re.fullmatch(VALID[name], value))
    }


def target_of(reply: Reply, about: Mapping[str, Any]) -> Target | None:
    """The request that a kept response answers, or None where it is none of the endpoints'.

    about: what the warcinfo record of its file says of the run, {} for other tools' files.
    """
    # Imports say no night: each of their responses is of the day on which it was seen.
    night = about.get("night") or night_of(reply.observed_at)
    # Captures of versions before the access level was recorded say only whether there was a session.
    usual = "session" if about.get("session") == "account" else ""
    return recognise(reply.url, night, about.get("account", ""), about.get("asker", usual))


def decode(body: bytes, codings: str) -> bytes:
    """A body without its content codings, which stand as in `Content-Encoding`.

    As much as can be unpacked; the body as it came where nothing can (other tools keep a body
    unpacked under its old header), or the coding is unknown. Raises TooLarge.
    """
    _check_size(len(body))
    # The coding that was applied last is named last, and has to come off first.
    for coding in reversed([part.strip().lower() for part in codings.split(",")]):
        if coding not in CODINGS:
            break
        try:
            body = CODINGS[coding](body, max_size=LARGEST) or body
        except installed._DecompressionMaxSizeExceeded:  # noqa: SLF001  # is a ValueError, too
            _check_size(LARGEST + 1)
        except BROKEN:
            pass  # it was unpacked already
    return body


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise TooLarge(f"it has more than {LARGEST // 1024**2} MiB")


def readable(body: bytes, headers: Iterable[tuple[str, str]]) -> tuple[bytes, str]:
    """A body without the content codings of its headers, and why it is empty, "" where it is not."""
    codings = (value for name, value in headers if name.lower() == "content-encoding")
    try:
        return decode(body, ",".join(codings)), ""
    except TooLarge as error:
        return b"", str(error)


def digest(url: str, status: int, body: bytes) -> int:
    """A 63-bit hash of a response as sent: address, status and (still coded) body, to LARGEST bytes."""
    seal = hashlib.sha256(f"{status} {url}\n".encode())
    # No further: the reader keeps no more of a huge body, and the digest must be the same when it is read back.
    seal.update(memoryview(body)[:LARGEST])
    # 63 bits: both databases hold signed integers of 64.
    return int.from_bytes(seal.digest()[:8], "big") & INT64_MAX


def moment(milliseconds: int, reply_digest: int) -> int:
    """Nanoseconds since 1970 whose digits below the millisecond are the response's digest.

    So responses of one millisecond have an order that does not depend on arrival, and equal moments
    mean the same reply.
    """
    return milliseconds * NS_PER_MS + reply_digest % NS_PER_MS


def warc_date(observed_at: int) -> str:
    """A moment as WARC 1.1 writes it, with nanoseconds."""
    seconds, nanoseconds = divmod(observed_at, 1_000_000_000)
    to_the_second = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{to_the_second}.{nanoseconds:09d}Z"


def read_warc_date(text: str) -> int:
    """Milliseconds since 1970 of a WARC-Date with or without a fraction. Raises ValueError."""
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z", text)
    if not found:
        raise ValueError(f"not a WARC-Date: {text!r}")
    seconds = int(datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp())
    return seconds * 1000 + int((found[2] or "0").ljust(9, "0")[:3])
