"""What others recorded, into captures of one's own: WARC files as they are, JSON replies as records of a new one."""

from __future__ import annotations

import filecmp
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from crawler.capture.ask import VALID
from crawler.capture.moment import digest, moment
from crawler.capture.writer import OPEN, CaptureWriter, file_of
from crawler.clock import JST
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import Endpoint
from crawler.errors import BadArgument, choices
from crawler.items.ask import Ask
from crawler.private import private_folder
from crawler.request.build import url
from crawler.request.run import Run

SITE = "https://www.pixiv.net"
SUFFIXES = (".json", ".jsonl", ".ndjson")
HEADERS = (("Content-Type", "application/json"),)
_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")


def brought_in(file: Path, captures: Path) -> Path:
    """A WARC file as it lies below the captures, copied there where it lies elsewhere."""
    place = file.absolute()
    if place.is_relative_to(captures.absolute()) or place.resolve().is_relative_to(
        captures.resolve()
    ):
        return file
    crawl_id = file.name.removesuffix(OPEN).removesuffix(".gz").removesuffix(".warc")
    is_own = re.fullmatch(VALID["crawl_id"], crawl_id)
    target = captures / (file_of(crawl_id) if is_own else f"others/{file.name}")
    for number in range(1, 1000):
        if not target.exists():
            break
        if filecmp.cmp(file, target, shallow=False):
            return target
        # Another file of the name, or the same that has grown since.
        target = target.with_name(f"{number}-{file.name.removesuffix(OPEN)}")
    private_folder(target.parent)
    partial = target.with_name(target.name + ".part")
    shutil.copyfile(file, partial)
    partial.chmod(0o600)
    return partial.rename(target)


@dataclass(frozen=True)
class Naming:
    """How a file's name and reply say what was requested, and when.

    params: values, in which {stem}, {name} and named groups of `pattern` are filled in.
    """

    endpoint: Endpoint
    params: Mapping[str, str]
    pattern: re.Pattern[str] | None
    seen_at: str
    source: str

    @classmethod
    def of(cls, entry: str, pattern: str | None, seen_at: str, source: str) -> Naming:
        """As the command line says it. Raises BadArgument."""
        name, _, query = entry.partition("?")
        if name not in ENDPOINTS:
            raise BadArgument(f"--as {name}: no endpoint; {choices(name, ENDPOINTS)}")
        params = dict(parse_qsl(query, keep_blank_values=True))
        endpoint = ENDPOINTS[name]
        valid = [*endpoint.request.params, *filter(None, [endpoint.paging.param])]
        for param in params:
            if param not in valid:
                raise BadArgument(f"--as {entry}: {name} takes no {param}; {choices(param, valid)}")
        if seen_at == "published" and not endpoint.is_dated:
            raise BadArgument("--seen-at published goes with --as ranking: others are of no day")
        try:
            compiled = re.compile(pattern) if pattern else None
        except re.error as error:
            raise BadArgument(f"--name {pattern}: {error}") from None
        naming = cls(endpoint, params, compiled, seen_at, source)
        if not (seen_at in ("mtime", "published") or _FIELD.search(seen_at)):
            naming.seen(Path(), {}, {})  # a time: refused now, not at each file
        return naming

    def fields(self, file: Path) -> dict[str, str]:
        """What a file's name says. Raises ValueError where it does not match."""
        found = {"stem": file.name.partition(".")[0], "name": file.name}
        if self.pattern is not None:
            match = self.pattern.search(file.name)
            if match is None:
                raise ValueError(f"its name does not match {self.pattern.pattern}")
            found |= {name: value or "" for name, value in match.groupdict().items()}
        return found

    def ask(self, fields: Mapping[str, str], body: Any) -> Ask:
        """What a reply answers; a ranking says it itself. Raises ValueError and BadArgument."""
        given = {name: _filled(value, fields) for name, value in self.params.items()}
        if self.endpoint.is_dated and isinstance(body, dict):
            said = {name: str(body[name]) for name in ("mode", "content", "date") if body.get(name)}
            given = {**said, **given}
            given.setdefault("p", str(body.get("page") or 1))
        page = int(given.pop(self.endpoint.paging.param or "", "1"))
        return Ask(self.endpoint.name, self.endpoint.request.complete(given), page)

    def seen(self, file: Path, fields: Mapping[str, str], params: Mapping[str, str]) -> int:
        """When a reply was seen, milliseconds since 1970. Raises ValueError and BadArgument."""
        if self.seen_at == "mtime":
            return file.stat().st_mtime_ns // 1_000_000
        if self.seen_at == "published":
            day = date.fromisoformat(params["date"]) + timedelta(days=1)
            at = datetime.combine(day, time(12), JST)
        elif match := _FIELD.fullmatch(self.seen_at):
            at = datetime.strptime(_filled(f"{{{match[1]}}}", fields), match[2] or "%Y-%m-%d")  # noqa: DTZ007  # below
        else:
            try:
                at = datetime.fromisoformat(self.seen_at)
            except ValueError:
                raise BadArgument(
                    f"--seen-at {self.seen_at}: mtime, published, a time as 2024-02-07T03:00:00Z, or '{{group:%Y%m%d}}'"
                ) from None
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _filled(text: str, fields: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in fields:
            raise BadArgument(
                f"{{{match[1]}}}: no such part of a name; {choices(match[1], fields)}"
            )
        return fields[match[1]]

    return _FIELD.sub(value, text)


@dataclass
class Taken:
    """What was taken in. capture: the file that holds it; None: nothing was new."""

    capture: Path | None = None
    files: int = 0
    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


def take_in(
    paths: Sequence[Path], captures: Path, naming: Naming, is_kept: Callable[[int], bool]
) -> Taken:
    """Write replies into a capture of one's own, those that are not archived. Raises BadArgument."""
    files = _files(paths)
    taken = Taken(files=len(files))
    run = Run.begin("replay", {"as": naming.endpoint.name, "source": naming.source})
    # Without the night of the run: each reply is of its own.
    about = {name: value for name, value in run.about.items() if name != "night"}
    writer: CaptureWriter | None = None
    seen: set[int] = set()
    try:
        for file in files:
            for place, body in _replies(file, taken.refused):
                try:
                    fields = naming.fields(file)
                    ask = naming.ask(fields, json.loads(body))
                    at_ms = naming.seen(file, fields, ask.params)
                except (ValueError, BadArgument) as error:
                    taken.refused.append(f"{place}: {error}")
                    continue
                address = url(ask, SITE)
                key = moment(at_ms, digest(address, 200, body))
                if key in seen or is_kept(key):
                    taken.known += 1
                    continue
                seen.add(key)
                writer = writer or CaptureWriter(captures, run.crawl_id, about)
                writer.keep(address, 200, HEADERS, body, at_ms=at_ms)
                taken.new += 1
    finally:
        if writer is not None:
            writer.close()
            taken.capture = captures / writer.file
    return taken


def _files(paths: Sequence[Path]) -> list[Path]:
    if not paths:
        raise BadArgument("--as: name files or folders of JSON")
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES)
        elif path.exists():
            found.append(path)
        else:
            raise BadArgument(f"no file or folder {path}")
    if not found:
        raise BadArgument(f"no JSON file ({', '.join(SUFFIXES)}) in {', '.join(map(str, paths))}")
    return found


def _replies(file: Path, refused: list[str]) -> Iterator[tuple[str, bytes]]:
    """The replies of a file with their places: one, or one a line."""
    data = file.read_bytes()
    is_lines = file.suffix in (".jsonl", ".ndjson")
    for number, body in enumerate(data.splitlines() if is_lines else [data], 1):
        place = f"{file}, line {number}" if is_lines else str(file)
        if not body.strip():
            continue
        try:
            json.loads(body)
        except ValueError as error:
            refused.append(f"{place}: no JSON: {error}")
            continue
        yield place, body
