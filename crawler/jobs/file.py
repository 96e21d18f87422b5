"""Job files: which spiders run with which arguments, one after another."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crawler.endpoints import FAMILIES
from crawler.endpoints.params import ArgumentRules
from crawler.errors import BadArgument, JobError, choices
from crawler.request import plan

KEYS = ("description", "wait_hours", "step")
MOST_CATCH_UP = 366


@dataclass(frozen=True)
class Step:
    """One crawl of a job.

    catch_up: with date = "latest", how many days back nights that the archive does not have are requested
    besides, once it has any of them.
    """

    spider: str
    arguments: Mapping[str, str]
    catch_up: int = 0

    @property
    def title(self) -> str:
        """The step in a line."""
        arguments = " ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.spider} {arguments}".strip()


@dataclass(frozen=True)
class Job:
    """A job file. wait_hours: how long a ranking that is due and not published is waited for."""

    name: str
    description: str
    steps: tuple[Step, ...]
    wait_hours: float = 0


def names(folder: Path) -> list[str]:
    """The jobs of a folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(folder: Path, name: str) -> Job:
    """Read a job. Raises JobError."""
    path = folder / f"{name}.toml"
    if name not in names(folder):
        raise JobError(
            f"{f'no job {name}' if name else 'name one job'}; {choices(name, names(folder))}"
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise JobError(f"{path}: {error}") from None
    unknown = sorted(set(table) - set(KEYS))
    if unknown:
        raise JobError(f"{path}: no such key {unknown[0]}; {choices(unknown[0], KEYS)}")
    listed = table.get("step")
    if not isinstance(listed, list) or not listed:
        raise JobError(f"{path}: no [[step]]; a job has at least one")
    steps = tuple(_step(path, place, entry) for place, entry in enumerate(listed, 1))
    wait = _number(path, "wait_hours", table.get("wait_hours", 0), 24)
    return Job(name, str(table.get("description", "")), steps, wait)


def override(job: Job, given: Mapping[str, str]) -> Job:
    """The job with arguments from the command line in place of its own, in steps that take them.

    A given date ends catching up and waiting: it says which nights are meant. Raises JobError.
    """
    steps = []
    used: set[str] = set()
    for step in job.steps:
        taken = {name: given[name] for name in given if name in plan.argument_names(step.spider)}
        used.update(taken)
        catch_up = 0 if "date" in taken else step.catch_up
        steps.append(replace(step, arguments={**step.arguments, **taken}, catch_up=catch_up))
    for name in given:
        if name not in used:
            valid = sorted(
                {name for step in job.steps for name in plan.argument_names(step.spider)}
            )
            raise JobError(f"no step of {job.name} takes {name}; {choices(name, valid)}")
    wait = 0 if "date" in given else job.wait_hours
    return replace(job, steps=tuple(steps), wait_hours=wait)


def check(job: Job, rules: ArgumentRules) -> None:
    """Check the arguments of every step before the first is run. Raises JobError."""
    for place, step in enumerate(job.steps, 1):
        try:
            plan.check(step.spider, step.arguments, rules)
        except BadArgument as error:
            raise JobError(f"{job.name}, step {place} ({step.spider}): {error}") from None


def _step(path: Path, place: int, entry: object) -> Step:
    if not isinstance(entry, dict):
        raise JobError(f"{path}: step {place} is no table; write [[step]]")
    arguments = dict(entry)
    spider = arguments.pop("spider", None)
    if spider not in FAMILIES:
        raise JobError(
            f"{path}: step {place} names spider {spider}; {choices(str(spider), FAMILIES)}"
        )
    catch_up = int(_number(path, "catch_up", arguments.pop("catch_up", 0), MOST_CATCH_UP))
    if catch_up and arguments.get("date") != "latest":
        raise JobError(f'{path}: step {place}: catch_up goes with date = "latest"')
    texts = {name: _text(path, place, name, arguments[name]) for name in arguments}
    return Step(spider, texts, catch_up)


def _number(path: Path, name: str, value: Any, most: int) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most:
        raise JobError(f"{path}: {name} takes a number from 0 to {most}, not {value!r}")
    return float(value)


def _text(path: Path, place: int, name: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(_text(path, place, name, part) for part in value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int)):
        return str(value)
    raise JobError(f"{path}: step {place}: {name} takes a text, a number, or a list of them")
