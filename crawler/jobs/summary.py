"""The morning after: what a job's run brought, what is to be looked at, in lines for a person."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings, Settings
from sqlalchemy import Connection

from crawler.archive import job_runs
from crawler.archive.database.engine import opened, place_of, reading
from crawler.archive.due.ranking_days import HOLE_DAYS, LATE, RankingDays, ranking_days
from crawler.archive.status import disks, request_for, says_full
from crawler.archive.status_queries import session_refused_by
from crawler.clock import newest
from crawler.errors import ArchiveError
from crawler.jobs.calendar import next_times
from crawler.jobs.step import NOT_BEGUN
from crawler.model.page import Outcome
from crawler.places import ROOT, command
from crawler.tables.codes import NO_BEGINNING, OK, STOPPED, TROUBLE, WARNING
from crawler.words import counted, duration

MOST_LINES = 11
"""Lines of a message: more are not read on a phone. One more is for what could not be sent before."""
LATELY = timedelta(days=HOLE_DAYS)


@dataclass(frozen=True)
class Morning:
    """Content of a summary. alerts: what somebody should look at, however the steps ended."""

    brought: Mapping[str, int]
    holes: int
    alerts: tuple[str, ...]


def look(connection: Connection, ended: JobSummary, before: Mapping[str, int], settings: Settings) -> Morning:
    """Return what was added since, and what needs attention. before: `job_runs.counts` when the run began."""
    now = job_runs.counts(connection)
    brought = {name: now[name] - before.get(name, 0) for name in now}
    rankings = ranking_days(connection)
    captures = Path(ROOT, settings["CAPTURE_DIR"])
    full = [says_full(disk) for disk in disks(connection, settings["ARCHIVE_URL"], captures)]
    alerts = [*_late(rankings, ended), *_passed_by(rankings, ended), *dict.fromkeys(filter(None, full))]
    if session_refused_by(connection):
        alerts.insert(
            0, "your pixiv session has expired: log in again and replace the PHPSESSID in PIXIV_PHPSESSID_FILE"
        )
    if brought["unknown paths"] > 0:
        alerts.append(f"pixiv's responses have changed; they are saved: {command('status drift')}")
    if brought["refused rows"] > 0:
        alerts.append(
            f"{counted(brought['refused rows'], 'row')} rejected; the responses are saved: {command('status dead')}"
        )
    return Morning(brought, sum(ranking.due() for ranking in rankings), tuple(alerts))


def _late(rankings: Sequence[RankingDays], ended: JobSummary) -> list[str]:
    """Rankings that were followed until lately and have not appeared for two days, those of one day in a line."""
    found: dict[tuple[date, bool], list[str]] = {}
    for ranking in rankings:
        held = [on for on, how in ranking.days.items() if how == Outcome.COMPLETE]
        if ranking.is_followed and held and newest() - LATELY <= max(held) <= newest() - LATE:
            is_asked = (ranking.mode, ranking.content) in ended.unpublished
            is_late = is_asked or ranking.of(max(held) + timedelta(days=1)) == Outcome.NOT_YET
            found.setdefault((max(held), is_late), []).append(f"{ranking.mode} {ranking.content}")
    return [
        f"pixiv has published no ranking after that of {on} yet, and is asked again every night (nothing to do): {', '.join(names)}"
        if is_late
        else f"not archived since {on}: {', '.join(names)}"
        for (on, is_late), names in sorted(found.items())
    ]


def _passed_by(rankings: Sequence[RankingDays], ended: JobSummary) -> list[str]:
    """Days that are due and older than the job requests by itself."""
    since = newest() - timedelta(days=ended.catch_up - 1)
    old = {ranking: [on for on in ranking.holes()[0] if on < since] for ranking in rankings}
    count = sum(map(len, old.values()))
    if not ended.catch_up or not count:
        return []
    return [f"{counted(count, 'ranking day')} missing that this job requests no more: {request_for(old)}"]


@dataclass(frozen=True)
class JobSummary:
    """Summary of a job's run: the row of `job_runs`, the text that is printed and sent, the exit status.

    end: how it ended, in a line. where: archive and machine. failed: what failed, with reasons; warnings: what failed of
    optional steps. after: what happens next, if it failed. unread: why the archive cannot be read: then there is no
    `morning`.
    """

    job: str
    run_id: str
    started_at: int
    finished_at: int
    status: int
    end: str
    where: str = ""
    failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    requests: int = 0
    rows: int = 0
    """Rows that its crawls saved, new or not."""
    morning: Morning | None = None
    unread: str = ""
    after: tuple[str, ...] = ()
    catch_up: int = 0
    """Days back that it requests rankings of; 0: it does not."""
    unpublished: frozenset[tuple[str, str]] = frozenset()
    """Modes and contents of rankings whose newest day pixiv did not have yet."""
    is_stopped: bool = False
    needs_person: bool = False
    """Another run alone mends nothing."""

    @property
    def to_check(self) -> tuple[str, ...]:
        """Return what somebody should look at, although all required steps are done."""
        return (*self.warnings, *(self.morning.alerts if self.morning else ()))

    @property
    def is_trouble(self) -> bool:
        """Return True if somebody should look at it."""
        return self.outcome not in (OK, STOPPED)

    @property
    def exit_status(self) -> int:
        """0 if all is well; 1 after a failure or a warning, 2 if it could not begin."""
        return self.status or int(self.outcome != OK)

    @property
    def outcome(self) -> str:
        """End of the run, as `job_runs` has it."""
        if self.status == NOT_BEGUN:
            return NO_BEGINNING
        if self.is_stopped:
            return STOPPED
        if self.status or self.unread:
            return TROUBLE
        return WARNING if self.to_check else OK

    def as_row(self) -> dict[str, Any]:
        """The columns of `job_runs` but `is_unsent`."""
        return {
            "run_id": self.run_id,
            "job": self.job,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "outcome": self.outcome,
            "request_count": self.requests,
            "summary": self.as_text(),
        }

    def as_text(self) -> str:
        """The text, of MOST_LINES lines at most: how it ended stands first if somebody should look, else last."""
        where = (f"Archive: {self.where}",) if self.where else ()
        if self.morning is None:
            first = f"{self.job}: {self.unread}\n{self.end}" if self.unread else self.end
            return "\n".join((first, *where))
        saved_rows = {name: count for name, count in self.morning.brought.items() if name not in job_runs.NOT_SAVED}
        brought = ", ".join(f"{count:,} {name}" for name, count in saved_rows.items() if count > 0)
        requests = counted(self.requests, "request")
        seconds = duration((self.finished_at - self.started_at) / 1e9)
        figures = f"{requests} in {seconds}; {counted(self.morning.holes, 'ranking day')} missing"
        if self.outcome == OK:
            return "\n".join((f"{self.job}: {brought or 'nothing new'}", figures, *where, self.end))
        details = [*self.failed, *self.to_check]
        end = self.end
        if self.outcome == WARNING:
            # The first warning is the cause, and stands in the first line.
            more = f"; {counted(len(details) - 1, 'thing')} more to check" if len(details) > 1 else ""
            end = f"WARNING: {details.pop(0)}{more}"
        saved = brought or (counted(self.rows, "row") if self.rows else "")
        saved = f"Saved: {saved}" if saved else "Nothing archived"
        # What is only to be known, as a late ranking, asks for nothing.
        after = self.after if self.failed or self.warnings or self.status or self.needs_person else ()
        head, foot = (f"{self.job} {end}", f"{saved}, nothing lost. {figures}."), (*where, *after)
        lines = [f"- {line}" for line in details]
        most = MOST_LINES - len(head) - len(foot)
        if len(lines) > most:
            lines[most - 1 :] = [f"- … and {len(lines) - most + 1:,} more"]
        return "\n".join((*head, *lines, *foot))


def where_of(settings: BaseSettings) -> str:
    """Return the archive and this machine, for people who have several."""
    return f"{place_of(settings['ARCHIVE_URL'])} on {socket.gethostname()}"


def sum_up(settings: Settings, ended: JobSummary, before: Mapping[str, int]) -> JobSummary:
    """Complete a summary by what the archive says: what came since, and what is to be looked at.

    before: `job_runs.counts` when it began.
    """
    try:
        with opened(settings["ARCHIVE_URL"]) as engine, reading(engine) as connection:
            morning = look(connection, ended, before, settings)
    except ArchiveError as error:
        return replace(ended, unread=str(error), status=ended.status or 1)
    return replace(ended, morning=morning)


def what_next(
    job: str,
    when: str | None,
    zone: str,
    *,
    is_installed: bool = False,
    needs_person: bool = False,
    is_refused: bool = False,
) -> tuple[str, ...]:
    """Return when a failed job runs again, and what to type.

    needs_person: another run alone mends nothing. is_refused: pixiv wants no requests for now.
    """
    if needs_person:
        return (f"When that is put right: {command(f'job run {job}')}",)
    next_run = ""
    if when is not None:
        (due,) = next_times(when, zone, datetime.now(UTC), 1)
        doubt = "" if is_installed else ", if it is installed"
        next_run = f"Next automatic run{doubt}: {due:%Y-%m-%d %H:%M} ({zone}). "
    now = "Nothing to do before." if is_refused else f"Run now: {command(f'job run {job}')}"
    return (f"{next_run}{now}", f"If it keeps failing: {command('status doctor')}")
