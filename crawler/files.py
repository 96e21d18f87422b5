"""Files that are written: completely or not at all, for their owner alone, and over nothing of the user's."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crawler.errors import BadArgument

MOST_READ = 64 * 1024 * 1024
"""Bytes of a list, a job file or a response: those that are known have a few megabytes at most."""
_HEAD = 512
FORMS = {
    "html": re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE),
    "parquet": re.compile(rb"PAR1"),
    "json": re.compile(rb"\s*\["),
    "jsonl": re.compile(rb"\s*\{"),
    "csv": re.compile(rb"(?!WARC/)(\xef\xbb\xbf)?[\w \"'.,;:()+\-/\x80-\xff]+[\r\n]"),
}
"""First bytes of a file, by its form; a file that begins otherwise is somebody's own."""
TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part")
"""Names of files that `complete_file` is writing, or was when it was killed; the group is what they would become."""


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone. Raises OSError."""
    # One by one: mkdir(parents=True) would give its mode to the last folder only.
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # says so where a file is in its place


def private_opener(path: str, flags: int) -> int:
    """Open a file that is made for its owner alone: `open(..., opener=private_opener)`."""
    return os.open(path, flags, 0o600)


def read_bounded(path: Path) -> bytes:
    """Read a file that somebody else may have made. Raises OSError, also for one that is too large."""
    with path.open("rb") as file:
        # One byte more tells a file that is too large from one that just fits.
        data = file.read(MOST_READ + 1)
    if len(data) > MOST_READ:
        raise OSError(errno.EFBIG, f"more than {MOST_READ // 1024**2} MiB", str(path))
    return data


@contextmanager
def complete_file(path: Path, *, is_public: bool = False) -> Iterator[Path]:
    """Give a name beside a file to write to; at the end the file has what was written there, or stays as it was.

    Who removes it leaves the file as it was, too. is_public: others may read it, as far as the user's umask lets them.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    # Made with its final mode: there is no moment in which others can read it.
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if is_public else 0o600))
    try:
        yield beside
        if beside.exists():
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def check_target(path: Path, form: str, archive: str | None, captures: Path) -> None:
    """Refuse to write to a file that holds something else. Raises BadArgument.

    form: a key of FORMS, or "" for a file that must not be there yet. archive: the file of a SQLite archive.
    """
    # A link to the archive is the archive.
    resolved = path.resolve()
    if archive is not None and resolved in {Path(archive + end).resolve() for end in ("", "-wal", "-shm")}:
        raise BadArgument(f"{path} is the archive: name another file")
    if resolved.is_relative_to(captures.resolve()):
        raise BadArgument(f"{path} lies in CAPTURE_DIR, among the saved responses: name another file")
    if not path.exists():
        return
    if not path.is_file():
        raise BadArgument(f"{path} is no file: name another")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head and not (form and FORMS[form].match(head)):
        kind = f"no {form.upper()} file" if form else "there already"
        raise BadArgument(f"{path} is {kind}: it is left as it is. Name another file, or remove it")


def names_set_in(file: Path) -> set[str]:
    """Return the names that an environment file sets, none where it cannot be read."""
    with suppress(OSError):
        text = file.read_text(encoding="utf-8", errors="replace")
        return set(re.findall(r"^\s*(?:export\s+)?(\w+)=", text, re.MULTILINE))
    return set()
