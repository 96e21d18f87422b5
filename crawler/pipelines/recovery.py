"""Archive responses that an earlier run captured but did not store, because it died or the archive was away."""

from __future__ import annotations

import fcntl
import logging
from contextlib import suppress
from pathlib import Path

from crawler.archive.rebuild import remove_leftovers
from crawler.archive.writing.store import Store
from crawler.capture.reader import Findings, read_replies
from crawler.capture.target import target_of
from crawler.capture.writer import OPEN, finish
from crawler.errors import ArchiveError, Collision, DoesNotFit, NotRewritten, NotStored
from crawler.forget.captures import clear_run
from crawler.parse import parse

logger = logging.getLogger(__name__)


def recover(store: Store, folder: Path) -> int:
    """Archive what runs of this archive left open below CAPTURE_DIR; return how many responses.

    A capture gets its final name once all its pages are stored, so this costs one look at the folder if no run
    died. Files of running crawls and of other archives are left alone. Also removes the leftovers of a killed rebuild.
    """
    remove_leftovers(store.engine)
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
            logger.warning("Cannot archive %s: %s", path, error.strerror)
            continue
        except (ArchiveError, NotStored) as error:
            logger.error("Not archived yet: %s: %s", path, error)  # noqa: TRY400
            break
        if found:
            logger.info("Archived %d responses that a killed run had captured: %s", found, path)
        count += found
    return count


def _archive(store: Store, path: Path, name: str) -> int:
    """Archive the responses of a file that the archive does not have."""
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
        logger.warning("Not archived, because it was cut short when its run died: %s", place)
    return count
