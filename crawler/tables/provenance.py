"""Provenance: runs, kept responses, what is covered, what was refused, what changed."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables import codes
from crawler.tables.row import Base, Observation, Relation, column, index_of_few


class Crawl(Base, audience="public"):
    """One run of a spider or a replay."""

    __tablename__ = "crawls"

    crawl_id: Mapped[str] = column(primary_key=True)
    spider: Mapped[str] = column(comment="which spider, or replay")
    arguments: Mapped[str] = column(comment="JSON object")
    versions: Mapped[str] = column(comment="JSON object")
    session: Mapped[str] = column(comment="what became of the session", codes=codes.SESSION)
    started_at: Mapped[int] = column(comment="nanoseconds since 1970")
    finished_at: Mapped[int | None] = column(
        unit="nanoseconds since 1970", null_means="still running, or killed", comment="when it ended"
    )
    outcome: Mapped[str | None] = column(
        comment="how it ended", codes=codes.CRAWL_OUTCOME, null_means="still running, or killed"
    )
    page_count: Mapped[int | None] = column(null_means="still running, or killed", comment="responses that were stored")
    row_count: Mapped[int | None] = column(null_means="still running, or killed", comment="rows that were stored")


class Capture(Observation, audience="public"):
    """A kept response, errors included. observed_at is its key in every table that names a moment."""

    __tablename__ = "captures"
    __table_args__ = (
        # What was not complete is looked up by request, as evidence of absence: few rows.
        index_of_few("outcome <> 'complete'", None, "endpoint", "params"),
    )

    observed_at: Mapped[int] = column(
        primary_key=True, comment="nanoseconds since 1970; the digits below a millisecond are the response's digest"
    )
    digest: Mapped[int] = column(comment="63-bit hash of address, status and body")
    endpoint: Mapped[str] = column()
    params: Mapped[str] = column()
    url: Mapped[str] = column()
    status: Mapped[int] = column(comment="HTTP status")
    outcome: Mapped[str] = column(comment="what this response meant", codes=codes.OUTCOME)
    record_id: Mapped[str] = column(comment="WARC-Record-ID")
    file: Mapped[str] = column(comment="below CAPTURE_DIR, without a killed run's .open")
    file_offset: Mapped[int] = column(comment="where its record begins, bytes")
    crawl_id: Mapped[str] = column()


class Coverage(Base, audience="public"):
    """Progress of one page of one request: the archive is its own checkpoint."""

    __tablename__ = "coverage"
    __table_args__ = (
        # What was missed is weighed when a run ends: few rows of many.
        index_of_few("missed_last_at IS NOT NULL AND completed_at IS NULL", "ix_coverage_missed", "missed_last_at"),
    )

    endpoint: Mapped[str] = column(primary_key=True)
    params: Mapped[str] = column(
        primary_key=True, comment="sorted, as in a query string; @asker, @account: the access level"
    )
    night: Mapped[str] = column(primary_key=True, comment="JST date; empty: valid for ever")
    page: Mapped[int] = column(primary_key=True)
    outcome: Mapped[str] = column(comment="what is known of the page", codes=codes.OUTCOME)
    message: Mapped[str | None] = column(null_means="nothing is to be said", comment="why, where it is not complete")
    next_page: Mapped[int | None] = column(comment="the page to request next", null_means="a complete page is the last")
    content_digest: Mapped[int | None] = column(
        comment="63-bit hash of what a page lists: a list that repeats its page is at its end",
        null_means="of a page that lists nothing",
    )
    completed_at: Mapped[int | None] = column(comment="last complete response", null_means="there is none")
    missed_first_at: Mapped[int | None] = column(comment="first 404 that counts", null_means="there is none")
    missed_last_at: Mapped[int | None] = column(comment="last 404 that counts", null_means="there is none")
    last_outcome: Mapped[str] = column(comment="of the newest attempt", codes=codes.OUTCOME)
    last_at: Mapped[int] = column(comment="the newest attempt")


class MemberSet(Relation, audience="public"):
    """Time when a set was last listed completely: members that were not listed then are past ones."""

    __tablename__ = "member_sets"

    set_name: Mapped[str] = column(primary_key=True, comment="table and column of the owner")
    owner_id: Mapped[int] = column(primary_key=True, comment="whose set")
    variant: Mapped[str] = column(
        primary_key=True, comment="which of the owner's sets; empty: there is one", codes=codes.VARIANT
    )
    params: Mapped[str] = column(
        primary_key=True, comment="of a list with pages, as in coverage; empty: one response lists the set"
    )
    night: Mapped[str] = column(primary_key=True, comment="of a list with pages, as in coverage")
    owner_kind: Mapped[str] = column(prefer="greatest", comment="what the owner is", codes=codes.OWNER)
    complete_at: Mapped[int] = column(prefer="greatest", comment="the moment; of a paged list that of its oldest page")


class Omission(Relation, audience="public"):
    """A work that was requested among others by its id, and that the answer left out."""

    __tablename__ = "omissions"

    endpoint: Mapped[str] = column(primary_key=True)
    artwork_id: Mapped[int] = column(primary_key=True)
    asker: Mapped[str] = column(primary_key=True, comment="as @asker in coverage")
    user_id: Mapped[int | None] = column(prefer="greatest", comment="whose works were requested")
    first_missed_at: Mapped[int] = column(prefer="least", comment="when it was first left out")
    last_missed_at: Mapped[int] = column(prefer="greatest", comment="when it was last left out")


REDACTED = "redacted with what was forgotten"
"""Error of a dead letter that stands for rows which a redacted response lacks: nobody can fix it, so it is in no count."""


class DeadLetter(Base, audience="public"):
    """A row that did not fit its table, with where it stands in which reply."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index(None, "endpoint"),)

    observed_at: Mapped[int] = column(primary_key=True, comment="captures.observed_at")
    table_name: Mapped[str] = column(primary_key=True, comment="the table that the row was for")
    path: Mapped[str] = column(primary_key=True, comment="of the row in the response")
    endpoint: Mapped[str] = column()
    error: Mapped[str] = column(comment="field: what is wrong; …")
    fragment: Mapped[str] = column(audience="sensitive", comment="the row's JSON, cut at 2,000 characters")


class Action(Base, audience="own"):
    """Actions of `./run act`, and pixiv's answers."""

    __tablename__ = "actions"

    acted_at: Mapped[int] = column(primary_key=True, comment="nanoseconds since 1970")
    action: Mapped[str] = column(comment="what was done", codes=codes.ACTION)
    account: Mapped[str] = column(comment="the account that acted")
    sent: Mapped[str] = column(comment="JSON, without the token")
    status: Mapped[int] = column(comment="HTTP status")
    answer: Mapped[str] = column(comment="as it came, cut at 2,000 characters")


class Suppression(Base, audience="sensitive"):
    """A thing that stays out of the archive, and why: `./run forget`."""

    __tablename__ = "suppressions"

    kind: Mapped[str] = column(primary_key=True, comment="kind of what is blocked", codes=codes.FORGOTTEN)
    thing_id: Mapped[int] = column(primary_key=True, comment="id of what is blocked")
    root_kind: Mapped[str] = column(primary_key=True, comment="what was to be forgotten", codes=codes.FORGOTTEN_ROOT)
    root_id: Mapped[int] = column(primary_key=True, comment="itself, or whose it is")
    forgotten_at: Mapped[int] = column(comment="nanoseconds since 1970")
    is_cut: Mapped[bool] = column(comment="captures are cleared of it: those that are there, and those of later runs")


class Drift(Relation, audience="public"):
    """A JSON path with a type, when it was first and last seen. v_drift picks what changed."""

    __tablename__ = "drift"

    endpoint: Mapped[str] = column(primary_key=True)
    path: Mapped[str] = column(primary_key=True, comment="JSON path, [] for a list's elements, {} for a map's")
    json_type: Mapped[str] = column(primary_key=True, codes=codes.JSON_TYPE, comment="the value's type")
    is_declared: Mapped[bool] = column(comment="the endpoint's entry knows this path")
    sample: Mapped[str | None] = column(comment="of an undeclared path, last seen", null_means="the path is declared")
    first_on: Mapped[date | None] = column(prefer="least", comment="first ranking date", null_means="of no ranking")
    last_on: Mapped[date | None] = column(prefer="greatest", comment="last ranking date", null_means="of no ranking")
    first_seen_at: Mapped[int] = column(prefer="least")
    last_seen_at: Mapped[int] = column(prefer="greatest")
