"""Job files: which spiders run with which arguments, one after another."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from crawler.errors import BadArgument, JobError, QueryError, choices
from crawler.files import read_bounded
from crawler.jobs.model import JobModel, SendSummary, StepModel, problems, text
from crawler.request.given import NothingGiven, at_most, located, resolved

if TYPE_CHECKING:
    from crawler.endpoints.params import ArgumentRules


@dataclass(frozen=True)
class Step:
    """One crawl of a job; see `StepModel`.

    catch_up: with date = "latest", how many days back nights that the archive does not have are requested
    besides, once it has any of them.
    """

    spider: str
    arguments: Mapping[str, str]
    catch_up: int = 0
    needs_session: bool = False
    is_optional: bool = False
    is_tracked: bool = False
    account: str = ""
    budget: int = 0

    @property
    def title(self) -> str:
        """The step in a line."""
        arguments = " ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.spider} {arguments}".replace("\n", ",").strip()


@dataclass(frozen=True)
class Job:
    """A job file; see `JobModel`. wait_hours: how long a ranking that is due and not published is waited for."""

    name: str
    description: str
    steps: tuple[Step, ...]
    wait_hours: float = 0
    when: str | None = None
    zone: str = ""
    budget: int = 0
    send_summary: SendSummary = "trouble"
    gives_way: bool = False


def names(folder: Path) -> list[str]:
    """The jobs of a folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def path_of(folder: Path, name: str) -> Path:
    """The file of a job: of the folder's, or of one that is named as a path. Raises JobError."""
    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise JobError(f"no job file {name}")
        return Path(name).resolve()
    if name not in names(folder):
        raise JobError(
            f"{f'no job {name}' if name else 'name one job'}, and no file of your own (a path ending in"
            f" .toml); {choices(name, names(folder))}"
        )
    return folder / f"{name}.toml"


def load(folder: Path, name: str) -> Job:
    """Read a job. Raises JobError with all that is wrong, line by line."""
    path = path_of(folder, name)
    try:
        source = read_bounded(path).decode()
        found = JobModel.model_validate(tomllib.loads(source))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise JobError(f"{path}: {error}") from None
    except ValidationError as error:
        raise _wrong(path, problems(error, source)) from None
    if not found.step:
        raise JobError(f"{path}: no [[step]]; a job has at least one")
    try:
        steps = tuple(_step(one, path.parent) for one in found.step)
    except BadArgument as error:
        raise JobError(f"{path}: {error}") from None
    return Job(
        path.stem, found.description, steps, found.wait_hours, found.when,
        found.zone, found.budget, found.send_summary, found.gives_way,
    )  # fmt: skip


def _wrong(path: Path, found: list[str]) -> JobError:
    return JobError("\n".join(f"{path}: {one}" for one in found))


def _step(found: StepModel, folder: Path) -> Step:
    texts = {name: text(value) for name, value in (found.model_extra or {}).items()}
    arguments = _within(found.budget, located(texts, folder))
    return Step(
        found.spider, arguments, found.catch_up, found.needs_session, found.is_optional,
        found.is_tracked, found.account, found.budget,
    )  # fmt: skip


def _within(budget: int, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments, of whose questions no more than a budget of values is requested; 0: all."""
    return {name: at_most(budget, value) if budget else value for name, value in arguments.items()}


def override(job: Job, given: Mapping[str, str]) -> Job:
    """The job with arguments from the command line in place of its own.

    An argument is for the steps that name it, or, where none does, for those whose spider takes it. A given
    date ends catching up and waiting: it says which nights are meant; any ends `is_tracked`. Raises JobError.
    """
    takers = {name: _takers(job, name) for name in given}
    for name, found in takers.items():
        if not found:
            valid = sorted({one for step in job.steps for one in _taken_by(step)})
            raise JobError(f"no step of {job.name} takes {name}; {choices(name, valid)}")
    steps = []
    for step in job.steps:
        taken = {name: value for name, value in given.items() if step in takers[name]}
        catch_up = 0 if "date" in taken else step.catch_up
        is_tracked = step.is_tracked and not taken
        arguments = {**step.arguments, **_within(step.budget, taken)}
        steps.append(replace(step, arguments=arguments, catch_up=catch_up, is_tracked=is_tracked))
    wait = 0 if "date" in given else job.wait_hours
    return replace(job, steps=tuple(steps), wait_hours=wait)


def _takers(job: Job, name: str) -> list[Step]:
    naming = [step for step in job.steps if name in step.arguments]
    return naming or [step for step in job.steps if name in _taken_by(step)]


def _taken_by(step: Step) -> tuple[str, ...]:
    from crawler.request.plan import argument_names  # noqa: PLC0415  # with Scrapy, which a list of jobs can do without

    return argument_names(step.spider)


def check(job: Job, archive_url: str, rules: ArgumentRules) -> Job:
    """Check the arguments of every step before the first is run. Raises JobError with all that is wrong.

    Returns the job without the steps that have nothing to request tonight.
    """
    from crawler.request import plan  # noqa: PLC0415  # likewise

    found, steps = [], []
    for place, step in enumerate(job.steps, 1):
        try:
            plan.check(step.spider, resolved(step.arguments, archive_url), rules)
            steps.append(step)
        except NothingGiven:
            continue
        except (BadArgument, QueryError) as error:
            found.append(f"{job.name}, step {place} ({step.spider}): {error}")
    if found:
        raise JobError("\n".join(found))
    return replace(job, steps=tuple(steps))
