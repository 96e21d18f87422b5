"""Standard streams and signals of a command, from its first line on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType


def open_streams() -> None:
    """Let standard streams that are closed lead nowhere, so that nothing that is printed fails."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as we live
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # likewise


def end_quietly_when_interrupted() -> None:
    """Say in a line that Ctrl-C has ended the command, instead of where it was."""
    sys.excepthook = _without_traceback


def _without_traceback(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("stopped\n")
        return
    sys.__excepthook__(kind, error, traceback)
