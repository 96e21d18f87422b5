"""What may stand in a job file: checked all at once, and published as a JSON schema that editors read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from crawler.errors import BadArgument, choices
from crawler.request.given import question_of
from crawler.spiders import SPIDERS

MOST_CATCH_UP = 366
JAPAN = "Asia/Tokyo"
PREFIX = "Value error, "
SendSummary = Literal["always", "trouble", "never"]


def _number(most: int, kind: type = float) -> BeforeValidator:
    """A number from 0 to `most`, in one sentence where it is none."""

    def check(value: Any) -> Any:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= most or kind(value) != value:
            raise ValueError(f"takes a number from 0 to {most}, not {value!r}")
        return value

    return BeforeValidator(check, json_schema_input_type=kind)


def _named(what: str, valid: Callable[[], list[str]]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in valid():
            raise ValueError(f"no {what} {value}; {choices(value, valid())}")
        return value

    return AfterValidator(check)


def _cron(value: str) -> str:
    try:
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


class StepModel(BaseModel):
    """A crawl of a job: a spider, and its arguments under their own names."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "additionalProperties": {
                "type": ["string", "integer", "boolean", "array"],
                "description": "an argument of the spider: a text, a number, or a list of them. today-7 is a day;"
                " @FILE holds values, one a line; ?QUESTION has them in its first column",
            }
        },
    )

    spider: Annotated[
        str,
        _named("spider", lambda: list(SPIDERS)),
        Field(json_schema_extra={"enum": list(SPIDERS)}),
    ]
    catch_up: Annotated[int, _number(MOST_CATCH_UP, int)] = Field(
        0, description='with date = "latest": how many days back missed nights are requested'
    )
    is_tracked: bool = Field(
        False,
        description="rankings of `track add ranking` too, each as deep as is wanted",
    )
    needs_session: bool = Field(False, description="left out where no session is given")
    account: str = Field(
        "",
        pattern="^[A-Za-z0-9]*$",
        description="whose session is used, of several given by name (PIXIV_PHPSESSID_ANN: ann)",
    )
    budget: Annotated[int, _number(1_000_000, int)] = Field(
        0, description="of the values of a ?QUESTION so many at most, the first; 0: all"
    )
    is_optional: bool = Field(False, description="where it fails, the job has not failed")

    @model_validator(mode="after")
    def _check(self) -> StepModel:
        arguments = self.model_extra or {}
        if self.catch_up and arguments.get("date") != "latest":
            raise ValueError('catch_up goes with date = "latest"')
        if self.is_tracked and self.spider != "rankings":
            raise ValueError('is_tracked goes with spider = "rankings"; others take ?tracked-…')
        texts = []
        for name, value in arguments.items():
            try:
                texts.append(text(value))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        try:
            has_question = any(question_of(one) for one in texts)
        except BadArgument as error:
            raise ValueError(str(error)) from None
        if self.budget and not has_question:
            raise ValueError("budget goes with an argument that is a ?QUESTION")
        return self


class JobModel(BaseModel):
    """A job: what it does, when, how many requests it may send, who hears of it."""

    model_config = ConfigDict(extra="forbid")

    description: str = Field("", description="in a line, for people")
    when: Annotated[str, AfterValidator(_cron)] | None = Field(
        None,
        description="five fields of cron: minute hour day month weekday; for `job install`",
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        JAPAN, description="the time zone of `when`"
    )
    wait_hours: Annotated[float, _number(24)] = Field(
        0, description="how long a ranking that is due and not published is waited for"
    )
    budget: Annotated[int, _number(1_000_000, int)] = Field(
        0,
        description="requests that a run sends at most, robots.txt included; 0: as many as are due",
    )
    send_summary: SendSummary = Field(
        "trouble", description="when its summary is sent to JOB_NOTIFY: always, on trouble, never"
    )
    gives_way: bool = Field(
        False, description="makes room, within a request, for a job that does not"
    )
    step: list[StepModel] = Field([], description="the crawls, one after another")


def text(value: object) -> str:
    """A value of an argument as the command line would give it. Raises ValueError."""
    if isinstance(value, list):
        values = [text(one) for one in value]
        signed = [one for one in values if one[:1] in ("@", "?")]
        if len(values) > 1 and signed:
            raise ValueError(
                f"{signed[0]}: in a list each value stands for itself; @FILE and ?QUESTION stand alone"
            )
        return "\n".join(values)  # a comma may be part of a text
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
        message = one["msg"].removeprefix(PREFIX)
        if one["type"] == "extra_forbidden":
            message = f"no such key {name}; {choices(str(name), JobModel.model_fields)}"
        elif one["type"] == "missing":
            message = f"no {name}: each [[step]] names its spider; {choices('', SPIDERS)}"
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
