"""What all commands have in common."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import pytest

from crawler.analysis.answer import show_questions
from crawler.console.command import Command
from crawler.errors import BadArgument, Unreachable
from crawler.forget.forget import thing_of
from crawler.streams import end_quietly_when_interrupted


class Showing(Command):
    """A command that ends as it is told."""

    def __init__(self, end: Any) -> None:
        super().__init__()
        self.end = end

    def short_desc(self) -> str:
        return "for a test"

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        if isinstance(self.end, Exception):
            raise self.end
        return int(self.end)


@contextmanager
def own_output() -> Iterator[io.TextIOWrapper]:
    """A standard output of the test's own, which a command makes safe."""
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as output:
        yield output


def run(command: Command) -> Command:
    with own_output():
        command.run([], argparse.Namespace())
    return command


@pytest.mark.parametrize("status", [0, 1])
def test_the_exit_status_is_what_the_command_came_to(status: int) -> None:
    assert run(Showing(status)).exitcode == status


@pytest.mark.parametrize("error", [BadArgument("no\x1b[31m"), Unreachable("away")])
def test_what_cannot_be_used_is_one_harmless_line(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(Showing(error))
    assert ended.exitcode == 2
    assert capsys.readouterr().err in ("no�[31m\n", "away\n")


def test_a_bug_is_no_wrong_argument() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Showing(ZeroDivisionError()))


@pytest.mark.parametrize("args", [[], ["user"], ["user", "x"], ["user", "0"], ["planet", "1"]])
def test_what_is_to_be_forgotten_is_a_kind_and_an_id(args: list[str]) -> None:
    with pytest.raises(BadArgument):
        thing_of(args)
    assert thing_of(["artwork", "7"]) == ("artwork", 7)


def test_every_question_is_listed_with_its_parameters() -> None:
    with own_output() as output:
        show_questions()
        output.seek(0)
        assert "longest-charting-works" in output.read()


def test_ctrl_c_is_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    end_quietly_when_interrupted()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "stopped\n"
