"""Tracked things, and ends of job runs."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from crawler.tables import codes
from crawler.tables.row import Base, column


class Tracked(Base, audience="own"):
    """Something that the nightly job follows: a tag, a user, a work, a series, a ranking."""

    __tablename__ = "tracked"

    kind: Mapped[str] = column(primary_key=True, comment="what is followed", codes=codes.TRACKED)
    thing_id: Mapped[int] = column(primary_key=True, comment="of a user, work or series; else 0")
    name: Mapped[str] = column(primary_key=True, comment="the tag, or mode and content of a ranking; else empty")
    pages: Mapped[int | None] = column(
        comment="of a ranking, how many are wanted; of the cohort, how many ids are drawn a day",
        null_means="all",
        unit="count",
    )
    first_on: Mapped[date | None] = column(
        comment="of a ranking, its first day that is wanted", null_means="the first that is archived"
    )
    added_at: Mapped[int] = column(comment="nanoseconds since 1970")


class JobEnd(Base, audience="own"):
    """A run of a job that has ended."""

    __tablename__ = "job_runs"

    run_id: Mapped[str] = column(primary_key=True, comment="when it began, and a few random digits")
    job: Mapped[str] = column(comment="the name of its file")
    started_at: Mapped[int] = column(comment="nanoseconds since 1970")
    finished_at: Mapped[int] = column(comment="nanoseconds since 1970")
    outcome: Mapped[str] = column(comment="how it ended", codes=codes.JOB_OUTCOME)
    request_count: Mapped[int] = column(comment="that left, all steps together")
    summary: Mapped[str] = column(comment="what was sent and printed")
    is_unsent: Mapped[bool | None] = column(
        comment="somebody is to be sent the summary and was not yet", null_means="as for no"
    )


class Acknowledgement(Base, audience="own"):
    """A look at a page of `./run status`: `--check` is silent about what was listed then, until there is more."""

    __tablename__ = "acknowledgements"

    page: Mapped[str] = column(primary_key=True, comment="the page of `./run status`", codes=codes.ACKNOWLEDGED)
    acknowledged_at: Mapped[int] = column(primary_key=True, comment="nanoseconds since 1970")
    acknowledged_by: Mapped[str] = column(comment="user and machine")
    item_count: Mapped[int] = column(comment="how many there were: more of the same age are new ones", unit="count")


class Pace(Base, audience="own"):
    """Time of the last request to a site by any machine that shares the archive: their common rate limit."""

    __tablename__ = "paces"

    site: Mapped[str] = column(primary_key=True, comment="host, and port where it is no usual one")
    account: Mapped[str] = column(primary_key=True, comment="empty: all accounts (GATE_PER_ACCOUNT separates them)")
    last_at: Mapped[int] = column(comment="when the last request left, by the database's clock, nanoseconds since 1970")
    not_before_at: Mapped[int] = column(comment="nothing is sent before, as the site requested; by the same clock")


class QueuedRun(Base, audience="own"):
    """A run of a job whose pieces were queued for workers."""

    __tablename__ = "queued_runs"
    __table_args__ = (UniqueConstraint("job", "due_at"),)

    run_id: Mapped[str] = column(primary_key=True, comment="when it was queued, and a few random digits")
    job: Mapped[str] = column(comment="the name of its file")
    due_at: Mapped[int] = column(comment="when its schedule said, nanoseconds since 1970; by hand: when it was queued")
    queued_at: Mapped[int] = column(comment="nanoseconds since 1970")
    window_count: Mapped[int] = column(comment="how many tasks it was cut into")
    wait_until: Mapped[int | None] = column(
        comment="until when a ranking that is not published is waited for, nanoseconds since 1970",
        null_means="not at all",
    )
    counts: Mapped[str] = column(comment="what the archive held then, for the summary: a JSON object")
    send_summary: Mapped[str] = column(comment="when its summary is sent, as its file said", codes=codes.SEND)
    ended_at: Mapped[int | None] = column(comment="when it was summed up", null_means="it is under way")


class QueuedTask(Base, audience="own"):
    """A piece of a queued run: what is to be done is here, and the queue is made from it. Gone when its run is summed up."""

    __tablename__ = "queued_tasks"

    run_id: Mapped[str] = column(primary_key=True, comment="the run of `queued_runs`")
    place: Mapped[int] = column(primary_key=True, comment="its place in the run, from 0")
    task: Mapped[str] = column(comment="a hash of what is to be done: tasks of several runs may be one", index=True)
    spider: Mapped[str] = column(comment="the spider")
    arguments: Mapped[str] = column(comment="the spider's arguments: a JSON object")
    queue: Mapped[str] = column(comment="who may do it")
    priority: Mapped[int] = column(comment="tasks with a higher one are done first", unit="count")
    is_optional: Mapped[bool] = column(comment="its failure is not the run's")
    summary: Mapped[str | None] = column(comment="results of its tries so far, JSON", null_means="none has ended")
    ended_at: Mapped[int | None] = column(
        comment="when it was done or given up, nanoseconds since 1970", null_means="it waits"
    )
