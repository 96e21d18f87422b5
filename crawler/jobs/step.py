"""One step of a job: a crawl in a process of its own, what it came to, and how it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Self

from pydantic import TypeAdapter

from crawler.errors import JobError, Stopped
from crawler.jobs.model import Step
from crawler.model.run_summary import SPENT, RunSummary

IN_ENVIRONMENT = ("ARCHIVE_URL", "CAPTURE_DIR", "PIXIV_BASE_URL", "PIXIV_LANG", "STATE_DIR", "ALLOW_R18")
"""Settings that crawls are given in the environment: an address may hold a password."""
SUMMARY = TypeAdapter(RunSummary)

NOT_BEGUN = 2
"""Exit status of a crawl that says why it cannot begin."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


STOPPING = (
    "stopping: the request under way is still archived (Ctrl-C again stops at once)",
    "stopping at once: responses that are saved but not archived are archived by the next run",
)
"""Messages for the first and the second Ctrl-C; more change nothing."""


@dataclass
class Result:
    """Result of a step: its crawls together. status: exit status of the last one."""

    step: Step
    status: int = 0
    seconds: float = 0
    summary: RunSummary = field(default_factory=RunSummary)
    waits_for: list[str] = field(default_factory=list)
    has_run: bool = False

    @property
    def is_spent(self) -> bool:
        """Return True if it ended because the requests that it was given are spent."""
        return self.summary.reason == SPENT

    @property
    def is_undone(self) -> bool:
        """Return True if it failed, or was stopped before its crawl began."""
        return bool(self.status) or not (self.has_run or self.is_spent)

    @property
    def why(self) -> str:
        """Reason why it is no success, as its crawl said; how it ended, if that said nothing."""
        return "; ".join(self.summary.failures) or self.end

    @property
    def warning(self) -> str:
        """Return a warning that the job's message repeats; "" for none."""
        is_said = self.summary.is_session_refused  # an alert of its own: one cause, said once
        is_failed = self.status and self.step.is_optional and not is_said
        why = self.why if is_failed else self.summary.warning
        return f"{why} ({self.step.title})" if why else ""

    @property
    def end(self) -> str:
        """End of the step, in a word or two."""
        if self.status < 0:
            return f"killed ({signal.Signals(-self.status).name})"
        if self.status == NOT_BEGUN:
            return "COULD NOT BEGIN"
        if self.status:
            return "INCOMPLETE"
        if self.is_spent:
            return "budget spent"
        if not self.has_run:
            return "not started"
        return "not published yet" if self.waits_for else "complete"


@dataclass(frozen=True)
class Surroundings:
    """Environment and options of every crawl that a job or worker starts. options: `-s NAME=VALUE`."""

    environment: Mapping[str, str]
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Surroundings:
        """given: what the command line of the job or worker set with `-s`."""
        # A job's own lines and progress show what happens; Scrapy's are for a crawl by hand.
        environment = {"LOG_LEVEL": "WARNING"} | os.environ
        environment |= {name: given[name] for name in IN_ENVIRONMENT if name in given}
        options = _options({name: given[name] for name in given if name not in IN_ENVIRONMENT})
        return cls(environment, options)


class CrawlProcess:
    """A crawl or a replay in a process of its own; a context manager, and started within."""

    def __init__(
        self, command: Iterable[str], surroundings: Surroundings, settings: Mapping[str, str], *, is_quiet: bool = False
    ) -> None:
        """settings: of this process alone. is_quiet: what it says is kept in `said`, not shown."""
        self.said: list[str] = []
        self._surroundings, self._is_quiet = surroundings, is_quiet
        # -P: a folder named crawler where the user stands is not ours.
        self._command = [sys.executable, "-P", "-m", "crawler", *command]
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopping = False

    @classmethod
    def crawl(
        cls,
        spider: str,
        arguments: Mapping[str, str],
        surroundings: Surroundings,
        settings: Mapping[str, str],
        *,
        is_quiet: bool = False,
    ) -> Self:
        """arguments: those of the spider."""
        given = [part for item in arguments.items() for part in ("-a", "=".join(item))]
        return cls(("crawl", spider, *given), surroundings, settings, is_quiet=is_quiet)

    def __enter__(self) -> Self:
        """Start it. Raises JobError if there is no room for its temporary files, or no interpreter."""
        self._within = ExitStack()
        try:
            self._folder = Path(self._within.enter_context(tempfile.TemporaryDirectory()))
            self._log = self._folder / "log"
            # A file, not a pipe: nobody reads while it runs, and a full pipe would stop it.
            out = self._within.enter_context(self._log.open("wb")) if self._is_quiet else None
        except OSError as error:
            self._within.close()
            raise JobError(
                f"the temporary folder {tempfile.gettempdir()}: {error.strerror or error}. Make room there, or name"
                " another: TMPDIR=FOLDER"
            ) from None
        tally = {"TALLY_FILE": str(self._folder / "tally.json")}
        options = (*_options(tally), *self._surroundings.options, *_options(self._settings))
        try:
            # A session of its own: a terminal's Ctrl-C would reach it a second time, and kill it.
            self._process = subprocess.Popen(  # our own interpreter and module
                [*self._command, *options],
                env=self._surroundings.environment,
                start_new_session=True,
                stdout=out,
                stderr=out,
            )
        except OSError as error:  # an upgrade of Python or of the project took it away meanwhile
            self._within.close()
            raise JobError(
                f"{sys.executable} could not be started: {error.strerror}. The next run makes it again"
            ) from None
        # A signal that came while it was started found no process to stop.
        if self._is_stopping:
            self.stop()
        return self

    def __exit__(self, *error: object) -> None:
        self._process = None
        self._within.close()

    def stop(self) -> None:
        """End it in order at the first call, at once at the second.

        With SIGTERM, which ends a crawl that has not begun in silence.
        """
        self._is_stopping = True
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> tuple[int, RunSummary]:
        """Wait for its end. Returns the exit status and what it came to."""
        assert self._process is not None
        status = self._process.wait()
        if self._is_quiet:
            text = self._log.read_text(encoding="utf-8", errors="replace")
            self.said = text.splitlines()
        tally = self._folder / "tally.json"
        with suppress(FileNotFoundError, ValueError):  # killed; or the folder was full
            return status, SUMMARY.validate_json(tally.read_bytes())
        return status, RunSummary()


def _options(settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part for item in settings.items() for part in ("-s", "=".join(item)))


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM raise Stopped."""

    def stop(signum: int, _frame: FrameType | None) -> None:
        raise Stopped

    with handling(stop):
        yield


@contextmanager
def handling(handler: Any) -> Iterator[None]:
    """Within, what stops a program goes to a handler."""
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
