"""Plan of a job's next run: nights to catch up, requests, time, rankings not yet published."""

from __future__ import annotations

from datetime import date, timedelta

from scrapy.settings import Settings
from sqlalchemy import Connection

from crawler.archive.database.engine import check_site, opened, reading
from crawler.archive.due.coverage import progress
from crawler.archive.due.forecast import (
    PERIOD,
    Due,
    dated_target,
    first_begun,
    forecast,
    periods_due,
    recent_searches,
    words_of,
)
from crawler.archive.wanted import rechecks, tracking
from crawler.clock import newest, now
from crawler.console.show import table
from crawler.endpoints import ENDPOINTS
from crawler.endpoints.params import several
from crawler.endpoints.rankings import first_day
from crawler.fetch.run import Run
from crawler.fetch.session import asker_of, load_session
from crawler.jobs.model import Job, Step
from crawler.model.target import Target
from crawler.planning import plan
from crawler.planning.arguments import NothingGiven, itself, question_of, resolved
from crawler.words import duration


def settings_of(step: Step, settings: Settings) -> Settings:
    """The settings with the account of a step, where it names one."""
    if not step.account:
        return settings
    # A copy: the next step may be of another account.
    own = settings.copy()
    own.set("PIXIV_ACCOUNT", step.account, "cmdline")
    return own


def targets_of(step: Step, settings: Settings) -> list[Target]:
    """The targets of a step, tonight; none where there is nothing to request."""
    settings = settings_of(step, settings)
    asker = asker_of(settings, load_session(settings))
    try:
        arguments = resolved(step.arguments, settings["ARCHIVE_URL"])
    except NothingGiven:
        return []
    return plan.plan(step.spider, arguments, plan.rules_of(settings), night=Run.begin("", {}).night, asker=asker)


def catch_up(job: Job, settings: Settings) -> Job:
    """The job with what is tracked, and the nights that the archive does not have since its first of each mode.

    Raises ArchiveError.
    """
    with opened(settings["ARCHIVE_URL"], is_new=True) as engine, reading(engine) as connection:
        check_site(engine, settings["PIXIV_BASE_URL"])
        wanted = [part for step in job.steps for part in _tracked(connection, step)]
        steps = tuple(part for step in wanted for part in _caught_up(connection, step, settings))
    return job.model_copy(update={"steps": steps})


def _tracked(connection: Connection, step: Step) -> list[Step]:
    """The step, in as many as its rankings have depths: its own modes, and those that are tracked besides."""
    if not step.is_tracked:
        return [step]
    own = step.arguments.get("content", "all")
    wanted = {(mode, own): step.arguments.get("pages") for mode in several(step.arguments.get("mode", "daily"))}
    for one in tracking.listed(connection, "ranking"):
        mode, content = one.name.split(" ")
        wanted[mode, content] = None if one.pages is None else str(one.pages)
    groups: dict[tuple[str, str | None], list[str]] = {}
    for (mode, content), pages in wanted.items():
        groups.setdefault((content, pages), []).append(mode)
    return [
        _with(step, mode=",".join(modes), content=content, pages=pages or "")
        for (content, pages), modes in groups.items()
    ]


def _with(step: Step, **arguments: str) -> Step:
    """Return a step with other arguments; "" for one that it is to be without."""
    changed = {**step.arguments, **arguments}
    return step.model_copy(update={"arguments": {name: changed[name] for name in changed if arguments.get(name) != ""}})


def _caught_up(connection: Connection, step: Step, settings: Settings) -> list[Step]:
    """The step, in as many as its modes have different first nights."""
    if not step.catch_up:
        return [step]
    if "scd" in step.arguments:
        return _searched_on(connection, step, settings)
    # The newest day is one of them.
    since = newest() - timedelta(days=step.catch_up - 1)
    begun: dict[str, list[str]] = {}
    for mode in several(step.arguments.get("mode", "")):
        # A mode that has just begun, or is yet to, has no earlier nights.
        requested = _with(step, mode=mode, date=f"{max(since, first_day(mode))}..")
        targets = targets_of(requested, settings) if first_day(mode) <= newest() else []
        first = first_begun(connection, targets)
        when = f"{date.fromisoformat(first)}.." if first else "latest"
        begun.setdefault(when, []).append(mode)
    return [_with(step, date=when, mode=",".join(modes)) for when, modes in begun.items()]


def _searched_on(connection: Connection, step: Step, settings: Settings) -> list[Step]:
    """The step, in as many as its words have been searched for up to different days."""
    pages = plan.read_count("pages", step.arguments.get("pages"))
    words: dict[tuple[str, str, str], list[str]] = {}
    is_as_given = True
    searches: dict[str, dict[str, list[Target]]] = {}
    for target in targets_of(step, settings):
        if target.endpoint not in searches:
            searches[target.endpoint] = recent_searches(connection, target.endpoint, target.night, step.catch_up)
        same = searches[target.endpoint].get(words_of(target), [])
        due = periods_due(connection, target, same, step.catch_up, pages)
        is_as_given &= due == [tuple(target.params[name] for name in PERIOD)]
        for period in due:
            words.setdefault((target.endpoint, *period), []).append(itself(target.params["word"]))
    if is_as_given:
        return [step]
    return [
        _with(step, scd=begin, ecd=end or step.arguments.get("ecd", ""), endpoints=endpoint, word="\n".join(some))
        for (endpoint, begin, end), some in words.items()
    ]


def unpublished(step: Step, settings: Settings) -> list[str]:
    """The rankings of a step's `latest` that are due by the clock and not in the archive."""
    if not any(endpoint.is_dated for endpoint in plan.choose(step.spider, step.arguments)):
        return []  # the others may be many, of a question that takes its time
    missing = []
    pages = plan.read_count("pages", step.arguments.get("pages"))
    with opened(settings["ARCHIVE_URL"]) as engine, reading(engine) as connection:
        for target in targets_of(step, settings):
            if ENDPOINTS[target.endpoint].is_dated and not target.params["date"]:
                dated = dated_target(target, f"{newest():%Y%m%d}")
                if progress(connection, dated, pages).page is not None:
                    missing.append(dated.key)
    return missing


def show(job: Job, settings: Settings, *, is_changed: bool) -> int:
    """Print requests and time of a job, step by step. Sends nothing.

    is_changed: arguments were given, so that its description may not hold.
    """
    gap = settings.getfloat("DOWNLOAD_DELAY")
    rows: list[tuple[object, ...]] = []
    every: list[Due] = []
    with opened(settings["ARCHIVE_URL"], is_new=True) as engine, reading(engine) as connection:
        check_site(engine, settings["PIXIV_BASE_URL"])
        for step in job.steps:
            targets = targets_of(step, settings)
            due = forecast(
                connection,
                targets,
                plan.read_count("pages", step.arguments.get("pages")),
                refetch=step.arguments.get("refetch") == "1",
                again=step.arguments.get("refetch") == plan.ABSENT_ONES,
            )
            every += due
            rows.append((step.title, len(due), *_cost(due, gap)))
        planned = rechecks_planned(job, connection)
    table(
        ("step", "units", "nothing due", "requests", "time"),
        [*rows, ("all steps", None, None, *_cost(every, gap)[1:])],
        title=job.name if is_changed else f"{job.name}: {job.description}",
    )
    note = f"Nothing was sent. One request every {gap:g} s; lengths of rankings are as a rule."
    if any(one.is_least for one in every):
        note += " +: at least, for the list's length is not known before."
    print(note)
    for line in planned:
        print(line)
    return 0


def rechecks_planned(job: Job, connection: Connection) -> list[str]:
    """Return a line for each step of re-checks: how many are due, how many its budget allows, how late the others are."""
    lines = []
    for step in job.steps:
        for value in step.arguments.values():
            question, most = question_of(value) or ("", None)
            if question != "due-rechecks":
                continue
            due = rechecks.due(connection, now())
            held = due[:most]
            line = f"Looks: {len(due):,} works due, {len(held):,} tonight."
            if rest := due[len(held) :]:
                line += f" The most overdue of the rest waits {rest[0].overdue:.1f} times as long as it should."
            lines.append(line)
    return lines


def _cost(due: list[Due], gap: float) -> tuple[int, str, str]:
    requests = sum(one.requests for one in due)
    more = "+" if any(one.is_least for one in due) else ""
    done = sum(one.requests == 0 for one in due)
    return done, f"{requests:,}{more}", duration(requests * gap)
