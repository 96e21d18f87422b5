"""Undo the content coding of a reply: one decoder for the crawl and for replay."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

from scrapy.utils import _compression

from crawler.errors import TooLarge

LARGEST = 64 * 1024 * 1024
"""Bytes that a response may unpack to. The same for every setting, or facts would depend on it; the
largest known response is 1.2 MB."""

CHUNK = 1 << 16
installed: Any = _compression
"""The modules of Brotli and Zstandard that Scrapy needs and has found."""
BROKEN = (zlib.error, EOFError, OSError, ValueError, installed.brotli.error, installed.zstd.ZstdError)


def decode(body: bytes, codings: str) -> bytes:
    """A body without its content codings, which stand as in `Content-Encoding`.

    As much as can be unpacked; the body as it came where nothing can (other tools keep a body
    unpacked under its old header), or the coding is unknown. Raises TooLarge.
    """
    _check_size(len(body))
    for coding in reversed([part.strip().lower() for part in codings.split(",")]):
        unpack = CODINGS.get(coding)
        if unpack is None:
            break
        body = _unpacked(body, unpack)
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


def _unpacked(body: bytes, unpack: Callable[[bytes], Iterator[bytes]]) -> bytes:
    plain, size = BytesIO(), 0
    try:
        for chunk in unpack(body):
            size += len(chunk)
            _check_size(size)
            plain.write(chunk)
    except BROKEN:
        pass  # what came out is all there is
    return plain.getvalue() or body


def _inflated(body: bytes, window: int) -> Iterator[bytes]:
    """The chunks of a zlib stream. A body may be several gzip members, one after another."""
    rest = body
    while rest:
        member = zlib.decompressobj(window)
        yield member.decompress(rest, CHUNK)
        while member.unconsumed_tail and not member.eof:
            yield member.decompress(member.unconsumed_tail, CHUNK)
        rest = member.unused_data if window == GZIP else b""


def _deflated(body: bytes) -> Iterator[bytes]:
    try:
        zlib.decompressobj().decompress(body, 1)
    except zlib.error:
        return _inflated(body, RAW)  # some servers leave the zlib header out
    return _inflated(body, zlib.MAX_WBITS)


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = installed.brotli.Decompressor()
    yield stream.process(body, output_buffer_limit=CHUNK)
    while not stream.is_finished():
        chunk = stream.process(b"", output_buffer_limit=CHUNK)
        if not chunk:
            return
        yield chunk


def _zstandard(body: bytes) -> Iterator[bytes]:
    stream = installed.zstd.ZstdFile(BytesIO(body))
    while chunk := stream.read(CHUNK):
        yield chunk


GZIP, RAW = zlib.MAX_WBITS | 16, -zlib.MAX_WBITS
CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": lambda body: _inflated(body, GZIP),
    "x-gzip": lambda body: _inflated(body, GZIP),
    "deflate": _deflated,
    "br": _brotli,
    "zstd": _zstandard,
}
"""Every coding that Scrapy accepts; a test compares."""
