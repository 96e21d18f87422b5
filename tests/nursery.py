"""Crawls that a job starts, forked from a process that has imported everything instead of started from nothing.

A job's crawls are processes of their own, and so they are here: own session, environment, output, exit status, signals.
A start from nothing is a second and a half of imports, and the suite's jobs make some three hundred.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

Run = Callable[[list[str], Mapping[str, str]], None]
"""Runs `./run ARGUMENTS` in an environment, in this process."""

_LENGTH = struct.Struct("!I")
_STATUS = struct.Struct("!ii")


class Nursery:
    """A process beside this one, forked while nothing has begun yet, that forks what this one asks for."""

    def __init__(self, run: Run) -> None:
        here, there = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            here.close()
            _serve(there, run)
        there.close()
        self._socket = here

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        os.waitpid(self._pid, 0)

    def start(self, arguments: list[str], environment: Mapping[str, str], fds: list[int]) -> int:
        """Start a command whose output goes to two files; returns its process id."""
        said = pickle.dumps((arguments, dict(environment)))
        socket.send_fds(self._socket, [_LENGTH.pack(len(said))], fds)
        self._socket.sendall(said)
        pid, _ = _STATUS.unpack(_exactly(self._socket, _STATUS.size))
        return int(pid)

    def status(self) -> int:
        """The exit status of the command, once it has ended; below zero where a signal ended it."""
        _, status = _STATUS.unpack(_exactly(self._socket, _STATUS.size))
        return int(status)


class Nursed:
    """What `subprocess.Popen` is to a job: `Nursed(nursery, [python, "-P", "-m", "crawler", …], env=…)`."""

    def __init__(
        self,
        nursery: Nursery,
        command: list[str],
        *,
        env: Mapping[str, str],
        stdout: Any,
        stderr: Any,
        start_new_session: bool,
    ) -> None:
        assert command[1:4] == ["-P", "-m", "crawler"]
        assert start_new_session
        fds = [1 if stdout is None else stdout.fileno(), 2 if stderr is None else stderr.fileno()]
        self._nursery = nursery
        self._pid = nursery.start(command[4:], env, fds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Its end was waited for."""

    def terminate(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)

    def wait(self) -> int:
        return self._nursery.status()


def _serve(requests: socket.socket, run: Run) -> None:
    """Fork a command at a time, until nobody asks any more."""
    while True:
        head, fds, _, _ = socket.recv_fds(requests, _LENGTH.size, 2)
        if not head:
            os._exit(0)
        (length,) = _LENGTH.unpack(head)
        arguments, environment = pickle.loads(_exactly(requests, length))  # noqa: S301  # of the test itself
        pid = os.fork()
        if pid == 0:
            requests.close()
            os.setsid()
            for place, fd in enumerate(fds, 1):
                os.dup2(fd, place)
                os.close(fd)
            run(arguments, environment)
            os._exit(0)
        for fd in fds:
            os.close(fd)
        requests.sendall(_STATUS.pack(pid, 0))
        _, ended = os.waitpid(pid, 0)
        try:
            requests.sendall(_STATUS.pack(pid, os.waitstatus_to_exitcode(ended)))
        except OSError:  # who asked was killed
            os._exit(0)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
