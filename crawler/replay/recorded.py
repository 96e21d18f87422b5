"""Import responses recorded by other tools into our own WARC files: JSON, and other tools' WARC files."""

from __future__ import annotations

import filecmp
import gzip
import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crawler.capture.reader import Findings, read_about, read_records, read_replies
from crawler.capture.record import LARGEST, NS_PER_MS, VALID, digest, moment, target_of
from crawler.capture.writer import CaptureWriter, file_of
from crawler.endpoints import url
from crawler.errors import BadArgument
from crawler.fetch.run import Run
from crawler.files import private_folder
from crawler.model.page import Reply
from crawler.parse import parse
from crawler.replay.naming import SUFFIX, Naming, checked_time

SITE = "https://www.pixiv.net"
JSON = (("Content-Type", "application/json"),)
PACKED = b"\x1f\x8b"

Known = Callable[[int], int | None]
"""The digest of the archived response of a moment; None where there is none."""
SUSPECT = 3
"""Files within a minute of each other, from which on their time is doubted."""


class Recorded(NamedTuple):
    """A response that somebody else kept. seal: the digest of the response as it came, where its body was coded."""

    address: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    at_ms: int
    seal: int


@dataclass
class Taken:
    """Result of an import. capture: the file that holds it, still open; None: nothing was new.

    passed: files and responses of others. revisits: records that hold no response of their own.
    """

    capture: Path | None = None
    files: int = 0
    new: int = 0
    known: int = 0
    passed: int = 0
    revisits: int = 0
    refused: list[str] = field(default_factory=list)


def own_copy(file: Path, captures: Path) -> Path | None:
    """A capture of this project as it lies below the captures, copied there where it lies elsewhere; None: it is none."""
    place = file.absolute()
    # Both ways: CAPTURE_DIR may be a link, and so may a month in it that lies on another disk.
    if place.is_relative_to(captures.absolute()) or place.resolve().is_relative_to(captures.resolve()):
        return file
    run = _run_of(file)
    if run is None:
        return None
    target, number = captures / file_of(run), 0
    while target.exists():
        if filecmp.cmp(file, target, shallow=False):
            return target
        # The same run's, that has grown since, or of which something was cut out.
        number += 1
        target = target.with_name(f"{number}-{Path(file_of(run)).name}")
    private_folder(target.parent)
    # A copy that is cut short must not be read as a capture: no file is that ends in .part.
    partial = target.with_name(target.name + ".part")
    shutil.copyfile(file, partial)
    partial.chmod(0o600)
    return partial.rename(target)


def _run_of(file: Path) -> str | None:
    first = next(read_records(file, Findings()), None)
    if first is not None and first.warc.rec_type == "warcinfo":
        return str(read_about(first).get("crawl_id", "")) or None
    # Its first record may be damaged.
    name = file.name.partition(".")[0]
    return name if re.fullmatch(VALID["crawl_id"], name) else None


def take_in(
    replies: Iterator[Recorded], taken: Taken, captures: Path, known: Known, run: Run, begin: Callable[[], object]
) -> Taken:
    """Write responses into a capture of one's own, those that are not archived. begin: called before the first."""
    # Without the night of the run: each response is of its own.
    said = {name: value for name, value in run.about.items() if name != "night"}
    writer: CaptureWriter | None = None
    seen: dict[int, int] = {}
    try:
        for one in replies:
            at_ms, seal = one.at_ms, one.seal
            # A moment names one reply: of many that are said to be of one time, some would share it.
            while (other := seen.get(key := moment(at_ms, seal)) or known(key)) is not None and other != seal:
                at_ms += 1
            if other == seal:
                taken.known += 1
                continue
            seen[key] = seal
            if writer is None:
                begin()
                writer = CaptureWriter(captures, run.crawl_id, said)
            writer.keep(one.address, one.status, one.headers, one.body, at_ms=at_ms, seal=one.seal)
            taken.new += 1
    finally:
        if writer is not None:
            writer.release()  # its final name comes once it is archived
            taken.capture = writer.open_path
    return taken


def warc_replies(files: Sequence[Path], taken: Taken, is_ours: Callable[[str], bool]) -> Iterator[Recorded]:
    """The responses of other tools' files that an endpoint reads, without their cookies."""
    for file in files:
        findings = Findings()
        for reply, _ in read_replies(file, file.name, findings):
            target = target_of(reply, {})
            if target is None or not is_ours(reply.url):
                taken.passed += 1
                continue
            place = f"{file} at byte {reply.file_offset}"
            if reply.unread:
                taken.refused.append(f"{place}: {reply.unread}")
                continue
            try:
                at_ms = checked_time(reply.observed_at // NS_PER_MS)
            except ValueError as error:
                taken.refused.append(f"{place}: {error}")
                continue
            headers = [("Content-Type", reply.content_type), ("Location", _way(reply.location))]
            shown = [(name, value) for name, value in headers if value]
            # The address anew, of what was requested: theirs may hold a name and a password.
            site = urlsplit(reply.url)
            base = f"{site.scheme}://{site.hostname}" + (f":{site.port}" if site.port else "")
            address = url(target, base)
            yield Recorded(address, reply.status, shown, reply.body, at_ms, reply.digest)
        taken.revisits += findings.revisits
        taken.refused += [f"damaged, left out: {place}" for place in findings.damaged]


def _way(location: str) -> str:
    """Return the target of a redirection without the content of its query, which may be secret."""
    way, mark, query = location.partition("?")
    return f"{way}?return_to" if mark and "return_to" in query else way


def json_replies(files: Sequence[Path], taken: Taken, naming: Naming) -> Iterator[Recorded]:
    """The responses of files of JSON, as far as they answer what they are said to answer."""
    for file in files:
        try:
            for place, body in _bodies(file):
                try:
                    yield _recorded(file, body, naming)
                except (ValueError, BadArgument, RecursionError, OverflowError) as error:
                    taken.refused.append(f"{place}: {error}")
        except (OSError, EOFError, ValueError, zlib.error) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            taken.refused.append(f"{file}: {why}")


def _recorded(file: Path, body: bytes, naming: Naming) -> Recorded:
    """Raises ValueError, BadArgument, RecursionError and OverflowError for what is no response of the endpoint."""
    try:
        value: Any = json.loads(body)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from None
    # Captures hold UTF-8; the file may be UTF-16 or begin with a byte order mark.
    text = body.decode(json.detect_encoding(body)).encode("utf-8", "surrogatepass")
    fields = naming.fields(file)
    target = naming.target(fields, value)
    at_ms = naming.seen(file, fields, target.params, value)
    address = url(target, SITE)
    seal = digest(address, 200, text)
    page = parse(target, Reply(address, 200, text, moment(at_ms, seal), seal))
    # A search that found nothing is no success (it may be throttling), but it is a response of this endpoint.
    if not page.outcome.is_read and not page.is_empty_answer:
        raise ValueError(f"no response of {naming.endpoint.name}: {page.message}")
    return Recorded(address, 200, JSON, text, at_ms, seal)


def json_files(paths: Sequence[Path], taken: Taken) -> list[Path]:
    """The files of JSON among paths and below folders. Raises BadArgument where there is none."""
    if not paths:
        raise BadArgument("--as: name files or folders of JSON")
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = sorted(one for one in path.rglob("*") if not one.is_dir())
            found += [one for one in below if SUFFIX.search(one.name)]
            taken.passed += sum(not SUFFIX.search(one.name) for one in below)
        elif path.exists():
            found.append(path)
        else:
            raise BadArgument(f"no file or folder {path}")
    if not found:
        raise BadArgument(f"no JSON file (.json, .jsonl, .ndjson, also .gz) in {', '.join(map(str, paths))}")
    taken.files = len(found)
    return found


def check_file_times(files: Sequence[Path]) -> None:
    """Refuse file times that a copy or a checkout has set: those of many files are within one minute. Raises BadArgument."""
    times = [file.stat().st_mtime for file in files]
    if len(times) >= SUSPECT and max(times) - min(times) < 60:
        at = datetime.fromtimestamp(min(times), UTC)
        raise BadArgument(
            f"all {len(times):,} files are of {at:%Y-%m-%d %H:%M} UTC, as after a copy or a checkout: that says nothing of"
            " when they were seen. Say it: --seen-at published (of rankings), a time, or '{group:%Y%m%d}' of the name;"
            " --seen-at mtime if that time is right. Nothing was read."
        )


def _bodies(file: Path) -> Iterator[tuple[str, bytes]]:
    """The responses of a file with their places: one, or one a line. Raises ValueError for an empty file."""
    ending = SUFFIX.search(file.name)
    is_one = ending is None or ending[1].lower() == "json"
    is_empty = True
    with file.open("rb") as packed:
        is_packed = packed.read(len(PACKED)) == PACKED
        packed.seek(0)
        # A part at a time: a small file may unpack to more than there is memory.
        plain: Any = gzip.GzipFile(fileobj=packed) if is_packed else packed
        bodies = iter(partial(plain.read if is_one else plain.readline, LARGEST + 1), b"")
        for number, body in enumerate(bodies, 1):
            if len(body) > LARGEST:
                what = "it unpacks to" if is_one else f"line {number} has"
                raise ValueError(f"{what} more than {LARGEST // 1024**2} MiB: not read from there on")
            if body.strip():
                is_empty = False
                yield str(file) if is_one else f"{file}, line {number}", body
    if is_empty:
        raise ValueError("empty")
