"""Keep how runs of jobs ended, and send what is wanted of it: at once, or with a later run of any machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive import job_runs, saved_state, status
from crawler.archive.database.engine import explain, opened, reading, writing
from crawler.archive.database.shared import AccountLock
from crawler.clock import JST
from crawler.errors import ArchiveError, BadArgument, CrawlerError, HeldError, ListError, Unreachable
from crawler.fetch.run import Run
from crawler.jobs import notify
from crawler.jobs.step import NOT_BEGUN
from crawler.jobs.summary import JobSummary, where_of
from crawler.places import ROOT, command
from crawler.tables.codes import NO_BEGINNING, OK, STOPPED, TROUBLE, WARNING
from crawler.words import clean

logger = logging.getLogger(__name__)

LATEST = 14 * 86_400 * 10**9
"""Nanoseconds after which a summary that could not be sent is of no use any more."""
MOST_BEFORE = 5
MOST_TITLE = 120
KINDS: Mapping[str, notify.Kind] = {
    OK: "success",
    STOPPED: "success",
    WARNING: "warning",
    TROUBLE: "failure",
    NO_BEGINNING: "failure",
}
"""Severity of a message, by the end of its run."""
MESSAGES = 7_015_911_343
"""The lock of whoever sends messages, on PostgreSQL."""


def is_wanted(send_summary: str, *, is_trouble: bool) -> bool:
    """Return True if a summary is to be sent. send_summary: as the job file says."""
    return send_summary == "always" or (send_summary == "trouble" and is_trouble)


def keep_and_send(settings: BaseSettings, ended: JobSummary, send_summary: str) -> None:
    """Record a run that has ended, and send its summary if it is to be sent, with those that still wait.

    If the archive cannot be used, it is sent all the same. send_summary: as the job file says. Raises JobError if a
    message could not be sent: the summary waits then for the next run.
    """
    is_sent = is_wanted(send_summary, is_trouble=ended.is_trouble)
    try:
        with opened(settings["ARCHIVE_URL"]) as engine:
            with engine.connect() as connection, writing(connection):
                job_runs.record(connection, {**ended.as_row(), "is_unsent": is_sent})
            try:
                # What cannot be read now is recorded, and waits for the next run.
                with suppress(ArchiveError, SQLAlchemyError):
                    send_waiting(engine, ended.run_id)
            finally:
                write_metrics_of(settings, engine)
                # The next crawl saves it, or says why not; the message is not to be sent twice for it.
                with suppress(ArchiveError, ListError, OSError, SQLAlchemyError):
                    saved_state.save(engine, Path(ROOT, settings["CAPTURE_DIR"]))
    except (ArchiveError, SQLAlchemyError) as error:
        # It cannot be written: a disk is full, a lock is held.
        if is_sent:
            text = ended.as_text()
            if not isinstance(error, ArchiveError):
                text += f"\nThis run could not be recorded in the archive: {explain(error)}"
            notify.send(_title(text), text, KINDS[ended.outcome])


def write_metrics_of(settings: BaseSettings, engine: Engine) -> None:
    """Write PROMETHEUS_FILE, if it is set. A file that cannot be written is logged: its age is noticed where it is read."""
    if not settings["PROMETHEUS_FILE"]:
        return
    captures = Path(ROOT, settings["CAPTURE_DIR"])
    try:
        with reading(engine) as connection:
            found = status.status_of(connection, settings["ARCHIVE_URL"], captures)
        status.write_metrics(found, Path(ROOT, settings["PROMETHEUS_FILE"]))
    except (BadArgument, ArchiveError, SQLAlchemyError) as error:
        logger.warning("PROMETHEUS_FILE: %s", clean(str(error)))


def send_waiting(engine: Engine, run_id: str = "") -> None:
    """Send the summaries that nobody has been sent, the newest first, in one message. Raises JobError.

    run_id: the run that has just ended; those of others are late, and say so.
    Without an address they wait for a machine that has one.
    """
    if not notify.has_address():
        return
    # One machine at a time: another would send the same before this one has noted that it did.
    with suppress(HeldError), closing(AccountLock(engine, MESSAGES)):
        _send_waiting(engine, run_id)


def _send_waiting(engine: Engine, run_id: str) -> None:
    with reading(engine) as connection:
        newest, *before = job_runs.unsent(connection, time.time_ns() - LATEST) or (None,)
        last = job_runs.last_of(connection, newest.job) if newest else None
    if newest is None:
        return
    if newest.run_id == run_id:
        text, kind = newest.summary, KINDS[newest.outcome]
        if before:
            text += f"\nNot sent before: {_late(before)}"
    # A failure that nobody was told of, and that is over, must not look like one of today.
    elif last is not None and last.outcome == OK != newest.outcome:
        text, kind = f"{newest.job} runs well again. Not sent before: {_late([newest, *before])}", "success"
    else:
        text, kind = f"Not sent before: {_late([newest, *before])}\n{newest.summary}", KINDS[newest.outcome]
    notify.send(_title(text), text, kind)
    # If this cannot be noted, it is sent once more: better than never.
    with suppress(SQLAlchemyError), engine.connect() as connection, writing(connection):
        job_runs.mark_sent(connection, [one.run_id for one in (newest, *before)])


def _late(runs: Sequence[Any]) -> str:
    """The runs of which nobody was told, the newest first: when they ended, and how the newest did."""
    days = ", ".join(
        f"{datetime.fromtimestamp(one.finished_at / 1e9, JST):%Y-%m-%d %H:%M}" for one in runs[:MOST_BEFORE]
    )
    more = f" and {len(runs) - MOST_BEFORE:,} more" if len(runs) > MOST_BEFORE else ""
    return f"{days}{more} (Japan): {runs[0].summary.splitlines()[0]}"


def tell_failure(settings: BaseSettings, job: str, error: Exception, send_summary: str) -> None:
    """Record and send that a job could not begin, or ended by a fault of ours, like any failure. Raises JobError."""
    now = time.time_ns()
    if isinstance(error, CrawlerError):
        status = NOT_BEGUN
        end = f"{job} {NO_BEGINNING}: {clean(str(error))}\nNothing was requested. A later run catches up what pixiv still shows."
        if not isinstance(error, Unreachable):
            end += f" Every run ends so until this is put right. Then: {command(f'job run {job}')}"
    else:
        status = 1
        end = (
            f"{job} ended by a fault of this program: {type(error).__name__}. What was saved before stays, and the next"
            " run goes on from there. Its log says where it happened."
        )
    run_id = Run.begin("job", {}).crawl_id
    try:
        keep_and_send(settings, JobSummary(job, run_id, now, now, status, end, where_of(settings)), send_summary)
    finally:
        # Even if the message could not be sent: this may be the last way out.
        notify.beat("fail")


def _title(text: str) -> str:
    """The first line of a message: all that a locked phone shows."""
    first = text.partition("\n")[0]
    return f"pixiv archive: {first if len(first) <= MOST_TITLE else first[: MOST_TITLE - 1] + '…'}"
