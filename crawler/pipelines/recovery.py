"""Archive what an earlier run kept and did not store: it died, or the archive was away."""

from __future__ import annotations

import fcntl
import logging
from contextlib import suppress
from pathlib import Path

from crawler.archive.writing.store import Store
from crawler.capture.reader import Findings, read_replies
from crawler.capture.target import target_of
from crawler.capture.writer import OPEN, finish
from crawler.errors import ArchiveError, Collision, DoesNotFit, NotRewritten, NotStored
from crawler.forget.captures import clear_run
from crawler.parse import parse

logger = logging.getLogger(__name__)


def recover(store: Store, folder: Path) -> int:
    """Archive what runs of this archive left open below CAPTURE_DIR; returns how many replies.

    A capture has its final name once all its pages are stored, so where no run died one glance at
    the folder is all. Files of running crawls and of other archives are left alone.
    """
    count = 0
    for path in sorted(folder.glob(f"*/*{OPEN}")):
        name = str(path.relative_to(folder)).removesuffix(OPEN)
        if not store.knows_crawl(path.name.partition(".")[0]):
            continue
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = _archive(store, path, name)
            with suppress(NotRewritten):
                clear_run(store, folder, path, name)
            finish(path)
        except BlockingIOError:  # a running crawl has it, or another that recovers
            continue
        except OSError as error:
            logger.warning("What %s holds cannot be archived: %s", path, error.strerror)
            continue
        except (ArchiveError, NotStored) as error:
            logger.error("What %s holds is not archived yet: %s", path, error)  # noqa: TRY400
            break
        if found:
            logger.info("Archived %d replies that a run which died had kept: %s", found, path)
        count += found
    return count


def _archive(store: Store, path: Path, name: str) -> int:
    """Archive the replies of a file that the archive does not have."""
    findings, count = Findings(), 0
    for reply, about in read_replies(path, name, findings):
        target = target_of(reply, about)
        if target is None or store.knows_reply(reply.observed_at):
            continue
        try:
            store.page(parse(target, reply))
        except (Collision, DoesNotFit) as error:
            logger.error("%s: not archived: %s", reply.url, error)  # noqa: TRY400
            continue
        count += 1
    for place in findings.damaged:
        logger.warning("Cut short when its run died, so left out: %s", place)
    return count
