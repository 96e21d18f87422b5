"""Work of `./run job install`, `remove` and `list`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from crawler.archive import job_runs
from crawler.archive.database.engine import opened, reading
from crawler.console.show import table
from crawler.errors import ArchiveError, JobError
from crawler.files import names_set_in
from crawler.jobs import notify
from crawler.jobs.calendar import next_times
from crawler.jobs.model import Job, load, names, path_of
from crawler.jobs.timers import Crontab, installable, scheduler, system_notes, system_script, unreachable_systemd
from crawler.places import command

SHOWN_TIMES = 3


def install(folder: Path, name: str, given: Mapping[str, str], *, is_for_sure: bool, system_user: str = "") -> int:
    """Show what would be written and when the job is due; with is_for_sure do it. Raises JobError.

    given: settings of the command line, which the runs have too. system_user: print what root is to type, so that this
    user runs the job.
    """
    job, now = load(folder, name), datetime.now(UTC)
    named = str(path_of(folder, name)) if name.endswith(".toml") else name
    wanted = installable(job.name, job.description, job.when, job.zone, named, given)
    if system_user:
        print(system_script(wanted, system_user))
        for note in system_notes(wanted, system_user):
            sys.stderr.write(f"NOTE: {note}\n")  # what is printed goes to a shell
        return 0
    try:
        by, why_not = scheduler(), ""
    except JobError as error:
        by, why_not = Crontab(), str(error)
    if warning := unreachable_systemd():
        print(f"NOTE: {warning}\n")
    for place, text in by.texts(wanted).items():
        print(f"{place}\n{_indented(text)}")
    print(_times(job, now))
    print(
        f"Secrets (JOB_NOTIFY, a password in ARCHIVE_URL) go into {wanted.file}, NAME='VALUE' a line,"
        " chmod 600; a session into a file of its own, named there by PIXIV_PHPSESSID_FILE."
        " A setting in that file wins over those above."
    )
    there = names_set_in(wanted.file)
    if missing := [name for name in wanted.left_out if name not in there]:
        print(
            f"NOT WRITTEN DOWN here, because they are secret: {', '.join(missing)}. Runs have them only from that file,"
            " which does not set them yet."
        )
    if both := sorted(there & wanted.environment.keys()):
        print(f"{wanted.file} sets {', '.join(both)} too: its value wins.")
    if why_not and is_for_sure:
        raise JobError(why_not)
    if not is_for_sure:
        print(f"\n{why_not or 'Nothing is written yet: ' + command(f'job install {name} --yes')}")
        return 0
    left = by.install(wanted)
    print(f"\nInstalled with {by.name}: {job.name}")
    for line in left:
        print(f"Left to do: {line}")
    return 0


def remove(name: str) -> int:
    """Take a job off the schedule. Raises JobError."""
    by = scheduler()
    if not by.remove(name):
        there = ", ".join(by.installed()) or "none"
        raise JobError(f"{name} is not installed; there are: {there}")
    print(f"Removed from {by.name}: {name}. Its file and all that is archived stay.")
    return 0


def test_messages() -> int:
    """Send a test message, so that the first real one is not the test. Raises JobError."""
    notify.send_test(socket.gethostname())
    return 0


def show_jobs(folder: Path, url: str) -> None:
    """Print the jobs of a folder: what they do, how they last ended, when they are due. Raises JobError."""
    if not folder.is_dir():
        raise JobError(f"JOB_DIR {folder}: no such folder")
    scheduled = installed()
    listed = sorted({*names(folder), *scheduled})
    try:
        with opened(url, is_reader=True) as engine, reading(engine) as connection:
            rows = [_row(folder, name, scheduled, connection) for name in listed]
    except ArchiveError:  # there is none yet: nothing was run
        rows = [_row(folder, name, scheduled, None) for name in listed]
    table(("job", "what it does", "last run", "installed", "next"), rows)


def installed() -> list[str]:
    """The jobs on this machine's schedule; none where there is no scheduler."""
    try:
        return scheduler().installed()
    except JobError:
        return []


def _row(folder: Path, name: str, scheduled: list[str], connection: Connection | None) -> tuple[object, ...]:
    last = job_runs.last_of(connection, name) if connection is not None else None
    ended = ""
    if last is not None:
        at = datetime.fromtimestamp(last.finished_at / 1e9).astimezone()
        ended = f"{at:%Y-%m-%d %H:%M} {last.outcome}"
    is_there = "yes" if name in scheduled else ""
    try:
        job = load(folder, name)
    except JobError as error:
        return name, f"cannot be run: {error}", ended, is_there, ""
    due = ""
    if job.when and is_there:
        (first,) = next_times(job.when, job.zone, datetime.now(UTC), 1)
        due = f"{first.astimezone():%Y-%m-%d %H:%M}"
    return name, job.description, ended, is_there, due


def _times(job: Job, now: datetime) -> str:
    assert job.when is not None
    times = next_times(job.when, job.zone, now, SHOWN_TIMES)
    shown = (f"  {one:%a %Y-%m-%d %H:%M} {job.zone} = {one.astimezone():%H:%M} here" for one in times)
    return "\n".join(("The next times:", *shown))


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())
