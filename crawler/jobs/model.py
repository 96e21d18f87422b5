"""A job and its steps as a job file says them: read, overridden, checked all at once; a JSON schema for editors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from crawler.errors import BadArgument, JobError, QueryError, choices
from crawler.files import read_bounded
from crawler.planning.arguments import NothingGiven, at_most, located, question_of, resolved
from crawler.spiders import SPIDERS

if TYPE_CHECKING:
    from crawler.endpoints.params import ArgumentRules


MOST_CATCH_UP = 366
JAPAN = "Asia/Tokyo"
SendSummary = Literal["always", "trouble", "never"]


def _number(most: int, kind: type = float) -> BeforeValidator:
    """A number from 0 to `most`, in one sentence where it is none."""

    def check(value: Any) -> Any:
        # TOML's true is a bool, and bool is an int.
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= most or kind(value) != value:
            raise ValueError(f"takes a number from 0 to {most}, not {value!r}")
        return value

    return BeforeValidator(check, json_schema_input_type=kind)


def _spider(value: str) -> str:
    if value not in SPIDERS:
        raise ValueError(f"no spider {value}. {choices(value, SPIDERS)}")
    return value


def _cron(value: str) -> str:
    try:
        # Only the search for a time shows an expression that never comes, as 30 February.
        next(CronSim(value, datetime.now(UTC)))
    except (CronSimError, StopIteration):
        raise ValueError(
            f"{value!r} is no time: five fields of cron, minute hour day month weekday (30 12 * * *)"
        ) from None
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no time zone {value}; one like {JAPAN} or Europe/Berlin") from None
    return value


def _describe_arguments(schema: dict[str, Any]) -> None:
    """Say in the schema that every other key of a step is an argument of its spider."""
    del schema["properties"]["arguments"]
    schema["additionalProperties"] = {
        "type": ["string", "integer", "boolean", "array"],
        "description": "an argument of the spider: a text, a number, or a list of them. today-7 is a day;"
        " @FILE holds values, one a line; ?QUESTION has them in its first column",
    }


class Step(BaseModel):
    """A crawl of a job: a spider and its arguments, under their own names in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_describe_arguments)

    spider: Annotated[str, AfterValidator(_spider), Field(json_schema_extra={"enum": list(SPIDERS)})]
    arguments: dict[str, str] = {}
    catch_up: Annotated[int, _number(MOST_CATCH_UP, int)] = Field(
        default=0, description='with date = "latest" or scd = "today-2": how many days back missed nights are requested'
    )
    is_tracked: bool = Field(
        default=False, description="rankings of `track add ranking` too, each as deep as is wanted"
    )
    needs_session: bool = Field(default=False, description="left out where no session is given")
    account: str = Field(
        default="",
        pattern="^[A-Za-z0-9]*$",
        description="whose session is used, of several given by name (PIXIV_PHPSESSID_ANN: ann)",
    )
    budget: Annotated[int, _number(1_000_000, int)] = Field(
        default=0, description="of the values of a ?QUESTION so many at most, the first; 0: all"
    )
    is_optional: bool = Field(default=False, description="where it fails, the job has not failed")

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any, info: ValidationInfo) -> Any:
        """Take keys that are no field as arguments; a relative @FILE lies beside the job file."""
        # Code that makes a step hands its arguments over as they are.
        if not isinstance(data, dict) or "arguments" in data:
            return data
        own = {name: value for name, value in data.items() if name in cls.model_fields}
        arguments = {}
        for name in [name for name in data if name not in own]:
            try:
                arguments[name] = text(data[name])
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        folder = (info.context or {}).get("folder")
        return {**own, "arguments": located(arguments, folder) if folder else arguments}

    @model_validator(mode="after")
    def _check(self) -> Self:
        is_of_now = self.arguments.get("date") == "latest" or self.arguments.get("scd", "").startswith("today")
        if self.catch_up and not is_of_now:
            raise ValueError('catch_up goes with date = "latest", or with scd = "today-2"')
        if self.is_tracked and self.spider != "rankings":
            raise ValueError('is_tracked goes with spider = "rankings"; others take ?tracked-…')
        has_question = any(question_of(one) for one in self.arguments.values())
        if self.budget and not has_question:
            raise ValueError("budget goes with an argument that is a ?QUESTION")
        # In place: the model is frozen, its dictionary is not.
        self.arguments.update(self.within_budget(self.arguments))
        return self

    def within_budget(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """The arguments, of whose questions no more than the step's budget of values is requested."""
        if not self.budget:
            return dict(arguments)
        return {name: at_most(self.budget, value) for name, value in arguments.items()}

    @property
    def title(self) -> str:
        """The step in a line."""
        return title(self.spider, self.arguments)


class Job(BaseModel):
    """A job: what it does, when, how many requests it may send, who hears of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    _name: str = PrivateAttr("")
    _file: Path | None = PrivateAttr(None)

    description: str = Field(default="", description="in a line, for people")
    when: Annotated[str, AfterValidator(_cron)] | None = Field(
        default=None, description="five fields of cron: minute hour day month weekday; for `job install`"
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(default=JAPAN, description="the time zone of `when`")
    wait_hours: Annotated[float, _number(24)] = Field(
        default=0, description="how long a ranking that is due and not published is waited for"
    )
    budget: Annotated[int, _number(1_000_000, int)] = Field(
        default=0, description="requests that a run sends at most, robots.txt included; 0: as many as are due"
    )
    send_summary: SendSummary = Field(
        default="trouble", description="when its summary is sent to JOB_NOTIFY: always, on trouble, never"
    )
    piece: Annotated[int, _number(1_000_000, int)] = Field(
        default=0,
        description="requests after which the account is free for others, before the job goes on; 0: at its end",
    )
    steps: tuple[Step, ...] = Field(default=(), alias="step", description="the crawls, one after another")

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any], folder: Path | None = None) -> Self:
        """A job of this name. folder: where the files that it names lie. Raises ValidationError."""
        job = cls.model_validate(dict(data), context={"folder": folder})
        job._name = name  # noqa: SLF001  # of its own class; not for a file to say
        return job

    @property
    def name(self) -> str:
        """Its file's name, without the ending."""
        return self._name

    @property
    def given(self) -> str:
        """Return the job as a command names it: by its name, or by its file where that is the user's own."""
        return str(self._file or self._name)


def title(spider: str, arguments: Mapping[str, str]) -> str:
    """A spider and its arguments in a line."""
    given = " ".join(f"{name}={value}" for name, value in arguments.items())
    return f"{spider} {given}".replace("\n", ",").strip()


def text(value: object) -> str:
    """A value of an argument as the command line would give it. Raises ValueError."""
    if isinstance(value, list):
        values = [text(one) for one in value]
        signed = [one for one in values if one[:1] in ("@", "?")]
        if len(values) > 1 and signed:
            raise ValueError(f"{signed[0]}: in a list each value is plain; @FILE and ?QUESTION must be the only value")
        return "\n".join(values)  # a comma may be part of a text
    # Before int, of which bool is a kind.
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int)):
        return str(value)
    raise ValueError("takes a text, a number, or a list of them")


def problems(error: ValidationError, source: str) -> list[str]:
    """All that is wrong, each with its line."""
    found = []
    for one in error.errors():
        place = one["loc"]
        name = place[-1] if place and isinstance(place[-1], str) else ""
        message = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            message = (
                f"no such key {name}. {choices(str(name), [one.alias or key for key, one in Job.model_fields.items()])}"
            )
        elif one["type"] == "missing":
            message = f"no {name}: each [[step]] names its spider. {choices('', SPIDERS)}"
        elif name and name not in message:
            message = f"{name} {message[:1].lower()}{message[1:]}"
        number = line_of(source, place)
        step = f"step {place[1] + 1}: " if len(place) > 1 and isinstance(place[1], int) else ""
        found.append(f"line {number}: {step}{message}" if number else f"{step}{message}")
    return found


def line_of(source: str, place: tuple[int | str, ...]) -> int:
    r"""The line of a TOML text on which a key of the job or of its n-th step stands; 0: on none.

    >>> line_of('x = 1\n[[step]]\nspider = "a"', ("step", 0, "spider"))
    3
    """
    step = place[1] if len(place) > 1 and isinstance(place[1], int) else -1
    key = str(place[-1]) if place else ""
    at, header = -1, 0
    for number, line in enumerate(source.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("[[step]]"):
            at += 1
            header = number if at == step else header
        elif at == step and bare.partition("=")[0].strip().strip("\"'") == key:
            return number
    return header


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
        there = choices(name, names(folder))
        raise JobError(
            f"{f'No job {name} in {folder} (JOB_DIR).' if name else 'Which job?'} {there}, or the path of your own .toml file"
        )
    return folder / f"{name}.toml"


def load(folder: Path, name: str) -> Job:
    """Read a job. Raises JobError with all that is wrong, line by line."""
    path = path_of(folder, name)
    try:
        source = read_bounded(path).decode()
        job = Job.of(path.stem, tomllib.loads(source), path.parent)
        job._file = path if name.endswith(".toml") else None  # noqa: SLF001  # no file says it of itself
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
        catch_up = 0 if taken.keys() & {"date", "scd", "ecd"} else step.catch_up
        is_tracked = step.is_tracked and not taken
        # The step's own were bounded when its file was read.
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
        # Before BadArgument, of which it is a kind: an empty list is no error.
        except NothingGiven:
            continue
        except (BadArgument, QueryError) as error:
            found.append(f"{job.name}.toml, step {place} ({step.spider}): {error}")
    if found:
        raise JobError("\n".join(found))
    return job.model_copy(update={"steps": tuple(steps)})
