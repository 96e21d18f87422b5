"""How far a replay is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from crawler.words import counted, duration


class ReplayProgress:
    """Shown as a context. total_bytes: of the captures; interval: seconds between two lines, 0 for none."""

    def __init__(self, total_bytes: int, interval: float) -> None:
        self._total = max(total_bytes, 1)
        self._interval = interval
        self._begun = self._last = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        console = Console(stderr=True)
        if console.is_terminal and self._interval > 0:
            columns = (BarColumn(bar_width=18), TextColumn("{task.fields[text]}", markup=False))
            self._bar = Progress(TextColumn("replay"), *columns, console=console, transient=True)
            self._bar.add_task("", total=self._total, text="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done_bytes: int, replies: int) -> None:
        """Say how far it is, where it is time to."""
        if self._bar is not None:
            text = self._in_words(done_bytes, replies)
            self._bar.update(self._bar.task_ids[0], completed=done_bytes, text=text)
        elif 0 < self._interval <= time.monotonic() - self._last:
            self._last = time.monotonic()
            sys.stderr.write(
                f"{datetime.now():%H:%M:%S} replay: {self._in_words(done_bytes, replies)}\n"  # noqa: DTZ005  # the reader's clock
            )

    def _in_words(self, done_bytes: int, replies: int) -> str:
        passed = max(time.monotonic() - self._begun, 0.001)
        left = passed * (self._total - done_bytes) / done_bytes if done_bytes else 0
        parts = [counted(replies, "reply", "replies"), f"{done_bytes / self._total:.0%}"]
        if done_bytes:
            parts.append(f"about {duration(left)} left")
        return ", ".join((*parts, f"{replies / passed:,.0f} a second"))
