"""Commands of the project, each in a process of its own, forked from one that has imported everything.

A start from nothing takes a second and a half, nearly all of it imports, and the tests start some
thousand. What is forked is a real process, with its own exit status, output and environment.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from tests.nursery import Nursed, Nursery

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 900
"""Seconds after which something hangs, however busy the machine is; nothing depends on how fast it is."""
SHIFT = "CLOCK_SHIFT"
"""In the environment: by how many days the process's clock is ahead."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.preload"])


class Running:
    """A command under way in a process of its own: `with Running(("crawl", …), os.environ) as it`."""

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        before: Callable[[], object] | None = None,
        stdout: Path | None = None,
    ) -> None:
        """before: done in its process first. stdout: a file that takes its output."""
        self.arguments = arguments
        self._folder = tempfile.TemporaryDirectory()
        self._out, self._err = (Path(self._folder.name, name) for name in ("out", "err"))
        given = (arguments, dict(environment), str(stdout or self._out), str(self._err), before)
        self._process = _context.Process(target=_command, args=given)
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.poll() is None:
            self._process.kill()
        self._process.join()
        self._folder.cleanup()

    def poll(self) -> int | None:
        """Its exit status, below zero where a signal ended it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        assert self._process.pid
        with suppress(ProcessLookupError):  # it may have ended
            os.kill(self._process.pid, number)

    def output(self) -> str:
        """What it has written so far."""
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    def errors(self) -> str:
        """What it has written to standard error so far."""
        return self._err.read_text(errors="replace") if self._err.exists() else ""

    def finish(self, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[str]:
        """Wait for its end. Raises TimeoutExpired, and kills it, after so many seconds."""
        self._process.join(timeout)
        errors = self.errors()
        status = self.poll()
        if status is None:
            self._process.kill()
            raise subprocess.TimeoutExpired(self.arguments, timeout, self.output(), errors)
        return subprocess.CompletedProcess(self.arguments, status, self.output(), errors)


def free_port() -> int:
    """A port of this machine that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(condition: Callable[[], object], what: Callable[[], object] = str) -> None:
    """Wait until a condition holds, however slow the machine is. what: shown if it never does."""
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until, what()
        time.sleep(0.02)


def run_scrapy(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    before: Callable[[], object] | None = None,
    stdout: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `./run ARGUMENTS` to its end, after `before` was done in its process."""
    with Running(arguments, environment, before, stdout) as running:
        return running.finish()


def _command(
    arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str, before: Callable[[], object] | None
) -> None:
    for place, name in ((1, out), (2, err)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, place)
        os.close(file)
    if before is not None:
        before()
    with ExitStack() as within:
        if arguments[:2] == ("job", "run") or arguments[:1] == ("worker",):
            _raise_crawls(within.enter_context(Nursery(_execute)))
        _execute(list(arguments), environment)


def _raise_crawls(nursery: Nursery) -> None:
    """Let a job or a worker fork its crawls, too."""
    from crawler.jobs import step  # noqa: PLC0415  # imported already, by the parent

    def start(command: list[str], *, env: Mapping[str, str], **more: Any) -> Any:
        # What an interpreter reads when it starts is for one that starts.
        if env.get("PYTHONPATH") != str(ROOT):
            return subprocess.Popen(command, env=env, **more)
        return Nursed(nursery, command, env=env, **more)

    step.subprocess = SimpleNamespace(Popen=start)  # type: ignore[assignment]


def _execute(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Be `./run ARGUMENTS` in an environment, by the clock that it says."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    shift = environment.get(SHIFT)
    if shift:
        import time_machine  # noqa: PLC0415  # for those whose clock is another

        then = datetime.now(UTC) + timedelta(days=float(shift))
        time_machine.travel(then, tick=True).start()
    sys.argv = ["./run", *arguments]
    from crawler.__main__ import main  # noqa: PLC0415  # imported already, by the parent

    main()
