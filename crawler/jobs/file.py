"""Read job files, replace their arguments, check them before the first step is run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from crawler.errors import BadArgument, JobError, QueryError, choices
from crawler.files import read_bounded
from crawler.jobs.model import Job, Step, problems
from crawler.planning.arguments import NothingGiven, resolved

if TYPE_CHECKING:
    from crawler.endpoints.params import ArgumentRules


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
            f"{f'No job {name}.' if name else 'Which job?'} {choices(name, names(folder))}, or the path of your own .toml file"
        )
    return folder / f"{name}.toml"


def load(folder: Path, name: str) -> Job:
    """Read a job. Raises JobError with all that is wrong, line by line."""
    path = path_of(folder, name)
    try:
        source = read_bounded(path).decode()
        job = Job.of(path.stem, tomllib.loads(source), path.parent)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise JobError(f"{path}: {error}") from None
    except ValidationError as error:
        found = problems(error, source)
        raise JobError("\n".join(f"{path}: {one}" for one in found)) from None
    if not job.steps:
        raise JobError(f"{path}: no [[step]]; a job has at least one")
    return job


def override(job: Job, given: Mapping[str, str]) -> Job:
    """The job with arguments from the command line in place of its own.

    An argument is for the steps that name it, or, where none does, for those whose spider takes it. A given
    date ends catching up and waiting: it says which nights are meant; any ends `is_tracked`. Raises JobError.
    """
    takers = {name: _takers(job, name) for name in given}
    for name, found in takers.items():
        if not found:
            valid = sorted({one for step in job.steps for one in _taken_by(step)})
            raise JobError(f"no step of {job.name} takes {name}. {choices(name, valid)}")
    steps = []
    for step in job.steps:
        taken = {name: value for name, value in given.items() if step in takers[name]}
        catch_up = 0 if "date" in taken else step.catch_up
        is_tracked = step.is_tracked and not taken
        arguments = {**step.arguments, **step.within_budget(taken)}
        new = {"arguments": arguments, "catch_up": catch_up, "is_tracked": is_tracked}
        steps.append(step.model_copy(update=new))
    wait = 0 if "date" in given else job.wait_hours
    return job.model_copy(update={"steps": tuple(steps), "wait_hours": wait})


def _takers(job: Job, name: str) -> list[Step]:
    naming = [step for step in job.steps if name in step.arguments]
    return naming or [step for step in job.steps if name in _taken_by(step)]


def _taken_by(step: Step) -> tuple[str, ...]:
    from crawler.planning.plan import argument_names  # noqa: PLC0415  # with Scrapy, which a list of jobs can do without

    return argument_names(step.spider)


def check(job: Job, archive_url: str, rules: ArgumentRules) -> Job:
    """Check the arguments of every step before the first is run. Raises JobError with all that is wrong.

    Returns the job without the steps that have nothing to request tonight.
    """
    from crawler.planning import plan  # noqa: PLC0415  # likewise

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
    return job.model_copy(update={"steps": tuple(steps)})
