"""The moment of a reply: its time and its identity in one number."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from crawler.capture.coding import LARGEST
from crawler.tables.read import INT64_MAX

NS_PER_MS = 1_000_000


def digest(url: str, status: int, body: bytes) -> int:
    """A 63-bit hash of a response as sent: address, status and (still coded) body, to LARGEST bytes."""
    seal = hashlib.sha256(f"{status} {url}\n".encode())
    seal.update(memoryview(body)[:LARGEST])
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
