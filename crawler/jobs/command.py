"""Work of `./run job` with the files of a folder."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from scrapy.settings import BaseSettings, Settings
from scrapy.utils.conf import arglist_to_dict
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive import job_runs
from crawler.archive.database.engine import explain, opened, reading
from crawler.archive.database.shared import NEXT_TRY
from crawler.capture.writer import OPEN, is_written
from crawler.console import preflight
from crawler.errors import ArchiveError, CrawlerError, HeldError, JobError, SettingError, Unreachable
from crawler.fetch.session import GLANCE, account_names, is_locked, load_session
from crawler.files import private_folder
from crawler.jobs import notify, plan
from crawler.jobs.calendar import last_due
from crawler.jobs.ends import tell_failure
from crawler.jobs.model import Job, Step, check, load, override
from crawler.jobs.run import JobRun
from crawler.jobs.step import Surroundings
from crawler.places import ROOT, state_folder
from crawler.planning.plan import rules_of
from crawler.tables.codes import STOPPED


def read_job(folder: Path, name: str, arguments: Sequence[str], settings: Settings, *, is_queued: bool = False) -> Job:
    """A job for tonight, once all is checked that it depends on. Raises Unusable.

    arguments: texts NAME=VALUE that replace the job's own. is_queued: others run it, with their sessions.
    """
    try:
        given = arglist_to_dict(list(arguments))
    except ValueError:
        raise JobError("-a takes NAME=VALUE") from None
    job = override(load(folder, name), given)
    preflight.check(settings)
    notify.check()
    steps = tuple(
        step
        for step in job.steps
        if not step.needs_session or (is_queued and step.account) or has_session(step, settings)
    )
    job = job.model_copy(update={"steps": steps})
    job = check(job, settings["ARCHIVE_URL"], rules_of(settings))
    return plan.catch_up(job, settings)


def has_run(name: str, settings: BaseSettings) -> bool:
    """Return True if a job has run on this machine."""
    return _lock_file(Path(name).stem, settings).exists()


def patiently(read: Callable[[], Job], settings: Settings) -> Job:
    """Read a job, and wait for a database server that is away as long as a crawl does. Raises Unusable."""
    since = time.monotonic()
    while True:
        try:
            return read()
        except Unreachable:
            # Read here, where it has been checked.
            if time.monotonic() > since + settings.getfloat("ARCHIVE_PATIENCE"):
                raise
            time.sleep(NEXT_TRY)


def is_due(folder: Path, name: str, settings: Settings) -> bool:
    """Return True if a job was due since its last run began, and no run of it is under way. Raises JobError."""
    job = load(folder, name)
    if job.when is None:
        raise JobError(f'{name} does not say when: add when = "40 12 * * *" to its file')
    due = last_due(job.when, job.zone, datetime.now(UTC))
    if due is None or is_locked(_lock_file(job.name, settings)):
        return False
    try:
        with opened(settings["ARCHIVE_URL"], is_reader=True) as engine, reading(engine) as connection:
            last = job_runs.last_of(connection, job.name)
    except ArchiveError:  # there is none yet; or it cannot be read: then the run says so
        return True
    return last is None or last.outcome == STOPPED or last.started_at < due.timestamp() * 1e9


@contextmanager
def told_if_not_begun(folder: Path, name: str, settings: Settings) -> Iterator[None]:
    """Within, whatever keeps a job from beginning is recorded and sent like any other failure."""
    try:
        yield
    except HeldError:
        raise  # another run of it is under way
    except Exception as found:
        error: Exception = found
        if isinstance(found, SQLAlchemyError):  # locked by another program for too long, say
            error = ArchiveError(explain(found))
        try:
            send_summary = load(folder, name).send_summary
        except CrawlerError:
            send_summary = "trouble"  # whatever the file said
        try:
            tell_failure(settings, Path(name).stem, error, send_summary)
        except CrawlerError as unsent:
            # A wrong address keeps both the job from beginning and this message from being sent: said once.
            sys.stderr.write(f"{unsent}\n" if str(unsent) not in str(error) else "")
        if error is found:
            raise
        raise error from None


def has_session(step: Step, settings: Settings) -> bool:
    """Return True if the session of a step is given. Raises SessionError for one that cannot be read."""
    if step.account and step.account.upper() not in account_names():
        return False
    return load_session(plan.settings_of(step, settings)) is not None


def start_job(job: Job, settings: Settings, given: Mapping[str, str], *, is_quiet: bool = False) -> int:
    """Run a job; returns the exit status. given: what the command line set with `-s`. Raises HeldError and SettingError."""
    lock = _lock_file(job.name, settings)
    try:
        private_folder(lock.parent)
        held = FileLock(lock).acquire(timeout=GLANCE)
    except Timeout:
        raise HeldError(f"{job.name} is under way already: wait for it to end, or stop it") from None
    except OSError as error:
        raise SettingError(f"STATE_DIR {lock.parent}: {error.strerror}") from None
    with held:
        return JobRun(job, settings, Surroundings.of(given), is_quiet=is_quiet).run()


def under_way(settings: BaseSettings) -> list[str]:
    """The runs of jobs, and the crawls by hand, that use the archive from this machine."""
    jobs = _lock_file("*", settings)
    end = jobs.name.removeprefix("*")
    found = [one.name.removesuffix(end) for one in jobs.parent.glob(jobs.name) if is_locked(one)]
    captures = sorted(Path(ROOT, settings["CAPTURE_DIR"]).glob(f"*/*{OPEN}"))
    if not found:  # a job's own crawls are the job
        found = [f"crawl {one.name.removesuffix(OPEN)}" for one in captures if is_written(one)]
    return sorted(found)


def _lock_file(job: str, settings: BaseSettings) -> Path:
    """The file that a run of a job locks, so that no second one begins beside it."""
    # A hash: the address may hold a password, and jobs of one name on two archives are two.
    archive = hashlib.sha256(settings["ARCHIVE_URL"].encode()).hexdigest()[:12]
    return state_folder(settings.get("STATE_DIR") or "") / "jobs" / f"{job}-{archive}.lock"
