"""Job files: which spiders run with which arguments, one after another."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from crawler.endpoints import FAMILIES
from crawler.endpoints.params import BadArgument
from crawler.request import plan


class JobError(Exception):
    """A job that cannot be run; the text says what is wrong and what is valid."""


@dataclass(frozen=True)
class Step:
    """One crawl of a job."""

    spider: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class Job:
    """A job file."""

    name: str
    description: str
    steps: tuple[Step, ...]


def names(folder: Path) -> list[str]:
    """The jobs of a folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(folder: Path, name: str) -> Job:
    """Read a job. Raises JobError."""
    path = folder / f"{name}.toml"
    if name not in names(folder):
        raise JobError(
            f"{f'no job {name}' if name else 'name one job'}; valid: {', '.join(names(folder)) or 'none yet'}"
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise JobError(f"{path}: {error}") from None
    unknown = sorted(set(table) - {"description", "step"})
    if unknown:
        raise JobError(f"{path}: no such key {unknown[0]}; valid: description, step")
    listed = table.get("step")
    if not isinstance(listed, list) or not listed:
        raise JobError(f"{path}: no [[step]]; a job has at least one")
    steps = tuple(_step(path, place, entry) for place, entry in enumerate(listed, 1))
    return Job(name, str(table.get("description", "")), steps)


def check(job: Job, *, allow_r18: bool) -> None:
    """Check the arguments of every step before the first is run. Raises JobError."""
    for place, step in enumerate(job.steps, 1):
        try:
            plan.check(step.spider, step.arguments, allow_r18=allow_r18)
        except BadArgument as error:
            raise JobError(f"{job.name}, step {place} ({step.spider}): {error}") from None


def _step(path: Path, place: int, entry: object) -> Step:
    if not isinstance(entry, dict):
        raise JobError(f"{path}: step {place} is no table; write [[step]]")
    arguments = dict(entry)
    spider = arguments.pop("spider", None)
    if spider not in FAMILIES:
        raise JobError(f"{path}: step {place} names spider {spider}; valid: {', '.join(FAMILIES)}")
    return Step(spider, {name: _text(path, place, name, arguments[name]) for name in arguments})


def _text(path: Path, place: int, name: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(_text(path, place, name, part) for part in value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int)):
        return str(value)
    raise JobError(f"{path}: step {place}: {name} takes a text, a number, or a list of them")
