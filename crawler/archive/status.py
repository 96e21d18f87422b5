"""The condition of an archive as one value, from which come `./run status`, its JSON and its metrics."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from crawler.archive import job_runs
from crawler.archive import status_queries as queries
from crawler.archive.database.engine import archive_file
from crawler.archive.due.ranking_days import LATE, SETTLED, RankingDays, ranking_days
from crawler.clock import newest
from crawler.errors import BadArgument
from crawler.files import complete_file
from crawler.model.page import Outcome
from crawler.places import command
from crawler.tables.codes import NO_BEGINNING, OK
from crawler.tables.provenance import Capture, Crawl
from crawler.words import counted, duration

VERSION = 1
"""Version of the JSON form: a field that goes or changes its meaning raises it, a new field does not."""
DAY = 86_400
SILENT_HOURS = 36
"""Hours without an ended job, or with the same failed page, after which a person is needed."""
FULL_DAYS = 7
LEAST_FREE = 100 * 1024 * 1024
"""Bytes below which a folder counts as full: a night needs as much for its captures and temporary files."""


@dataclass(frozen=True)
class Finding:
    """Something to know. needs_person: it does not mend itself, so `status --check` fails."""

    name: str
    text: str
    needs_person: bool


@dataclass(frozen=True)
class RankingStatus:
    """Days of one ranking. due: missing, failed or begun; overdue: of these, those that two nights have passed by."""

    mode: str
    content: str
    first_on: date
    last_on: date
    complete: int
    due: int
    overdue: int
    overdue_from: date | None


@dataclass(frozen=True)
class JobStatus:
    """The newest runs of a job. failed_runs: the last ones that failed; last_line: how the newest ended, in a line."""

    job: str
    last_ended_at: datetime
    last_outcome: str
    last_success_at: datetime | None
    failed_runs: int
    last_line: str


@dataclass(frozen=True)
class Disk:
    """Free space of a folder. days_left: until it is full at the rate so far; None if nothing of the archive grows there."""

    name: str
    folder: str
    free_bytes: int
    days_left: float | None


@dataclass(frozen=True)
class Status:
    """The condition of an archive. Times are UTC.

    ok: nothing needs a person. rows: of the tables that say how much is there. last_response_at: of the newest archived
    response, None if there is none. failed_pages, changes and rejected_rows: without acknowledged ones.
    """

    version: int
    at: datetime
    ok: bool
    findings: tuple[Finding, ...]
    rows: Mapping[str, int]
    rankings: tuple[RankingStatus, ...]
    jobs: tuple[JobStatus, ...]
    disks: tuple[Disk, ...]
    last_response_at: datetime | None
    failed_pages: int
    changes: int
    rejected_rows: int


def status_of(connection: Connection, url: str, captures: Path, installed: Sequence[str] = ()) -> Status:
    """Look at an archive. captures: the folder of its captures; installed: jobs that this machine's schedule has."""
    now = time.time_ns()
    rankings = ranking_days(connection)
    jobs = tuple(job_status(connection, job) for job in job_runs.names(connection))
    found = tuple(map(ranking_status, rankings))
    last_at = connection.scalar(select(func.max(Capture.observed_at)))
    disk = disks(connection, url, captures)
    failed = queries.failed_tonight(connection)
    news = [change for change in queries.changes(connection) if change.is_news]
    rejected = queries.rejected_since_acknowledged(connection)
    findings = (
        *_of_the_archive(connection, found, last_at, failed, len(news), rejected, now),
        *_jobs(jobs, installed, now),
        *_disks(disk),
        *_sample(connection, now),
    )
    return Status(
        version=VERSION,
        at=_time(now),
        ok=not any(finding.needs_person for finding in findings),
        findings=findings,
        rows=queries.sizes(connection),
        rankings=found,
        jobs=jobs,
        disks=disk,
        last_response_at=_time(last_at) if last_at else None,
        failed_pages=failed,
        changes=len(news),
        rejected_rows=rejected,
    )


def _time(moment: int) -> datetime:
    return datetime.fromtimestamp(moment // 1_000_000_000, UTC)


def ranking_status(ranking: RankingDays) -> RankingStatus:
    """Count the days of a ranking."""
    due, _ = ranking.holes()
    # Nobody can fetch a ranking that pixiv has not published. After a week its neighbours should have settled it.
    overdue = [on for on in due if on <= newest() - (SETTLED if ranking.of(on) == Outcome.NOT_YET else LATE)]
    return RankingStatus(
        ranking.mode,
        ranking.content,
        ranking.first,
        ranking.last,
        ranking.count(str(Outcome.COMPLETE)),
        len(due),
        len(overdue),
        overdue[0] if overdue else None,
    )


def job_status(connection: Connection, job: str) -> JobStatus:
    """The newest runs of a job that has run."""
    newest_run = job_runs.last_of(connection, job)
    succeeded = job_runs.last_success(connection, job)
    return JobStatus(
        job,
        _time(newest_run.finished_at),
        newest_run.outcome,
        _time(succeeded) if succeeded else None,
        job_runs.failed_since(connection, job, succeeded or 0),
        newest_run.summary.partition("\n")[0] if newest_run.outcome != OK else "OK",
    )


def disks(connection: Connection, url: str, captures: Path) -> tuple[Disk, ...]:
    """The folders that a night writes to: the archive (of SQLite), the captures, temporary files."""
    folders = {"captures": captures, "temporary": Path(tempfile.gettempdir())}
    sizes = {"captures": sum(path.stat().st_size for path in captures.rglob("*.gz") if path.is_file())}
    # A PostgreSQL archive may lie on another machine, whose disk cannot be measured from here.
    file = archive_file(url)
    if file is not None:
        folders["archive"], sizes["archive"] = Path(file).parent, Path(file).stat().st_size
    now = time.time_ns()
    days = max((now - (connection.scalar(select(func.min(Crawl.started_at))) or now)) / 1e9 / DAY, 1)
    there = {name: next(path for path in (on, *on.parents) if path.exists()) for name, on in folders.items()}
    devices = {name: folder.stat().st_dev for name, folder in there.items()}
    found = []
    for name in sorted(folders):
        free = shutil.disk_usage(there[name]).free
        # Two folders on one disk fill it together.
        a_day = sum(size for other, size in sizes.items() if devices[other] == devices[name]) / days
        left = free / max(a_day, 1) if name in sizes else None
        found.append(Disk(name, str(folders[name]), free, left))
    return tuple(found)


def _of_the_archive(
    connection: Connection,
    rankings: Sequence[RankingStatus],
    last_at: int | None,
    failed: int,
    news: int,
    rejected: int,
    now: int,
) -> Iterator[Finding]:
    if last_at is None:
        yield Finding("empty", f"nothing is archived yet ({command('job run nightly')})", needs_person=True)
    if refused_by := queries.session_refused_by(connection):
        text = f"Session expired: pixiv rejected the PHPSESSID in {refused_by}. Log in again and replace it in PIXIV_PHPSESSID_FILE"
        yield Finding("session", text, needs_person=True)
    yield from _days(rankings)
    if failed:
        is_old = queries.failed_tonight(connection, before=now - SILENT_HOURS * 3600 * 10**9) > 0
        yield Finding("failed", f"{counted(failed, 'page')} failed ({command('status coverage')})", needs_person=is_old)
    if news:
        text = f"{counted(news, 'change')} in responses ({command('status drift')})"
        yield Finding("changes", text, needs_person=True)
    if rejected:
        yield Finding("rejected", f"{counted(rejected, 'row')} rejected ({command('status dead')})", needs_person=True)


def request_for(days: Mapping[Any, Sequence[date]]) -> str:
    """The command that requests missing days. days: by ranking (or what has its mode and content)."""
    missing = {one: some for one, some in days.items() if some}
    content = next(iter(missing)).content
    alike = {one: some for one, some in missing.items() if one.content == content}
    modes = ",".join(one.mode for one in alike)
    first = min(min(some) for some in alike.values())
    others = len(missing) - len(alike)
    more = f" (and {counted(others, 'ranking')} of other content)" if others else ""
    return f"{command(f'crawl rankings -a mode={modes} -a content={content} -a date={first}..')}{more}"


def _days(rankings: Sequence[RankingStatus]) -> list[Finding]:
    due = sum(ranking.due for ranking in rankings)
    overdue = sum(ranking.overdue for ranking in rankings)
    if overdue:
        request = request_for({one: [one.overdue_from] for one in rankings if one.overdue_from})
        text = f"{counted(overdue, 'ranking day')} overdue ({command('status coverage')}): {request}"
        return [Finding("overdue", text, needs_person=True)]
    if due:
        return [Finding("due", f"{counted(due, 'ranking day')} due: the next run requests them", needs_person=False)]
    return []


def _jobs(jobs: Sequence[JobStatus], installed: Sequence[str], now: int) -> list[Finding]:
    found = []
    for job in jobs:
        if job.failed_runs > 1 or job.last_outcome == NO_BEGINNING:
            often = f" ({job.failed_runs:,} times in a row)" if job.failed_runs > 1 else ""
            found.append(Finding("failing", f"{job.last_line}{often}", needs_person=True))
    if jobs:
        newest_run = max(jobs, key=lambda job: job.last_ended_at)
        seconds = now / 1e9 - newest_run.last_ended_at.timestamp()
        if seconds > SILENT_HOURS * 3600:
            text = f"no job has ended for {seconds / 3600:,.0f} hours: the last was {newest_run.job} ({command('job list')})"
            found.append(Finding("silent", text, needs_person=True))
    elif installed:
        text = f"installed, but no job has ever ended: {', '.join(installed)} ({command('job list')})"
        found.append(Finding("silent", text, needs_person=True))
    return found


def _disks(found: Sequence[Disk]) -> list[Finding]:
    return [
        Finding("disk", f"{full} ({disk.name} in {disk.folder})", needs_person=True)
        for disk in found
        if (full := says_full(disk))
    ]


def says_full(disk: Disk) -> str:
    """Return when a disk will be full, if that is within FULL_DAYS; else ""."""
    if disk.free_bytes < LEAST_FREE:
        return f"the disk is full: {disk.free_bytes / 1024**2:,.0f} MB are free"
    if disk.days_left is not None and disk.days_left < FULL_DAYS:
        return f"the disk will be full in {duration(disk.days_left * DAY)} at this rate"
    return ""


def _sample(connection: Connection, now: int) -> Iterator[Finding]:
    if undrawn := queries.cohort_without_draw(connection, now):
        text = (
            f"random sample: tracked, but no id was drawn for {undrawn} days. It needs dated works of the day and of the"
            f" days around it: {command('job run nightly')} archives rankings, which have them"
        )
        yield Finding("sample", text, needs_person=True)


def metrics(status: Status) -> str:
    """The condition in the text format of Prometheus, for the textfile collector of its node exporter."""
    rankings = [({"mode": one.mode, "content": one.content}, one) for one in status.rankings]
    jobs = [({"job": one.job}, one) for one in status.jobs]
    disk = [({"folder": one.name}, one) for one in status.disks]
    lines: list[str] = []

    def gauge(name: str, help_text: str, values: Sequence[tuple[Mapping[str, str], float]]) -> None:
        if values:
            lines.append(f"# HELP pixiv_archive_{name} {help_text}")
            lines.append(f"# TYPE pixiv_archive_{name} gauge")
        for labels, value in values:
            named = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
            lines.append(
                f"pixiv_archive_{name}{{{named}}} {value:.15g}" if named else f"pixiv_archive_{name} {value:.15g}"
            )

    gauge("written_timestamp_seconds", "When this file was written.", [({}, status.at.timestamp())])
    gauge("ok", "1 if nothing needs a person.", [({}, status.ok)])
    findings: dict[str, bool] = {}
    for one in status.findings:
        findings[one.name] = one.needs_person or findings.get(one.name, False)
    named = [({"name": name}, is_needed) for name, is_needed in findings.items()]
    gauge("finding", "Something to know; 1 if it needs a person.", named)
    gauge("rows", "Rows by table.", [({"table": name}, count) for name, count in status.rows.items()])
    if status.last_response_at:
        at = status.last_response_at.timestamp()
        gauge("last_response_timestamp_seconds", "Time of the newest archived response.", [({}, at)])
    gauge("ranking_days_complete", "Complete days of a ranking.", [(by, one.complete) for by, one in rankings])
    gauge("ranking_days_due", "Days of a ranking that are due.", [(by, one.due) for by, one in rankings])
    overdue = [(by, one.overdue) for by, one in rankings]
    gauge("ranking_days_overdue", "Days of a ranking that two nights passed by.", overdue)
    ends = [(by, one.last_ended_at.timestamp()) for by, one in jobs]
    gauge("job_last_end_timestamp_seconds", "When a job last ended.", ends)
    successes = [(by, one.last_success_at.timestamp()) for by, one in jobs if one.last_success_at]
    gauge("job_last_success_timestamp_seconds", "When a job last ended well.", successes)
    gauge("disk_free_bytes", "Free bytes where the archive writes.", [(by, one.free_bytes) for by, one in disk])
    days_left = [(by, one.days_left) for by, one in disk if one.days_left is not None]
    gauge("disk_days_left", "Days until a disk is full at the rate so far.", days_left)
    gauge("failed_pages", "Pages that failed and are requested again.", [({}, status.failed_pages)])
    gauge("changes", "Changes in responses that nobody has acknowledged.", [({}, status.changes)])
    gauge("rejected_rows", "Rejected rows that nobody has acknowledged.", [({}, status.rejected_rows)])
    return "\n".join(lines) + "\n"


def write_metrics(status: Status, file: Path) -> None:
    """Write the metrics to a file, completely or not at all, which other users may read. Raises BadArgument."""
    if file.suffix != ".prom":
        raise BadArgument(f"{file}: the collector reads files whose names end in .prom")
    # Settings may name any path: nothing of the user's is overwritten.
    if file.exists() and not file.read_bytes()[:64].startswith(b"# HELP pixiv_archive_"):
        raise BadArgument(f"{file} holds something else: it is left as it is. Name another file")
    try:
        with complete_file(file, is_public=True) as beside:
            beside.write_text(metrics(status), encoding="utf-8")
    except OSError as error:
        raise BadArgument(f"{file}: {error.strerror}") from None


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
